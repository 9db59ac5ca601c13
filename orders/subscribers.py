"""What orders does about the events of the apps below."""

from datetime import datetime
from typing import Any

from config.kernel.outbox import subscribe
from inventory.events import ReservationsLost
from orders.operations import shortage


@subscribe(ReservationsLost, name="orders.marks_short")
def mark_short(payload: dict[str, Any], *, at: datetime) -> None:
    if payload["document_kind"] == "ORDER":
        shortage.mark(number=payload["document_number"], at=at)
