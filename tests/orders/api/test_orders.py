"""The endpoints of orders: what each takes, who may call it, and how it refuses."""

from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Customer
from config.kernel import clock
from config.kernel.models import User
from inventory.models import Warehouse
from orders.models import Order, OrderEvent, UnmatchedPayment
from orders.operations import noting, paying, returning, unmatched
from orders.operations.placing import Buyer
from tests import builders
from tests.orders.api.conftest import Caller, MakeCaller, Scope

pytestmark = pytest.mark.django_db


def basket(*skus: str, **more: Any) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": 1} for sku in skus]} | more


def order_of(*skus: str, total: str = "15000", **more: Any) -> dict[str, Any]:
    return basket(*skus) | {"ship_to": builders.SHIP_TO, "expected_total": total} | more


class TestQuotes:
    def test_a_quote_tells_every_amount_as_text(self, storefront: Caller) -> None:
        cup = builders.a_stocked_variant(list_price=10_000)
        builders.a_promotion(clock.now(), name="겨울맞이")

        answer = storefront.send("/quotes/", basket(cup.sku, codes=["NOSUCH"], customer={"external_id": "c-1"}))

        assert answer.status_code == 200
        told = answer.json()
        assert told["lines"] == [
            {
                "sku": cup.sku,
                "quantity": 1,
                "list_price": "10000",
                "gross": "10000",
                "discount": "1000",
                "total": "9000",
                "tax": "818",
            }
        ]
        assert told["discounts"] == [{"name": "겨울맞이", "code": "", "amount": "1000", "on_shipping": False}]
        assert told["refused_codes"] == [{"code": "NOSUCH", "reason": "unknown_code", "figures": {}}]
        assert (told["shipping_fee"], told["total"], told["tax"], told["currency"]) == ("3000", "12000", "1091", "KRW")

    def test_a_quote_writes_nothing(self, storefront: Caller) -> None:
        storefront.send("/quotes/", basket(builders.a_stocked_variant().sku, customer={"external_id": "c-1", "name": "김"}))

        assert not Customer.objects.exists()

    def test_an_unknown_sku_is_named_with_its_place(self, storefront: Caller) -> None:
        answer = storefront.send("/quotes/", basket(builders.a_stocked_variant().sku, "NOSUCH"))

        assert (answer.status_code, answer.json()["code"]) == (422, "lines_refused")
        assert answer.json()["details"] == {"lines": [{"line": 1, "sku": "NOSUCH", "reason": "unknown_sku"}]}


class TestPlacing:
    def test_an_order_is_placed_at_the_expected_price(self, storefront: Caller) -> None:
        cup = builders.a_stocked_variant()

        answer = storefront.send("/orders/", order_of(cup.sku, channel="app", external_number="A-1"))

        assert answer.status_code == 201
        told = answer.json()
        order = Order.objects.get(number=told["number"])
        assert (told["total"], told["state"], told["channel"], told["external_number"]) == ("15000", "PLACED", "app", "A-1")
        assert order.ship_to == builders.SHIP_TO
        assert OrderEvent.objects.get(order=order).actor is not None

    def test_the_same_key_is_the_same_order_byte_for_byte(self, storefront: Caller) -> None:
        body = order_of(builders.a_stocked_variant().sku)

        first, again = (storefront.send("/orders/", body, key="k") for _ in range(2))

        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"
        assert Order.objects.count() == 1

    def test_the_same_key_with_another_body_is_refused(self, storefront: Caller) -> None:
        sku = builders.a_stocked_variant().sku
        storefront.send("/orders/", order_of(sku), key="k")

        answer = storefront.send("/orders/", order_of(sku, note="다른 주문"), key="k")

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_without_a_key_nothing_is_placed(self, storefront: Caller) -> None:
        answer = storefront.post("/api/v1/orders/", order_of(builders.a_stocked_variant().sku), format="json")

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
        assert not Order.objects.exists()

    def test_a_refused_order_may_be_sent_again_with_its_key(self, storefront: Caller) -> None:
        cup = builders.a_variant()
        place = builders.a_warehouse()
        short = storefront.send("/orders/", order_of(cup.sku), key="k")
        builders.stocked(cup, place, 1)

        assert (short.status_code, short.json()["code"]) == (409, "insufficient_stock")
        assert short.json()["details"] == {"lines": [{"sku": cup.sku, "requested": 1, "available": 0}]}
        assert storefront.send("/orders/", order_of(cup.sku), key="k").status_code == 201

    def test_a_changed_price_comes_with_the_new_quote(self, storefront: Caller) -> None:
        sku = builders.a_stocked_variant().sku

        answer = storefront.send("/orders/", order_of(sku, total="14000"))

        assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
        quote = answer.json()["details"]["quote"]
        assert storefront.send("/orders/", order_of(sku, total=quote["total"])).status_code == 201

    @pytest.mark.parametrize(
        ("change", "field", "code"),
        [
            ({"lines": []}, "lines", "empty"),
            ({"lines": [{"sku": "A", "quantity": 1}] * 201}, "lines", "max_length"),
            ({"codes": ["A"] * 21}, "codes", "max_length"),
            ({"expected_total": 15000}, "expected_total", "not_text"),
            ({"expected_total": "1e99"}, "expected_total", "max_digits"),
            ({"expected_total": "NaN"}, "expected_total", "invalid"),
            ({"expected_total": "-1"}, "expected_total", "min_value"),
            ({"price": "1"}, "price", "unknown_field"),
            ({"channel": "import:mine"}, "channel", "invalid"),
            ({"note": "가" * 501}, "note", "max_length"),
            ({"external_number": "x" * 65}, "external_number", "max_length"),
            ({"ship_to": None}, "ship_to", "null"),
        ],
    )
    def test_400_names_the_field(self, storefront: Caller, change: dict[str, Any], field: str, code: str) -> None:
        answer = storefront.send("/orders/", order_of("A") | change)

        assert answer.status_code == 400, answer.content
        told = answer.json()
        assert told["code"] == "invalid_input"
        assert set(told["details"]) == {field}
        assert code in str(told["details"])

    @pytest.mark.parametrize("line", [{"sku": "A"}, {"sku": "A", "quantity": 0}, {"sku": "A", "quantity": 10_000}, "A", None])
    def test_400_for_a_line_that_is_none(self, storefront: Caller, line: Any) -> None:
        answer = storefront.send("/orders/", order_of("A") | {"lines": [line]})

        assert (answer.status_code, set(answer.json()["details"])) == (400, {"lines"})

    @pytest.mark.parametrize("name", ["name", "phone", "address", "postal_code"])
    def test_400_for_an_address_without(self, storefront: Caller, name: str) -> None:
        address = {key: value for key, value in builders.SHIP_TO.items() if key != name}

        answer = storefront.send("/orders/", order_of("A", ship_to=address | {"country": "KR"}))

        assert answer.status_code == 400
        # Both at once: what is unknown may be what is missing, misspelled.
        assert set(answer.json()["details"]["ship_to"]) == {"country", name}


class TestReading:
    def test_an_order_tells_all_that_hangs_on_it(self, integration: Caller) -> None:
        cup = builders.a_stocked_variant(5, list_price=20_000)
        builders.a_promotion(clock.now(), name="겨울맞이")
        order = builders.a_shipped_order((cup, 2), at=clock.now(), customer=Buyer("c-1"))
        place = Warehouse.objects.get()
        back = returning.accept(
            number=order.number, items={1: 1}, warehouse_id=place.pk, reason="변심", actor=None, at=clock.now()
        )  # fmt: skip
        returning.receive(number=back.number, restocked={1: 1}, actor=None, at=clock.now())
        integration.send(f"/orders/{order.number}/refunds/", {"reference": "r-1", "amount": "18000", "reason": "반품"})

        told = integration.read(f"/orders/{order.number}/").json()

        assert (told["customer"], told["state"], told["paid"], told["refunded"]) == ("c-1", "SHIPPED", "39000", "18000")
        line = told["lines"][0]
        assert (line["sku"], line["shipped"], line["returned"], line["total"]) == (cup.sku, 2, 1, "36000")
        assert told["discounts"] == [{"position": 1, "name": "겨울맞이", "code": "", "amount": "4000"}]
        assert [one["amount"] for one in told["payments"]] == ["39000"]
        assert [one["reference"] for one in told["refunds"]] == ["r-1"]
        assert told["fulfillments"][0]["lines"] == [{"position": 1, "sku": cup.sku, "quantity": 2}]
        assert told["fulfillments"][0]["warehouse"] == place.code
        assert told["returns"][0]["lines"][0]["refund"] == "18000"
        kinds = ["PLACED", "PAID", "SHIPPED", "RETURN_ACCEPTED", "RETURNED", "REFUNDED"]
        assert [event["kind"] for event in told["timeline"]] == kinds

    def test_a_storefront_reads_an_order_only_for_its_customer(self, storefront: Caller) -> None:
        order = builders.a_placed_order(customer=Buyer("c-1"))
        noting.note(number=order.number, text="단골", actor=None, at=clock.now())

        assert storefront.read(f"/orders/{order.number}/").status_code == 400
        assert storefront.read(f"/orders/{order.number}/", customer="c-2").status_code == 404
        told = storefront.read(f"/orders/{order.number}/", customer="c-1").json()

        assert [event["kind"] for event in told["timeline"]] == ["PLACED"]

    def test_a_storefront_reads_nothing_that_staff_wrote_among_themselves(
        self, storefront: Caller, integration: Caller
    ) -> None:
        at, clerk = clock.now(), User.objects.create_user("clerk", is_staff=True)
        order = builders.a_shipped_order((builders.a_stocked_variant(5), 2), at=at, customer=Buyer("c-1"))
        path = f"/orders/{order.number}"
        integration.send(f"{path}/payments/", {"provider": "card", "reference": "p-2", "amount": "27000"})
        place = Warehouse.objects.get().pk
        told: dict[str, Any] = {"number": order.number, "actor": clerk, "at": at}
        returning.accept(items={1: 1}, warehouse_id=place, reason="진상 고객", **told)
        paying.record_refund(reference="r-1", amount=Decimal(1_000), reason="진상 고객", **told)
        unmatched.pay_back_named(payment="p-2", reference="r-2", reason="대행사 실수", **told)
        body = {"reference": "r-3", "amount": "500", "reason": "색이 달라요"}
        integration.send(f"{path}/refunds/", body)

        read = storefront.read(f"{path}/", customer="c-1").json()

        kinds = ["PLACED", "PAID", "SHIPPED", "RETURN_ACCEPTED", "REFUNDED", "REFUNDED"]
        assert [event["kind"] for event in read["timeline"]] == kinds
        assert [event["reason"] for event in read["timeline"]] == ["", "", "", "", "", "색이 달라요"]
        assert [one["reason"] for one in read["refunds"]] == ["", "색이 달라요"]
        assert [one["reason"] for one in read["returns"]] == [""]
        assert "진상" in integration.read(f"{path}/").content.decode()

    def test_a_storefront_lists_no_orders(self, storefront: Caller) -> None:
        assert storefront.read("/orders/").status_code == 403

    def test_an_order_that_is_not_there(self, reader: Caller) -> None:
        answer = reader.read("/orders/261121-999999/")

        assert (answer.status_code, answer.json()["details"]) == (404, {"number": "261121-999999"})

    def test_the_list_is_narrowed_by_state_channel_customer_and_time(self, reader: Caller) -> None:
        noon = builders.AT
        paid = builders.a_paid_order(at=noon, channel="app", customer=Buyer("c-1"))
        placed = builders.a_placed_order(at=noon.replace(hour=4), channel="web", external_number="W-1")

        def found(**query: Any) -> set[str]:
            return {one["number"] for one in reader.read("/orders/", **query).json()["results"]}

        assert found() == {paid.number, placed.number}
        assert found(state="PAID") == found(channel="app") == found(customer="c-1") == {paid.number}
        assert found(state=["PAID", "PLACED"]) == {paid.number, placed.number}
        assert found(external_number="W-1") == found(placed_from="2026-11-20T13:00:00+09:00") == {placed.number}
        assert found(placed_before="2026-11-20T13:00:00+09:00") == {paid.number}
        assert reader.read("/orders/", state="NOSUCH").status_code == 400

    def test_the_list_is_read_by_cursor_newest_first(self, reader: Caller) -> None:
        numbers = [builders.a_placed_order().number for _ in range(3)]

        first = reader.read("/orders/", limit=2).json()
        rest = reader.get(first["next"]).json()

        assert [one["number"] for one in first["results"] + rest["results"]] == numbers[::-1]
        assert rest["next"] is None


class TestVerbs:
    def test_an_order_goes_from_payment_to_return(self, integration: Caller) -> None:
        cup = builders.a_stocked_variant(5)
        place = Warehouse.objects.get()
        number = integration.send("/orders/", order_of(cup.sku)).json()["number"]
        order = f"/orders/{number}"

        paid = integration.send(f"{order}/payments/", {"provider": "card", "reference": "p", "amount": "15000"})
        assert (paid.status_code, paid.json()["amount"]) == (201, "15000")
        assert integration.send(f"{order}/pick/").json()["state"] == "PICKED"
        body = {"items": [{"position": 1, "quantity": 1}], "warehouse": place.code, "carrier": "CJ", "tracking_number": "1"}
        shipped = integration.send(f"{order}/ship/", body)
        assert (shipped.status_code, shipped.json()[0]["warehouse"]) == (201, place.code)
        body = {"items": [{"position": 1, "quantity": 1}], "warehouse": place.code, "reason": "변심"}
        back = integration.send(f"{order}/returns/", body)
        assert (back.status_code, back.json()["state"]) == (201, "ACCEPTED")
        body = {"restocked": [{"position": 1, "quantity": 1}]}
        received = integration.send(f"/returns/{back.json()['number']}/receive/", body)
        assert (received.status_code, received.json()["refund"]) == (200, "12000")
        body = {"reference": "r", "amount": "12000", "reason": "반품"}
        assert integration.send(f"{order}/refunds/", body).status_code == 201
        assert integration.send(f"{order}/notes/", {"text": "완료"}).status_code == 201

        told = integration.read(f"{order}/").json()
        assert (told["state"], told["refund_due"], told["refunded"]) == ("SHIPPED", False, "12000")

    def test_money_that_does_not_fit_is_refused_and_yet_kept(self, storefront: Caller) -> None:
        order = builders.a_placed_order()
        pay = f"/orders/{order.number}/payments/"
        short = {"provider": "bank", "reference": "b-1", "amount": "14000"}

        refused = storefront.send(pay, short, key="webhook-1")
        repeated = storefront.send(pay, short, key="webhook-1")
        again = storefront.send(pay, short)

        assert (refused.status_code, refused.json()["code"]) == (409, "amount_not_due")
        assert refused.json()["details"] == {"due": "15000", "amount": "14000"}
        assert (repeated.status_code, repeated.content) == (409, refused.content)
        assert (again.status_code, again.json()) == (409, refused.json())
        assert storefront.send(pay, {"provider": "card", "reference": "c-1", "amount": "15000"}).status_code == 201
        twice = storefront.send(pay, {"provider": "card", "reference": "c-2", "amount": "15000"})
        assert (twice.status_code, twice.json()["code"]) == (409, "amount_not_due")
        assert twice.json()["details"] == {"due": "0", "amount": "15000"}
        assert storefront.send(pay, short).json() == refused.json()
        assert list(UnmatchedPayment.objects.order_by("id").values_list("reference", flat=True)) == ["b-1", "c-2"]

    def test_a_return_may_be_refused(self, integration: Caller) -> None:
        order = builders.a_shipped_order()
        body = {"items": [{"position": 1, "quantity": 1}], "warehouse": Warehouse.objects.get().code, "reason": "변심"}
        number = integration.send(f"/orders/{order.number}/returns/", body).json()["number"]

        answer = integration.send(f"/returns/{number}/refuse/", {"reason": "사용 흔적"})

        assert (answer.status_code, answer.json()["state"]) == (200, "REFUSED")
        assert integration.send(f"/returns/{number}/receive/", {"restocked": []}).status_code == 409

    def test_a_short_order_is_restocked_or_trimmed(self, integration: Caller) -> None:
        order = builders.a_paid_order()

        for verb, body in (("restock", {}), ("cancel-missing", {"reason": "없음"})):
            answer = integration.send(f"/orders/{order.number}/{verb}/", body)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_short")

    def test_staff_cancel_a_paid_order_and_a_storefront_may_not(self, integration: Caller, storefront: Caller) -> None:
        order = builders.a_paid_order(customer=Buyer("c-1"))
        body = {"reason": "변심", "customer": "c-1"}

        refused = storefront.send(f"/orders/{order.number}/cancel/", body)
        canceled = integration.send(f"/orders/{order.number}/cancel/", body)

        assert (refused.status_code, refused.json()["code"]) == (409, "transition_refused")
        assert (canceled.status_code, canceled.json()["state"]) == (200, "CANCELED")

    def test_a_storefront_withdraws_an_unpaid_order_for_its_customer(self, storefront: Caller) -> None:
        order = builders.a_placed_order(customer=Buyer("c-1"))
        path = f"/orders/{order.number}/cancel/"

        assert storefront.send(path, {"reason": "변심"}).status_code == 404
        assert storefront.send(path, {"reason": "변심", "customer": "c-2"}).status_code == 404
        assert storefront.send(path, {"reason": "변심", "customer": "c-1"}).json()["state"] == "CANCELED"

    def test_a_storefront_that_may_also_read_everything_still_cancels_only_for_its_customer(self, caller: MakeCaller) -> None:
        """Two scopes together do no more than each of them alone."""
        token = caller(Scope.STOREFRONT, Scope.READ_ONLY)
        unpaid, paid = builders.a_placed_order(customer=Buyer("c-1")), builders.a_paid_order(customer=Buyer("c-1"))

        assert token.read(f"/orders/{paid.number}/").status_code == 200
        assert token.send(f"/orders/{unpaid.number}/cancel/", {"reason": "변심"}).status_code == 404
        assert token.send(f"/orders/{unpaid.number}/cancel/", {"reason": "변심", "customer": "c-2"}).status_code == 404
        refused = token.send(f"/orders/{paid.number}/cancel/", {"reason": "변심", "customer": "c-1"})
        assert (refused.status_code, refused.json()["code"]) == (409, "transition_refused")

    @pytest.mark.parametrize("scopes", [(Scope.STOREFRONT,), (Scope.STOREFRONT, Scope.READ_ONLY)])
    def test_a_storefront_pays_only_for_the_customer_of_the_order(self, caller: MakeCaller, scopes: tuple[Scope, ...]) -> None:
        token, order = caller(*scopes), builders.a_placed_order(customer=Buyer("c-1"))
        body = {"provider": "card", "reference": "p", "amount": "1"}

        for named in ({}, {"customer": "c-2"}):
            told = token.send(f"/orders/{order.number}/payments/", body | named)
            assert (told.status_code, told.json()["details"]) == (404, {"number": order.number})
        wrong = token.send(f"/orders/{order.number}/payments/", body | {"customer": "c-1"})
        assert wrong.json()["details"]["due"] == "15000"
        paid = token.send(f"/orders/{order.number}/payments/", body | {"customer": "c-1", "reference": "q", "amount": "15000"})
        assert paid.status_code == 201

    def test_the_same_payment_with_two_keys_is_one_payment(self, storefront: Caller) -> None:
        order = builders.a_placed_order()
        body = {"provider": "card", "reference": "p", "amount": "15000", "paid_at": clock.now().isoformat()}

        answers = [storefront.send(f"/orders/{order.number}/payments/", body) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json() == answers[1].json()

    def test_a_refund_with_two_keys_is_one_refund_whatever_the_letters_of_its_provider(self, integration: Caller) -> None:
        order = builders.a_paid_order()
        path, body = f"/orders/{order.number}/refunds/", {"reference": "R1", "amount": "5000", "reason": "변심"}

        first = integration.send(path, body)
        again = integration.send(path, body | {"provider": "Card"})
        other = integration.send(path, body | {"provider": "bank"})

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert (other.status_code, other.json()["code"]) == (422, "other_provider")
        assert other.json()["details"] == {"field": "provider", "providers": ["card"]}
        assert Order.objects.get(pk=order.pk).refunded == 5_000

    def test_the_refund_of_a_second_capture_is_no_refund_of_the_order(self, integration: Caller) -> None:
        order = builders.a_paid_order()
        path = f"/orders/{order.number}"
        integration.send(f"{path}/payments/", {"provider": "card", "reference": "p-2", "amount": "15000"})
        body = {"reference": "R-of-twice", "amount": "15000", "reason": "이중 결제"}

        refused = integration.send(f"{path}/refunds/", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "unmatched_open")
        assert refused.json()["details"] == {"payments": [{"provider": "card", "reference": "p-2", "amount": "15000"}]}
        back = {"payment": "p-2", "reference": "R-of-twice", "reason": "이중 결제"}
        settled, again = (integration.send(f"{path}/pay-back/", back) for _ in range(2))

        assert (settled.status_code, again.status_code) == (201, 200)
        told = {name: value for name, value in settled.json().items() if name != "settled_at"}
        assert told == back | {"outcome": "PAID_BACK", "provider": "card", "amount": "15000"}
        left = integration.read(f"{path}/").json()
        assert (left["state"], left["refunded"], left["refund_due"]) == ("PAID", "0", False)
        assert integration.send(f"{path}/refunds/", body | {"reference": "R-2"}).status_code == 201

    def test_a_line_named_twice_is_refused(self, integration: Caller) -> None:
        order = builders.a_paid_order()

        answer = integration.send(f"/orders/{order.number}/ship/", {"items": [{"position": 1, "quantity": 1}] * 2})

        assert (answer.status_code, set(answer.json()["details"])) == (400, {"items"})

    def test_an_unknown_warehouse_is_named(self, integration: Caller) -> None:
        order = builders.a_paid_order()

        answer = integration.send(f"/orders/{order.number}/ship/", {"warehouse": "nowhere"})

        assert (answer.status_code, set(answer.json()["details"])) == (400, {"warehouse"})


VERBS = ["payments", "cancel", "refunds", "pay-back", "pick", "ship", "returns", "notes", "restock", "cancel-missing"]
STOREFRONTS = {"payments", "cancel"}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("verb", VERBS)
def test_who_may_do_what(caller: MakeCaller, scope: Scope, verb: str) -> None:
    """An empty order number is not needed: who may not call is told so before anything is looked up."""
    answer = caller(scope).send(f"/orders/261121-999999/{verb}/", {"no such": "field"})

    allowed = scope == Scope.INTEGRATION or (scope == Scope.STOREFRONT and verb in STOREFRONTS)
    assert answer.status_code == (400 if allowed else 403)


@pytest.mark.parametrize("scope", list(Scope))
def test_who_may_quote_place_and_read(caller: MakeCaller, scope: Scope) -> None:
    who = caller(scope)

    assert who.send("/quotes/", {}).status_code == (403 if scope == Scope.FEED else 400)
    assert who.send("/orders/", {}).status_code == (403 if scope in (Scope.READ_ONLY, Scope.FEED) else 400)
    assert who.read("/orders/").status_code == (403 if scope in (Scope.STOREFRONT, Scope.FEED) else 200)


def test_nobody_does_anything_without_a_token(db: None) -> None:
    stranger = Caller()

    assert stranger.read("/orders/").status_code == 401
    for path in ("/quotes/", "/orders/", "/orders/261121-000001/cancel/", "/returns/R-261121-000001/receive/"):
        assert stranger.send(path, {}).status_code == 401
