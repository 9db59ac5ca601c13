"""A person is taken out and erased: what was planted about them is nowhere in the database, and every figure stays."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from analytics.behaviour import terms
from analytics.behaviour.persons import patterns
from analytics.behaviour.reading import visitor_key
from analytics.models import (
    BuyerTypeChange,
    CustomerRhythm,
    DailyCustomer,
    DailySearch,
    Erasure,
    Event,
    EventSource,
    HourlyEvents,
    Incident,
    IncidentEntry,
    KnownVisitor,
    OrderTouch,
    Purchase,
    QuarantinedEvent,
    Touch,
    Visit,
)
from analytics.operations import (
    attribution,
    buyer_types,
    erasing,
    event_figures,
    incidents,
    persons,
    purchases,
    rhythm,
    visits,
)
from analytics.queries import event_recount, visit_recount
from campaigns.models import Consent, Customer, Segment, SegmentMembership
from campaigns.operations import customers
from config.kernel import idempotency, invariants, shop
from config.kernel.models import PersonalAccess, User
from orders.models import Order, OrderEvent
from orders.operations import fulfilling, noting, paying, returning
from orders.operations.erasing import OrdersOpen
from orders.operations.placing import Buyer
from tests import builders
from tests.analytics.alerts.builders import a_rule
from tests.analytics.builders import SEOUL
from tests.analytics.events.builders import a_batch, a_source, an_event, told

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
# Nothing else in the database holds these.
ID, NAME, PHONE, MAIL = "shopper-needle-77", "나바늘", "010-7777-1234", "needle77@example.com"
STREET, SAID = "바늘로 77", "바늘이라고 말했다"
NEEDLES = (ID, NAME, PHONE, MAIL, STREET, SAID)


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("clerk", is_staff=True)


@pytest.fixture
def person(staff: User) -> Customer:
    """Somebody with everything a shop may know: an order that went back, notes, consents, visits, an event nobody can read."""
    customer = customers.upsert(external_id=ID, name=NAME, phone=PHONE, email=MAIL, at=NOW - timedelta(days=9))
    other = builders.a_customer(NOW, external_id="somebody-else")
    customers.state_consent(
        external_id=ID, channel="EMAIL", purpose="ADVERTISING", is_given=True, text_version="1", source="sign-up",
        actor=staff, at=NOW,
    )  # fmt: skip
    segment = Segment.objects.create(code="regulars", name="단골")
    SegmentMembership.objects.create(segment=segment, customer=customer, joined_at=NOW)
    the_order(customer, staff)
    LogEntry.objects.create(
        user=staff, content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk), object_repr=ID,
        action_flag=CHANGE,
    )  # fmt: skip
    idempotency.once(
        key="k1", actor=staff, route="POST /api/v1/orders/", body=b"{}", at=NOW,
        call=lambda: (201, json.dumps({"customer": ID, "ship_to": {"name": NAME, "phone": PHONE}}).encode()),
    )  # fmt: skip
    idempotency.once(
        key="k2", actor=staff, route=f"POST /api/v1/customers/{ID}/consents/", body=b"{}", at=NOW, call=lambda: (201, b"{}")
    )
    browsing(customer, other)
    return customer


def the_order(customer: Customer, staff: User) -> None:
    order = builders.a_paid_order(
        (builders.a_stocked_variant(), 2),
        at=NOW - timedelta(days=5),
        customer=Buyer(external_id=ID, name=NAME, phone=PHONE, email=MAIL),
        ship_to={"name": NAME, "phone": PHONE, "address": STREET, "email": MAIL},
        note=SAID,
    )
    fulfilling.ship(number=order.number, actor=staff, at=NOW - timedelta(days=4))
    noting.note(number=order.number, text=SAID, actor=staff, at=NOW)
    line = order.lines.get()
    back = returning.accept(
        number=order.number, items={line.position: 1}, warehouse_id=order.fulfillments.get().warehouse_id, reason=SAID,
        actor=staff, at=NOW,
    )  # fmt: skip
    returning.receive(number=back.number, restocked={line.position: 1}, actor=staff, at=NOW)
    paid = order.payments.get()
    owed = Order.objects.get(pk=order.pk).refund_owed
    paying.record_refund(
        number=order.number, provider=paid.provider, reference="back-1", amount=owed, reason=SAID, actor=staff, at=NOW
    )


def browsing(customer: Customer, other: Customer) -> None:
    """Named, unnamed on the same browser, in no visit, on a browser of two people, and something that cannot be read."""
    source = a_source(EventSource.Nature.SERVER, at=NOW - timedelta(days=40))
    for days in (3, 2):
        at = NOW - timedelta(days=days)
        events = [an_event(at=at), an_event("products_searched", at=at, query=SAID), an_event("product_added", at=at, sku="X")]
        told(source, a_batch(*events, visitor="browser-needle", customer=ID if days == 3 else None), at=at)
        told(source, a_batch(an_event(at=at), visitor="of-two", customer=ID), at=at)
        told(
            source,
            a_batch(an_event(at=at + timedelta(hours=2)), visitor="of-two", customer=other.external_id),
            at=at + timedelta(hours=2),
        )
        told(source, a_batch(an_event(at=at), visitor="at-work", customer=ID), at=at, traffic=Event.Traffic.INTERNAL)
    told(source, a_batch({"id": "no", "customer": ID, "mail": MAIL}), at=NOW)
    event_figures.count_due()
    visits.rebuild_due(at=NOW)


@pytest.fixture
def shopping(person: Customer, staff: User) -> None:
    """The person's order stands in a visit after a click; all that is made of that is made; staff have written about it."""
    bought_at, source = NOW - timedelta(days=5), EventSource.objects.get()
    clicked = an_event("promotion_clicked", at=bought_at - timedelta(minutes=9), promotion="77")
    events = [
        an_event("page_viewed", at=bought_at - timedelta(minutes=10), path="/sale", utm_source="naver", utm_medium="cpc"),
        clicked,
        an_event("product_added", at=bought_at - timedelta(minutes=5), sku="X"),
        an_event("order_completed", at=bought_at + timedelta(seconds=1), order=Order.objects.get().number),
    ]
    told(source, a_batch(*events, visitor="browser-needle", customer=ID), at=NOW)
    for number in range(3):
        told(source, a_batch(an_event("products_searched", at=NOW, query="컵"), visitor=f"else-{number}"), at=NOW)
    make_figures()
    buyer_types.say(customer_id=person.pk, buyer_type="IMMEDIATE", reason=SAID, actor=staff, at=NOW)
    incident = Incident.objects.create(rule=a_rule(), severity="WARNING", opened_at=NOW, seen_at=NOW)
    for text in (f"{NAME}이 말하기를", f"call {PHONE.replace('-', '')}", "12 orders are late", SAID.replace("바늘", "실")):
        incidents.comment(incident_id=incident.pk, text=text, actor=staff, at=NOW)


def make_figures() -> None:
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    purchases.rebuild_due(at=NOW)
    attribution.rebuild_due(at=NOW)
    rhythm.rebuild(at=NOW)


def holding_number(number: int) -> Iterator[str]:
    """Every column of whole numbers in which this one stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type = 'bigint' AND table_name IN (SELECT tablename FROM pg_tables) ORDER BY 1, 2"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', [number])
            if cursor.fetchone()[0]:
                yield f"{table}.{column}"


def holding(needles: tuple[str, ...]) -> Iterator[str]:
    """Every column of text or JSON, of every table there is, in which one of these stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND "
            "data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'ARRAY') "
            "AND table_name IN (SELECT tablename FROM pg_tables) ORDER BY 1, 2"
        )
        for table, column, kind in cursor.fetchall():
            found = "convert_to(word, 'UTF8') IN" if kind == "bytea" else "word IN"
            value = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
            cursor.execute(
                f'SELECT count(*) FROM "{table}", unnest(%s::text[]) AS word WHERE position({found} {value}) > 0',
                [[*needles]],
            )
            if cursor.fetchone()[0]:
                yield f"{table}.{column}"


def erase(person: Customer, **more: Any) -> Erasure:
    told = {"customer_id": person.pk, "reason": "asked for by mail", "actor": None, "at": NOW} | more
    done = erasing.erase(**told)
    erasing.sweep(at=NOW)
    return done


def test_whoever_asks_gets_all_that_is_known_of_them(person: Customer, staff: User) -> None:
    packed = persons.export(customer_id=person.pk, actor=staff, at=NOW)

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        said = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(said) == {"README.txt", "campaigns.json", "orders.json", "analytics.json"}
    assert all(any(needle in one for one in said.values()) for needle in NEEDLES)
    known = json.loads(said["analytics.json"])
    assert len(known["visits"]) == 4
    assert len(known["events"]) == 10
    assert "somebody-else" not in "".join(said.values())
    assert "cost" not in said["orders.json"]
    assert PersonalAccess.objects.get().deed == "EXPORTED"


def test_nothing_planted_about_a_person_is_left_anywhere(person: Customer) -> None:
    before = set(holding(NEEDLES))
    assert len(before) > 10, before

    erase(person)

    assert set(holding(NEEDLES)) == set()
    person.refresh_from_db()
    assert person.external_id.startswith("erased-")
    assert not SegmentMembership.objects.filter(customer=person).exists()
    assert not Event.objects.filter(customer_id=person.pk).exists()
    assert not Visit.objects.filter(customer=person).exists()


@pytest.mark.usefixtures("shopping")
def test_nothing_that_was_made_of_a_person_leads_to_them(person: Customer) -> None:
    browser = visitor_key("browser-needle")
    led = set(holding_number(browser))
    assert {"analytics_touch.visitor", "analytics_purchase.visitor", "analytics_visit.visitor"} <= led, led
    texts = set(holding(NEEDLES))
    assert {"analytics_dailysearch.term", "analytics_customerrhythm.said_reason", "analytics_incidententry.text"} <= texts
    assert OrderTouch.objects.get(order__customer=person).source == "naver"
    assert DailyCustomer.objects.filter(customer=person, visits__gt=0).exists()
    before = Purchase.objects.values("placed_at", "sales", "touch_code", "carted_at").get()
    assert (before["touch_code"], before["carted_at"] is None) == ("77", False)

    erase(person)

    assert set(holding(NEEDLES)) == set()
    assert {one for one in holding_number(browser) if one.startswith("analytics_")} == set()
    assert not BuyerTypeChange.objects.filter(customer=person).exists()
    kept = set(IncidentEntry.objects.exclude(text="").values_list("text", flat=True))
    assert kept == {"12 orders are late", SAID.replace("바늘", "실")}

    make_figures()
    assert set(holding(NEEDLES)) == set()
    assert set(holding_number(browser)) == set()
    assert not CustomerRhythm.objects.filter(pk=person.pk).exists()
    assert not SegmentMembership.objects.filter(customer=person).exists()
    assert not DailyCustomer.objects.filter(customer=person, visits__gt=0).exists()
    # What was bought, and what had led to it, still stands: of somebody.
    assert Purchase.objects.values("placed_at", "sales", "touch_code", "carted_at").get() == before
    assert set(Touch.objects.values_list("code", flat=True)) == {"77"}
    assert OrderTouch.objects.get().source == "naver"
    assert dict(DailySearch.objects.values_list("term", "visits")) == {terms.WITHHELD: 1, "컵": 3}
    # Events of the outbox wait here for subscribers that nobody runs.
    assert [one for one in invariants.check_all(at=NOW) if "<-" not in one.subject] == []


@pytest.mark.usefixtures("shopping")
def test_whoever_asks_gets_what_was_made_of_them_too(person: Customer, staff: User) -> None:
    with zipfile.ZipFile(io.BytesIO(persons.export(customer_id=person.pk, actor=staff, at=NOW))) as archive:
        known = json.loads(archive.read("analytics.json"))
    assert {name: len(rows) for name, rows in known.items()} == {
        "browsers": 3, "visits": 5, "events": 14, "clicks": 1, "purchases": 1, "origins_of_orders": 1, "days": 3,
        "rhythm": 1, "buyer_types": 1, "comments_on_incidents": 2, "matches": 0,
    }  # fmt: skip
    assert known["rhythm"][0]["said_reason"] == known["buyer_types"][0]["reason"] == SAID
    assert "type" in known["rhythm"][0]["why"]
    assert "said_by_id" not in known["rhythm"][0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("나바늘이 왔다", True),
        ("김나바늘", True),
        ("shopper-needle-77 called", True),
        ("shopper-needle-771", False),
        ("7", False),
    ],
)
def test_a_text_names_somebody_by_whole_words(text: str, names: bool) -> None:
    """As PostgreSQL reads the patterns. Korean letters go on beside a name; short numbers name nobody."""
    asked = patterns(external_id=ID, phone="77", email="7", name=NAME)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~* ANY(%s)", [text, asked])
        assert cursor.fetchone() == (names,)


def test_numbers_amounts_consents_and_figures_stay(person: Customer) -> None:
    order = Order.objects.get()
    kept = {name: getattr(order, name) for name in ("number", "total", "tax", "paid", "refunded", "state", "customer_id")}
    counted = Visit.objects.count(), Event.objects.count(), OrderEvent.objects.count()

    erase(person)

    order.refresh_from_db()
    assert {name: getattr(order, name) for name in kept} == kept
    assert Consent.objects.filter(customer=person).count() == 1
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    assert (Visit.objects.count(), Event.objects.count(), OrderEvent.objects.count()) == counted
    for day in visit_recount.clean_days():
        assert list(visit_recount.differences(day, chance=1)) == []
    for days in (3, 2):
        assert list(event_recount.miscounted(shop.day(NOW - timedelta(days=days)))) == []
    assert HourlyEvents.objects.exists()


def test_somebody_else_on_the_same_browser_keeps_their_visits_and_no_more(person: Customer) -> None:
    other = Customer.objects.get(external_id="somebody-else")
    theirs = set(Visit.objects.filter(customer=other).values_list("started_at", flat=True))

    erase(person)
    visits.rebuild_due(at=NOW)
    visits.rebuild_days(first=None, last=None, at=NOW)

    assert set(Visit.objects.filter(customer=other).values_list("started_at", flat=True)) == theirs
    assert set(KnownVisitor.objects.values_list("external_id", flat=True)) == {"somebody-else"}


def test_it_happens_once_and_is_written_down(person: Customer, staff: User) -> None:
    first = erase(person, actor=staff)
    again = erase(person, reason="asked for twice")

    assert (again.pk, again.reason) == (first.pk, "asked for by mail")
    assert PersonalAccess.objects.filter(deed="ERASED", row_key=str(person.pk), actor=staff).count() == 1
    first.refresh_from_db()
    assert (first.orders, first.visits, first.events, first.swept_at) == (1, 4, 10, NOW)


def test_an_open_order_keeps_its_person(person: Customer) -> None:
    number = builders.a_paid_order(customer=Buyer(external_id=ID), at=NOW).number

    with pytest.raises(OrdersOpen) as refusal:
        erase(person)

    assert refusal.value.details == {"orders": [number]}
    person.refresh_from_db()
    assert person.external_id == ID
    assert QuarantinedEvent.objects.exists()


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, f"{MAIL} wrote", f"call of {NAME}"])
def test_a_reason_is_needed_that_does_not_tell_who_it_was(person: Customer, reason: str) -> None:
    with pytest.raises(erasing.ErasureRefused):
        erase(person, reason=reason)
    person.refresh_from_db()
    assert person.name == NAME


def test_a_name_that_stands_for_nobody_is_nobodys_again(person: Customer) -> None:
    erase(person)
    person.refresh_from_db()
    with pytest.raises(customers.CustomerErased):
        customers.upsert(external_id=person.external_id, name="다른", at=NOW)
    # Who comes back under the old id is somebody new.
    assert customers.upsert(external_id=ID, name=NAME, at=NOW).pk != person.pk


@pytest.mark.parametrize(
    "call",
    [
        "SELECT orders_erase_texts({person})",
        "SELECT * FROM analytics_erase_visits({person}, 'salt')",
        "SELECT * FROM analytics_erase_events({person}, 'salt', now())",
        "SELECT analytics_erase_texts({person}, ARRAY['x'])",
        "SELECT kernel_rename_in_audit(1, '{person}', 'somebody')",
    ],
)
def test_the_database_erases_nobody_who_was_not_erased(person: Customer, call: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(call.format(person=person.pk))


def test_commands_do_the_same(person: Customer, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_person", ID, str(tmp_path / "person.zip"))
    assert zipfile.is_zipfile(tmp_path / "person.zip")
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_person", ID, reason="asked")
    call_command("erase_person", ID, reason="asked", yes=True)
    assert "Erased: 1 orders, 4 visits, 10 events." in capsys.readouterr().out
    with pytest.raises(CommandError, match="없는 고객"):
        call_command("erase_person", ID, reason="asked", yes=True)
