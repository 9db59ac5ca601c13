"""The API of catalog, stock and purchasing: who may, what it answers, what it refuses."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from inventory.models import GoodsReceipt, PurchaseOrder, StockLevel, Variant, Warehouse
from inventory.operations import purchasing, reservations, stock
from inventory.operations.ledger import Document
from inventory.operations.purchasing import Wanted
from tests.builders import a_stocked_variant, a_supplier, a_variant, a_warehouse, stocked

pytestmark = pytest.mark.django_db

LISTS = ["variants", "stock-levels", "stock-movements", "purchase-orders"]


def a_client(scope: TokenScope.Scope) -> APIClient:
    token = tokens.issue(account=f"{scope.value.lower()}-account", scopes=[scope], actor=None, at=clock.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


@pytest.fixture
def partner() -> APIClient:
    return a_client(TokenScope.Scope.INTEGRATION)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse("icheon")


@pytest.fixture
def cup(warehouse: Warehouse) -> Variant:
    return a_stocked_variant(10, warehouse, sku="CUP-WHITE", barcode="8801234567893", name="흰색")


@pytest.fixture
def sent(warehouse: Warehouse, cup: Variant, at: datetime) -> PurchaseOrder:
    order = purchasing.draft(
        supplier_id=a_supplier(code="dawon").pk, warehouse_id=warehouse.pk, lines=[Wanted(cup.pk, 6)], actor=None, at=at
    )
    purchasing.approve(number=order.number, actor=None, at=at)
    return purchasing.send(number=order.number, actor=None, at=at)


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


class TestWhoMay:
    @pytest.mark.parametrize(
        ("path", "status"), [("variants", 200), ("stock-levels", 403), ("stock-movements", 403), ("purchase-orders", 403)]
    )
    def test_the_storefront_reads_skus_and_nothing_else(self, path: str, status: int) -> None:
        assert a_client(TokenScope.Scope.STOREFRONT).get(f"/api/v1/{path}/").status_code == status

    @pytest.mark.parametrize("path", LISTS)
    def test_a_reader_reads_everything(self, path: str) -> None:
        assert a_client(TokenScope.Scope.READ_ONLY).get(f"/api/v1/{path}/").status_code == 200

    @pytest.mark.parametrize("path", LISTS)
    def test_nobody_reads_without_a_token(self, path: str) -> None:
        assert APIClient().get(f"/api/v1/{path}/").status_code == 401

    @pytest.mark.parametrize("scope", [TokenScope.Scope.STOREFRONT, TokenScope.Scope.READ_ONLY])
    def test_only_integrations_receive_goods(self, sent: PurchaseOrder, scope: TokenScope.Scope) -> None:
        answer = a_client(scope).post(f"/api/v1/purchase-orders/{sent.number}/receive/", {}, format="json")

        assert answer.status_code == 403


class TestCatalog:
    def test_a_sku_tells_its_price_as_text_and_what_is_available(self, partner: APIClient, cup: Variant, at: datetime) -> None:
        reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 3}, at=at)
        stocked(cup, a_warehouse(is_active=False), 100)

        answer = partner.get("/api/v1/variants/CUP-WHITE/")

        assert answer.json() == {
            "sku": "CUP-WHITE",
            "barcode": "8801234567893",
            "product": cup.product.name,
            "option": "흰색",
            "category": cup.product.category.code,
            "tax_class": "STANDARD",
            "list_price": "12000",
            "currency": "KRW",
            "on_sale": True,
            "available": 7,
        }

    def test_a_sku_that_does_not_exist_is_not_found(self, partner: APIClient) -> None:
        assert partner.get("/api/v1/variants/NOTHING/").status_code == 404

    def test_skus_are_narrowed(self, partner: APIClient, cup: Variant) -> None:
        off = a_variant(is_active=False)

        assert [row["sku"] for row in rows(partner.get("/api/v1/variants/?on_sale=false"))] == [off.sku]
        assert [row["sku"] for row in rows(partner.get("/api/v1/variants/?barcode=8801234567893"))] == [cup.sku]
        assert [row["sku"] for row in rows(partner.get(f"/api/v1/variants/?category={cup.product.category.code}"))] == [cup.sku]
        assert rows(partner.get("/api/v1/variants/?sku=NOTHING")) == []


class TestStock:
    def test_levels_are_told_by_sku_and_warehouse(self, partner: APIClient, cup: Variant, at: datetime) -> None:
        reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 10}, at=at)

        (row,) = rows(partner.get("/api/v1/stock-levels/?warehouse=icheon&sku=CUP-WHITE&out_of_stock=true"))

        assert row == {"sku": "CUP-WHITE", "warehouse": "icheon", "on_hand": 10, "reserved": 10, "available": 0}
        assert rows(partner.get("/api/v1/stock-levels/?out_of_stock=false")) == []

    def test_the_ledger_is_narrowed_by_sku_kind_and_time(
        self, partner: APIClient, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        stock.write_off(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=2, reason="파손", actor=None, at=at)

        (row,) = rows(partner.get("/api/v1/stock-movements/", {"sku": cup.sku, "kind": "WRITE_OFF"}))

        assert (row["quantity"], row["reason"], row["warehouse"]) == (-2, "파손", "icheon")
        assert rows(partner.get("/api/v1/stock-movements/", {"occurred_before": at.isoformat(), "kind": "WRITE_OFF"})) == []
        assert len(rows(partner.get("/api/v1/stock-movements/", {"occurred_from": at.isoformat()}))) == 1
        assert rows(partner.get("/api/v1/stock-movements/", {"sku": "NOTHING"})) == []
        assert partner.get("/api/v1/stock-movements/", {"kind": "NONSENSE"}).status_code == 400


class TestReceiving:
    def receive(self, client: APIClient, order: PurchaseOrder, body: Any, key: str = "key-1") -> Any:
        return client.post(f"/api/v1/purchase-orders/{order.number}/receive/", body, format="json", HTTP_IDEMPOTENCY_KEY=key)

    def test_a_delivery_is_on_the_shelf(self, partner: APIClient, sent: PurchaseOrder, cup: Variant) -> None:
        body = {"delivery_note": "DN-7", "lines": [{"sku": cup.sku, "quantity": 4}]}

        answer = self.receive(partner, sent, body)

        assert answer.status_code == 201, answer.content
        assert answer.json()["lines"] == [{"sku": cup.sku, "quantity": 4}]
        assert StockLevel.objects.get(variant=cup).on_hand == 14
        told = partner.get(f"/api/v1/purchase-orders/{sent.number}/").json()
        assert (told["state"], told["lines"][0]["outstanding"]) == ("PARTLY_RECEIVED", 2)
        assert [event["kind"] for event in told["timeline"]] == ["DRAFTED", "APPROVED", "SENT", "RECEIVED"]
        assert told["receipts"][0]["delivery_note"] == "DN-7"

    def test_the_same_key_gets_the_same_answer_and_another_key_the_first_receipt(
        self, partner: APIClient, sent: PurchaseOrder, cup: Variant
    ) -> None:
        body = {"delivery_note": "DN-7", "lines": [{"sku": cup.sku, "quantity": 4}]}

        answers = [self.receive(partner, sent, body, key) for key in ("key-1", "key-1", "key-2")]

        assert len({answer.content for answer in answers}) == 1
        assert [answer.status_code for answer in answers] == [201, 201, 200]
        assert StockLevel.objects.get(variant=cup).on_hand == 14

    def test_a_delivery_note_with_other_quantities_is_refused(
        self, partner: APIClient, sent: PurchaseOrder, cup: Variant
    ) -> None:
        first, second = ({"delivery_note": "DN-7", "lines": [{"sku": cup.sku, "quantity": units}]} for units in (4, 2))
        self.receive(partner, sent, first)

        refused = self.receive(partner, sent, second, "key-2")

        assert (refused.status_code, refused.json()["code"]) == (409, "delivery_note_used")
        assert refused.json()["details"]["booked"] == {cup.sku: 4}
        assert refused.json()["details"]["differs"] == ["units"]
        assert StockLevel.objects.get(variant=cup).on_hand == 14

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"delivery_note": ""}, "delivery_note"),
            ({"lines": []}, "lines"),
            ({"lines": [{"sku": "CUP-WHITE", "quantity": 0}]}, "lines"),
            ({"lines": [{"sku": "CUP-WHITE", "quantity": 1}, {"sku": "CUP-WHITE", "quantity": 1}]}, "lines"),
            ({"lines": [{"sku": "CUP-WHITE", "quantity": 1, "cost": "1"}]}, "lines"),
            ({"unit_cost": "1"}, "unit_cost"),
        ],
    )
    def test_bad_input_names_its_field(
        self, partner: APIClient, sent: PurchaseOrder, cup: Variant, change: dict[str, Any], field: str
    ) -> None:
        body = {"delivery_note": "DN-7", "lines": [{"sku": cup.sku, "quantity": 4}]} | change

        answer = self.receive(partner, sent, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
        assert list(answer.json()["details"]) == [field]
        assert not GoodsReceipt.objects.exists()

    def test_what_was_not_ordered_and_who_is_not_known_is_refused(
        self, partner: APIClient, sent: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        body = {"delivery_note": "DN-7", "lines": [{"sku": "OTHER", "quantity": 4}]}

        refused = self.receive(partner, sent, body)
        assert (refused.status_code, refused.json()["details"]["sku"]) == (422, "OTHER")

        unknown = partner.post("/api/v1/purchase-orders/PO-0/receive/", body, format="json", HTTP_IDEMPOTENCY_KEY="key-2")
        assert unknown.status_code == 404

        purchasing.cancel(number=sent.number, reason="단종", actor=None, at=at)
        body["lines"] = [{"sku": cup.sku, "quantity": 1}]
        assert self.receive(partner, sent, body, "key-3").status_code == 409


class TestPapers:
    def test_a_delivery_tells_what_was_wrong_and_what_it_cost(
        self, partner: APIClient, sent: PurchaseOrder, cup: Variant
    ) -> None:
        body = {
            "delivery_note": "DN-8",
            "lines": [{"sku": cup.sku, "quantity": 4}],
            "discrepancies": [
                {"kind": "DAMAGED", "sku": cup.sku, "quantity": 1, "outcome": "RETURN", "reason": "깨짐"},
                {"kind": "WRONG", "item": "BOWL", "quantity": 2, "outcome": "DISPOSE", "reason": "주문하지 않음"},
            ],
            "costs": [{"kind": "FREIGHT", "amount": "4000", "basis": "QUANTITY", "reference": "INV-1"}],
        }

        answer = partner.post(
            f"/api/v1/purchase-orders/{sent.number}/receive/", body, format="json", headers={"Idempotency-Key": "damaged-1"}
        )

        assert answer.status_code == 201, answer.json()
        told = [(one["kind"], one["sku"], one["item"], one["outcome"]) for one in answer.json()["discrepancies"]]
        assert told == [("DAMAGED", cup.sku, "", "RETURN"), ("WRONG", None, "BOWL", "DISPOSE")]
        read = partner.get(f"/api/v1/purchase-orders/{sent.number}/").json()
        assert (read["lines"][0]["outstanding"], read["confirmations"]) == (2, [])
        assert partner.get("/api/v1/suppliers/scores/").json()[0]["supplier"] == "dawon"
