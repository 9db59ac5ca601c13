"""Goods between the demo shop's warehouses: lanes, a transfer in every state, and what should move next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations

from django.db.models import F

from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import Lane, StockLevel, TransferOrder
from inventory.operations import balancing, transfers
from inventory.operations.transfers import Wanted

# Each transfer moves so many SKUs, of each a few units.
_LINES, _UNITS = 2, 4


def fill(*, warehouses: Sequence[int], staff: Mapping[str, User], until: datetime) -> None:
    """`warehouses` in order of priority: goods that both keep go from the first to the last."""
    for source, target in permutations(warehouses, 2):
        Lane.objects.create(
            from_warehouse_id=source, to_warehouse_id=target, days=2, cost_per_unit=Decimal(350),
            cost_per_shipment=Decimal(25_000), most_units=600,
        )  # fmt: skip
    if len(warehouses) < 2:
        return
    buyer, mover = staff.get(Role.BUYER.value), staff.get(Role.WAREHOUSE.value)
    kept = StockLevel.objects.filter(warehouse_id=warehouses[-1]).values("variant")
    levels = StockLevel.objects.filter(warehouse_id=warehouses[0], variant__in=kept, on_hand__gte=F("reserved") + 3 * _UNITS)
    fullest = levels.order_by(F("reserved") - F("on_hand"), "pk").values_list("variant_id", flat=True)
    plenty = iter(fullest[: len(FATES) * _LINES])
    reasons = ("부산 행사 준비", "주간 보충", "주간 보충", "매장 이전", "재고 균형", "계절 상품 이동")
    for hours, reason, fate in zip((150, 120, 90, 60, 30, 4), reasons, FATES, strict=True):
        lines = [Wanted(variant, _UNITS) for _, variant in zip(range(_LINES), plenty, strict=False)]
        if lines:
            at = until - timedelta(hours=hours)
            order = transfers.draft(
                from_warehouse_id=warehouses[0], to_warehouse_id=warehouses[-1], lines=lines, reason=reason, actor=buyer, at=at
            )
            fate(order, mover, buyer, at)
    balancing.propose(at=until)


def _arrives(order: TransferOrder, mover: User | None, _buyer: User | None, at: datetime) -> None:
    transfers.ship(number=order.number, actor=mover, at=at + timedelta(hours=2))
    transfers.receive(number=order.number, quantities=_units(order, _UNITS), actor=mover, at=at + timedelta(hours=26))


def _is_partly_lost(order: TransferOrder, mover: User | None, _buyer: User | None, at: datetime) -> None:
    _arrives_in_part(order, mover, _buyer, at)
    transfers.close(number=order.number, reason="운송 중 파손", actor=mover, at=at + timedelta(hours=40))


def _arrives_in_part(order: TransferOrder, mover: User | None, _buyer: User | None, at: datetime) -> None:
    transfers.ship(number=order.number, actor=mover, at=at + timedelta(hours=2))
    transfers.receive(number=order.number, quantities=_units(order, _UNITS - 1), actor=mover, at=at + timedelta(hours=26))


def _is_canceled(order: TransferOrder, _mover: User | None, buyer: User | None, at: datetime) -> None:
    transfers.cancel(number=order.number, reason="행사 취소", actor=buyer, at=at + timedelta(hours=1))


def _is_under_way(order: TransferOrder, mover: User | None, _buyer: User | None, at: datetime) -> None:
    transfers.ship(number=order.number, actor=mover, at=at + timedelta(hours=2))


def _waits(order: TransferOrder, _mover: User | None, _buyer: User | None, _at: datetime) -> None:
    """Drafted, and not yet packed."""


FATES = (_arrives, _is_partly_lost, _is_canceled, _arrives_in_part, _is_under_way, _waits)


def _units(order: TransferOrder, units: int) -> dict[str, int]:
    return dict.fromkeys(order.lines.values_list("variant__sku", flat=True), units)
