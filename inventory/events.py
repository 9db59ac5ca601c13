"""What inventory tells. Ids and numbers only; subscribers read the rest themselves."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True)
class StockChanged(Event):
    """Goods came, left or were corrected on this business day: what is derived from the ledger of that day is stale."""

    topic: ClassVar[str] = "inventory.stock_changed"
    on: str


@dataclass(frozen=True)
class ReservationsLost(Event):
    """Held units of these documents are gone, because less lies there than was believed."""

    topic: ClassVar[str] = "inventory.reservations_lost"
    document_kind: str
    document_number: str
    variant_id: int
    quantity: int


@dataclass(frozen=True)
class StockAtRisk(Event):
    """A SKU may sell out in a warehouse before goods can come. Told once, when it is first seen."""

    topic: ClassVar[str] = "inventory.stock_at_risk"
    variant_id: int
    warehouse_id: int
    level: str
