"""Advisory locks: whoever adds one cannot take the number of another."""

import re
from pathlib import Path

from analytics.operations import locks


def test_no_module_but_one_names_numbers_of_locks() -> None:
    folder = Path(locks.__file__).parent.parent
    numbers = [str(one.value) for one in locks.Lock]
    assert len(set(numbers)) == len(numbers)
    takers = {
        path.stem
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts and re.search(r"pg_(try_)?advisory_(xact_)?lock", path.read_text())
    }
    # Outlets hold theirs by session, across the transactions of several files.
    assert takers == {"locks", "outlets"}
    assert not [path for path in folder.rglob("*.py") if path.stem != "locks" and re.search(r"\b5_2\d\d\b", path.read_text())]
