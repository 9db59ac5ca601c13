"""Orders by itself what may be ordered without a person."""

from datetime import datetime

from inventory.models import PurchaseOrder
from inventory.operations import purchasing
from inventory.queries import automatic


def approve_within_limits(*, at: datetime) -> list[PurchaseOrder]:
    """Approves each draft of the replenishment that nothing keeps. The drafts have been locked; a draft counts as a whole."""
    return [
        purchasing.approve(number=one.order.number, actor=None, at=at, by_itself=True)
        for one in automatic.judged(at=at)
        if one.is_free
    ]
