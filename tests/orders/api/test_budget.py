"""How many statements placing an order takes: a fixed number, whatever is ordered and whatever is on offer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders
from tests.orders.api.conftest import Caller

pytestmark = pytest.mark.django_db
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
# The benchmark sql_per_order holds the shop to 18.
BUDGET = 14
# Without the deliveries of events to whoever listens, which are one more.
ALONE = 12


def statements(storefront: Caller, lines: int, promotions: int) -> list[str]:
    """Of an order of a customer the shop knows, with one discount; all but transaction control."""
    warehouse = builders.a_warehouse()
    variants = [builders.a_stocked_variant(10, warehouse, list_price=10_000) for _ in range(lines)]
    for number in range(promotions):
        promotion = builders.a_promotion()
        if number:
            promotion.products.add(builders.a_product())
    customer = builders.a_customer()
    body = {
        "lines": [{"sku": one.sku, "quantity": 1} for one in variants],
        "customer": {"external_id": customer.external_id, "name": customer.name},
    }
    quoted = storefront.send("/quotes/", body).json()
    order = body | {"ship_to": builders.SHIP_TO, "expected_total": quoted["total"]}
    with CaptureQueriesContext(connection) as captured:
        answer = storefront.send("/orders/", order)
    assert answer.status_code == 201, answer.content
    return [one["sql"] for one in captured if not one["sql"].startswith(CONTROL)]


@pytest.mark.parametrize(("lines", "promotions"), [(1, 1), (3, 20), (30, 100)])
def test_placing_takes_a_fixed_number_of_statements(storefront: Caller, lines: int, promotions: int) -> None:
    found = statements(storefront, lines, promotions)

    deliveries = len([sql for sql in found if "kernel_outboxdelivery" in sql])
    assert len(found) - deliveries == ALONE, "\n".join(found)
    assert len(found) <= BUDGET
