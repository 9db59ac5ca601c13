"""How many statements placing an order takes: a fixed number, whatever is ordered and whatever is on offer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from orders.operations import fulfilling, returning
from orders.operations.placing import Buyer
from tests import builders
from tests.orders.api.conftest import Caller

pytestmark = pytest.mark.django_db
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
# The benchmark sql_per_order holds the shop to 18.
BUDGET = 12


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

    assert len(found) == BUDGET, "\n".join(found)


def test_reading_an_order_takes_as_many_statements_with_many_papers_as_with_few(integration: Caller) -> None:
    def reading(order: Order) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert integration.read(f"/orders/{order.number}/").status_code == 200
        return len(captured)

    warehouse = builders.a_warehouse()
    few = builders.a_shipped_order((builders.a_stocked_variant(5, warehouse), 1))
    many = builders.a_paid_order(*[(builders.a_stocked_variant(5, warehouse), 3) for _ in range(8)])
    for _ in range(2):
        fulfilling.ship(number=many.number, positions=dict.fromkeys(range(1, 9), 1), actor=None, at=builders.AT)
    for position in range(1, 9):
        returning.accept(
            number=many.number, items={position: 1}, warehouse_id=warehouse.pk, reason="변심", actor=None, at=builders.AT
        )  # fmt: skip
    returning.accept(
        number=few.number, items={1: 1}, warehouse_id=warehouse.pk, reason="변심", actor=None, at=builders.AT
    )  # fmt: skip

    assert reading(many) == reading(few)


def test_the_list_of_orders_takes_as_many_statements_for_many_as_for_few(integration: Caller) -> None:
    def listing() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert integration.read("/orders/").status_code == 200
        return len(captured)

    builders.a_placed_order(customer=Buyer("c-1"))
    few = listing()
    for number in range(5):
        builders.a_placed_order(customer=Buyer(f"c-{number}"))

    assert listing() == few
