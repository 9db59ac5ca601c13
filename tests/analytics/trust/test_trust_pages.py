"""Who looked at whom is written down, what columns tell is declared, and the pages of both."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from analytics.operations import erasing
from campaigns.models import Customer
from config.kernel import accesses, clock, declared, retention
from config.kernel.catalogue import Sensitivity
from config.kernel.models import PersonalAccess
from config.kernel.roles import Role
from orders.models import Order
from tests import builders
from tests.analytics.builders import SEOUL
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
ACCESSES = "admin:kernel_personalaccess_changelist"
CATALOGUE = "admin:kernel_personalaccess_catalogue"


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


@pytest.fixture
def person() -> Customer:
    return builders.a_customer(NOW, external_id="c-77", phone="010-1234-5678")


# --- the catalogue -----------------------------------------------------------------------------------------------------


def test_every_column_of_every_table_is_in_the_catalogue_once_and_no_other_is() -> None:
    declared_ones = [(one.table, one.name) for one in declared.columns()]
    assert sorted(declared_ones) == sorted(declared.in_the_database()), (
        "Declare the columns of a new table or field in columns.py of its app, by what they tell about people."
    )


def test_roles_of_the_catalogue_exist_and_known_secrets_are_called_so() -> None:
    assert {one.owner for one in declared.columns()} <= set(Role)
    told = {(one.table, one.name): one.sensitivity for one in declared.columns()}
    assert told["kernel_user", "password"] is Sensitivity.SENSITIVE
    for column in (("campaigns_customer", "phone"), ("orders_order", "ship_to"), ("analytics_quarantinedevent", "raw")):
        assert told[column] is Sensitivity.PERSONAL


def test_the_catalogue_is_a_page_and_a_table_for_owners(owner: Client) -> None:
    page = text(owner.get(reverse(CATALOGUE)))
    assert "ship_to" in page
    assert "list_price" not in page
    assert "list_price" in text(owner.get(reverse(CATALOGUE), {"all": "1"}))
    table = b"".join(owner.get(reverse("admin:kernel_personalaccess_catalogue_table"))).decode()
    assert len(table.splitlines()) == 1 + len(declared.columns())


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.OWNER])
def test_nobody_else_opens_them(role: Role, person: Customer) -> None:
    client = a_client(a_staff_member("other", role=role))
    for name in (ACCESSES, CATALOGUE, "admin:kernel_personalaccess_catalogue_table"):
        assert client.get(reverse(name)).status_code == 403
    for name in ("admin:analytics_erasure_export", "admin:analytics_erasure_erase"):
        assert client.post(reverse(name, args=[person.pk])).status_code == 403


# --- the record of who looked ------------------------------------------------------------------------------------------


def written() -> list[tuple[str, str, str, int]]:
    return list(PersonalAccess.objects.order_by("pk").values_list("deed", "subject", "row_key", "people"))


def test_pages_lists_and_tables_of_people_are_written_down(owner: Client, person: Customer) -> None:
    order = builders.a_paid_order(at=NOW)
    opened = [
        reverse("admin:campaigns_customer_change", args=[person.pk]),
        reverse("admin:analytics_visit_journey", args=[person.pk]),
        reverse("admin:orders_order_change", args=[order.pk]),
        reverse("admin:campaigns_customer_changelist"),
        reverse("admin:orders_order_changelist"),
        reverse("admin:campaigns_customer_table"),
    ]
    for address in opened:
        assert owner.get(address).status_code == 200

    key, number = str(person.pk), str(order.pk)
    assert written() == [
        ("OPENED", "campaigns.customer", key, 1),
        ("OPENED", "campaigns.customer", key, 1),
        ("OPENED", "orders.order", number, 1),
        ("LISTED", "campaigns.customer", "", 1),
        ("LISTED", "orders.order", "", 1),
        ("DOWNLOADED", "campaigns.customer", "", 1),
    ]
    assert {one.address for one in PersonalAccess.objects.all()} == {"127.0.0.1"}


def test_whoever_sees_masks_only_is_not_written_down(person: Customer) -> None:
    client = a_client(a_staff_member("analyst", role=Role.ANALYST))
    client.get(reverse("admin:campaigns_customer_change", args=[person.pk]))
    client.get(reverse("admin:campaigns_customer_changelist"))
    assert written() == []


def test_a_record_is_kept_two_years_whatever_the_shop_asks_for() -> None:
    real = datetime.now(SEOUL)
    for days in (0, 700, 740):
        accesses.record(deed=accesses.Deed.OPENED, subject="a.b", actor=None, at=real - timedelta(days=days))
    assert accesses.prune(at=real + timedelta(days=9_000)) == 1
    assert retention.prune(at=real)["accesses"] == 0
    assert PersonalAccess.objects.count() == 2


def test_the_role_of_the_shop_only_adds_records() -> None:
    with connection.cursor() as cursor:
        for right, has in (("INSERT", True), ("SELECT", True), ("UPDATE", False), ("DELETE", False)):
            cursor.execute("SELECT has_table_privilege('shop_app', 'kernel_personalaccess', %s)", [right])
            assert cursor.fetchone() == (has,)


# --- taking out and erasing on the pages -------------------------------------------------------------------------------


def the_form(client: Client, address: str, **values: str) -> dict[str, str]:
    slip = text(client.get(address)).split('name="slip" value="')[1].split('"')[0]
    return {"slip": slip, "reason": "asked for by mail", "confirmation": "c-77"} | values


def test_an_owner_takes_out_all_that_is_known(owner: Client, person: Customer) -> None:
    answer = owner.post(reverse("admin:analytics_erasure_export", args=[person.pk]))
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    assert [deed for deed, *_ in written()] == ["EXPORTED"]


def test_an_owner_erases_a_person_by_typing_the_id(owner: Client, person: Customer) -> None:
    address = reverse("admin:analytics_erasure_erase", args=[person.pk])
    wrong = owner.post(address, the_form(owner, address, confirmation="c-78"))
    assert wrong.status_code == 200
    assert Customer.objects.get().phone

    assert owner.post(address, the_form(owner, address)).status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.erased_at) == ("", NOW)
    page = text(owner.get(reverse("admin:campaigns_customer_change", args=[person.pk])))
    assert "press/correct" not in page
    assert person.external_id in text(owner.get(reverse("admin:analytics_erasure_changelist")))
    assert owner.get(address).status_code == 302


def test_an_open_order_is_told_on_the_page(owner: Client, person: Customer) -> None:
    order = builders.a_paid_order(at=NOW)
    Order.objects.filter(pk=order.pk).update(customer=person)
    address = reverse("admin:analytics_erasure_erase", args=[person.pk])
    assert order.number in text(owner.post(address, the_form(owner, address)))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_both_languages(owner: Client, language: str) -> None:
    person = builders.a_customer(NOW, external_id="7", name="7")
    erased = erasing.erase(customer_id=builders.a_customer(NOW).pk, reason="7", actor=None, at=NOW)
    owner.cookies["django_language"] = language
    owner.get(reverse("admin:campaigns_customer_change", args=[person.pk]))
    pages = [
        reverse(ACCESSES),
        f"{reverse(CATALOGUE)}?all=1",
        reverse("admin:kernel_personalaccess_change", args=[PersonalAccess.objects.earliest("pk").pk]),
        reverse("admin:analytics_erasure_changelist"),
        reverse("admin:analytics_erasure_change", args=[erased.pk]),
        reverse("admin:analytics_erasure_export", args=[person.pk]),
        reverse("admin:analytics_erasure_erase", args=[person.pk]),
    ]
    # Names of columns, of files and of people are nobody's language.
    same = r"erased-[0-9a-f]+|ZIP|JSON|CSV|SKU|API|owner|김하늘"
    found = {}
    for page in pages:
        shown = owner.get(page)
        shown.content = re.sub(rb"<code>.*?</code>", b" ", shown.content)
        found[page] = foreign_words(re.sub(same, " ", words_of(shown)), language)
    assert {page: words for page, words in found.items() if words} == {}
