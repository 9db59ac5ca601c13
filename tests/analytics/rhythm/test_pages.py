"""The pages and the endpoint of the rhythm: who sees what, the buttons, both languages."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from analytics.models import CustomerRhythm, Playbook, SlotConversion
from analytics.operations import decisive_slots, rhythm
from campaigns.models import Customer
from config.kernel.admin import slips
from config.kernel.models import TokenScope
from config.kernel.roles import Role
from tests.analytics.builders import Line, an_order
from tests.analytics.events.builders import a_source
from tests.analytics.rhythm.builders import a_purchase, a_visit
from tests.builders import AT, a_customer, a_variant
from tests.config.kernel.pages import a_client, a_staff_member, a_token, foreign_words, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    """Buys every thirty days, in visits; has come less often of late."""
    source, cup = a_source(at=AT - timedelta(days=300)), a_variant()
    customer = a_customer(AT - timedelta(days=300), external_id="c-7")
    for days in range(35, 200, 30):
        a_purchase(source, customer, cup, AT - timedelta(days=days))
    for days in range(32, 150, 5):
        a_visit(source, customer, AT - timedelta(days=days, hours=2))
    rhythm.refresh(at=AT)
    run = decisive_slots.find(at=AT)
    SlotConversion.objects.filter(run=run).update(is_decisive=True, visits=90, lift=2)
    return customer


def change_page(customer: Customer) -> str:
    return reverse("admin:analytics_customerrhythm_change", args=[customer.pk])


def everything(customer: Customer) -> list[str]:
    return [
        reverse("admin:analytics_customerrhythm_changelist"),
        change_page(customer),
        reverse("admin:analytics_playbook_types"),
        reverse("admin:analytics_slotrun_slots"),
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_in_the_language_of_the_reader(customer: Customer, language: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    # What the shop itself has written is in its own words.
    Playbook.objects.update(text="-")
    for address in everything(customer):
        page = client.get(address)
        assert page.status_code == 200
        words = words_of(page)
        for name in ("c-7", "찻잔", "q", "CSV", "ID"):
            words = words.replace(name, "")
        assert foreign_words(words, language) == [], address


def test_the_page_says_what_is_known_in_sentences(customer: Customer) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"
    said = words_of(client.get(change_page(customer)))
    assert "Buys every 30 days: 5 of the last 5 gaps lie near it" in said
    assert "Interest declines: 0 visits in 28 days" in said
    assert "5 of 5 gaps between purchases lie near the usual one (98% sure)" in said


def test_the_customers_own_page_leads_there_and_says_so_where_nothing_is_known(customer: Customer) -> None:
    client = a_client(a_staff_member())
    assert reverse("admin:analytics_customerrhythm_of", args=[customer.pk]) in client.get(
        reverse("admin:campaigns_customer_change", args=[customer.pk])
    ).content.decode()  # fmt: skip
    known = client.get(reverse("admin:analytics_customerrhythm_of", args=[customer.pk]))
    assert known.headers["Location"] == change_page(customer)
    unknown = client.get(reverse("admin:analytics_customerrhythm_of", args=[a_customer().pk]))
    assert unknown.status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ANALYST, 200), (Role.MARKETER, 200), (Role.VIEWER, 403), (Role.WAREHOUSE, 403)]
)
def test_the_rhythm_is_for_those_who_address_customers_or_count_them(customer: Customer, role: Role, status: int) -> None:
    client = a_client(a_staff_member("somebody", role=role))
    assert [client.get(address).status_code for address in everything(customer)] == [status] * 4


def press(client: Client, customer: Customer, button: str, **values: str) -> None:
    address = reverse("admin:analytics_customerrhythm_press", args=[customer.pk, button])
    done = client.post(address, {slips.FIELD: slips.fresh(), **values})
    assert done.status_code == 302


def test_staff_say_the_type_and_take_it_back_and_the_audit_keeps_both(customer: Customer) -> None:
    client = a_client(a_staff_member("marketer", role=Role.MARKETER))
    press(client, customer, "say_type", buyer_type="IMMEDIATE", reason="전화로 확인")
    assert CustomerRhythm.objects.get().buyer_type == "IMMEDIATE"
    press(client, customer, "take_back", reason="잘못 들음")
    assert CustomerRhythm.objects.get().buyer_type == "REPEATING"
    noted = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert "REPEATING -> IMMEDIATE: 전화로 확인" in noted[0]
    assert "IMMEDIATE -> REPEATING: 잘못 들음" in noted[1]


def test_who_only_counts_says_nothing(customer: Customer) -> None:
    client = a_client(a_staff_member("analyst", role=Role.ANALYST))
    address = reverse("admin:analytics_customerrhythm_press", args=[customer.pk, "say_type"])
    assert client.post(address, {"buyer_type": "IMMEDIATE", "reason": "1"}).status_code == 403


def test_the_list_is_narrowed_and_leaves_as_a_table(customer: Customer) -> None:
    an_order(AT - timedelta(days=3), Line(a_variant()), customer=a_customer(external_id="once"))
    rhythm.rebuild(at=AT)
    client = a_client(a_staff_member())
    table = client.get(reverse("admin:analytics_customerrhythm_table"), {"type": "REPEATING", "need": "declines"})
    lines = b"".join(table.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[0] for line in lines[1:]] == ["c-7"]


def test_a_playbook_is_the_shops_own_words(customer: Customer) -> None:
    client = a_client(a_staff_member("marketer", role=Role.MARKETER))
    address = reverse("admin:analytics_playbook_change", args=["IMMEDIATE"])
    client.post(address, {"text": "우리 가게의 말"})
    rhythm.rebuild(at=AT)
    assert Playbook.objects.get(pk="IMMEDIATE").text == "우리 가게의 말"
    assert "우리 가게의 말" in words_of(client.get(reverse("admin:analytics_playbook_types")))


def test_the_api_tells_what_is_known_and_that_nothing_is(customer: Customer) -> None:
    token = a_token("storefront", TokenScope.Scope.STOREFRONT)
    headers = {"Authorization": f"Token {token}"}
    told = Client().get("/api/v1/customers/c-7/rhythm/", headers=headers).json()
    assert (told["buyer_type"], told["cycle_days"], told["interest_declines"]) == ("REPEATING", 30.0, True)
    assert told["why"]["cycle"]["gaps"] == 5
    a_customer(external_id="new")
    nothing = Client().get("/api/v1/customers/new/rhythm/", headers=headers).json()
    assert (nothing["buyer_type"], nothing["as_of"], nothing["why"]) == ("UNKNOWN", None, {})
    assert Client().get("/api/v1/customers/nobody/rhythm/", headers=headers).status_code == 404
    assert Client().get("/api/v1/customers/c-7/rhythm/").status_code == 401
