"""What staff ask about promotions: how one stands now, how it is going, and what speaks against new settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings as project
from django.db.models import Count, F, Q, QuerySet, Sum, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import CouponBatch, Promotion, PromotionChange, PromotionOccurrence, Redemption
from campaigns.pricing import schedule
from campaigns.pricing.settings import Objection, Settings
from campaigns.pricing.settings import objections as contradictions
from config.kernel import shop
from inventory.models import Category, Product

SHOWN = 20
# Notices reach a day back.
NOTICE = timedelta(days=1)


class State(TextChoices):
    UPCOMING = "UPCOMING", _("upcoming")  # its period has not begun
    IN_FORCE = "IN_FORCE", _("in force")  # customers get it at this moment
    PAUSED = "PAUSED", _("between windows")  # in its period, but not at this weekday or hour
    USED_UP = "USED_UP", _("used up")  # in its period, but its limit or budget is used
    ENDED = "ENDED", pgettext_lazy("promotion", "ended")  # its period is over
    OFF = "OFF", _("switched off")  # by hand


def state_of(promotion: Promotion, at: datetime) -> State:
    if promotion.ends_at is not None and promotion.ends_at <= at:
        return State.ENDED
    if not promotion.is_enabled:
        return State.OFF
    if at < promotion.starts_at:
        return State.UPCOMING
    if promotion.is_used_up:
        return State.USED_UP
    return State.IN_FORCE if schedule.in_force(promotion, at, shop.zone()) else State.PAUSED


def in_state(promotions: QuerySet[Promotion], state: str, at: datetime) -> QuerySet[Promotion]:
    """Those of which `state_of` says the same. A state that does not exist leaves nobody out."""
    ended = Q(ends_at__isnull=False, ends_at__lte=at)
    running = Q(is_enabled=True, starts_at__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    used_up = Q(usage_limit__isnull=False, used__gte=F("usage_limit")) | Q(budget__isnull=False, spent__gte=F("budget"))
    conditions = {
        State.ENDED: ended,
        State.OFF: ~ended & Q(is_enabled=False),
        State.UPCOMING: ~ended & Q(is_enabled=True, starts_at__gt=at),
        State.USED_UP: running & used_up,
        State.IN_FORCE: running & ~used_up & _window(at),
        State.PAUSED: running & ~used_up & ~_window(at),
    }
    return promotions.filter(conditions[State(state)]) if state in State else promotions


def in_force(at: datetime) -> QuerySet[Promotion]:
    """What customers may get at this moment, with or without a coupon."""
    return in_state(Promotion.objects.all(), State.IN_FORCE, at)


def _window(at: datetime) -> Q:
    """At one of its weekdays and hours: `schedule.in_force` inside the period, said to the database."""
    local = at.astimezone(shop.zone())
    today, hour = _on(local.weekday()), local.hour
    past_midnight = Q(from_hour__gt=F("until_hour"))
    return (
        (Q(from_hour__isnull=True) & today)
        | (Q(from_hour__lte=hour, until_hour__gt=hour) & ~past_midnight & today)
        | (Q(from_hour__lte=hour) & past_midnight & today)
        | (Q(until_hour__gt=hour) & past_midnight & _on((local.weekday() - 1) % 7))
    )


def _on(weekday: int) -> Q:
    return Q(weekdays=[]) | Q(weekdays__contains=[weekday])


@dataclass(frozen=True)
class Notice:
    """The period of a promotion began or ended at `moment`, a little while ago."""

    promotion: Promotion
    moment: datetime
    begins: bool


def notices(*, at: datetime, most: int) -> list[Notice]:
    """What has started and ended within the last 24 hours, the latest first; of what is used up not that it has started.

    Told by the periods: the weekdays and hours within them repeat, and are no news.
    """
    since = at - NOTICE
    near = Q(starts_at__gt=since, starts_at__lte=at) | Q(ends_at__gt=since, ends_at__lte=at)
    edges = [
        Notice(one, moment, begins)
        for one in Promotion.objects.filter(near, is_enabled=True).order_by("id")
        for moment, begins in ((one.starts_at, True), (one.ends_at, False))
        if moment is not None and since < moment <= at and not (begins and one.is_used_up)
    ]
    return sorted(edges, key=lambda notice: notice.moment, reverse=True)[:most]


@dataclass(frozen=True)
class Uses:
    """How often it was redeemed and what it gave away, canceled orders left out."""

    number: int
    amount: Decimal


@dataclass(frozen=True)
class Story:
    """How one promotion is going. Lists are the latest, newest first."""

    uses: Uses
    next_change_at: datetime | None
    occurrences: Sequence[PromotionOccurrence]
    changes: Sequence[PromotionChange]
    batches: Sequence[CouponBatch]


def uses(promotion: Promotion) -> Uses:
    """Counted as they happen where there is a limit, else counted now."""
    if promotion.is_limited:
        return Uses(promotion.used, promotion.spent)
    return recounted(promotion)


def recounted(promotion: Promotion) -> Uses:
    found = Redemption.objects.filter(promotion=promotion, state=Redemption.State.COUNTED).aggregate(
        uses=Count("pk"), amount=Sum("amount")
    )
    return Uses(found["uses"], found["amount"] or Decimal(0))


def story(promotion: Promotion, *, at: datetime) -> Story:
    return Story(
        uses=uses(promotion),
        next_change_at=schedule.next_change(promotion, at, shop.zone()) if promotion.is_enabled else None,
        occurrences=list(promotion.occurrences.order_by("-started_at", "-id")[:SHOWN]),
        changes=list(promotion.changes.select_related("actor").order_by("-version")[:SHOWN]),
        batches=list(promotion.batches.order_by("-id")[:SHOWN]),
    )


def objections(settings: Settings, *, promotion: Promotion | None = None) -> tuple[Objection, ...]:
    """What speaks against these settings: by themselves, by what exists, and by what has happened to `promotion` so far."""
    return (
        *contradictions(settings, project.SHOP_CURRENCY),
        *_of_lists(settings),
        *(_of_history(settings, promotion) if promotion is not None and promotion.pk else ()),
    )


def _of_lists(settings: Settings) -> Iterator[Objection]:
    if len(settings.products) != Product.objects.filter(pk__in=settings.products).count():
        yield Objection("products", "unknown")
    if len(settings.categories) != Category.objects.filter(pk__in=settings.categories).count():
        yield Objection("categories", "unknown")


def _of_history(settings: Settings, promotion: Promotion) -> Iterator[Objection]:
    """What can no longer be set because of what has happened under the present settings."""
    if settings.usage_limit is not None or settings.budget is not None:
        so_far = uses(promotion)
        if settings.usage_limit is not None and so_far.number > settings.usage_limit:
            yield Objection("usage_limit", "below_used")
        if settings.budget is not None and so_far.amount > settings.budget:
            yield Objection("budget", "below_spent")
    limit = settings.usage_limit_per_customer
    if limit is not None and limit != promotion.usage_limit_per_customer:
        counted = Redemption.objects.filter(promotion=promotion, state=Redemption.State.COUNTED, customer__isnull=False)
        if counted.values("customer").annotate(number=Count("pk")).filter(number__gt=limit).exists():
            yield Objection("usage_limit_per_customer", "below_used_by_customer")
    if promotion.needs_coupon and not settings.needs_coupon and promotion.coupons.exists():
        yield Objection("needs_coupon", "has_coupons")
