"""The documents lead somewhere: their links exist, and nothing in them waits to be filled in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.place import PROJECT

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
UNFINISHED = re.compile(r"\bTIME-[A-Z]+\b|\bTBD\b|\bFIXME\b|\bXXX\b")


def documents() -> list[Path]:
    return [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]


def dead_links(path: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        if not (path.parent / target).exists():
            yield f"{path.name} -> {target}"


def unfinished(path: Path, text: str) -> Iterator[str]:
    for found in UNFINISHED.findall(text):
        yield f"{path.name}: {found}"


@pytest.mark.parametrize("rule", [dead_links, unfinished])
def test_the_documents_keep_the_rule(rule: object) -> None:
    broken = [one for path in documents() for one in rule(path, path.read_text())]  # type: ignore[operator]
    assert broken == []


def test_a_dead_link_and_an_open_place_are_found() -> None:
    text = "See [it](docs/no-such-page.md) and [home](https://example.com); it took TIME-COLD."

    assert list(dead_links(PROJECT / "README.md", text)) == ["README.md -> docs/no-such-page.md"]
    assert list(unfinished(PROJECT / "README.md", text)) == ["README.md: TIME-COLD"]
