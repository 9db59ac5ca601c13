"""Writes a new order with its lines, its discounts and its first timeline rows, in one statement.

By hand, because every order pays for every statement: the same rows through the ORM take five statements and three times the
processor time (tests/benchmarks/place_order).
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypedDict

from django.db import connection

from config.kernel.models import User
from orders.models import Order, OrderEvent
from orders.numbering import day_of_number

# The order is told as one JSON document: a parameter for each column of each line costs more than the rest of the statement.
_WRITE = """
    WITH new AS (
        SELECT * FROM jsonb_to_record(%s::jsonb) AS new (
            day text, channel text, external_number text, customer bigint, state text, currency text, lines_total numeric,
            shipping_fee numeric, shipping_discount numeric, total numeric, tax numeric, ship_to jsonb, note text,
            placed_at timestamptz, payment_due_at timestamptz, paid_at timestamptz, ship_due_at timestamptz, actor bigint,
            kinds text[], lines jsonb, discounts jsonb
        )
    ), placed AS (
        INSERT INTO orders_order (
            number, channel, external_number, customer_id, state, is_short, refund_due, has_unmatched, currency, lines_total,
            shipping_fee, shipping_discount, total, tax, paid, refund_owed, refunded, ship_to, note, placed_at, payment_due_at,
            paid_at, ship_due_at
        )
        SELECT day || '-' || lpad(running::text, greatest(6, length(running::text)), '0'), channel, external_number, customer,
               state, false, false, false, currency, lines_total, shipping_fee, shipping_discount, total, tax, 0, 0, 0, ship_to,
               note, placed_at, payment_due_at, paid_at, ship_due_at
        FROM new, nextval('orders_order_number') AS running
        ON CONFLICT (channel, external_number) DO NOTHING
        RETURNING id, number
    ), line AS (
        INSERT INTO orders_orderline (
            order_id, position, variant_id, sku, name, quantity, list_price, gross, discount, total, tax_rate, tax, unit_cost,
            kit_id, kit_place, kit_quantity, shipped, canceled, short, returned
        )
        SELECT placed.id, one.*, 0, 0, 0, 0
        FROM placed, new, jsonb_to_recordset(new.lines) AS one (
            position int, variant_id bigint, sku text, name text, quantity int, list_price numeric, gross numeric,
            discount numeric, total numeric, tax_rate numeric, tax numeric, unit_cost numeric, kit_id bigint, kit_place int,
            kit_quantity int
        )
        RETURNING id, position
    ), reason AS (
        INSERT INTO orders_orderdiscount (order_id, line_id, promotion_id, promotion_version, name, code, amount)
        SELECT placed.id, line.id, one.promotion_id, one.version, one.name, one.code, one.amount
        FROM placed, new, ROWS FROM (
            jsonb_to_recordset(new.discounts)
            AS (position int, promotion_id bigint, version int, name text, code text, amount numeric)
        ) WITH ORDINALITY AS one (position, promotion_id, version, name, code, amount, place)
        LEFT JOIN line ON line.position = one.position
        ORDER BY one.place
    ), event AS (
        INSERT INTO orders_orderevent (order_id, kind, actor_id, reason, details, occurred_at)
        SELECT placed.id, told.kind, new.actor, '', '{}', new.placed_at
        FROM placed, new, unnest(new.kinds) WITH ORDINALITY AS told (kind, place)
        ORDER BY told.place
    )
    SELECT id, number FROM placed
"""

_COLUMNS = (
    "channel", "external_number", "state", "currency", "lines_total", "shipping_fee", "shipping_discount", "total", "tax",
    "ship_to", "note", "placed_at", "payment_due_at", "paid_at", "ship_due_at",
)  # fmt: skip


class NewLine(TypedDict):
    position: int
    variant_id: int
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    gross: Decimal
    discount: Decimal
    total: Decimal
    tax_rate: Decimal
    tax: Decimal
    unit_cost: Decimal
    # Of a part of a kit: the kit, which line of the quote it was, and how many kits were sold.
    kit_id: int | None
    kit_place: int | None
    kit_quantity: int | None


class NewDiscount(TypedDict):
    """The share of one promotion in the line at `position`; None: off the shipping fee."""

    position: int | None
    promotion_id: int
    version: int
    name: str
    code: str
    amount: Decimal


def write(
    order: Order,
    lines: Sequence[NewLine],
    discounts: Sequence[NewDiscount],
    kinds: Sequence[OrderEvent.Kind],
    *,
    actor: User | None,
) -> bool:
    """Gives the unsaved `order` its key and its number. False: an order with this number of the channel exists already."""
    told: dict[str, Any] = {name: getattr(order, name) for name in _COLUMNS}
    told |= {
        "day": day_of_number(order.placed_at),
        "customer": order.customer_id,
        "actor": actor.pk if actor else None,
        "kinds": kinds,
        "lines": lines,
        "discounts": discounts,
    }
    with connection.cursor() as cursor:
        # Amounts and moments as text, which is exact.
        cursor.execute(_WRITE, [json.dumps(told, default=str, ensure_ascii=False)])
        row = cursor.fetchone()
    if row is None:
        return False
    order.pk, order.number = row
    order._state.adding, order._state.db = False, connection.alias
    return True
