"""Writes a new order with its lines, its discounts and its first timeline rows, in one statement.

By hand, because every order pays for every statement: the same rows through the ORM take five statements and three times the
processor time (tests/benchmarks/place_order).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from config.kernel.models import User
from orders.models import Order, OrderEvent
from orders.numbering import day_of_number

# Values in a SELECT take the type they are given here, not that of the column they end in.
_WRITE = """
    WITH placed AS (
        INSERT INTO orders_order (
            number, channel, external_number, customer_id, state, is_short, refund_due, has_unmatched, currency, lines_total,
            shipping_fee, shipping_discount, total, tax, paid, refund_owed, refunded, ship_to, note, placed_at, payment_due_at,
            paid_at, ship_due_at
        )
        SELECT %(day)s::text || '-' || lpad(running::text, greatest(6, length(running::text)), '0'), %(channel)s::text,
               %(external_number)s::text, %(customer)s::bigint, %(state)s::text, false, false, false, %(currency)s::text,
               %(lines_total)s::numeric, %(shipping_fee)s::numeric, %(shipping_discount)s::numeric, %(total)s::numeric,
               %(tax)s::numeric, 0, 0, 0, %(ship_to)s::jsonb, %(note)s::text, %(placed_at)s::timestamptz,
               %(payment_due_at)s::timestamptz, %(paid_at)s::timestamptz, %(ship_due_at)s::timestamptz
        FROM nextval('orders_order_number') AS running
        ON CONFLICT (channel, external_number) DO NOTHING
        RETURNING id, number
    ), line AS (
        INSERT INTO orders_orderline (
            order_id, position, variant_id, sku, name, quantity, list_price, gross, discount, total, tax_rate, tax, unit_cost,
            shipped, canceled, short, returned
        )
        SELECT placed.id, one.*, 0, 0, 0, 0
        FROM placed, unnest(
            %(position)s::int[], %(variant_id)s::bigint[], %(sku)s::text[], %(name)s::text[], %(quantity)s::int[],
            %(list_price)s::numeric[], %(gross)s::numeric[], %(discount)s::numeric[], %(line_total)s::numeric[],
            %(tax_rate)s::numeric[], %(line_tax)s::numeric[], %(unit_cost)s::numeric[]
        ) AS one
        RETURNING id, position
    ), reason AS (
        INSERT INTO orders_orderdiscount (order_id, line_id, promotion_id, promotion_version, name, code, amount)
        SELECT placed.id, line.id, one.promotion_id, one.version, one.name, one.code, one.amount
        FROM placed, unnest(
            %(reason_position)s::int[], %(reason_promotion)s::bigint[], %(reason_version)s::int[], %(reason_name)s::text[],
            %(reason_code)s::text[], %(reason_amount)s::numeric[]
        ) WITH ORDINALITY AS one (position, promotion_id, version, name, code, amount, place)
        LEFT JOIN line ON line.position = one.position
        ORDER BY one.place
    ), event AS (
        INSERT INTO orders_orderevent (order_id, kind, actor_id, reason, details, occurred_at)
        SELECT placed.id, told.kind, %(actor)s::bigint, '', '{}', %(placed_at)s::timestamptz
        FROM placed, unnest(%(kinds)s::text[]) WITH ORDINALITY AS told (kind, place)
        ORDER BY told.place
    )
    SELECT id, number FROM placed
"""


@dataclass(frozen=True, slots=True)
class NewLine:
    position: int
    variant_id: int
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    gross: Decimal
    discount: Decimal
    line_total: Decimal
    tax_rate: Decimal
    line_tax: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class NewDiscount:
    """The share of one promotion in the line at `reason_position`; None: off the shipping fee."""

    reason_position: int | None
    reason_promotion: int
    reason_version: int
    reason_name: str
    reason_code: str
    reason_amount: Decimal


def write(
    order: Order,
    lines: Sequence[NewLine],
    discounts: Sequence[NewDiscount],
    kinds: Sequence[OrderEvent.Kind],
    *,
    actor: User | None,
) -> bool:
    """Gives the unsaved `order` its key and its number. False: an order with this number of the channel exists already."""
    values: dict[str, Any] = {
        name: getattr(order, name)
        for name in (
            "channel", "external_number", "state", "currency", "lines_total", "shipping_fee", "shipping_discount", "total",
            "tax", "note", "placed_at", "payment_due_at", "paid_at", "ship_due_at",
        )
    }  # fmt: skip
    values |= {
        "day": day_of_number(order.placed_at),
        "customer": order.customer_id,
        "ship_to": json.dumps(order.ship_to, ensure_ascii=False),
        "actor": actor.pk if actor else None,
        "kinds": list(kinds),
    }
    values |= {name: [getattr(line, name) for line in lines] for name in NewLine.__slots__}
    values |= {name: [getattr(one, name) for one in discounts] for name in NewDiscount.__slots__}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        row = cursor.fetchone()
    if row is None:
        return False
    order.pk, order.number = row
    order._state.adding, order._state.db = False, connection.alias
    return True
