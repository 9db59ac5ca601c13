"""What storefronts and integrations may read and write of customers and offers."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Consent, Customer, Promotion, Segment
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from tests.builders import a_category, a_customer, a_promotion, a_variant

pytestmark = pytest.mark.django_db
PROMOTIONS, CUSTOMERS = "/api/v1/promotions/", "/api/v1/customers/"
SAID = {"channel": "SMS", "purpose": "ADVERTISING", "is_given": True, "text_version": "2026-01", "source": "checkout"}


class Caller:
    def __init__(self, *scopes: str) -> None:
        token = tokens.issue(
            account="-".join(scopes), scopes=[TokenScope.Scope(one) for one in scopes], actor=None, at=clock.now()
        )
        self.client = Client(headers={"authorization": f"Token {token}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def send(self, method: str, path: str, body: Any, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        return getattr(self.client, method)(path, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def storefront() -> Caller:
    return Caller(TokenScope.Scope.STOREFRONT)


@pytest.fixture
def integration() -> Caller:
    return Caller(TokenScope.Scope.INTEGRATION)


@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_offers_in_force_are_told_with_public_keys_and_money_as_text(
    storefront: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    variant, category = a_variant(sku="CUP-1"), a_category()
    segment = Segment.objects.create(code="vip", name="단골")
    a_promotion(
        at, name="균일가", benefit=Promotion.Benefit.FIXED_PRICE, amount=Decimal(9_900), products=[variant.product],
        categories=[category], segment=segment, ends_at=at + timedelta(days=1),
    )  # fmt: skip
    for values in ({"ends_at": at}, {"is_enabled": False}, {"weekdays": [0]}, {"usage_limit": 1, "used": 1}):
        a_promotion(at, **values)

    answer = storefront.get(PROMOTIONS).json()

    (told,) = answer["results"]
    assert {name: told[name] for name in ("name", "benefit", "amount", "minimum_amount", "skus", "categories", "segment")} == {
        "name": "균일가", "benefit": "FIXED_PRICE", "amount": "9900", "minimum_amount": "0", "skus": ["CUP-1"],
        "categories": [category.code], "segment": "vip",
    }  # fmt: skip
    assert "used" not in told
    assert "budget" not in told


def test_a_storefront_makes_a_customer_known_reads_and_corrects_one(storefront: Caller) -> None:
    address = f"{CUSTOMERS}c-1/"
    assert storefront.get(address).json()["code"] == "customer_not_found"

    made = storefront.send("put", address, {"name": "김하늘", "phone": "010-0000-0001"})
    corrected = storefront.send("put", address, {"email": "Sky@example.com"})

    assert (made.status_code, corrected.status_code) == (200, 200)
    told = storefront.get(address).json()
    assert (told["name"], told["phone"], told["email"]) == ("김하늘", "010-0000-0001", "sky@example.com")
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [({"nmae": "x"}, "nmae"), ({"email": "x"}, "email"), ({"phone": "1" * 21}, "phone"), ({"name": [1]}, "name")],
)
def test_bad_input_names_its_field(storefront: Caller, body: dict[str, Any], field: str) -> None:
    answer = storefront.send("put", f"{CUSTOMERS}c-1/", body)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert not Customer.objects.exists()


def test_a_customer_id_that_is_too_long_is_refused(storefront: Caller) -> None:
    answer = storefront.send("put", f"{CUSTOMERS}{'c' * 65}/", {})

    assert (answer.status_code, list(answer.json()["details"])) == (422, ["external_id"])


def test_a_statement_sent_twice_is_written_down_once(storefront: Caller) -> None:
    a_customer(external_id="c-1")
    address = f"{CUSTOMERS}c-1/consents/"

    first = storefront.send("post", address, SAID, key="k-1")
    again = storefront.send("post", address, SAID, key="k-1")
    withdrawn = storefront.send("post", address, SAID | {"is_given": False}, key="k-2")

    assert (first.status_code, withdrawn.status_code) == (201, 201)
    assert first.content == again.content
    assert Consent.objects.count() == 2
    (holding,) = storefront.get(address).json()
    assert holding["is_given"] is False
    assert storefront.send("post", address, SAID).status_code == 400
    assert storefront.send("post", f"{CUSTOMERS}nobody/consents/", SAID, key="k-3").status_code == 404
    assert list(storefront.send("post", address, SAID | {"channel": "FAX"}, key="k-4").json()["details"]) == ["channel"]


def test_lists_of_customers_are_for_integrations_alone(storefront: Caller, integration: Caller) -> None:
    for number in range(3):
        a_customer(external_id=f"c-{number}", phone=f"010-0000-000{number}", email=f"{number}@example.com")

    assert storefront.get(CUSTOMERS).status_code == 403
    page = integration.get(CUSTOMERS, limit=2).json()
    assert [one["external_id"] for one in page["results"]] == ["c-2", "c-1"]
    assert page["next"]
    assert [one["external_id"] for one in integration.get(CUSTOMERS, phone="010-0000-0001").json()["results"]] == ["c-1"]
    assert [one["external_id"] for one in integration.get(CUSTOMERS, email="2@EXAMPLE.com").json()["results"]] == ["c-2"]


def test_a_token_that_only_reads_writes_nothing() -> None:
    a_customer(external_id="c-1")
    reader = Caller(TokenScope.Scope.READ_ONLY)

    assert reader.get(f"{CUSTOMERS}c-1/").status_code == reader.get(PROMOTIONS).status_code == 200
    assert reader.send("put", f"{CUSTOMERS}c-1/", {}).status_code == 403
    assert reader.send("post", f"{CUSTOMERS}c-1/consents/", SAID, key="k").status_code == 403
    assert Client().get(PROMOTIONS).status_code == 401
