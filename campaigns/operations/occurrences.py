"""What follows from a promotion's start and end: one record and one event for each window that opens and for each that closes.

Prices never wait for this: a promotion is in force by the clock. Here only its story is written, up to the moment, by a job
each minute and by every change of the promotion. The row of the promotion is locked, and says up to where the story is written,
so nothing is told twice; what was missed is told later, with the times at which it was true.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Sum

from campaigns.events import PromotionEnded, PromotionStarted
from campaigns.models import Promotion, PromotionOccurrence, Redemption
from campaigns.pricing import schedule
from config.kernel import outbox, shop

# So many openings and closings of one promotion in one transaction; the rest is due for the next.
AT_ONCE = 200


@dataclass(frozen=True)
class Settled:
    promotions: int
    started: int
    ended: int


def settle_due(*, at: datetime, most: int = 1000) -> Settled:
    """Writes the story of every promotion whose next window opened or closed by `at`, each in a transaction of its own.

    Safe for several workers at once and after any pause. What is left when `most` are done is due for the next call.
    """
    promotions = started = ended = 0
    due = Promotion.objects.filter(next_edge_at__lte=at).order_by("next_edge_at", "id").values_list("pk", flat=True)
    for pk in list(due[:most]):
        with transaction.atomic():
            promotion = (
                Promotion.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk, next_edge_at__lte=at).first()
            )
            if promotion is None:
                continue
            opened, closed = settle(promotion, at=at, most=AT_ONCE)
            promotions, started, ended = promotions + 1, started + opened, ended + closed
    return Settled(promotions, started, ended)


def settle(promotion: Promotion, *, at: datetime, most: int | None = None) -> tuple[int, int]:
    """Writes the story of one promotion, whose row the caller has locked; how many windows opened and closed."""
    zone = shop.zone()
    running = PromotionOccurrence.objects.filter(promotion=promotion, ended_at__isnull=True).first()
    opened = closed = 0
    moment: datetime | None = promotion.settled_until or promotion.starts_at
    while moment is not None and moment <= at and (most is None or opened + closed < most):
        holds = promotion.is_enabled and schedule.in_force(promotion, moment, zone)
        if holds and running is None:
            running = _open(promotion, moment, at)
            opened += 1
        elif not holds and running is not None:
            _close(running, moment, at)
            running = None
            closed += 1
        promotion.settled_until = moment
        moment = schedule.next_change(promotion, moment, zone) if promotion.is_enabled else None
    if moment is None or moment > at:
        promotion.settled_until = max(promotion.settled_until or at, at)
    promotion.next_edge_at = moment
    promotion.save(update_fields=["settled_until", "next_edge_at"])
    return opened, closed


def _open(promotion: Promotion, moment: datetime, at: datetime) -> PromotionOccurrence:
    outbox.record(PromotionStarted(promotion_id=promotion.pk, at=moment.isoformat()), at=at)
    return PromotionOccurrence.objects.create(promotion=promotion, started_at=moment)


def _close(running: PromotionOccurrence, moment: datetime, at: datetime) -> None:
    """Keeps how often it was used in its time and what it gave away, as of now; what is canceled later does not change it."""
    found = Redemption.objects.filter(
        promotion=running.promotion_id,
        redeemed_at__gte=running.started_at,
        redeemed_at__lt=moment,
        state=Redemption.State.COUNTED,
    ).aggregate(uses=Count("pk"), amount=Sum("amount"))
    running.ended_at = moment
    running.uses = found["uses"]
    running.amount = found["amount"] or Decimal(0)
    running.save(update_fields=["ended_at", "uses", "amount"])
    outbox.record(PromotionEnded(promotion_id=running.promotion_id, at=moment.isoformat()), at=at)
