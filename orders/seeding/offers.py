"""The promotions of the demo's year, and how strongly each draws customers.

Each is said in days counted from the first day of the story or from its end, so that whenever the demo begins, some run, one
starts within hours and one has just ended.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from campaigns.pricing.values import Benefit, Key, Rule

# Read aloud on the phone: no letters that look or sound like others.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Offer:
    """One promotion. `lift` multiplies what its goods sell while it is in force; `taken` is the share of orders that use its
    code where it needs one; `codes` are single codes, `batch` the number of codes that hold once each.
    """

    name: str
    campaign: str
    benefit: Benefit
    starts_at: datetime
    ends_at: datetime | None
    percent: Decimal | None = None
    amount: Decimal | None = None
    buy: int | None = None
    get: int | None = None
    categories: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    segment: str = ""
    minimum_amount: Decimal = Decimal(0)
    first_order_only: bool = False
    needs_coupon: bool = False
    usage_limit: int | None = None
    per_customer: int | None = None
    budget: Decimal | None = None
    priority: int = 100
    group: str = ""
    lift: float = 1.0
    taken: float = 0.0
    codes: tuple[str, ...] = ()
    batch: int = 0


def offers(first: datetime, until: datetime, orders: int) -> tuple[Offer, ...]:
    """`first` is the midnight on which the story begins, `orders` how many the year has: limits grow with the shop."""
    day = timedelta(days=1)
    span = until - first
    today = first + span // day * day
    often = max(orders // 100, 10)

    def part(share: float) -> datetime:
        return first + span * share // day * day

    return (
        Offer(
            "첫 구매 10%", "새 손님 맞이", Benefit.PERCENT, first, None, percent=Decimal(10), first_order_only=True,
            per_customer=1, priority=50, group="order",
        ),
        Offer(
            "수요일 무료배송", "요일 혜택", Benefit.FREE_SHIPPING, first, None, weekdays=(2,), minimum_amount=Decimal(30_000),
            priority=200, lift=1.08,
        ),
        Offer(
            "단골 손님 5%", "단골", Benefit.PERCENT, part(0.1), None, percent=Decimal(5), segment="vip", priority=60,
            group="order",
        ),
        Offer(
            "새봄 그릇 20%", "계절 기획전", Benefit.PERCENT, part(0.30), part(0.36), percent=Decimal(20),
            categories=("kitchen",), priority=20, group="sale", lift=1.9,
        ),
        Offer(
            "점심 한정 원두 특가", "시간 특가", Benefit.PERCENT, part(0.40), part(0.46), percent=Decimal(25),
            categories=("coffee",), hours=(11, 14), priority=20, group="sale", lift=1.6,
        ),
        Offer(
            "여름침구 15%", "계절 기획전", Benefit.PERCENT, part(0.52), part(0.60), percent=Decimal(15),
            categories=("cooling", "sunscreen"), priority=20, group="sale", lift=1.7,
        ),
        Offer(
            "머그 2+1", "묶음 혜택", Benefit.BUY_X_GET_Y, part(0.66), part(0.72), buy=2, get=1, categories=("cups",),
            priority=30, group="sale", lift=1.6,
        ),
        Offer(
            "명절 선물 12%", "명절", Benefit.PERCENT, part(0.76), part(0.85), percent=Decimal(12),
            categories=("giftsets", "nuts"), priority=20, group="sale", lift=1.3,
        ),
        Offer(
            "선착순 3천원", "새 손님 맞이", Benefit.AMOUNT, part(0.86), part(0.93), amount=Decimal(3_000),
            minimum_amount=Decimal(40_000), usage_limit=often, priority=70, lift=1.1,
        ),
        Offer(
            "환절기 스킨케어 15%", "계절 기획전", Benefit.PERCENT, today - 18 * day, today, percent=Decimal(15),
            categories=("skincare",), priority=20, group="sale", lift=1.6,
        ),
        Offer(
            "겨울 채비 20%", "계절 기획전", Benefit.PERCENT, today - 5 * day, today + 9 * day, percent=Decimal(20),
            categories=("bedding", "loungewear"), priority=20, group="sale", lift=1.8, budget=Decimal(often * 90_000),
        ),
        Offer(
            "밤 열 시 차 한 잔", "시간 특가", Benefit.PERCENT, today - 12 * day, today + 18 * day, percent=Decimal(15),
            categories=("drinks",), hours=(21, 24), priority=25, group="sale", lift=1.2,
        ),
        Offer(
            "주말 깜짝 캔들 특가", "시간 특가", Benefit.PERCENT, _next_hour(until, 3), _next_hour(until, 3) + 2 * day,
            percent=Decimal(30), categories=("candles",), priority=10, group="sale", lift=2.0,
        ),
        Offer(
            "연말 선물 상자", "명절", Benefit.FIXED_PRICE, today + 10 * day, today + 30 * day, amount=Decimal(15_900),
            categories=("snacks",), minimum_amount=Decimal(30_000), priority=20, group="sale",
        ),
        Offer(
            "환영 쿠폰 5천원", "쿠폰", Benefit.AMOUNT, first, None, amount=Decimal(5_000), minimum_amount=Decimal(40_000),
            needs_coupon=True, per_customer=1, priority=300, taken=0.05, codes=("WELCOME5000",),
        ),
        Offer(
            "리뷰 감사 쿠폰 10%", "쿠폰", Benefit.PERCENT, part(0.5), today + 60 * day, percent=Decimal(10), needs_coupon=True,
            priority=310, taken=0.04, batch=max(orders // 50, 40),
        ),
    )  # fmt: skip


def _next_hour(until: datetime, hours: int) -> datetime:
    return until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


def batch_codes(number: int, draw: Random) -> list[str]:
    """So many different codes."""
    codes: dict[str, None] = {}
    while len(codes) < number:
        codes["RV" + "".join(draw.choices(_LETTERS, k=8))] = None
    return list(codes)


@dataclass
class Standing:
    """One promotion as it stands in the story: the rule, its coupons, and what of its limits is left."""

    offer: Offer
    rule: Rule
    keys: list[Key] = field(default_factory=list)
    used: int = 0
    spent: Decimal = Decimal(0)
    by_customer: dict[int, int] = field(default_factory=dict)

    @property
    def is_limited(self) -> bool:
        offer = self.offer
        return offer.usage_limit is not None or offer.per_customer is not None or offer.budget is not None

    def may_hold(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.rule.starts_at < ends_at and (self.rule.ends_at is None or self.rule.ends_at > starts_at)

    def may_matter(self, path: frozenset[int], segments: frozenset[int], is_first_order: bool) -> bool:
        """Leaves out early what cannot touch a basket of these categories, as the shop's own query does."""
        rule = self.rule
        return (
            (is_first_order or not rule.first_order_only)
            and (rule.segment is None or rule.segment in segments)
            and (not rule.covers_chosen or not rule.categories.isdisjoint(path))
        )

    def key(self) -> Key | None:
        """The code a customer would use now."""
        return self.keys[-1] if self.keys else None

    def use(self, customer_id: int | None, amount: Decimal) -> None:
        """Counts a use, for good: what is given back later is not offered again in the story."""
        self.used += 1
        self.spent += amount
        if customer_id is not None:
            self.by_customer[customer_id] = self.by_customer.get(customer_id, 0) + 1
        if self.offer.batch:
            self.keys.pop()

    def rule_for(self, customer_id: int | None) -> Rule:
        """The rule with what its limits still allow this customer."""
        if not self.is_limited:
            return self.rule
        offer, rule = self.offer, self.rule
        used = self.by_customer.get(customer_id, 0) if customer_id is not None else 0
        return replace(
            rule,
            left=None if offer.usage_limit is None else max(offer.usage_limit - self.used, 0),
            left_for_customer=None if offer.per_customer is None else max(offer.per_customer - used, 0),
            budget_left=None if offer.budget is None else offer.budget - self.spent,
        )
