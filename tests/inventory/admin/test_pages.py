"""Every page of catalog, stock and purchasing: who may open it, how it is narrowed, and who sees what goods cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from config.kernel.roles import Role
from inventory.models import (
    Category,
    CostEntry,
    GoodsReceipt,
    PriceChange,
    Product,
    PurchaseOrder,
    PurchaseOrderEvent,
    ReplenishmentProposal,
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
from inventory.operations import catalog
from tests.builders import (
    a_category,
    a_product,
    a_stocked_variant,
)
from tests.inventory.admin.pages import address, someone

pytestmark = pytest.mark.django_db

PAGES = [
    Category, Product, Variant, PriceChange, Warehouse, StockLevel, StockMovement, Reservation, StockCount, Supplier,
    PurchaseOrder, GoodsReceipt, StockRepair,
]  # fmt: skip
# One unit at 7,654 won; what eleven of them on the shelf are worth.
COSTS = ("7654", "7,654", "84,194")
WRITTEN_BY_THE_SHOP = [PriceChange, StockLevel, StockMovement, Reservation, StockCount, GoodsReceipt, StockRepair]


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
            # A button may lead to another page that only tells.
            assert [one for one in page.context.get("operation_buttons") or () if "/press/" in one["url"]] == []
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
        ("model", "asked"),
        [
            (Variant, "cost__gte"), (Warehouse, "value__gte"), (StockMovement, "unit_cost__gte"),
            (PurchaseOrder, "amount__gte"), (ReplenishmentProposal, "explanation__unit_cost"),
        ],
    )  # fmt: skip
    def test_an_address_typed_by_hand_does_not_ask_about_them(self, model: Any, asked: str) -> None:
        assert someone(Role.BUYER).get(address(model), {asked: "1"}).status_code == 400
        assert someone(Role.WAREHOUSE).get(address(model), {asked: "1"}).status_code == 400

    def test_nobody_orders_a_list_by_what_it_does_not_show(self, cup: Variant) -> None:
        keeper = someone(Role.WAREHOUSE)

        ordered = [keeper.get(address(Variant), {"o": number}).context["cl"].queryset.query.order_by for number in "1234567"]

        assert not {"cost", "-cost"} & {name for names in ordered for name in names}

    @pytest.mark.parametrize(("role", "seen"), [(Role.WAREHOUSE, False), (Role.BUYER, True)])
    def test_the_table_of_levels_has_them_for_those_who_see_them(self, cup: Variant, role: Role, seen: bool) -> None:
        client = someone(role)

        table = b"".join(client.get(address(StockLevel, "table"), {"q": cup.sku}).streaming_content).decode()  # type: ignore[attr-defined]
        nothing = b"".join(client.get(address(StockLevel, "table"), {"q": "NOTHING"}).streaming_content).decode()  # type: ignore[attr-defined]

        assert ("매입 단가" in table) is seen
        assert f"\n{cup.sku},{cup.product.name} · 흰색,이천 물류센터,10,0,10,0" in table
        assert len(nothing.splitlines()) == 1
        assert "table.csv?q=CUP" in client.get(address(StockLevel), {"q": "CUP"}).content.decode()

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
        CostEntry.objects.update(average=Decimal(7_654))
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
