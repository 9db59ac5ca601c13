"""Places for servers of a test's own, in folders that the servers' account can reach."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.local import place as places
from config.local.place import Place


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh folder with a short path; pytest's own ones are closed to the servers' account."""
    path = Path(tempfile.mkdtemp(prefix="backoffice-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def place_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Place]]:
    """The place whose root is a given folder, made with every folder on the way."""
    short: list[Path] = []

    def place_at(root: Path) -> Place:
        for path in [*reversed(root.parents), root]:
            if not path.exists():
                path.mkdir(mode=0o711)
        account = places._servers_account()
        sockets = places._sockets(root, account, f"test-{os.getpid()}-{len(short)}")
        if sockets.parent != root:
            short.append(sockets)
        return Place(root, sockets, account)

    yield place_at
    for path in short:
        shutil.rmtree(path, ignore_errors=True)
