"""What goes into pricing and what comes out: plain values, no rows. Amounts are in the shop's one currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Benefit(StrEnum):
    PERCENT = "PERCENT"
    AMOUNT = "AMOUNT"
    FIXED_PRICE = "FIXED_PRICE"
    BUY_X_GET_Y = "BUY_X_GET_Y"
    FREE_SHIPPING = "FREE_SHIPPING"


# Every reason of a refusal, stable for programs.
REASONS = (
    "unknown_code", "not_in_force", "not_in_segment", "not_first_order", "used_up", "used_up_by_customer", "needs_customer",
    "no_matching_product", "below_minimum", "not_combinable", "nothing_to_discount", "budget_spent",
)  # fmt: skip


@dataclass(frozen=True)
class BasketLine:
    """`category_path` holds the category and all above it."""

    sku: str
    quantity: int
    list_price: Decimal
    product_id: int
    category_path: frozenset[int]
    tax_rate: Decimal


@dataclass(frozen=True)
class Basket:
    """`segments` and `is_first_order` are told by the caller: the customer's segments from `queries.customers`, the other by
    whoever keeps the orders. `shipping_fee` is in whole units.

    `is_new_customer`: somebody is named whom the shop has not written down yet; they are in no segment, have used nothing and
    order for the first time, and what they are quoted must be what their order costs. With neither this nor `customer_id`
    it is a guest's.
    """

    lines: tuple[BasketLine, ...]
    codes: tuple[str, ...] = ()
    customer_id: int | None = None
    is_new_customer: bool = False
    segments: frozenset[int] = frozenset()
    is_first_order: bool = True
    shipping_fee: Decimal = Decimal(0)

    @property
    def is_guest(self) -> bool:
        return self.customer_id is None and not self.is_new_customer


@dataclass(frozen=True)
class Rule:
    """A promotion as the engine sees it. `left` and `budget_left` are what its limits still allow; None: no limit.

    It covers every line unless products or categories are given, or `covers_chosen` says that they would have been: what is
    left out here because no line needs it must not widen the promotion. Time: see `schedule.Timed`.
    """

    promotion_id: int
    version: int
    name: str
    benefit: Benefit
    priority: int
    starts_at: datetime
    ends_at: datetime | None
    weekdays: frozenset[int] = frozenset()
    hours: tuple[int, int] | None = None
    needs_coupon: bool = False
    products: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    covers_chosen: bool = False
    segment: int | None = None
    minimum_amount: Decimal = Decimal(0)
    first_order_only: bool = False
    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    buy: int = 0
    get: int = 0
    stacking_group: str = ""
    left: int | None = None
    left_for_customer: int | None = None
    budget_left: Decimal | None = None

    @property
    def covers_everything(self) -> bool:
        return not (self.covers_chosen or self.products or self.categories)

    @property
    def is_limited(self) -> bool:
        return not (self.left is None and self.left_for_customer is None and self.budget_left is None)


@dataclass(frozen=True)
class Key:
    """A coupon code as the engine sees it. Without a coupon it is a trial of the promotion, as if a good code were at hand."""

    code: str
    coupon_id: int | None
    promotion_id: int
    only_for: int | None = None
    is_enabled: bool = True
    left: int | None = None


@dataclass(frozen=True)
class Discount:
    """One reason why a price is lower. `shares` are the amounts per basket line, in order; they sum to `amount`.

    Off the shipping fee all shares are zero. `is_counted`: the promotion has a limit, so the use counts against it.
    `is_for_first_order`: it was given because the customer has no other order.
    """

    promotion_id: int
    version: int
    name: str
    amount: Decimal
    shares: tuple[Decimal, ...]
    on_shipping: bool = False
    coupon_id: int | None = None
    code: str = ""
    is_counted: bool = False
    is_for_first_order: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a code gave nothing: a stable `reason` (`REASONS`) and the figures behind it."""

    code: str
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PricedLine:
    sku: str
    quantity: int
    list_price: Decimal
    gross: Decimal
    discount: Decimal
    total: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Quote:
    """`total` = sum of line totals + shipping - shipping discount; tax is inside the prices."""

    at: datetime
    currency: str
    lines: tuple[PricedLine, ...]
    discounts: tuple[Discount, ...]
    refusals: tuple[Refusal, ...]
    shipping_fee: Decimal
    shipping_discount: Decimal
    shipping_tax: Decimal
    total: Decimal
    tax: Decimal
