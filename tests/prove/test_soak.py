"""Minutes of mixed traffic: shoppers over HTTP, warehouse, buyers and marketers beside them, while worker and beat do theirs.

Every minute the traffic stops for a moment and every promise is recounted. `--minutes` says how long, ten unless told.
"""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections

from campaigns.models import Coupon, Promotion
from config.kernel import clock, invariants, tokens
from config.kernel.errors import DomainError
from config.kernel.models import TokenScope
from inventory.models import StockLevel, SupplierOffer, Variant, Warehouse
from inventory.operations import (
    counting,
    purchasing,
    receiving,
    stock,
    transfers,
)
from orders.models import Order
from tests import builders, live

pytestmark = pytest.mark.prove

SHOPPERS = 4
SKUS = 12
SHIP_TO = {"name": "김하늘", "phone": "010-0000-0001", "postal_code": "04524", "address": "서울 중구 세종대로 110"}
# What a shop answers to those who come too late, ask for too much or hold an old price.
FINE = {200, 201, 404, 409, 422}


class Traffic:
    """Threads that each repeat one turn until told to stop, and stand still while the promises are recounted."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.open = threading.Event()
        self.open.set()
        self.lock = threading.Lock()
        self.busy = 0
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []

    def note(self, what: str, fault: str = "") -> None:
        with self.lock:
            self.seen[what] += 1
            if fault:
                self.faults.append(fault)

    def run(self, turn: Callable[[random.Random], None], seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        while not self.stopped.is_set():
            self.open.wait(1)
            with self.lock:
                if not self.open.is_set():
                    continue
                self.busy += 1
            try:
                turn(dice)
            except DomainError as refusal:
                self.note(f"refused {refusal.code}")
            except Exception as error:
                self.note("fault", f"{type(error).__name__}: {error}")
            finally:
                connections.close_all()
                with self.lock:
                    self.busy -= 1

    def stand_still(self) -> None:
        self.open.clear()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with self.lock:
                if not self.busy:
                    return
            time.sleep(0.05)
        raise AssertionError("The traffic does not come to rest.")


class Shopper:
    def __init__(self, traffic: Traffic, url: str, token: str, skus: list[str], codes: list[str]) -> None:
        self.traffic, self.token, self.skus, self.codes = traffic, token, skus, codes
        self.host = urlsplit(url).netloc

    def post(self, verb: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        line = http.client.HTTPConnection(self.host, timeout=60)
        headers = {
            "Authorization": f"Token {self.token}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()),
        }  # fmt: skip
        try:
            line.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        fault = "" if answer.status in FINE else f"{verb} {answer.status} {content[:300]!r}"
        self.traffic.note(f"{verb} {answer.status}", fault)
        return answer.status, json.loads(content)

    def turn(self, dice: random.Random) -> None:
        basket = {
            "lines": [{"sku": sku, "quantity": dice.randint(1, 3)} for sku in dice.sample(self.skus, dice.randint(1, 4))],
            "codes": [dice.choice(self.codes)] if dice.random() < 0.3 else [],
            "customer": {"external_id": f"soak-{dice.randint(1, 40)}"},
        }
        status, quote = self.post("quote", "/quotes/", basket)
        if status != 200 or quote["refused_codes"]:
            return
        status, order = self.post("place", "/orders/", basket | {"ship_to": SHIP_TO, "expected_total": quote["total"]})
        if status != 201 or dice.random() < 0.15:
            return
        here = f"/orders/{order['number']}"
        if dice.random() < 0.15:
            self.post("cancel", f"{here}/cancel/", {"reason": "변심"})
            return
        paid = {"provider": "soak", "reference": str(uuid.uuid4()), "amount": order["total"]}
        self.post("pay", f"{here}/payments/", paid)
        if dice.random() < 0.2:
            self.post("pay again", f"{here}/payments/", paid)
        if dice.random() < 0.1:
            self.post("cancel", f"{here}/cancel/", {"reason": "변심"})
            return
        if dice.random() < 0.8:
            self.post("pick", f"{here}/pick/", {})
        if dice.random() < 0.8:
            self.post("ship", f"{here}/ship/", {"carrier": "CJ", "tracking_number": str(dice.randint(1, 10**9))})
        if dice.random() < 0.3:
            self._take_back(here, dice)

    def _take_back(self, here: str, dice: random.Random) -> None:
        wanted = {"items": [{"position": 1, "quantity": 1}], "warehouse": "soak1", "reason": "불량"}
        status, answer = self.post("return", f"{here}/returns/", wanted)
        if status == 201:
            units = {"restocked": [{"position": 1, "quantity": dice.randint(0, 1)}]}
            self.post("receive return", f"/returns/{answer['number']}/receive/", units)


def _warehouse_turn(dice: random.Random) -> None:
    level = dice.choice(list(StockLevel.objects.filter(warehouse__code__startswith="soak")))
    place = {"variant_id": level.variant_id, "warehouse_id": level.warehouse_id, "actor": None, "at": clock.now()}
    what = dice.random()
    if what < 0.3:
        stock.adjust(**place, quantity=dice.choice([-3, -1, 1, 5]), reason="정정")
    elif what < 0.45:
        stock.write_off(**place, quantity=1, reason="파손")
    elif what < 0.7:
        other = Warehouse.objects.filter(code__startswith="soak").exclude(pk=level.warehouse_id).get()
        transfers.move(
            variant_id=level.variant_id, from_warehouse_id=level.warehouse_id, to_warehouse_id=other.pk, quantity=2,
            reason="균형", actor=None, at=clock.now(),
        )  # fmt: skip
    else:
        counted = max(level.on_hand + dice.choice([-2, 0, 0, 1]), 0)
        counting.count(
            warehouse_id=level.warehouse_id,
            lines=[(level.variant_id, level.on_hand, counted)],
            note="",
            actor=None,
            at=clock.now(),
        )
    time.sleep(0.2)


def _buyer_turn(dice: random.Random) -> None:
    offers = list(SupplierOffer.objects.filter(supplier__code="soak").select_related("variant"))
    chosen = dice.sample(offers, 3)
    place = Warehouse.objects.get(code=dice.choice(["soak1", "soak2"]))
    order = purchasing.draft(
        supplier_id=offers[0].supplier_id,
        warehouse_id=place.pk,
        lines=[purchasing.Wanted(one.variant_id, 60) for one in chosen],
        actor=None,
        at=clock.now(),
    )
    purchasing.approve(number=order.number, actor=None, at=clock.now())
    purchasing.send(number=order.number, actor=None, at=clock.now())
    for part, units in enumerate((25, 35)):
        receiving.receive_goods(
            number=order.number, delivery_note=f"{order.number}/{part}", quantities={one.variant.sku: units for one in chosen},
            actor=None, at=clock.now(),
        )  # fmt: skip
    time.sleep(1.5)


def _marketer_turn(dice: random.Random) -> None:
    at = clock.now()
    builders.a_promotion(
        at, name="번개", starts_at=at + timedelta(seconds=2), ends_at=at + timedelta(seconds=dice.randint(5, 20))
    )
    time.sleep(5)


def test_ten_minutes_of_mixed_traffic_break_no_promise(
    shop: live.Shop, pytestconfig: pytest.Config, django_db_blocker: Any
) -> None:
    minutes = pytestconfig.getoption("--minutes")
    with django_db_blocker.unblock():
        at = clock.now()
        first, second = builders.a_warehouse("soak1", priority=1), builders.a_warehouse("soak2", priority=2)
        supplier = builders.a_supplier(code="soak")
        variants = [builders.a_stocked_variant(200, first) for _ in range(SKUS)]
        for variant in variants:
            builders.stocked(variant, second, 100)
            builders.an_offer(variant, supplier)
        limited = builders.a_promotion(at, needs_coupon=True, usage_limit=300, usage_limit_per_customer=20)
        codes = [builders.a_coupon(limited, usage_limit=limit).code for limit in (50, 100, None)]
        token = tokens.issue(account="soak", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=at)

        traffic = Traffic()
        skus = list(Variant.objects.filter(pk__in=[one.pk for one in variants]).values_list("sku", flat=True))
        turns: list[Callable[[random.Random], None]] = [
            *[Shopper(traffic, shop.url, token, skus, codes).turn] * SHOPPERS, _warehouse_turn, _buyer_turn, _marketer_turn,
        ]  # fmt: skip
        threads = [threading.Thread(target=traffic.run, args=(turn, seed)) for seed, turn in enumerate(turns)]
        for thread in threads:
            thread.start()
        try:
            for minute in range(minutes):
                time.sleep(60)
                traffic.stand_still()
                found = invariants.check_all(at=clock.now())
                assert found == [], f"after minute {minute + 1}: {found[:20]}"
                assert traffic.faults == []
                traffic.open.set()
        finally:
            traffic.stopped.set()
            traffic.open.set()
            for thread in threads:
                thread.join(60)

        limited.refresh_from_db()
        print(
            f"\n{minutes} minutes, {Order.objects.count()} orders, {Promotion.objects.count()} promotions:", dict(traffic.seen)
        )
        assert limited.used <= 300
        assert all(one.used <= (one.usage_limit or 300) for one in Coupon.objects.filter(promotion=limited))
        assert traffic.seen["ship 200"] + traffic.seen["ship 201"] > 50
        assert traffic.faults == []
