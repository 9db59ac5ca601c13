"""The demo opens a database only if its tables are those of this checkout."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.local import tables
from config.local.place import LocalError, Place


@pytest.fixture
def project(folder: Path) -> Path:
    """A shop with two apps, one of them a folder deeper."""
    for app, name in (("orders", "0001_initial.py"), ("config/kernel", "0001_initial.py"), ("config/kernel", "0002_token.py")):
        path = folder / "project" / app / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {app} {name}")
    return folder / "project"


@pytest.fixture
def place(folder: Path, project: Path, place_at: Callable[[Path], Place]) -> Place:
    place = place_at(folder / "place")
    tables.remember(place, project)
    place.remember(prepared="yes")
    return place


def test_all_migrations_of_the_shop_are_known() -> None:
    found = tables.digests()

    assert {"orders/migrations/0001_initial.py", "config/kernel/migrations/0002_token_scope.py"} <= set(found)
    assert not any("__init__" in name or ".venv" in name for name in found)


def test_tables_as_they_were_made_and_migrations_still_to_come_are_fine(place: Place, project: Path) -> None:
    (project / "orders/migrations/0002_more.py").write_text("# more")

    tables.require_current(place, project)


def test_a_migration_written_anew_asks_for_a_fresh_start_in_both_languages(place: Place, project: Path) -> None:
    (project / "orders/migrations/0001_initial.py").write_text("# written anew")

    with pytest.raises(LocalError) as refused:
        tables.require_current(place, project)

    assert "make demo-reset`으로 지우고" in str(refused.value)
    assert "`make demo-reset` throws it away" in str(refused.value)
    assert str(refused.value).endswith("orders/migrations/0001_initial.py")


def test_a_migration_taken_back_asks_for_a_fresh_start(place: Place, project: Path) -> None:
    (project / "config/kernel/migrations/0002_token.py").unlink()

    with pytest.raises(LocalError, match="0002_token"):
        tables.require_current(place, project)


def test_a_shop_from_before_anything_was_remembered_asks_for_a_fresh_start(place: Place, project: Path) -> None:
    (place.root / tables.FILE).unlink()

    with pytest.raises(LocalError, match="demo-reset"):
        tables.require_current(place, project)


def test_a_shop_that_is_still_to_be_made_asks_for_nothing(
    folder: Path, project: Path, place_at: Callable[[Path], Place]
) -> None:
    tables.require_current(place_at(folder / "empty"), project)
