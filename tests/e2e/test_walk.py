"""One walk through the whole shop: goods are bought, received, sold, shipped, returned and bought again, and an offer runs.

The member of staff uses a browser, the storefront the API, and web, worker and beat do their part as they do every day.
"""

import http.client
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from analytics.operations import rollups
from config.kernel import clock, invariants, tokens
from config.kernel.models import TokenScope, User
from config.kernel.roles import Role
from inventory.models import PurchaseOrder, StockLevel, Supplier, Variant, Warehouse
from orders.models import Order
from tests.builders import (
    SHIP_TO,
    a_policy,
    a_product,
    a_stocked_variant,
    a_supplier,
    a_variant,
    a_warehouse,
    an_offer,
)
from tests.config.kernel.pages import foreign_words
from tests.e2e.browser import NARROW, WIDE, Visit
from tests.e2e.conftest import Visitor
from tests.e2e.test_orders import Desk
from tests.live import Shop

SEOUL = ZoneInfo("Asia/Seoul")
BOUGHT, SOLD, MUG_PRICE, PLATE_PRICE = 6, 2, 18_000, 42_000
# How long it takes to press "save" on a busy machine, and how long the offer lasts.
LEAD, SPAN = timedelta(seconds=6), timedelta(seconds=3)


@dataclass(frozen=True)
class World:
    store: Warehouse
    supplier: Supplier
    mug: Variant
    plate: Variant


@pytest.fixture
def world(shop: Shop) -> World:
    """A shelf that shall hold ten mugs and holds none, and some plates."""
    store, supplier = a_warehouse("walk", name="이천 물류센터"), a_supplier(code="walk", name="이천 도예")
    mug = a_variant(product=a_product(name="분청 머그잔"), sku="WALK-MUG", list_price=MUG_PRICE, cost=7_000)
    plate = a_stocked_variant(
        5, store, product=a_product(name="분청 접시"), sku="WALK-PLATE", list_price=PLATE_PRICE, cost=15_000
    )
    an_offer(mug, supplier, lead_time_days=3)
    a_policy(mug, store, minimum_stock=10)
    return World(store, supplier, mug, plate)


@pytest.fixture
def promises() -> Iterator[None]:
    """Every promise of the shop holds afterwards. What tests before this one wrote by hand is theirs."""
    before = set(invariants.check_all(at=clock.now()))
    yield
    assert [one for one in invariants.check_all(at=clock.now()) if one not in before] == []


class Storefront:
    """A shop window that knows its token and nothing else."""

    def __init__(self, line: http.client.HTTPConnection) -> None:
        token = tokens.issue(account="walk-storefront", scopes=[TokenScope.Scope.STOREFRONT], actor=None, at=clock.now())
        self.line = line
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any], *, status: int) -> dict[str, Any]:
        headers = self.headers | {"Idempotency-Key": str(uuid.uuid4())}
        # The server hangs up on who is silent for long, as a storefront is while staff are at work.
        self.line.close()
        self.line.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self.line.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        assert answer.status == status, said
        return said

    def quote(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        return self.post("/quotes/", {"lines": lines}, status=200)

    def order(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        told = {
            "lines": lines,
            "customer": {"external_id": "walk-1", "name": "김하늘"},
            "ship_to": SHIP_TO,
            "expected_total": self.quote(lines)["total"],
        }
        return self.post("/orders/", told, status=201)


@pytest.fixture
def storefront(shop: Shop) -> Iterator[Storefront]:
    with closing(http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=20)) as line:
        yield Storefront(line)


@dataclass(frozen=True)
class Board:
    """What the first page shows: today's sales and returns, and how many wait in each worklist."""

    sales: int
    returned: int
    waiting: dict[str, int]

    def grown(self, since: "Board") -> dict[str, int]:
        """The worklists that have become longer or shorter."""
        both = {name: number - since.waiting[name] for name, number in self.waiting.items()}
        return {name: number for name, number in both.items() if number}


def digits(said: str) -> int:
    return int(re.sub(r"\D", "", said))


def board(visit: Visit) -> Board:
    visit.open("/admin/")
    facts = dict(
        zip(
            visit.page.locator(".today-facts dt").all_inner_texts(),
            visit.page.locator(".today-facts dd:not(.card-detail)").all_inner_texts(),
            strict=True,
        )
    )
    titles = visit.page.locator(".tallies .card-title").all_inner_texts()
    numbers = visit.page.locator(".tallies .card-number").all_inner_texts()
    return Board(
        sales=digits(visit.page.locator(".today .big-number").inner_text()),
        returned=digits(facts["반품 금액"]),
        waiting={title: digits(number) for title, number in zip(titles, numbers, strict=True)},
    )


def buy(visit: Visit, desk: Desk, world: World) -> PurchaseOrder:
    """Types a purchase order in, has it approved, and notes that it was sent."""
    visit.open("/admin/inventory/purchaseorder/add/")
    page = visit.page
    page.locator("#id_supplier").select_option(str(world.supplier.pk))
    page.locator("#id_warehouse").select_option(str(world.store.pk))
    page.locator("[name=lines-0-variant] ~ .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(world.mug.sku)
    page.locator(".select2-results__option", has_text=world.mug.sku).click()
    page.locator("[name=lines-0-quantity]").fill(str(BOUGHT))
    page.locator("button[name=_continue]").click()

    expect(page.locator(".order-state")).to_contain_text("작성 중")
    desk.press("승인")
    desk.press("발주서 발송 처리")
    desk.send()
    made = PurchaseOrder.objects.get(supplier=world.supplier)
    assert (made.state, made.lines.get().unit_cost) == (PurchaseOrder.State.SENT, 7_000)
    return made


def receive(visit: Visit, desk: Desk, bought: PurchaseOrder) -> None:
    """At the receiving desk, by the paper in the parcel; what is outstanding is proposed."""
    visit.open("/admin/inventory/purchaseorder/desk/")
    visit.page.get_by_role("row").filter(has_text=bought.number).get_by_role("link", name="입고").click()
    desk.fill({"납품서 번호": "DN-2611"})
    desk.send()


def ship(visit: Visit, desk: Desk, number: str) -> None:
    """From the worklist to the courier."""
    visit.open("/admin/orders/order/?list=to_pay")
    visit.page.get_by_role("link", name=number).first.click()
    desk.press("결제 기록")
    desk.fill({"결제 수단": "무통장입금", "결제 번호": "walk-bank-1"})
    desk.send()
    desk.expect_state("피킹 대기")
    desk.press("피킹 완료 처리")
    desk.expect_state("출고 대기")
    desk.press("출고 처리")
    desk.fill({"택배사": "한진택배", "송장 번호": "5512-3344-02"})
    desk.send()
    desk.expect_state("출고 완료")


def take_back(visit: Visit, desk: Desk, sku: str) -> None:
    """One line of the order on the page comes back and goes on the shelf again."""
    desk.press("반품 접수")
    desk.fill({sku: "1", "사유": "색상이 달라요"})
    desk.send()
    visit.page.locator(".order-main").get_by_role("link", name=re.compile(r"^R-")).click()
    desk.press("반품 입고")
    desk.send()


def approve_what_is_proposed(visit: Visit, desk: Desk, world: World) -> PurchaseOrder:
    """Has the nightly job run now, by the worker, and approves the purchase order it has drafted."""
    visit.open("/admin/inventory/replenishmentproposal/")
    visit.page.get_by_role("link", name="지금 계산").click()
    desk.send()
    visit.open(f"/admin/inventory/replenishmentproposal/?q={world.mug.sku}&state__exact=OPEN")
    row = visit.page.locator("#result_list").get_by_role("row").filter(has_text=world.mug.sku)
    deadline = clock.now() + timedelta(seconds=20)
    while not row.count() and clock.now() < deadline:
        visit.page.wait_for_timeout(200)
        visit.page.reload()
    row.get_by_role("link", name=re.compile("^PO-")).click()
    expect(visit.page.locator(".story")).to_contain_text(world.mug.sku)
    desk.press("승인")
    expect(visit.page.locator(".order-state")).to_contain_text("승인")
    return PurchaseOrder.objects.get(supplier=world.supplier, is_proposed=True)


def offer(visit: Visit, world: World) -> tuple[datetime, datetime]:
    """Half the price of mugs, from a few seconds on until a few seconds later, by the form of promotions."""
    visit.open("/admin/campaigns/promotion/add/")
    page = visit.page
    page.locator("[name=name]").fill("3초 반값")
    page.locator("[name=benefit]").select_option("PERCENT")
    page.locator("[name=percent]").fill("50")
    page.locator("[name=covers]").select_option("CHOSEN")
    page.locator("[name=skus]").fill(world.mug.sku)
    starts_at = clock.now().astimezone(SEOUL).replace(microsecond=0) + LEAD
    while 0 in (starts_at.second, (starts_at + SPAN).second):
        # The browser's own clock field leaves out the seconds of a full minute.
        starts_at += timedelta(seconds=1)
    page.locator("[name=starts_at]").fill(f"{starts_at:%Y-%m-%dT%H:%M:%S}")
    page.locator("[name=ends_at]").fill(f"{starts_at + SPAN:%Y-%m-%dT%H:%M:%S}")
    page.locator("button[name=_save]").click()
    expect(page.locator("#result_list")).to_contain_text("3초 반값")
    return starts_at, starts_at + SPAN


def prices(storefront: Storefront, sku: str, *, until: datetime) -> list[tuple[datetime, int]]:
    """What one mug costs, asked again and again, each with the moment for which the shop answered."""
    found: list[tuple[datetime, int]] = []
    while not found or found[-1][0] < until:
        quote = storefront.quote([{"sku": sku, "quantity": 1}])
        found.append((datetime.fromisoformat(quote["at"]), int(quote["lines"][0]["total"])))
    return found


def own_words(visit: Visit) -> str:
    """What the page says by itself: titles, labels and buttons, not icons, nor the names and numbers of the shop's things."""
    said = visit.page.evaluate(
        """() => [...document.querySelectorAll(
            "h2, h3, thead th, dt, label, legend, nav a, button, .operation-buttons, .card-title, .explanation"
        )].filter(node => node.checkVisibility()).map(node => {
            const words = node.cloneNode(true);
            words.querySelectorAll(".material-symbols-outlined").forEach(icon => icon.remove());
            return words.textContent;
        }).join(" ")"""
    )
    return re.sub(r"\b(?:SKU|WALK-\w+|PO-[\d-]+|R-[\d-]+)\b|분청 \w+", " ", said)


def test_the_shop_from_the_first_delivery_to_the_next_purchase(
    visitor: Visitor, storefront: Storefront, world: World, promises: None, pytestconfig: pytest.Config
) -> None:
    rollups.rebuild_everything(actor=None, at=clock.now())
    staff = User.objects.create_user("walks", is_staff=True)
    staff.groups.add(Group.objects.get(name=Role.OWNER))
    visit = visitor()
    visit.log_in(staff)
    desk = Desk(visit.page)
    level: Callable[[], StockLevel] = lambda: StockLevel.objects.get(variant=world.mug, warehouse=world.store)  # noqa: E731

    bought = buy(visit, desk, world)
    receive(visit, desk, bought)
    desk.expect_state("입고 완료")
    visit.open(f"/admin/inventory/stocklevel/?q={world.mug.sku}")
    expect(visit.page.locator("#result_list tbody tr")).to_contain_text(str(BOUGHT))
    assert (level().on_hand, level().reserved) == (BOUGHT, 0)

    before = board(visit)
    placed = storefront.order([{"sku": world.mug.sku, "quantity": SOLD}, {"sku": world.plate.sku, "quantity": 1}])
    ordered = board(visit)
    assert ordered.sales - before.sales == SOLD * MUG_PRICE + PLATE_PRICE
    assert ordered.grown(before) == {"결제 대기": 1}
    assert (level().on_hand, level().reserved) == (BOUGHT, SOLD)

    ship(visit, desk, placed["number"])
    visit.picture("walk-order-shipped")
    assert board(visit).grown(before) == {}
    assert (level().on_hand, level().reserved) == (BOUGHT - SOLD, 0)

    order = Order.objects.get(number=placed["number"])
    visit.open(f"/admin/orders/order/{order.pk}/change/")
    take_back(visit, desk, world.plate.sku)
    returned = board(visit)
    visit.picture("walk-dashboard")
    assert returned.returned - before.returned == PLATE_PRICE
    assert returned.grown(before) == {"환불 필요": 1}
    # The desk that takes it back may be another warehouse's.
    assert sum(StockLevel.objects.filter(variant=world.plate).values_list("on_hand", flat=True)) == 5

    proposed = approve_what_is_proposed(visit, desk, world)
    visit.picture("walk-proposal-approved")
    assert (proposed.state, proposed.lines.get().quantity) == (PurchaseOrder.State.APPROVED, 10 - (BOUGHT - SOLD))

    starts_at, ends_at = offer(visit, world)
    found = prices(storefront, world.mug.sku, until=ends_at + timedelta(seconds=1))
    reduced = [starts_at <= at < ends_at for at, _ in found]
    assert [price for _, price in found] == [MUG_PRICE // 2 if one else MUG_PRICE for one in reduced]
    assert (reduced[0], any(reduced), reduced[-1]) == (False, True, False)
    visit.page.reload()
    expect(visit.page.get_by_role("row").filter(has_text="3초 반값")).to_contain_text("종료")

    pages = [
        "/admin/",
        "/admin/inventory/purchaseorder/add/",
        "/admin/inventory/purchaseorder/desk/",
        f"/admin/inventory/purchaseorder/{bought.pk}/change/",
        f"/admin/inventory/purchaseorder/{proposed.pk}/change/",
        "/admin/inventory/stocklevel/",
        "/admin/inventory/replenishmentproposal/",
        "/admin/orders/order/",
        f"/admin/orders/order/{order.pk}/change/",
        "/admin/campaigns/promotion/",
        "/admin/campaigns/promotion/add/",
    ]
    # As everywhere: all four with the long proofs.
    screens = product(("ko", "en"), (WIDE, NARROW)) if pytestconfig.getoption("prove") else [("ko", WIDE), ("en", NARROW)]
    for language, viewport in screens:
        visit = visitor(language=language, viewport=viewport)
        visit.log_in(staff)
        for path in pages:
            visit.open(path)
            assert visit.fits_its_screen(), (path, viewport)
            assert foreign_words(own_words(visit), language) == [], (path, language)
