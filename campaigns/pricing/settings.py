"""What can be set of a promotion, and which settings make no sense together.

What is ambiguous is refused instead of defined: a percentage beside free shipping, chosen products beside "everything".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from campaigns.pricing.values import Benefit
from config.kernel.money import round_half_up

EVERYTHING, CHOSEN = "EVERYTHING", "CHOSEN"
LARGEST_AMOUNT = Decimal(10) ** 12
SMALL, LARGE = 32_767, 2_147_483_647

# What a benefit is made of: these fields are needed for it, and no others of them are allowed beside it.
PARTS = {
    Benefit.PERCENT: ("percent",),
    Benefit.AMOUNT: ("amount",),
    Benefit.FIXED_PRICE: ("amount",),
    Benefit.BUY_X_GET_Y: ("buy", "get"),
    Benefit.FREE_SHIPPING: (),
}
ALL_PARTS = ("percent", "amount", "buy", "get")


@dataclass(frozen=True)
class Settings:
    """Everything of a promotion that people decide. Names are those of the promotion's columns."""

    name: str
    benefit: str
    starts_at: datetime
    ends_at: datetime | None = None
    is_enabled: bool = True
    campaign_id: int | None = None
    weekdays: tuple[int, ...] = ()
    from_hour: int | None = None
    until_hour: int | None = None
    needs_coupon: bool = False
    covers: str = EVERYTHING
    products: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    segment_id: int | None = None
    minimum_amount: Decimal = Decimal(0)
    first_order_only: bool = False
    percent: Decimal | None = None
    amount: Decimal | None = None
    buy: int | None = None
    get: int | None = None
    priority: int = 100
    stacking_group: str = ""
    usage_limit: int | None = None
    usage_limit_per_customer: int | None = None
    budget: Decimal | None = None


@dataclass(frozen=True)
class Objection:
    """Why a field cannot stay as it is: a stable reason."""

    field: str
    reason: str


def objections(settings: Settings, currency: str) -> tuple[Objection, ...]:
    """Everything that must be mended first; empty where the settings have one clear meaning."""
    return (
        *_of_words(settings),
        *_of_time(settings),
        *_of_benefit(settings),
        *_of_scope(settings),
        *_of_numbers(settings, currency),
    )


def _of_words(settings: Settings) -> Iterator[Objection]:
    if not settings.name.strip():
        yield Objection("name", "required")
    if len(settings.name) > 100:
        yield Objection("name", "too_long")
    if len(settings.stacking_group) > 40:
        yield Objection("stacking_group", "too_long")


def _of_time(settings: Settings) -> Iterator[Objection]:
    if settings.ends_at is not None and settings.ends_at <= settings.starts_at:
        yield Objection("ends_at", "ends_before_start")
    if not set(settings.weekdays) <= set(range(7)):
        yield Objection("weekdays", "unknown_weekday")
    first, last = settings.from_hour, settings.until_hour
    if first is None and last is None:
        return
    if first is None or last is None:
        yield Objection("until_hour" if last is None else "from_hour", "hours_go_together")
    elif not (0 <= first <= 23 and 1 <= last <= 24):
        yield Objection("from_hour", "unknown_hour")
    elif first == last:
        yield Objection("until_hour", "no_hours")


def _of_benefit(settings: Settings) -> Iterator[Objection]:
    if settings.benefit not in {one.value for one in Benefit}:
        yield Objection("benefit", "required")
        return
    benefit = Benefit(settings.benefit)
    for part in ALL_PARTS:
        value = getattr(settings, part)
        if part not in PARTS[benefit]:
            if value is not None:
                yield Objection(part, "not_with_this_benefit")
        elif value is None:
            yield Objection(part, "required")
        elif value < 0 or (value == 0 and benefit is not Benefit.FIXED_PRICE):
            yield Objection(part, "too_small")
    if benefit is Benefit.PERCENT and settings.percent is not None:
        if settings.percent > 100:
            yield Objection("percent", "above_hundred")
        elif settings.percent != round(settings.percent, 2):
            yield Objection("percent", "too_fine")


def _of_scope(settings: Settings) -> Iterator[Objection]:
    if settings.covers not in (EVERYTHING, CHOSEN):
        yield Objection("covers", "required")
    elif settings.covers == CHOSEN and not (settings.products or settings.categories):
        yield Objection("covers", "nothing_chosen")
    elif settings.covers == EVERYTHING:
        for field in ("products", "categories"):
            if getattr(settings, field):
                yield Objection(field, "chosen_beside_everything")


def _of_numbers(settings: Settings, currency: str) -> Iterator[Objection]:
    for field in ("amount", "minimum_amount", "budget"):
        value: Decimal | None = getattr(settings, field)
        if value is None:
            continue
        if not value.is_finite() or abs(value) >= LARGEST_AMOUNT:
            yield Objection(field, "too_large")
        elif value != round_half_up(value, currency):
            yield Objection(field, "not_whole_units")
    if settings.minimum_amount < 0:
        yield Objection("minimum_amount", "too_small")
    for field in ("usage_limit", "usage_limit_per_customer", "budget"):
        limit = getattr(settings, field)
        if limit is not None and limit <= 0:
            yield Objection(field, "too_small")
    if settings.priority < 0:
        yield Objection("priority", "too_small")
    for field, most in (
        ("buy", SMALL), ("get", SMALL), ("priority", SMALL), ("usage_limit", LARGE), ("usage_limit_per_customer", LARGE),
    ):  # fmt: skip
        number = getattr(settings, field)
        if number is not None and number > most:
            yield Objection(field, "too_large")
