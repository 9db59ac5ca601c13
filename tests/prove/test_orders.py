"""The races about orders at full size, over HTTP where a storefront would cause them."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from config.kernel import clock, invariants
from inventory.models import Reservation, StockLevel
from orders.models import Order
from tests import builders
from tests import services as run_services
from tests.orders import races, web
from tests.probe.together import together

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]
CONNECTIONS = 50


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    assert run_services.services is not None
    with web.running(run_services.services, tmp_path / "web.log") as port:
        yield port


def test_five_hundred_buyers_get_the_hundred_units_there_are(port: int) -> None:
    cup, token = builders.a_stocked_variant(100), web.a_token()
    each = 500 // CONNECTIONS

    def buy(buyer: int) -> list[int]:
        return [
            web.request(port, "POST", "/api/v1/orders/", web.order(cup.sku), token=token, key=f"{buyer}-{number}")[0]
            for number in range(each)
        ]

    answers = Counter(status for statuses in together(CONNECTIONS, buy, seconds=300) for status in statuses)

    assert answers == {201: 100, 409: 400}
    assert StockLevel.objects.get().reserved == Order.objects.count() == Reservation.objects.count() == 100
    assert invariants.check_all(at=clock.now()) == []


def test_fifty_times_the_same_request_is_one_order_and_one_answer(port: int) -> None:
    body, token = web.order(builders.a_stocked_variant().sku), web.a_token()

    answers = together(50, lambda _: web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k"))

    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert Order.objects.count() == 1


def test_two_hundred_times_the_last_unit_is_sold_once(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Counter(races.last_unit(monkeypatch, at) for _ in range(200))

    assert answers == {("done", "insufficient_stock"): 200}


def test_five_hundred_payments_at_the_moment_of_expiry(at: datetime) -> None:
    dice = random.Random(7)  # noqa: S311
    orders = [races.payment_meets_expiry(dice.uniform(-0.05, 0.05), at) for _ in range(500)]

    assert [order.number for order in orders if not races.is_settled(order)] == []
    assert {order.state for order in orders} == {"PAID", "EXPIRED"}
    assert invariants.check_all(at=at) == []


def test_twenty_clients_order_the_same_skus_in_both_orders(at: datetime) -> None:
    assert races.crossed(20, 20, at) == {"done": 400}
    assert invariants.check_all(at=at) == []
