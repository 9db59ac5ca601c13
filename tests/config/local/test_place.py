"""Where the embedded servers lie: closed to others, found again, and refused when something is wrong."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from config.local import place as places
from config.local.place import LocalError, Place, fleeting

PlaceAt = Callable[[Path], Place]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_fleeting_place_is_closed_and_leaves_nothing() -> None:
    with fleeting() as place:
        (place.folder("postgresql") / "file").touch()
        assert mode(place.root) in (0o700, 0o711)
        assert mode(place.folder("postgresql")) == 0o700
        assert mode(place.sockets) == 0o700
        root = place.root

    assert not root.exists()


def test_folders_belong_to_the_account_the_servers_run_as(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")

    owner = place.account.uid if place.account else os.geteuid()
    assert place.folder("redis").stat().st_uid == owner
    assert place.sockets.stat().st_uid == owner
    assert owner != 0


def test_sockets_of_a_very_long_path_lie_in_a_short_one(folder: Path, place_at: PlaceAt) -> None:
    near = place_at(folder / "short")
    far = place_at(folder / ("가" * 30) / ("x" * 60))

    assert near.sockets == near.root / "run"
    assert far.sockets.parent == folder.parent
    assert mode(far.sockets) == 0o700
    assert len(os.fsencode(far.sockets / ".s.PGSQL.5432.lock")) < 108


@pytest.mark.parametrize("open_to", [0o777, 0o722])
def test_a_folder_that_others_may_write_to_is_refused(folder: Path, open_to: int) -> None:
    (folder / "laid").mkdir()
    (folder / "laid").chmod(open_to)

    with pytest.raises(LocalError, match="belongs to somebody else or is open to writing; remove it"):
        places._closed_folder(folder / "laid", 0o700)


def test_a_link_laid_in_place_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir(mode=0o700)
    (folder / "laid").symlink_to(folder / "elsewhere")

    with pytest.raises(LocalError, match="remove it"):
        places._closed_folder(folder / "laid", 0o700)


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "laid").mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder / "laid", 65534, 65534)
    else:
        own = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: own + 1)

    with pytest.raises(LocalError, match="belongs to somebody else"):
        places._closed_folder(folder / "laid", 0o700)


def test_secrets_are_made_once_and_read_by_nobody_else(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")

    first = place.secret("staff_password")

    assert place_at(folder / "place").secret("staff_password") == first
    assert place.secret("secret_key") != first
    assert len(first) >= 48
    assert mode(place.root / "secrets.json") == 0o600


def test_what_is_remembered_is_kept_beside_what_was(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")
    place.remember(url="http://127.0.0.1:8000")
    place.remember(token="t")

    assert place.remembered() == {"url": "http://127.0.0.1:8000", "token": "t"}
    assert place_at(folder / "new").remembered() == {}


@pytest.mark.parametrize("content", [b"", b"{", b'{"secret_key": ', b"[1, 2]", b"7", b"null", b"\xff\xfe"])
def test_a_damaged_file_of_secrets_is_refused_with_the_way_out(folder: Path, place_at: PlaceAt, content: bytes) -> None:
    place = place_at(folder / "place")
    (place.root / "secrets.json").write_bytes(content)

    with pytest.raises(LocalError, match=r"secrets\.json is damaged; `make demo-reset`"):
        place.secret("secret_key")

    assert (place.root / "secrets.json").read_bytes() == content


def test_a_place_is_claimed_by_one_at_a_time(folder: Path, place_at: PlaceAt) -> None:
    first, second = place_at(folder / "place"), place_at(folder / "place")

    with first.claimed() as alone:
        assert alone
        with second.claimed() as also_alone:
            assert not also_alone
    with second.claimed() as alone:
        assert alone


def test_secrets_hold_only_letters_that_need_no_quoting(folder: Path, place_at: PlaceAt) -> None:
    secret = place_at(folder / "place").secret("shop_app")

    assert set(secret) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert json.loads((folder / "place" / "secrets.json").read_text()) == {"shop_app": secret}
