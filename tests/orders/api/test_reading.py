"""Who reads an order over the API, by which proof, and how much of it is told."""

from datetime import datetime
from typing import Any

import pytest

from orders.models import Order
from orders.operations import unmatched
from orders.operations.placing import Buyer
from tests import builders
from tests.orders.admin.desk import an_order_with_unmatched_money
from tests.orders.api.conftest import Caller

pytestmark = pytest.mark.django_db
PHONE = builders.SHIP_TO["phone"]


def read(who: Caller, order: Order | str, **headers: str) -> Any:
    return who.get(f"/api/v1/orders/{order if isinstance(order, str) else order.number}/", headers=headers)


def test_a_storefront_reads_back_the_order_a_guest_has_just_placed(storefront: Caller) -> None:
    cup = builders.a_stocked_variant(5)
    ship_to = builders.SHIP_TO | {"email": "guest@example.kr"}
    body = {"lines": [{"sku": cup.sku, "quantity": 1}], "ship_to": ship_to, "expected_total": "15000"}
    number = storefront.send("/orders/", body).json()["number"]

    by_phone = read(storefront, number, **{"Guest-Contact": PHONE.replace("-", "")})
    by_email = read(storefront, number, **{"Guest-Contact": "Guest@Example.KR"})

    assert (by_phone.status_code, by_phone.json()["number"]) == (200, number)
    assert by_email.json() == by_phone.json()


def test_a_wrong_number_and_a_wrong_proof_are_answered_alike(storefront: Caller) -> None:
    order = builders.a_placed_order()

    wrong_proof = read(storefront, order, **{"Guest-Contact": "010-9999-9999"})
    wrong_number = read(storefront, "991231-000001", **{"Guest-Contact": PHONE})

    assert wrong_proof.status_code == wrong_number.status_code == 404
    assert wrong_proof.content.decode().replace(order.number, "991231-000001") == wrong_number.content.decode()


def test_a_customers_order_is_not_read_by_its_phone(storefront: Caller) -> None:
    order = builders.a_placed_order(customer=Buyer("c-1"))

    assert read(storefront, order, **{"Guest-Contact": PHONE}).status_code == 404


@pytest.mark.parametrize(("language", "words"), [("ko", "Guest-Contact 헤더"), ("en", "in the header Guest-Contact")])
def test_without_any_proof_it_is_told_how_to_give_one(storefront: Caller, language: str, words: str) -> None:
    answer = read(storefront, builders.a_placed_order(), **{"Accept-Language": language})

    assert answer.status_code == 400
    assert words in answer.json()["details"]["customer"][0]["message"]


def test_customer_and_guest_together_are_refused(storefront: Caller) -> None:
    order = builders.a_placed_order()

    answer = storefront.get(f"/api/v1/orders/{order.number}/?customer=c-1", headers={"Guest-Contact": PHONE})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["Guest-Contact"])


def test_integrations_read_everything_as_before(integration: Caller, reader: Caller) -> None:
    order = builders.a_placed_order()

    assert read(integration, order).status_code == read(reader, order).status_code == 200
    # They need no proof, so a wrong one hinders nobody.
    assert read(reader, order, **{"Guest-Contact": "wrong"}).status_code == 200


def test_unmatched_payments_are_told_to_the_shops_own_programs_alone(reader: Caller, storefront: Caller, at: datetime) -> None:
    order = an_order_with_unmatched_money(at)
    kept = order.unmatched_payments.get()

    (open_one,) = read(reader, order).json()["unmatched_payments"]
    unmatched.pay_back(payment_id=kept.pk, reference="back", reason="이중 결제", actor=None, at=at)
    (settled,) = read(reader, order).json()["unmatched_payments"]
    outside = read(storefront, order, **{"Guest-Contact": PHONE}).json()

    assert (open_one["reference"], open_one["amount"], open_one["why"]) == (kept.reference, "15000", "NOTHING_DUE")
    assert open_one["settlement"] is None
    assert (settled["settlement"]["outcome"], settled["settlement"]["reference"]) == ("PAID_BACK", "back")
    assert outside["unmatched_payments"] is None
    assert [event["kind"] for event in outside["timeline"]] == ["PLACED", "PAID"]


def test_a_quote_tells_its_moment_on_the_shops_clock(storefront: Caller) -> None:
    cup = builders.a_stocked_variant(5)

    told = storefront.send("/quotes/", {"lines": [{"sku": cup.sku, "quantity": 1}]}).json()

    assert told["at"].endswith("+09:00")


@pytest.mark.parametrize(("language", "words"), [("ko", "₩15,000"), ("en", "Exactly ₩15,000 is due")])
def test_a_refusal_says_money_as_people_write_it_and_details_as_programs_do(
    storefront: Caller, language: str, words: str
) -> None:
    order = builders.a_placed_order()
    body = {"provider": "bank", "reference": "b-1", "amount": "14000"}

    answer = storefront.post(
        f"/api/v1/orders/{order.number}/payments/",
        body,
        format="json",
        headers={"Idempotency-Key": "k", "Accept-Language": language},
    )

    assert words in answer.json()["message"]
    assert answer.json()["details"] == {"due": "15000", "amount": "14000"}
