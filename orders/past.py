"""An order as the past tells it, in plain values: what a seed makes up, what an import reads, what the bulk writer takes.

Only facts are told here. What follows from them (totals, units shipped, entries of the ledger, the timeline) is worked out
where they are written, so that no teller can get it wrong. Positions count an order's lines from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class PastDiscount:
    """The share of one promotion, with the version it had."""

    promotion_id: int
    promotion_version: int
    name: str
    amount: Decimal
    coupon_id: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class PastLine:
    """`gross` is the list price times the quantity unless told otherwise. `tax` is what lies in the total after discounts."""

    variant_id: int
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    tax_rate: Decimal
    tax: Decimal
    unit_cost: Decimal = Decimal(0)
    gross: Decimal | None = None
    discounts: tuple[PastDiscount, ...] = ()
    canceled: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True)
class PastPayment:
    provider: str
    reference: str
    amount: Decimal
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class PastParcel:
    """`items` is units by position. Without a number it gets the next one."""

    warehouse_id: int
    shipped_at: datetime
    items: Mapping[int, int]
    carrier: str = ""
    tracking_number: str = ""
    number: str = ""
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastHold:
    """Units of one line once reserved and never shipped: still held while the order is open, given back when it is over."""

    position: int
    warehouse_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PastReturnLine:
    """`position` is empty where the sale is not known; then `variant_id` says what came back.

    Without a `refund` the units are worth their share of what the line cost.
    """

    quantity: int
    restocked: int
    refund: Decimal | None = None
    position: int | None = None
    variant_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastReturn:
    """Neither received nor refused: the goods are on their way, and nothing of it counts yet."""

    warehouse_id: int
    reason: str
    accepted_at: datetime
    lines: tuple[PastReturnLine, ...]
    received_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str = ""
    number: str = ""
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastRefund:
    """Without a provider it went back through the one that took the order's last payment."""

    reference: str
    amount: Decimal
    reason: str
    refunded_at: datetime
    actor_id: int | None = None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An entry of the timeline that does not follow from the rest: a note, a shortage, a picking."""

    kind: str
    occurred_at: datetime
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastOrder:
    """Without a number it gets the next one of its day. `closed_at` is when it was canceled or expired, and `reason` why.

    What must go back (`refund_owed`) follows from the end of the order, its returns and canceled units unless told.
    """

    channel: str
    state: str
    currency: str
    placed_at: datetime
    lines: tuple[PastLine, ...]
    number: str = ""
    external_number: str | None = None
    customer_id: int | None = None
    shipping_fee: Decimal = Decimal(0)
    shipping_discounts: tuple[PastDiscount, ...] = ()
    shipping_tax: Decimal = Decimal(0)
    ship_to: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    payment_due_at: datetime | None = None
    paid_at: datetime | None = None
    ship_due_at: datetime | None = None
    shipped_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str = ""
    closed_by_id: int | None = None
    refund_owed: Decimal | None = None
    payments: tuple[PastPayment, ...] = ()
    parcels: tuple[PastParcel, ...] = ()
    holds: tuple[PastHold, ...] = ()
    returns: tuple[PastReturn, ...] = ()
    refunds: tuple[PastRefund, ...] = ()
    events: tuple[PastEvent, ...] = ()
