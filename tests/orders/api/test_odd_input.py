"""Whatever callers send, they are told what is wrong with it: a server error is never the answer."""

import json
import random
from typing import Any

import pytest

from tests import builders
from tests.orders.api.conftest import Caller

pytestmark = pytest.mark.django_db
REQUESTS = 250
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 10**30, -(10**30), 1.5, 1e308, [], {}, [[]], [{}], {"a": 1}),
    *("", " ", "\x00", "a\x00b", "\ud800", "가" * 500, "1" * 5000, "\n", "\t a", "٣", "\u202e", "%s", "'; --"),
    *("1", "1e5", "NaN", "Infinity", "-0", "0.00001", "15000"),
    *("2026-11-21T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
]


def spoiled(value: Any, dice: random.Random, share: float) -> Any:
    """The value with odd ones in some places, and with some places gone."""
    if dice.random() < share:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {name: spoiled(one, dice, share) for name, one in value.items() if dice.random() > share / 4}
    return [spoiled(one, dice, share) for one in value] if isinstance(value, list) else value


def requests(sku: str, warehouse: str, numbers: list[str]) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": 1}]
    customer = {"external_id": "c", "name": "김", "phone": "010", "email": "a@example.kr"}
    basket = {"lines": lines, "codes": ["A"], "customer": customer}
    address = builders.SHIP_TO | {"detail": "1층", "message": "문 앞"}
    order = {"lines": lines, "customer": customer, "channel": "web", "external_number": "x", "ship_to": address}
    items = [{"position": 1, "quantity": 1}]
    found = {
        "/quotes/": basket,
        "/orders/": order | {"expected_total": "15000", "note": "선물"},
        "/returns/R-1/receive/": {"restocked": items},
    }
    for number in numbers:
        told = {
            "payments": {"provider": "p", "reference": "r", "amount": "15000", "paid_at": "2026-11-21T00:00:00Z"},
            "refunds": {"reference": "r", "amount": "100", "reason": "반품"},
            "cancel": {"reason": "변심", "customer": "c"},
            "pick": {},
            "ship": {"items": items, "warehouse": warehouse, "carrier": "c", "tracking_number": "t"},
            "returns": {"items": items, "warehouse": warehouse, "reason": "변심"},
            "notes": {"text": "메모"},
            "restock": {},
            "cancel-missing": {"reason": "없음"},
        }
        found |= {f"/orders/{number}/{verb}/": body for verb, body in told.items()}
    return found


def test_odd_bodies_are_refused_and_never_break_anything(integration: Caller) -> None:
    integration.raise_request_exception = False
    dice = random.Random(3)  # noqa: S311
    place = builders.a_warehouse("main")
    cup = builders.a_stocked_variant(10_000, place)
    orders = [make((cup, 3)) for make in (builders.a_placed_order, builders.a_paid_order, builders.a_shipped_order)]
    known = requests(cup.sku, place.code, [order.number for order in orders])

    broken = []
    for number in range(REQUESTS):
        path = dice.choice(sorted(known))
        body = spoiled(known[path], dice, dice.choice([0.05, 0.2]))
        answer = integration.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", HTTP_IDEMPOTENCY_KEY=f"key {number}"
        )
        if answer.status_code not in (200, 201, 400, 404, 409, 422):
            broken.append((answer.status_code, path, body))
    assert broken == []


FILTERS = ["customer", "external_number", "channel", "state", "placed_from", "placed_before", "cursor", "limit"]


@pytest.mark.parametrize("name", FILTERS)
def test_odd_filters_are_refused_and_never_break_anything(integration: Caller, name: str) -> None:
    order = builders.a_placed_order()
    integration.raise_request_exception = False

    for odd in ODD:
        if isinstance(odd, str) and odd.isascii():
            assert integration.read("/orders/", **{name: odd}).status_code in (200, 400, 404), odd
            assert integration.read(f"/orders/{order.number}/", customer=odd).status_code in (400, 404), odd
