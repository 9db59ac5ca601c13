"""What may become of a purchase order in which state. One table; whatever is not in it is refused."""

from collections.abc import Mapping
from enum import StrEnum


class Step(StrEnum):
    """What one may do with a purchase order; each leaves an entry of that name in its timeline."""

    DRAFTED = "DRAFTED"
    CHANGED = "CHANGED"
    APPROVED = "APPROVED"
    SENT = "SENT"
    RECEIVED = "RECEIVED"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"


# Receiving leads to PARTLY_RECEIVED or RECEIVED, depending on what is outstanding. More may come after everything is here:
# suppliers deliver too much, and the goods are there all the same.
_ALLOWED: Mapping[str, frozenset[Step]] = {
    "DRAFT": frozenset({Step.CHANGED, Step.APPROVED, Step.CANCELED}),
    "APPROVED": frozenset({Step.SENT, Step.CANCELED}),
    "SENT": frozenset({Step.RECEIVED, Step.CANCELED}),
    "PARTLY_RECEIVED": frozenset({Step.RECEIVED, Step.CLOSED}),
    "RECEIVED": frozenset({Step.RECEIVED, Step.CLOSED}),
    "CLOSED": frozenset(),
    "CANCELED": frozenset(),
}
# Approved, and something may still arrive: what is outstanding on these is incoming.
AWAITED = ("APPROVED", "SENT", "PARTLY_RECEIVED")


def allows(state: str, step: Step) -> bool:
    return step in _ALLOWED[state]


def allowed(state: str) -> frozenset[Step]:
    return _ALLOWED[state]


def after_receipt(outstanding: int) -> str:
    """The state once goods have come, by the units that have not."""
    return "PARTLY_RECEIVED" if outstanding else "RECEIVED"
