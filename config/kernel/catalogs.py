"""Compiles translations without GNU gettext, which a fresh machine lacks."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polib


def compile_catalogs(folders: Iterable[Path]) -> Iterator[str]:
    """Compiles each catalog that is newer than its compiled form, and yields the languages it compiled.

    A process that has already shown a translation goes on with what it loaded: compile before it starts.
    """
    for folder in folders:
        for source in Path(folder).glob("*/LC_MESSAGES/*.po"):
            compiled = source.with_suffix(".mo")
            if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
                polib.pofile(str(source)).save_as_mofile(str(compiled))
                yield source.parent.parent.name
