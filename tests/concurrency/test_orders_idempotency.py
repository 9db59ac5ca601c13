"""The same order sent many times, or sent again after the shop died in the middle of it, is one order (F12, F14)."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from config.kernel import clock, invariants
from config.kernel.models import IdempotencyKey, TokenScope, User
from inventory.models import Reservation, StockLevel
from orders.models import Order, OrderEvent
from tests import builders, live
from tests import services as run_services
from tests.orders import races, web
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    assert run_services.services is not None
    with web.running(run_services.services, tmp_path / "web.log") as port:
        yield port


def test_ten_times_the_same_request_is_one_order_and_one_answer(port: int) -> None:
    body, token = web.order(builders.a_stocked_variant().sku), web.a_token()

    answers = together(10, lambda _: web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k"))

    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert (Order.objects.count(), Reservation.objects.count(), OrderEvent.objects.count()) == (1, 1, 1)
    assert invariants.check_all(at=clock.now()) == []


def test_control_looking_the_key_up_first_places_many(at: datetime) -> None:
    cup = builders.a_stocked_variant()
    partner = User.objects.create_user("storefront", is_service=True)
    all_have_looked = threading.Barrier(5)

    def look_then_place(_: int) -> None:
        known = IdempotencyKey.objects.filter(actor=partner, key="k").exists()
        all_have_looked.wait(20)
        if not known:
            with transaction.atomic():
                races.buy([(cup.sku, 1)], at, total=15_000)

    together(5, look_then_place)

    assert Order.objects.count() == 5, "not powered: the race did not show without the unique key"


def test_a_shop_killed_in_the_middle_leaves_nothing_and_the_retry_places_the_order(tmp_path: Path) -> None:
    """It dies after the order, its lines and its events are written, while it waits for the stock."""
    assert run_services.services is not None
    services, port = run_services.services, live.own_port(8700)
    cup = builders.a_stocked_variant()
    body, token = web.order(cup.sku), web.a_token()
    first = web.process(services, port, tmp_path / "first.log")

    def send() -> None:
        # The connection breaks with the process.
        with pytest.raises(OSError, match=r".*"):
            web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k")

    try:
        with transaction.atomic():
            StockLevel.objects.select_for_update(no_key=True).get(variant=cup)
            sender = threading.Thread(target=send)
            sender.start()
            races.until(races.somebody_waits)
            web.kill(first)
            sender.join(20)
    finally:
        web.kill(first)
    assert (Order.objects.count(), IdempotencyKey.objects.count(), StockLevel.objects.get().reserved) == (0, 0, 0)

    second = web.process(services, port, tmp_path / "second.log")
    try:
        status, answer = web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k")
        again = web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k")
    finally:
        web.kill(second)
    assert status == 201
    assert again == (status, answer)
    assert Order.objects.count() == 1
    assert invariants.check_all(at=clock.now()) == []


def test_an_answer_that_got_lost_is_given_again(port: int) -> None:
    """The order is committed; then the line breaks before its answer arrives."""
    body, token = web.order(builders.a_stocked_variant().sku), web.a_token()
    web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k")

    status, answer = web.request(port, "POST", "/api/v1/orders/", body, token=token, key="k")

    kept = IdempotencyKey.objects.get()
    assert (status, answer) == (kept.status_code, bytes(kept.answer))
    assert Order.objects.count() == 1


def test_the_role_that_runs_the_shop_may_do_all_that_an_order_needs(port: int) -> None:
    """Its ledgers, timelines and payments it may only append to."""
    cup, token = builders.a_stocked_variant(), web.a_token(TokenScope.Scope.INTEGRATION)
    place = StockLevel.objects.get().warehouse.code
    keys = iter(range(100))

    def send(path: str, body: Any) -> Any:
        status, answer = web.request(port, "POST", f"/api/v1/{path}", body, token=token, key=f"k{next(keys)}")
        assert status < 300, answer
        return json.loads(answer)

    canceled = send("orders/", web.order(cup.sku))["number"]
    send(f"orders/{canceled}/cancel/", {"reason": "변심"})
    number = send("orders/", web.order(cup.sku))["number"]
    send(f"orders/{number}/payments/", {"provider": "card", "reference": "p", "amount": "15000"})
    send(f"orders/{number}/pick/", {})
    send(f"orders/{number}/ship/", {})
    back = send(f"orders/{number}/returns/", {"items": [{"position": 1, "quantity": 1}], "warehouse": place, "reason": "변심"})[
        "number"
    ]
    send(f"returns/{back}/receive/", {"restocked": [{"position": 1, "quantity": 1}]})
    send(f"orders/{number}/refunds/", {"reference": "r", "amount": "12000", "reason": "반품"})
    send(f"orders/{number}/notes/", {"text": "완료"})

    assert invariants.check_all(at=clock.now()) == []
