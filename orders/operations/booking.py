"""Writes a placed order into its tables, whole, in one statement: this is the path of every order.

Row by row through the models it would be four statements and twice the processor time (tests/benchmarks/place_order).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from config.kernel.models import User
from orders.models import Order, OrderEvent, OrderLine

_BOOK = """
    WITH booked AS (
        INSERT INTO orders_order (
            number, channel, external_number, customer_id, state, is_short, refund_due, currency, lines_total,
            shipping_fee, shipping_discount, total, tax, paid, refund_owed, refunded, ship_to, note,
            placed_at, payment_due_at, paid_at, ship_due_at
        ) VALUES (
            %(number)s, %(channel)s, %(external_number)s, %(customer_id)s, %(state)s, false, false, %(currency)s,
            %(lines_total)s, %(shipping_fee)s, %(shipping_discount)s, %(total)s, %(tax)s, 0, 0, 0, %(ship_to)s::jsonb, %(note)s,
            %(placed_at)s, %(payment_due_at)s, %(paid_at)s, %(ship_due_at)s
        ) RETURNING id
    ), line AS (
        INSERT INTO orders_orderline (
            order_id, position, variant_id, sku, name, quantity, list_price, gross, discount, total, tax_rate, tax, unit_cost,
            shipped, canceled, short, returned
        )
        SELECT booked.id, told.*, 0, 0, 0, 0
        FROM booked, unnest(
            %(l_position)s::int[], %(l_variant_id)s::bigint[], %(l_sku)s::text[], %(l_name)s::text[], %(l_quantity)s::int[],
            %(l_list_price)s::numeric[], %(l_gross)s::numeric[], %(l_discount)s::numeric[], %(l_total)s::numeric[],
            %(l_tax_rate)s::numeric[], %(l_tax)s::numeric[], %(l_unit_cost)s::numeric[]
        ) AS told
        RETURNING id, position
    ), reason AS (
        INSERT INTO orders_orderdiscount (order_id, line_id, promotion_id, promotion_version, name, code, amount)
        SELECT booked.id, line.id, told.promotion_id, told.version, told.name, told.code, told.amount
        FROM booked CROSS JOIN unnest(
            %(r_position)s::int[], %(r_promotion_id)s::bigint[], %(r_version)s::int[], %(r_name)s::text[], %(r_code)s::text[],
            %(r_amount)s::numeric[]
        ) WITH ORDINALITY AS told (position, promotion_id, version, name, code, amount, place)
        LEFT JOIN line USING (position)
        ORDER BY told.place
    ), event AS (
        INSERT INTO orders_orderevent (order_id, kind, actor_id, reason, details, occurred_at)
        SELECT booked.id, told.kind, %(actor_id)s, '', '{}', %(placed_at)s
        FROM booked, unnest(%(kinds)s::text[]) WITH ORDINALITY AS told (kind, place)
        ORDER BY told.place
    )
    SELECT id FROM booked
"""
_OF_ORDER = (
    *("number", "channel", "external_number", "customer_id", "state", "currency", "lines_total", "shipping_fee"),
    *("shipping_discount", "total", "tax", "note", "placed_at", "payment_due_at", "paid_at", "ship_due_at"),
)
_OF_LINE = (
    *("position", "variant_id", "sku", "name", "quantity", "list_price", "gross", "discount", "total"),
    *("tax_rate", "tax", "unit_cost"),
)
_OF_REASON = ("position", "promotion_id", "version", "name", "code", "amount")


@dataclass(frozen=True)
class Reason:
    """Why a line costs less, or without `position` the shipping."""

    position: int | None
    promotion_id: int
    version: int
    name: str
    code: str
    amount: object


def book(
    order: Order,
    lines: Sequence[OrderLine],
    reasons: Sequence[Reason],
    kinds: Sequence[OrderEvent.Kind],
    actor: User | None,
) -> None:
    """Inserts the order with its lines, discounts and first events; afterwards the order is a row like any other."""
    values = {name: getattr(order, name) for name in _OF_ORDER}
    values |= {f"l_{name}": [getattr(line, name) for line in lines] for name in _OF_LINE}
    values |= {f"r_{name}": [getattr(reason, name) for reason in reasons] for name in _OF_REASON}
    values |= {"ship_to": json.dumps(order.ship_to, ensure_ascii=False), "kinds": [str(kind) for kind in kinds]}
    values["actor_id"] = actor.pk if actor else None
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, values)
        (order.pk,) = cursor.fetchone()
    order._state.adding = False
    order._state.db = connection.alias
