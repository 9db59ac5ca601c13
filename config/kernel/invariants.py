"""The promises of the shop, recounted on demand: `manage.py check_invariants`.

Each app declares its own checks beside the state they recount; the ids (I1, I2, ...) are explained in docs/invariants.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Violation:
    """One broken promise: which, of what, and the two figures that disagree."""

    invariant: str
    subject: str
    detail: str


Check = Callable[[datetime], Iterator[Violation]]
_checks: list[tuple[str, Check]] = []


def invariant(number: str) -> Callable[[Check], Check]:
    """Declares `check(at)`, a generator of violations, as (a part of) invariant `number`."""

    def declare(check: Check) -> Check:
        if (number, check) not in _checks:
            _checks.append((number, check))
        return check

    return declare


def check_all(*, at: datetime, most: int = 1000) -> list[Violation]:
    """Every violation found, at most `most` for each check."""
    found: list[Violation] = []
    for _, check in _checks:
        for number, violation in enumerate(check(at)):
            if number == most:
                break
            found.append(violation)
    return found


def declared() -> list[str]:
    return sorted({number for number, _ in _checks}, key=lambda number: int(number.removeprefix("I")))
