"""How many statements placing an order takes: a fixed number, whatever is ordered and whatever is on offer."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders
from tests.orders.api.conftest import Caller

pytestmark = pytest.mark.django_db
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
# The benchmark sql_per_order holds the shop to 18.
BUDGET = 12


def statements(storefront: Caller, lines: int, promotions: int, email: str = "", **promised: Any) -> list[str]:
    """Of an order of a customer the shop knows, with one discount; all but transaction control."""
    warehouse = builders.a_warehouse()
    variants = [builders.a_stocked_variant(10, warehouse, list_price=10_000) for _ in range(lines)]
    for number in range(promotions):
        promotion = builders.a_promotion(**promised)
        if number:
            promotion.products.add(builders.a_product())
    customer = builders.a_customer(email=email.lower())
    body = {
        "lines": [{"sku": one.sku, "quantity": 1} for one in variants],
        "customer": {"external_id": customer.external_id, "name": customer.name, "email": email},
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


def test_an_address_written_in_capitals_is_nothing_new_about_a_customer(storefront: Caller) -> None:
    found = statements(storefront, 1, 1, email="Sky@Example.com")

    assert len(found) == BUDGET, "\n".join(found)


def test_what_is_for_the_first_order_only_takes_one_statement_more(storefront: Caller) -> None:
    found = statements(storefront, 3, 20, first_order_only=True)

    assert len(found) == BUDGET + 1, "\n".join(found)
