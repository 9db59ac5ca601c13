"""The reports of stock over a million entries of the ledger: 10,000 SKUs in five warehouses, a year of movements."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from django.db import connection

from inventory.queries import ageing, counting, drift, projection, valuation
from tests.builders import a_product, a_warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.prove]
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
T = TypeVar("T")
# Every place receives a hundred on the first day, and afterwards ships or receives a unit or two, spread over the year.
_FILL = """
    INSERT INTO inventory_variant (product_id, sku, name, list_price, cost, is_active)
    SELECT %(product)s, 'SKU-' || n, '', 10000, 1000 + n %% 900, true FROM generate_series(1, 10000) AS n;

    INSERT INTO inventory_stockmovement
        (variant_id, warehouse_id, kind, quantity, document_kind, document_number, reason, cause, occurred_at)
    SELECT variant.id, store.id,
           CASE WHEN turn = 0 THEN 'RECEIPT' WHEN turn %% 4 = 0 THEN 'RECEIPT' ELSE 'SHIPMENT' END,
           CASE WHEN turn = 0 THEN 100 WHEN turn %% 4 = 0 THEN 3 ELSE -1 END,
           CASE WHEN turn %% 4 = 0 THEN 'RECEIPT' ELSE 'SHIPMENT' END, 'D' || turn, '', '',
           %(now)s::timestamptz - interval '365 days' + turn * interval '18 days' + (variant.id %% 400) * interval '1 hour'
    FROM inventory_variant AS variant CROSS JOIN inventory_warehouse AS store CROSS JOIN generate_series(0, 19) AS turn;

    INSERT INTO inventory_stocklevel (variant_id, warehouse_id, on_hand, reserved)
    SELECT variant_id, warehouse_id, sum(quantity), 0 FROM inventory_stockmovement GROUP BY 1, 2;
"""


def timed(name: str, call: Callable[[], T], *, at_most: float) -> T:
    started = time.perf_counter()
    answer = call()
    took = time.perf_counter() - started
    print(f"{name}: {took:.2f} s")
    assert took < at_most, f"{name} took {took:.2f} s"
    return answer


def test_each_report_is_there_while_somebody_waits() -> None:
    product = a_product()
    for _ in range(5):
        a_warehouse()
    with connection.cursor() as cursor:
        for statement in _FILL.split(";\n")[:3]:
            cursor.execute(statement, {"product": product.pk, "now": NOW})
        cursor.execute("ANALYZE inventory_stockmovement, inventory_stocklevel, inventory_variant")

    week = timed("value a week ago", lambda: valuation.at_the_end_of(day=TODAY - timedelta(days=7)), at_most=3)
    year = timed("value a year ago", lambda: valuation.at_the_end_of(day=TODAY - timedelta(days=340)), at_most=6)
    aged = timed("excess and ageing", lambda: ageing.aged(today=TODAY), at_most=20)
    rows = timed("projected stock", lambda: projection.projected(today=TODAY), at_most=15)
    due = timed("what is due", lambda: counting.due(at=NOW), at_most=10)

    assert len(week) == len(year) == len(aged) == len(rows) == len(due) == 50_000
    assert list(drift.differences()) == []
