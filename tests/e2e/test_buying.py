"""One purchase as staff live through it: a risk is seen and understood, more safety is promised, it is bought, comes short, and
the supplier's score and the average cost tell of it. A buyer and somebody at the receiving desk, each in a browser.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Locator, expect

from config.kernel import clock
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import (
    CostEntry,
    Lane,
    PurchaseOrder,
    ReceiptDiscrepancy,
    ReorderPolicy,
    ReplenishmentProposal,
    StockLevel,
    StockRisk,
    Supplier,
    Variant,
    Warehouse,
)
from inventory.operations import kits, replenishment, risks
from orders.models import Order
from orders.operations import placing
from orders.queries import quoting
from tests.builders import SHIP_TO, a_policy, a_product, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked
from tests.config.kernel.pages import foreign_words
from tests.e2e.browser import NARROW, WIDE, Visit
from tests.e2e.conftest import Visitor
from tests.e2e.test_orders import Desk
from tests.e2e.test_walk import own_words, promises
from tests.live import Shop

__all__ = ["promises"]

DAYS, A_DAY, LEFT = 28, 2, 5
DAMAGED, SHORT = 2, 3
LAST_COST, NEW_COST = 15_000, 16_500


@dataclass(frozen=True)
class World:
    store: Warehouse
    supplier: Supplier
    bowl: Variant


@pytest.fixture
def world(shop: Shop) -> World:
    """A bowl that sold once and three times in turn for four weeks: what is left lasts two days and a half, new ones take a
    week.
    """
    at = clock.now()
    store, supplier = a_warehouse("buying", name="광주 물류센터"), a_supplier(code="buying", name="분원 도예")
    bowl = a_variant(product=a_product(name="분청 면기"), sku="WALK-BOWL", list_price=42_000, cost=LAST_COST)
    an_offer(bowl, supplier, unit_cost=NEW_COST, lead_time_days=7, is_preferred=True)
    a_policy(bowl, store)
    stocked(bowl, store, A_DAY * DAYS + LEFT, at - timedelta(days=DAYS, hours=1))
    for ago in range(1, DAYS + 1):
        shipped(bowl, store, A_DAY + (1 if ago % 2 else -1), at - timedelta(days=ago))
    return World(store, supplier, bowl)


def on_duty(name: str, role: Role) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def the_hour_and_the_night(at: datetime) -> None:
    """What the schedule does: proposals at night, risks each hour."""
    replenishment.propose(at=at)
    risks.assess(at=at)


def see_the_risk(visit: Visit, world: World) -> None:
    """From the list to the reasons, and on to what is proposed."""
    visit.open(f"/admin/inventory/stockrisk/?q={world.bowl.sku}")
    row = visit.page.locator("#result_list").get_by_role("row").filter(has_text=world.bowl.sku)
    expect(row).to_contain_text("긴급")
    expect(row).to_contain_text("2.5")
    row.get_by_role("link", name=world.bowl.sku).click()
    plan = visit.page.locator(".plan")
    expect(plan).to_contain_text("지금 판매 가능 수량")
    expect(plan.get_by_role("row").filter(has_text="재고 일수")).to_contain_text("2.5")
    visit.picture("buying-risk")
    visit.page.get_by_role("link", name=re.compile("^분원 도예 ")).click()


def figure(visit: Visit, title: str) -> Locator:
    """The value of one line of the explanation."""
    row = visit.page.locator(".plan tr").filter(has=visit.page.get_by_role("rowheader", name=title, exact=True))
    return row.locator(".number")


def promise_more(visit: Visit, desk: Desk, world: World) -> ReplenishmentProposal:
    """Another service level, with a reason; the proposal is made anew at once."""
    before = ReplenishmentProposal.objects.get(variant=world.bowl, state="OPEN")
    expect(figure(visit, "재고 일수")).to_have_text("2.5")
    desk.press("서비스 수준 바꾸기")
    desk.fill({"서비스 수준": "99.5", "사유": "방송에 나옵니다"})
    desk.send()
    after = ReplenishmentProposal.objects.select_related("line__purchase_order").get(variant=world.bowl, state="OPEN")
    assert after.quantity > before.quantity
    assert float(ReorderPolicy.objects.get(variant=world.bowl).service_level or 0) == 0.995
    visit.open(f"/admin/inventory/replenishmentproposal/{after.pk}/change/")
    expect(figure(visit, "계산된 수량")).to_have_text(str(after.quantity))
    expect(visit.page.locator(".plan").last).to_contain_text("99.5%")
    visit.picture("buying-proposal")
    return after


def order(visit: Visit, desk: Desk, proposal: ReplenishmentProposal) -> PurchaseOrder:
    """Approved and sent."""
    visit.page.get_by_role("link", name=re.compile("^PO-")).click()
    expect(visit.page.locator(".order-state")).to_contain_text("작성 중")
    desk.press("승인")
    desk.press("발주서 발송 처리")
    desk.send()
    desk.expect_state("발송")
    assert proposal.line is not None
    return proposal.line.purchase_order


def receive_short(visit: Visit, desk: Desk, world: World, bought: PurchaseOrder, units: int) -> None:
    """Some are broken, some are only on the paper."""
    visit.open("/admin/inventory/purchaseorder/desk/")
    expect(visit.page.get_by_role("row").filter(has_text=bought.number)).to_contain_text("입고")
    visit.open(f"/admin/inventory/purchaseorder/{bought.pk}/change/")
    desk.press("차이가 있는 입고")
    line = bought.lines.get().pk
    fields = {"delivery_note": "DN-2712", "gap_reason": "상자가 눌려 깨졌습니다"}
    fields |= {f"line-{line}": str(units), f"damaged-{line}": str(DAMAGED), f"short-{line}": str(SHORT)}
    for name, value in fields.items():
        visit.page.locator(f"[name='{name}']").fill(value)
    desk.send()
    desk.expect_state("일부 입고")
    visit.picture("buying-received")


def open_a_lane(visit: Visit, world: World) -> Lane:
    """A way to another warehouse, typed in."""
    other = a_warehouse("walked", name="제주 물류센터")
    visit.open("/admin/inventory/lane/add/")
    for name, place in (("from_warehouse", world.store), ("to_warehouse", other)):
        visit.page.locator(f"select[name='{name}']").select_option(str(place.pk))
    for name, value in (("days", "3"), ("cost_per_unit", "450"), ("cost_per_shipment", "30000")):
        visit.page.locator(f"[name='{name}']").fill(value)
    visit.page.get_by_role("button", name="저장", exact=True).click()
    row = visit.page.locator("#result_list").get_by_role("row").filter(has_text="광주 물류센터 → 제주 물류센터")
    expect(row).to_contain_text("₩30,000")
    return Lane.objects.get(to_warehouse=other)


def sell_a_set(visit: Visit, world: World) -> Order:
    """Two of the bowls as one present; its order tells that they are parts of it, at their share of its price."""
    at = clock.now()
    present = a_variant(product=a_product(name="면기 선물 세트"), sku="WALK-SET", list_price=79_000)
    kits.set_parts(variant_id=present.pk, parts={world.bowl.sku: 2}, actor=None, at=at)
    basket = [(present.sku, 1)]
    total = quoting.quote(lines=basket, codes=(), customer_external_id=None, at=at).total
    sold = placing.place_order(channel="web", lines=basket, ship_to=SHIP_TO, expected_total=total, actor=None, at=at)
    visit.open(f"/admin/inventory/variant/{present.pk}/change/")
    expect(visit.page.locator(".story").first).to_contain_text("지금 판매할 수 있는 세트")
    visit.open(f"/admin/orders/order/{sold.pk}/change/")
    row = visit.page.get_by_role("row").filter(has_text=world.bowl.sku)
    expect(row).to_contain_text("세트 WALK-SET × 1의 구성품")
    expect(row).to_contain_text("₩79,000")
    visit.picture("buying-set")
    return sold


def test_a_purchase_from_the_risk_to_the_score_of_its_supplier(
    visitor: Visitor, world: World, promises: None, pytestconfig: pytest.Config
) -> None:
    the_hour_and_the_night(clock.now())
    visit, packer = visitor(), visitor()
    visit.log_in(buyer := on_duty("buys", Role.BUYER))
    packer.log_in(on_duty("receives", Role.WAREHOUSE))
    desk = Desk(visit.page)

    see_the_risk(visit, world)
    proposal = promise_more(visit, desk, world)
    bought = order(visit, desk, proposal)
    assert (bought.supplier, proposal.quantity) == (world.supplier, bought.lines.get().quantity)

    came = proposal.quantity - DAMAGED - SHORT
    receive_short(packer, Desk(packer.page), world, bought, came)
    assert StockLevel.objects.get(variant=world.bowl).on_hand == LEFT + came
    gaps = ReceiptDiscrepancy.objects.filter(receipt__purchase_order=bought)
    assert set(gaps.values_list("kind", "quantity")) == {("DAMAGED", DAMAGED), ("SHORT", SHORT)}

    visit.open(f"/admin/inventory/purchaseorder/{bought.pk}/change/")
    desk.press("마감")
    desk.fill({"사유": "나머지는 더 만들지 않습니다"})
    desk.send()
    visit.open("/admin/inventory/supplier/scores/")
    visit.page.get_by_role("link", name="분원 도예").click()
    score = visit.page.locator("#score")
    expect(score.get_by_role("row").filter(has_text="전량 납품")).to_contain_text("0%")
    expect(score.get_by_role("row").filter(has_text="품질")).to_contain_text(f"{came * 100 / (came + DAMAGED):.1f}%")
    expect(visit.page.locator("#deliveries")).to_contain_text(bought.number)
    visit.picture("buying-score")

    visit.open(f"/admin/inventory/variant/{world.bowl.pk}/change/")
    average = CostEntry.objects.get(variant=world.bowl).average
    assert LAST_COST < average < NEW_COST
    story = visit.page.locator(".story")
    expect(story.get_by_role("row").filter(has_text="₩15,000 →").first).to_contain_text(f"₩{average:,.0f}")
    repriced = story.get_by_role("row").filter(has_text="매입 단가").filter(has_text=f"₩{NEW_COST:,}")
    expect(repriced).to_contain_text(f"₩{LAST_COST:,}")
    visit.picture("buying-cost")

    risks.assess(at=clock.now())
    risk = StockRisk.objects.get(variant=world.bowl)
    assert risk.over_at is not None
    assert risk.sold_out_at is None

    lane, sold = open_a_lane(visit, world), sell_a_set(visit, world)
    pages = [
        f"/admin/inventory/lane/{lane.pk}/change/",
        "/admin/inventory/lane/",
        f"/admin/orders/order/{sold.pk}/change/",
        f"/admin/inventory/stockrisk/{risk.pk}/change/",
        f"/admin/inventory/replenishmentproposal/{proposal.pk}/change/",
        "/admin/inventory/replenishmentproposal/suppliers/",
        f"/admin/inventory/purchaseorder/{bought.pk}/change/",
        f"/admin/inventory/supplier/{world.supplier.pk}/change/",
        f"/admin/inventory/variant/{world.bowl.pk}/change/",
    ]
    # As everywhere: all four with the long proofs.
    screens = product(("ko", "en"), (WIDE, NARROW)) if pytestconfig.getoption("prove") else [("ko", WIDE), ("en", NARROW)]
    for language, viewport in screens:
        visit = visitor(language=language, viewport=viewport)
        visit.log_in(buyer)
        for path in pages:
            visit.open(path)
            assert visit.fits_its_screen(), (path, viewport)
            assert foreign_words(own_words(visit), language) == [], (path, language)
