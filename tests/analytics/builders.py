"""Orders, returns and movements as rows, at whatever moment of the past a figure needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from inventory.models import StockMovement, Variant, Warehouse
from orders.models import Order, OrderLine, Return, ReturnLine

SEOUL = ZoneInfo("Asia/Seoul")
_next = count(1)


def seoul(day: str, clock: str = "12:00") -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), tzinfo=SEOUL)


@dataclass(frozen=True)
class Line:
    """What was bought: a tenth of VAT is inside of what is left after the discount."""

    variant: Variant
    quantity: int = 1
    price: int = 11_000
    discount: int = 0
    canceled: int = 0
    cost: int = 4_000


def an_order(
    placed_at: datetime,
    *lines: Line,
    state: str = Order.State.PAID,
    channel: str = "web",
    shipping: int = 3_000,
    **values: Any,
) -> Order:
    goods = sum(line.quantity * line.price - line.discount for line in lines)
    order = Order.objects.create(
        number=f"T{next(_next):06}",
        channel=channel,
        state=state,
        currency="KRW",
        lines_total=goods,
        shipping_fee=shipping,
        total=goods + shipping,
        tax=sum((_tax(line) for line in lines), Decimal(0)) + Decimal(shipping) / 11,
        paid=goods + shipping,
        placed_at=placed_at,
        payment_due_at=placed_at,
        **values,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            variant=line.variant,
            sku=line.variant.sku,
            name=line.variant.sku,
            quantity=line.quantity,
            list_price=line.price,
            gross=line.quantity * line.price,
            discount=line.discount,
            total=line.quantity * line.price - line.discount,
            tax_rate=10,
            tax=_tax(line),
            unit_cost=line.cost,
            canceled=line.canceled,
            shipped=line.quantity - line.canceled if state == Order.State.SHIPPED else 0,
        )
        for position, line in enumerate(lines, 1)
    )
    return order


def a_return(
    order: Order | None,
    received_at: datetime | None,
    warehouse: Warehouse,
    *,
    variant: Variant | None = None,
    quantity: int = 1,
    refund: int = 11_000,
    restocked: int = 0,
    state: str = Return.State.RECEIVED,
) -> Return:
    line = order.lines.get(variant=variant) if order and variant else order.lines.first() if order else None
    made = Return.objects.create(
        number=f"R{next(_next):06}",
        order=order,
        warehouse=warehouse,
        state=state,
        reason="손상",
        refund=refund,
        accepted_at=received_at or seoul("2026-11-01"),
        received_at=received_at,
    )
    ReturnLine.objects.create(
        parent=made,
        order_line=line,
        variant=line.variant if line else variant,
        quantity=quantity,
        restocked=restocked,
        refund=refund,
    )
    return made


def movements(at: datetime, variant: Variant, warehouse: Warehouse, *moves: tuple[str, int]) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            variant=variant,
            warehouse=warehouse,
            kind=kind,
            quantity=quantity,
            document_kind="TEST",
            document_number=f"M{next(_next):06}",
            reason="시험",
            occurred_at=at,
        )
        for kind, quantity in moves
    )


def facts(rows: Sequence[Any], *columns: str) -> list[tuple[Any, ...]]:
    """Figures as plain numbers, to compare with what was reckoned by hand."""
    return [tuple(_plain(getattr(row, column)) for column in columns) for row in rows]


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _tax(line: Line) -> Decimal:
    return Decimal(line.quantity * line.price - line.discount) / 11
