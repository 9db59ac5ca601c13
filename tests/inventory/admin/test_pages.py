"""The pages of catalog, stock and purchasing: who may open them, what they cost, what their buttons do and refuse."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from config.kernel.models import User
from config.kernel.roles import Role
from inventory import promises
from inventory.admin.catalog import PricedForm
from inventory.models import (
    Category,
    GoodsReceipt,
    PriceChange,
    Product,
    PurchaseOrder,
    PurchaseOrderEvent,
    Reservation,
    StockCount,
    StockLevel,
    StockMovement,
    StockRepair,
    Supplier,
    SupplierOffer,
    Variant,
    Warehouse,
)
from inventory.operations import catalog, purchasing, reservations, stock
from inventory.operations.ledger import Document
from inventory.operations.purchasing import Wanted
from tests.builders import (
    a_category,
    a_product,
    a_stocked_variant,
    a_supplier,
    a_variant,
    a_warehouse,
    an_offer,
)

pytestmark = pytest.mark.django_db

PAGES = [
    Category, Product, Variant, PriceChange, Warehouse, StockLevel, StockMovement, Reservation, StockCount, Supplier,
    PurchaseOrder, GoodsReceipt, StockRepair,
]  # fmt: skip
# One unit at 7,654 won; what eleven of them on the shelf are worth.
COSTS = ("7654", "7,654", "84,194")
WRITTEN_BY_THE_SHOP = [PriceChange, StockLevel, StockMovement, Reservation, StockCount, GoodsReceipt, StockRepair]


def address(model: Any, page: str = "changelist", *arguments: Any) -> str:
    return reverse(f"admin:inventory_{model._meta.model_name}_{page}", args=arguments)


def someone(role: Role) -> Client:
    user = User.objects.create_user(f"one-{role.value}", is_staff=True, is_superuser=role is Role.OWNER)
    user.groups.add(Group.objects.get(name=role.value))
    client = Client()
    client.force_login(user, backend="config.kernel.accounts.StaffBackend")
    return client


@pytest.fixture
def owner() -> Client:
    return someone(Role.OWNER)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse("icheon", name="이천 물류센터")


@pytest.fixture
def supplier() -> Supplier:
    return a_supplier(code="dawon", name="다원 도예")


@pytest.fixture
def cup(warehouse: Warehouse, supplier: Supplier) -> Variant:
    cup = a_stocked_variant(10, warehouse, sku="CUP-WHITE", name="흰색")
    an_offer(cup, supplier, unit_cost=Decimal(4_500), lead_time_days=5)
    return cup


@pytest.fixture
def draft(cup: Variant, warehouse: Warehouse, supplier: Supplier, at: datetime) -> PurchaseOrder:
    return purchasing.draft(supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=[Wanted(cup.pk, 6)], actor=None, at=at)


@pytest.fixture
def sent(draft: PurchaseOrder, at: datetime) -> PurchaseOrder:
    purchasing.approve(number=draft.number, actor=None, at=at)
    return purchasing.send(number=draft.number, actor=None, at=at)


@pytest.fixture
def busy(cup: Variant, warehouse: Warehouse, sent: PurchaseOrder, at: datetime) -> None:
    """At least one row on every page."""
    reservations.reserve(document=Document("ORDER", "261121-000001"), demand={cup.pk: 2}, at=at)
    purchasing.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 2}, actor=None, at=at)
    stock.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 12, 11)], note="월말", actor=None, at=at)
    catalog.change_price(variant_id=cup.pk, list_price=Decimal(13_000), reason="인상", actor=None, at=at)
    StockLevel.objects.update(on_hand=12)
    stock.audit(at=at, repair=True)


def level(variant: Variant) -> StockLevel:
    return StockLevel.objects.get(variant=variant)


def press(client: Client, row: Any, button: str, **values: Any) -> Any:
    return client.post(address(type(row), "press", row.pk, button), values, follow=True)


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


class TestEveryPage:
    @pytest.mark.usefixtures("busy")
    @pytest.mark.parametrize("model", PAGES)
    def test_it_opens_as_a_list_and_as_one_row(self, owner: Client, model: Any) -> None:
        row = model._default_manager.first()
        assert row is not None

        assert owner.get(address(model)).status_code == 200
        assert owner.get(address(model, "change", row.pk)).status_code == 200

    @pytest.mark.usefixtures("busy")
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.ORDER_CLERK])
    def test_who_may_only_look_is_offered_nothing_to_change(self, role: Role) -> None:
        client = someone(role)
        for model in PAGES:
            row = model._default_manager.latest("pk")
            page = client.get(address(model, "change", row.pk))
            assert page.status_code == 200
            assert not page.context.get("operation_buttons")
            assert client.get(address(model)).status_code == 200
            assert client.post(address(model, "change", row.pk), {}).status_code == 403
        for path in (address(StockCount, "count"), address(PurchaseOrder, "desk"), address(PurchaseOrder, "add")):
            assert client.get(path).status_code == 403

    @pytest.mark.usefixtures("busy")
    @pytest.mark.parametrize("model", WRITTEN_BY_THE_SHOP)
    def test_what_the_shop_itself_writes_nobody_types_over(self, owner: Client, model: Any) -> None:
        row = model._default_manager.first()
        for page in (address(model, "add"), address(model, "delete", row.pk), address(model, "change", row.pk)):
            assert owner.post(page, {}).status_code == 403

    @pytest.mark.usefixtures("busy")
    @pytest.mark.parametrize(
        ("model", "narrowed"),
        [
            (StockLevel, {"q": "CUP-W"}),
            (StockLevel, {"availability": "some"}),
            (StockLevel, {"availability": "reserved"}),
            (StockMovement, {"q": "CUP-W"}),
            (StockMovement, {"kind__exact": "RECEIPT"}),
            (StockMovement, {"occurred_at_from": "2026-11-21", "occurred_at_to": "2026-11-21"}),
            (Reservation, {"q": "261121-000001"}),
            (Reservation, {"state__exact": "ACTIVE"}),
            (PriceChange, {"kind__exact": "LIST_PRICE"}),
            (PurchaseOrder, {"state__exact": "PARTLY_RECEIVED"}),
            (GoodsReceipt, {"q": "DN-1"}),
            (StockCount, {"counted_at_from": "2026-11-21"}),
            (Variant, {"q": "cup-w"}),
            (Product, {"q": "CUP-W"}),
        ],
    )
    def test_lists_are_narrowed(self, owner: Client, model: Any, narrowed: dict[str, str]) -> None:
        found = owner.get(address(model), narrowed).context["cl"].result_count
        nothing = {name: "NOTHING" if name == "q" else value for name, value in narrowed.items()}

        assert found >= 1
        if "q" in narrowed:
            assert owner.get(address(model), nothing).context["cl"].result_count == 0

    def test_levels_are_narrowed_by_a_category_and_all_below_it(self, owner: Client, warehouse: Warehouse) -> None:
        kitchen = a_category("주방")
        cups = a_category("컵", parent=a_category("그릇", parent=kitchen))
        a_stocked_variant(1, warehouse, product=a_product(cups))
        a_stocked_variant(1, warehouse)

        for category, number in [(kitchen, 1), (cups, 1)]:
            page = owner.get(address(StockLevel), {"category": category.pk})
            assert page.context["cl"].result_count == number


class TestCosts:
    @pytest.mark.usefixtures("busy")
    @pytest.mark.parametrize(
        ("role", "seen"),
        [(Role.WAREHOUSE, False), (Role.ORDER_CLERK, False), (Role.BUYER, True), (Role.MARKETER, True), (Role.VIEWER, True)],
    )
    @pytest.mark.breaks_promises("a cost is written past its trace, so that it can be found on the pages")
    def test_what_goods_cost_is_seen_by_those_who_buy_price_or_read_figures(
        self, cup: Variant, sent: PurchaseOrder, warehouse: Warehouse, at: datetime, role: Role, seen: bool
    ) -> None:
        Variant.objects.filter(pk=cup.pk).update(cost=Decimal(7_654))
        PurchaseOrder.objects.get().lines.update(unit_cost=Decimal(7_654))
        StockMovement.objects.update(unit_cost=Decimal(7_654))
        SupplierOffer.objects.update(unit_cost=Decimal(7_654))
        PurchaseOrderEvent.objects.create(
            purchase_order=sent, kind="CHANGED", occurred_at=at,
            details={"before": {cup.sku: "6 x 7654"}, "after": {cup.sku: "8 x 7654"}},
        )  # fmt: skip
        client = someone(role)
        sold = [address(Variant), address(Variant, "change", cup.pk), address(Product, "change", cup.product_id)]
        bought = [address(PurchaseOrder, "change", sent.pk), address(Supplier, "change", sent.supplier_id)]
        lies = [address(StockMovement, "change", StockMovement.objects.latest("pk").pk), address(Warehouse)]

        told = {page: client.get(page).content.decode() for page in [*sold, *bought, *lies]}

        assert {page: any(cost in text for cost in COSTS) for page, text in told.items()} == dict.fromkeys(told, seen)
        assert ("6 → 8" in told[bought[0]]) is not seen

    def test_the_list_of_purchases_and_of_prices_leaves_costs_out(
        self, cup: Variant, draft: PurchaseOrder, at: datetime
    ) -> None:
        catalog.change_price(variant_id=cup.pk, list_price=Decimal(13_000), reason="인상", actor=None, at=at)
        catalog.change_cost(variant_id=cup.pk, cost=Decimal(7_654), reason="정정", actor=None, at=at)
        keeper, buyer = someone(Role.WAREHOUSE), someone(Role.BUYER)

        assert "₩27,000" in buyer.get(address(PurchaseOrder)).content.decode()
        assert "₩27,000" not in keeper.get(address(PurchaseOrder)).content.decode()
        for client, number in [(buyer, 2), (keeper, 1)]:
            assert client.get(address(PriceChange)).context["cl"].result_count == number
            assert len(client.get(address(Variant, "change", cup.pk)).context["price_changes"]) == number


class TestCategories:
    def test_a_fourth_level_is_refused_on_the_form(self, owner: Client) -> None:
        third = a_category("3", parent=a_category("2", parent=a_category("1")))

        page = owner.post(address(Category, "add"), {"name": "4", "code": "four", "parent": third.pk})

        assert page.status_code == 200
        assert list(page.context["adminform"].form.errors) == ["parent"]
        assert not Category.objects.filter(code="four").exists()

    def test_a_category_with_children_is_not_moved_below_the_third_level_nor_below_itself(self, owner: Client) -> None:
        top = a_category("1")
        second = a_category("2", parent=top)
        moved = a_category("a")
        child = a_category("b", parent=moved)

        for row, parent in [(moved, second), (moved, child)]:
            page = owner.post(address(Category, "change", row.pk), {"name": row.name, "code": row.code, "parent": parent.pk})
            assert list(page.context["adminform"].form.errors) == ["parent"]

    def test_a_category_is_saved(self, owner: Client) -> None:
        top = a_category("1")

        owner.post(address(Category, "add"), {"name": "찻잔", "code": "cups", "parent": top.pk})

        assert Category.objects.get(code="cups").parent == top


class TestPrices:
    def test_the_price_changes_by_its_button_and_leaves_a_trace(self, owner: Client, cup: Variant) -> None:
        page = owner.get(address(Variant, "change", cup.pk))
        seen = page.context["operation_buttons"][0]["seen"]

        answer = press(owner, cup, "change_price", amount="15000", reason="원가 인상", seen=seen)

        assert answer.status_code == 200
        cup.refresh_from_db()
        change = PriceChange.objects.get(variant=cup)
        assert (cup.list_price, change.before, change.reason) == (15_000, 12_000, "원가 인상")
        assert change.actor is not None

    @pytest.mark.parametrize("amount", ["-1", "abc", "1.5", "NaN", ""])
    def test_an_amount_that_is_none_is_refused_on_the_form(self, owner: Client, cup: Variant, amount: str) -> None:
        answer = press(owner, cup, "change_price", amount=amount, reason="인상", seen="12000.0000:5000.0000")

        assert list(answer.context["form"].errors) == ["amount"]
        assert not PriceChange.objects.exists()

    def test_the_form_of_the_sku_cannot_change_its_price(self, owner: Client, cup: Variant) -> None:
        values = {"product": cup.product_id, "sku": cup.sku, "name": "백색", "list_price": "1", "cost": "1", "is_active": "on"}

        owner.post(address(Variant, "change", cup.pk), values)

        cup.refresh_from_db()
        assert (cup.name, cup.list_price, cup.cost) == ("백색", 12_000, 5_000)

    @pytest.mark.parametrize("page", ["sku", "product"])
    def test_a_cost_that_comes_while_the_form_of_a_sku_is_saved_stays(
        self, owner: Client, cup: Variant, at: datetime, monkeypatch: pytest.MonkeyPatch, page: str
    ) -> None:
        def received_meanwhile(form: Any) -> None:
            if Variant.objects.get(pk=cup.pk).cost == 5_000:
                catalog.change_cost(variant_id=cup.pk, cost=Decimal(4_800), reason="GR-1", actor=None, at=at)

        monkeypatch.setattr(PricedForm, "clean", received_meanwhile)
        if page == "sku":
            owner.post(address(Variant, "change", cup.pk), {"product": cup.product_id, "sku": cup.sku, "name": "백색"})
        else:
            product = cup.product
            owner.post(address(Product, "change", product.pk), {
                "name": product.name, "category": product.category_id, "tax_class": product.tax_class, "is_active": "on",
                "variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 1, "variants-0-id": cup.pk,
                "variants-0-product": product.pk, "variants-0-sku": cup.sku, "variants-0-name": "백색",
            })  # fmt: skip

        cup.refresh_from_db()
        assert (cup.name, cup.is_active, cup.cost) == ("백색", False, 4_800)
        assert not list(promises.every_change_of_a_price_has_its_row(at))

    def test_a_new_sku_gets_its_price_on_the_form(self, owner: Client) -> None:
        product = a_product()
        values = {"product": product.pk, "sku": "NEW-1", "name": "", "list_price": "9900", "cost": "0", "is_active": "on"}

        owner.post(address(Variant, "add"), values)

        assert Variant.objects.get(sku="NEW-1").list_price == 9_900


class TestCorrecting:
    def test_the_warehouse_adjusts_writes_off_and_moves(self, cup: Variant, at: datetime) -> None:
        client, busan = someone(Role.WAREHOUSE), a_warehouse("busan")

        press(client, level(cup), "adjust", quantity="3", reason="찾음", seen="10")
        press(client, level(cup), "write_off", quantity="2", reason="파손", seen="13")
        press(client, level(cup), "transfer", quantity="4", to_warehouse=busan.pk, reason="보충", seen="11")

        on_hand = dict(StockLevel.objects.filter(variant=cup).values_list("warehouse__code", "on_hand"))
        assert on_hand == {"icheon": 7, "busan": 4}
        assert set(StockMovement.objects.exclude(kind="ADJUSTMENT").values_list("actor__username", flat=True)) == {
            "one-warehouse"
        }

    def test_a_refusal_is_told_on_the_form_with_what_was_typed(self, owner: Client, cup: Variant) -> None:
        answer = press(owner, level(cup), "write_off", quantity="11", reason="파손", seen="10")

        assert "10" in told(answer)
        assert answer.context["form"]["quantity"].value() == "11"
        assert level(cup).on_hand == 10

    @pytest.mark.parametrize(
        ("button", "units", "lies_there"), [("adjust", "5", 15), ("write_off", "5", 5), ("transfer", "5", 5)]
    )
    def test_a_form_that_is_sent_twice_moves_the_stock_once(
        self, owner: Client, cup: Variant, button: str, units: str, lies_there: int
    ) -> None:
        asked = owner.get(address(StockLevel, "press", level(cup).pk, button))
        typed = {**asked.context["hidden"], "quantity": units, "reason": "이중 클릭", "to_warehouse": a_warehouse().pk}

        here = level(cup)
        press(owner, here, button, **typed)
        again = press(owner, here, button, **typed)

        assert StockLevel.objects.get(variant=cup, warehouse__code="icheon").on_hand == lies_there
        assert "두 번 처리하지 않았습니다" in told(again)

    @pytest.mark.parametrize("button", ["adjust", "write_off", "transfer"])
    def test_of_two_who_saw_the_same_miscount_one_corrects_it(
        self, owner: Client, cup: Variant, warehouse: Warehouse, at: datetime, button: str
    ) -> None:
        asked = owner.get(address(StockLevel, "press", level(cup).pk, button))
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-2, reason="동료", actor=None, at=at)

        answer = press(
            owner, level(cup), button,
            **asked.context["hidden"], quantity="2", reason="나도", to_warehouse=a_warehouse().pk,
        )  # fmt: skip

        assert StockLevel.objects.get(variant=cup, warehouse__code="icheon").on_hand == 8
        assert "다른 직원이 먼저" in told(answer)

    def test_a_buyer_may_look_and_not_correct(self, cup: Variant) -> None:
        answer = someone(Role.BUYER).post(address(StockLevel, "press", level(cup).pk, "adjust"), {"quantity": 1, "reason": "x"})

        assert answer.status_code == 403


class TestCounting:
    def choose(self, warehouse: Warehouse, *skus: str) -> dict[str, Any]:
        return {"warehouse": warehouse.pk, "skus": "\n".join(skus)}

    def test_a_count_by_category_shows_what_ever_lay_there(self, owner: Client, cup: Variant, warehouse: Warehouse) -> None:
        page = owner.get(
            address(StockCount, "count"), {"warehouse": warehouse.pk, "category": cup.product.category_id, "skus": ""}
        )

        assert [(row.line.variant.sku, row.expected) for row in page.context["rows"]] == [("CUP-WHITE", 10)]

    def test_what_was_found_is_recorded_and_an_empty_line_is_not_counted(
        self, owner: Client, cup: Variant, warehouse: Warehouse
    ) -> None:
        plate = a_variant(sku="PLATE")
        values = self.choose(warehouse, cup.sku, plate.sku) | {
            f"expected-{cup.pk}": 10, f"counted-{cup.pk}": "8", f"expected-{plate.pk}": 0, f"counted-{plate.pk}": "",
            "note": "11월 말",
        }  # fmt: skip

        owner.post(address(StockCount, "count"), values)

        taken = StockCount.objects.get()
        assert (taken.note, [(line.expected, line.counted) for line in taken.lines.all()]) == ("11월 말", [(10, 8)])
        assert level(cup).on_hand == 8

    def test_a_count_that_was_overtaken_is_refused_and_asks_for_the_moved_line_again(
        self, owner: Client, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        plate = a_stocked_variant(3, warehouse, sku="PLATE")
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-1, reason="판매", actor=None, at=at)
        values = self.choose(warehouse, cup.sku, plate.sku) | {
            f"expected-{cup.pk}": 10, f"counted-{cup.pk}": "10", f"expected-{plate.pk}": 3, f"counted-{plate.pk}": "2",
        }  # fmt: skip

        page = owner.post(address(StockCount, "count"), values)

        rows = {row.line.variant.sku: row for row in page.context["rows"]}
        assert (rows["CUP-WHITE"].expected, rows["CUP-WHITE"].typed) == (9, "")
        assert rows["CUP-WHITE"].error
        assert (rows["PLATE"].typed, rows["PLATE"].error) == ("2", "")
        assert not StockCount.objects.exists()

    @pytest.mark.parametrize("typed", ["-1", "1.5", "열", "9" * 30])
    def test_what_is_no_quantity_is_named_at_its_line(
        self, owner: Client, cup: Variant, warehouse: Warehouse, typed: str
    ) -> None:
        values = self.choose(warehouse, cup.sku) | {f"expected-{cup.pk}": 10, f"counted-{cup.pk}": typed}

        page = owner.post(address(StockCount, "count"), values)

        assert page.context["rows"][0].error
        assert not StockCount.objects.exists()

    @pytest.mark.parametrize("skus", ["NO-SUCH-SKU", ""])
    def test_what_cannot_be_counted_is_refused_naming_it(self, owner: Client, warehouse: Warehouse, skus: str) -> None:
        page = owner.get(address(StockCount, "count"), self.choose(warehouse, skus))

        assert list(page.context["form"].errors) == ["skus"]
        assert skus in page.content.decode()


def lines(*rows: dict[str, Any], already: int = 0) -> dict[str, Any]:
    """The lines of the purchase order's form as a browser sends them."""
    sent: dict[str, Any] = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": already}
    for number, row in enumerate(rows):
        sent |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return sent


class TestPurchasing:
    def test_a_buyer_drafts_with_the_offers_cost(self, cup: Variant, warehouse: Warehouse, supplier: Supplier) -> None:
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": "연말"}
        values |= lines({"variant": cup.pk, "quantity": 20, "unit_cost": ""})

        answer = someone(Role.BUYER).post(address(PurchaseOrder, "add"), values, follow=True)

        assert answer.status_code == 200
        order = PurchaseOrder.objects.get()
        assert (order.state, order.note, str(order.actor)) == ("DRAFT", "연말", "one-buyer")
        assert [(line.quantity, line.unit_cost) for line in order.lines.all()] == [(20, 4_500)]

    def test_lines_of_a_draft_are_changed_on_its_form(self, owner: Client, draft: PurchaseOrder, cup: Variant) -> None:
        plate = a_variant(cost=7_000)
        line = draft.lines.get()
        values = {"seen": "DRAFT:1"} | lines(
            {"id": line.pk, "purchase_order": draft.pk, "variant": cup.pk, "quantity": 9, "unit_cost": "4400.5"},
            {"variant": plate.pk, "quantity": 2, "unit_cost": ""},
            already=1,
        )

        answer = owner.post(address(PurchaseOrder, "change", draft.pk), values)

        assert answer.status_code == 302, answer.context["errors"]
        assert {one.variant_id: (one.quantity, one.unit_cost) for one in draft.lines.all()} == {
            cup.pk: (9, Decimal("4400.5")),
            plate.pk: (2, 7_000),
        }
        assert draft.lines.get(variant=cup).pk == line.pk

    def test_an_old_page_of_a_draft_takes_nothing_out_that_was_added_meanwhile(
        self, owner: Client, draft: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        page = owner.get(address(PurchaseOrder, "change", draft.pk))
        (seen,) = re.findall(r'<input type="hidden" name="seen" value="([^"]+)">\s*<', page.content.decode())[-1:]
        line, plate = draft.lines.get(), a_variant()
        by_night = [Wanted(cup.pk, 60), Wanted(plate.pk, 5)]
        purchasing.change_lines(number=draft.number, lines=by_night, actor=None, at=at)
        values = lines(
            {"id": line.pk, "purchase_order": draft.pk, "variant": cup.pk, "quantity": 6, "unit_cost": "4500"}, already=1
        )

        answer = owner.post(address(PurchaseOrder, "change", draft.pk), values | {"seen": seen}, follow=True)

        assert "다른 직원이 먼저" in told(answer)
        assert dict(draft.lines.values_list("variant", "quantity")) == {cup.pk: 60, plate.pk: 5}

    def test_a_new_purchase_order_that_is_sent_twice_is_drafted_once(
        self, owner: Client, cup: Variant, warehouse: Warehouse, supplier: Supplier
    ) -> None:
        asked = owner.get(address(PurchaseOrder, "add"))
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": "", "slip": asked.context["slip"]}
        wrong = owner.post(address(PurchaseOrder, "add"), values | lines({"variant": cup.pk, "quantity": 0, "unit_cost": ""}))
        values |= lines({"variant": cup.pk, "quantity": 20, "unit_cost": ""})

        owner.post(address(PurchaseOrder, "add"), values)
        again = owner.post(address(PurchaseOrder, "add"), values, follow=True)

        assert f'name="slip" value="{values["slip"]}"' in wrong.content.decode()
        assert again.redirect_chain[-1][0] == address(PurchaseOrder)
        assert "두 번 처리하지 않았습니다" in told(again)
        assert PurchaseOrder.objects.count() == 1

    @pytest.mark.parametrize("problem", ["none", "twice", "zero"])
    def test_lines_that_make_no_sense_are_refused_on_the_form(
        self, owner: Client, cup: Variant, warehouse: Warehouse, supplier: Supplier, problem: str
    ) -> None:
        row = {"variant": cup.pk, "quantity": 0 if problem == "zero" else 1, "unit_cost": ""}
        rows = {"none": [{"variant": "", "quantity": "", "unit_cost": ""}], "twice": [row, row], "zero": [row]}[problem]
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": ""} | lines(*rows)

        answer = owner.post(address(PurchaseOrder, "add"), values)

        assert answer.status_code == 200
        assert answer.context["errors"]
        assert not PurchaseOrder.objects.exists()

    def test_from_draft_to_closed_by_buttons(self, draft: PurchaseOrder, cup: Variant) -> None:
        buyer, keeper = someone(Role.BUYER), someone(Role.WAREHOUSE)
        line = draft.lines.get()

        def seen() -> str:
            draft.refresh_from_db()
            return f"{draft.state}:{draft.timeline.count()}"

        press(buyer, draft, "approve", seen=seen())
        press(buyer, draft, "send", seen=seen(), expected_on="")
        desk = keeper.get(address(PurchaseOrder, "desk"))
        assert [one["order"].number for one in desk.context["awaited"]] == [draft.number]
        press(keeper, draft, "receive", **{"seen": seen(), "delivery_note": "DN-9", f"line-{line.pk}": "5"})
        press(buyer, draft, "close", seen=seen(), reason="한 개 단종")

        draft.refresh_from_db()
        assert draft.state == "CLOSED"
        assert [event.kind for event in draft.timeline.order_by("id")] == ["DRAFTED", "APPROVED", "SENT", "RECEIVED", "CLOSED"]
        assert level(cup).on_hand == 15
        page = buyer.get(address(PurchaseOrder, "change", draft.pk))
        assert not page.context["operation_buttons"]

    def test_what_the_supplier_does_not_sell_is_approved_with_a_reason_only(self, draft: PurchaseOrder, cup: Variant) -> None:
        cup.offers.update(minimum_quantity=24, order_multiple=12)
        buyer = someone(Role.BUYER)
        page = buyer.get(address(PurchaseOrder, "change", draft.pk))
        assert page.context["next_step"].is_urgent
        assert "24" in page.context["next_step"].text

        refused = press(buyer, draft, "approve", seen="DRAFT:1")
        draft.refresh_from_db()
        assert draft.state == "DRAFT"
        assert f"{cup.sku}: 발주 수량 6, 최소 발주 수량 24, 발주 단위 12" in told(refused)
        press(buyer, draft, "approve_all_the_same", seen="DRAFT:1", reason="전화로 합의")

        draft.refresh_from_db()
        assert draft.state == "APPROVED"
        assert f"{cup.sku}: 6" in " ".join(buyer.get(address(PurchaseOrder, "change", draft.pk)).context["timeline"][0].facts)

    def test_a_delivery_proposes_what_is_outstanding_and_refuses_nothing_at_all(
        self, owner: Client, sent: PurchaseOrder
    ) -> None:
        line = sent.lines.get()
        asked = owner.get(address(PurchaseOrder, "press", sent.pk, "receive"))
        assert asked.context["form"][f"line-{line.pk}"].value() == 6

        answer = press(owner, sent, "receive", **{"delivery_note": "DN-1", f"line-{line.pk}": "0", "seen": "SENT:3"})

        assert answer.context["form"].non_field_errors()
        assert not GoodsReceipt.objects.exists()

    def test_more_than_was_ordered_is_booked_only_if_somebody_says_so(
        self, owner: Client, sent: PurchaseOrder, cup: Variant
    ) -> None:
        line = sent.lines.get()
        slip_of_a_finger = {"delivery_note": "DN-1", f"line-{line.pk}": "66", "seen": "SENT:3"}

        asked = press(owner, sent, "receive", **slip_of_a_finger)
        assert list(asked.context["form"].errors) == [f"line-{line.pk}"]
        assert level(cup).on_hand == 10
        press(owner, sent, "receive", **slip_of_a_finger, more_came="on")

        assert level(cup).on_hand == 76

    def test_a_delivery_note_that_was_booked_before_is_told_and_never_praised(
        self, owner: Client, sent: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        line = sent.lines.get()
        first = purchasing.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)
        seen = {"seen": "PARTLY_RECEIVED:4", "delivery_note": "DN-1"}

        same = press(owner, sent, "receive", **seen, **{f"line-{line.pk}": "4"})
        other = press(owner, sent, "receive", **seen, **{f"line-{line.pk}": "2"})

        assert f"이미 {first.number}" in told(same)
        assert f"{first.number}(으)로 CUP-WHITE × 4" in told(other)
        assert "CUP-WHITE × 2" in told(other)
        assert level(cup).on_hand == 14

    def test_a_page_shown_before_somebody_else_acted_is_refused(
        self, owner: Client, draft: PurchaseOrder, at: datetime
    ) -> None:
        purchasing.change_lines(number=draft.number, lines=[Wanted(draft.lines.get().variant_id, 600)], actor=None, at=at)

        press(owner, draft, "approve", seen="DRAFT:1")

        draft.refresh_from_db()
        assert draft.state == "DRAFT"

    def test_a_warehouse_worker_receives_and_does_not_buy(self, draft: PurchaseOrder) -> None:
        keeper = someone(Role.WAREHOUSE)

        assert keeper.post(address(PurchaseOrder, "press", draft.pk, "approve"), {}).status_code == 403
        assert keeper.get(address(PurchaseOrder, "add")).status_code == 403

    def test_a_late_delivery_is_marked(self, owner: Client, sent: PurchaseOrder, at: datetime) -> None:
        PurchaseOrder.objects.filter(pk=sent.pk).update(expected_on=date(2020, 1, 1))

        (row,) = owner.get(address(PurchaseOrder, "desk")).context["awaited"]

        assert row["is_late"]
        assert owner.get(address(PurchaseOrder, "change", sent.pk)).context["next_step"].is_urgent
