"""What orders tells. Payloads carry numbers and days, never personal data."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True)
class OrderPlaced(Event):
    """`on` is the business day on which the order was placed, as is the case in all events below."""

    topic: ClassVar[str] = "orders.order_placed"
    number: str
    on: str


@dataclass(frozen=True)
class OrderPaid(Event):
    topic: ClassVar[str] = "orders.order_paid"
    number: str
    on: str


@dataclass(frozen=True)
class OrderShipped(Event):
    """One parcel left; the rest may follow."""

    topic: ClassVar[str] = "orders.order_shipped"
    number: str
    fulfillment: str
    on: str


@dataclass(frozen=True)
class OrderCanceled(Event):
    """Canceled by somebody or expired by the clock."""

    topic: ClassVar[str] = "orders.order_canceled"
    number: str
    on: str


@dataclass(frozen=True)
class OrderReturned(Event):
    """Goods came back; `returned_on` is the business day of the return itself."""

    topic: ClassVar[str] = "orders.order_returned"
    number: str
    on: str
    returned_on: str


@dataclass(frozen=True)
class HistoryImported(Event):
    """Many rows were written at once, by a seed or an import: everything derived from these days is stale."""

    topic: ClassVar[str] = "orders.history_imported"
    first_on: str
    last_on: str
