"""Orders by itself what may be ordered without a person."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from config.kernel.errors import DomainError
from inventory.models import PurchaseOrder
from inventory.operations import purchasing
from inventory.queries import automatic

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """`refused` are the numbers of drafts that nothing seemed to keep, and that could not be approved all the same."""

    ordered: list[PurchaseOrder] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def approve_within_limits(*, at: datetime, only: Collection[int] | None = None) -> Done:
    """Approves each draft of the replenishment that nothing keeps, or those of `only`. The drafts have been locked; a draft
    counts as a whole. One that is refused stays a draft and keeps no other from being ordered.
    """
    done = Done()
    for one in automatic.judged(at=at):
        if not one.is_free or (only is not None and one.order.pk not in only):
            continue
        try:
            # A savepoint of its own: what a refusal undoes is this approval and nothing else.
            done.ordered.append(purchasing.approve(number=one.order.number, actor=None, at=at, by_itself=True))
        except DomainError as refusal:
            log.warning("automatic_order_refused", number=one.order.number, code=refusal.code)
            done.refused.append(one.order.number)
    return done
