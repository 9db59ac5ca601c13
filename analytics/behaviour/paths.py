"""The way a visit takes: the kind of page it begins on, and what it does for the first time, one after the other. Pure.

The statement that counts a day's paths says the same in SQL (analytics/operations/interest.py); the recount uses this.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

# What a visit can do, in the order in which things of one moment stand; each has a column `<name>_at` in a visit.
ACTS = ("viewed", "compared", "decided", "checkout", "ordered")
BETWEEN = ">"
# Pages a visit may begin on: the shop's first one, one that stands alone, and those below a folder, such as /products/.
FIRST_PAGE, ALONE = "/", "-"


def landing(path: str) -> str:
    """By the folder alone: what lies in it is a product, an article, perhaps an order. Empty where no page was told."""
    if path in ("", FIRST_PAGE):
        return path
    parts = path.split("/")
    return f"/{parts[1]}/" if len(parts) > 2 and parts[2] else ALONE


def acts(visit: Any) -> list[str]:
    """What the visit did for the first time, in that order."""
    told: list[tuple[datetime, int, str]] = []
    for place, name in enumerate(ACTS):
        at = getattr(visit, f"{name}_at")
        if at is not None:
            told.append((at, place, name))
    return [name for _at, _place, name in sorted(told)]


def written(names: Sequence[str]) -> str:
    return BETWEEN.join(names)


def read(text: str) -> list[str] | None:
    """The acts of a path as it is written; none where it is no path."""
    names = text.split(BETWEEN) if text else []
    return names if len(set(names)) == len(names) and set(names) <= set(ACTS) else None
