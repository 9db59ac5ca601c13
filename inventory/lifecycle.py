"""What may become of a purchase order in which state. One table; whatever is not in it is refused."""

from collections.abc import Mapping
from enum import StrEnum


class Step(StrEnum):
    """What one may do with a purchase order; each leaves an entry of that name in its timeline."""

    DRAFTED = "DRAFTED"
    CHANGED = "CHANGED"
    APPROVED = "APPROVED"
    SENT = "SENT"
    MAILED = "MAILED"
    CONFIRMED = "CONFIRMED"
    RECEIVED = "RECEIVED"
    COSTED = "COSTED"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"


# Mailing an approved order sends it; mailing a sent one sends its document once more. Receiving leads to PARTLY_RECEIVED or
# RECEIVED, depending on what is outstanding. More may come after everything is here: suppliers deliver too much, and the goods
# are there all the same. Invoices for freight come last, often when everything else is settled.
_ALLOWED: Mapping[str, frozenset[Step]] = {
    "DRAFT": frozenset({Step.CHANGED, Step.APPROVED, Step.CANCELED}),
    "APPROVED": frozenset({Step.SENT, Step.MAILED, Step.CANCELED}),
    "SENT": frozenset({Step.MAILED, Step.CONFIRMED, Step.RECEIVED, Step.CANCELED}),
    "PARTLY_RECEIVED": frozenset({Step.CONFIRMED, Step.RECEIVED, Step.COSTED, Step.CLOSED}),
    "RECEIVED": frozenset({Step.RECEIVED, Step.COSTED, Step.CLOSED}),
    "CLOSED": frozenset({Step.COSTED}),
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


def still_missing(quantity: int, received: int, tolerance: int) -> int:
    """Units that must still come: of a line that began to arrive, a rest of at most `tolerance` percent need not."""
    rest = max(quantity - received, 0)
    return 0 if received and rest * 100 <= quantity * tolerance else rest


def surplus_welcome(quantity: int, tolerance: int) -> int:
    """Units beyond the order that are taken in without a question."""
    return quantity * tolerance // 100
