"""Customers read from the database: what is stored and stays, who is read again, segments, what staff say, the recount."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.models import (
    BuyerType,
    BuyerTypeChange,
    BuyerTypeCount,
    CustomerRhythm,
    EventSource,
    KnownVisitor,
    Playbook,
    RhythmRun,
    SlotConversion,
    SlotRun,
    Visit,
    VisitDay,
)
from analytics.operations import (
    buyer_types,
    decisive_slots,
    interest,
    rhythm,
    rollups,
    visits,
)
from analytics.queries import hot_slots, rhythm_recount, rhythm_sources
from analytics.rhythm import decline
from campaigns.models import Customer, Segment, SegmentMembership
from config.kernel import shop
from config.kernel.errors import DomainError
from inventory.models import Variant
from orders.models import Order
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_source
from tests.analytics.rhythm.builders import a_purchase, a_visit
from tests.builders import a_customer, a_variant

pytestmark = pytest.mark.django_db

# Early on a morning; the day before is the last that counts.
MORNING = seoul("2026-11-20", "05:10")
EVE = date(2026, 11, 19)


def ago(days: int, clock: str = "20:30") -> datetime:
    return seoul(str(EVE - timedelta(days=days)), clock)


@pytest.fixture
def source() -> EventSource:
    return a_source(at=ago(300))


@pytest.fixture
def cup() -> Variant:
    return a_variant()


@pytest.fixture
def regular(source: EventSource, cup: Variant) -> Customer:
    """Every thirty days, the last time 29 days ago."""
    customer = a_customer(ago(300), external_id="regular")
    for days in range(29, 180, 30):
        a_purchase(source, customer, cup, ago(days))
    return customer


@pytest.fixture
def ponderer(source: EventSource, cup: Variant) -> Customer:
    customer = a_customer(ago(300), external_id="ponderer")
    for days in (3, 60, 71, 150):
        a_purchase(source, customer, cup, ago(days, "10:00"), looks=3)
    return customer


@pytest.fixture
def faithless(source: EventSource) -> Customer:
    """Came every four days, and has not come for four weeks."""
    customer = a_customer(ago(300), external_id="faithless")
    for days in range(29, 130, 4):
        a_visit(source, customer, ago(days))
    return customer


def read(customer: Customer, at: datetime = MORNING) -> CustomerRhythm:
    rhythm.refresh(at=at)
    return CustomerRhythm.objects.get(pk=customer.pk)


def members(code: str) -> set[str]:
    return set(SegmentMembership.objects.filter(segment__code=code).values_list("customer__external_id", flat=True))


def test_customers_are_read_told_apart_and_put_into_segments(
    regular: Customer, ponderer: Customer, faithless: Customer
) -> None:
    done = rhythm.refresh(at=MORNING)
    assert (done.customers, done.changed_types) == (3, 2)
    rows = {row.customer.external_id: row for row in CustomerRhythm.objects.select_related("customer")}
    assert rows["regular"].buyer_type == BuyerType.REPEATING
    assert (rows["regular"].cycle_days, rows["regular"].expected_on) == (30, EVE + timedelta(days=1))
    assert (rows["regular"].is_due, rows["regular"].hour, rows["regular"].is_own_slot) == (True, 20, True)
    assert rows["ponderer"].buyer_type == BuyerType.DELIBERATE
    assert rows["faithless"].declines
    assert rows["faithless"].buyer_type == BuyerType.UNKNOWN
    assert rows["faithless"].why["decline"]["recent_visits"] == 0
    assert members("repeating-buyers") == members("due-to-buy-again") == {"regular"}
    assert members("deliberate-buyers") == {"ponderer"}
    assert members("immediate-buyers") == set()
    assert members("interest-declines") == {"faithless"}
    counted = {row.buyer_type: (row.customers, row.due, row.declining) for row in BuyerTypeCount.objects.filter(day=EVE)}
    assert counted == {"IMMEDIATE": (0, 0, 0), "DELIBERATE": (1, 0, 0), "REPEATING": (1, 1, 0), "UNKNOWN": (1, 0, 1)}
    assert Playbook.objects.count() == 3


@pytest.mark.breaks_promises("figures are changed by hand")
def test_the_recount_agrees_and_finds_what_was_changed_by_hand(
    regular: Customer, ponderer: Customer, faithless: Customer
) -> None:
    rhythm.refresh(at=MORNING)
    assert list(rhythm_recount.differences(at=MORNING)) == []
    CustomerRhythm.objects.filter(pk=regular.pk).update(cycle_days=31)
    CustomerRhythm.objects.filter(pk=faithless.pk).update(declines=False)
    found = {(one.customer, one.column): one.recounted for one in rhythm_recount.differences(at=MORNING)}
    assert found == {(regular.pk, "cycle_days"): 30, (faithless.pk, "declines"): True}


def test_what_is_newer_than_the_reading_is_no_difference(regular: Customer, source: EventSource, cup: Variant) -> None:
    rhythm.refresh(at=MORNING)
    a_purchase(source, regular, cup, ago(10))
    VisitDay.objects.create(day=shop.day(ago(10)), state=VisitDay.State.DIRTY, rebuilt_at=MORNING + timedelta(hours=1))
    assert list(rhythm_recount.differences(at=MORNING)) == []


def test_whoever_is_newly_known_by_events_of_the_past_is_read_again() -> None:
    customer = a_customer(ago(300), external_id="late")
    KnownVisitor.objects.create(visitor=7, external_id="late", first_at=ago(100))
    assert list(rhythm_sources.changed(since=ago(0), on=EVE)) == []
    visits.settle_known(at=MORNING)
    assert list(rhythm_sources.changed(since=ago(0), on=EVE)) == [customer.pk]
    assert list(rhythm_sources.changed(since=MORNING + timedelta(days=1), on=EVE)) == []


def test_only_whom_something_new_is_known_of_is_read_again(
    regular: Customer, ponderer: Customer, source: EventSource, cup: Variant
) -> None:
    rhythm.refresh(at=MORNING)
    tomorrow = MORNING + timedelta(days=1)
    assert rhythm.refresh(at=tomorrow).customers == 0
    a_purchase(source, ponderer, cup, ago(-1))
    rollups.rebuild(first=EVE + timedelta(days=1), last=EVE + timedelta(days=1), actor=None, at=tomorrow)
    # The run of a moment ago is looked back over, for what it may have missed.
    assert rhythm.refresh(at=tomorrow + timedelta(hours=1)).customers == 1
    assert CustomerRhythm.objects.get(pk=ponderer.pk).orders == 5
    assert rhythm.refresh(at=MORNING + timedelta(days=7)).customers >= 1


def test_a_run_that_was_killed_is_made_up_for(regular: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rhythm, "_finish", die)
        with pytest.raises(KeyboardInterrupt):
            rhythm.refresh(at=MORNING)
    assert RhythmRun.objects.filter(ended_at=None).count() == 1
    assert rhythm.refresh(at=MORNING + timedelta(minutes=5)).customers == 1


def test_who_is_due_follows_the_calendar_without_being_read(regular: Customer) -> None:
    assert read(regular).is_due
    later = MORNING + timedelta(days=9)
    CustomerRhythm.objects.update(review_on=None)
    assert rhythm.refresh(at=later).customers == 0
    assert not CustomerRhythm.objects.get(pk=regular.pk).is_due
    assert members("due-to-buy-again") == set()


def test_days_end_at_midnight_in_seoul(source: EventSource, cup: Variant) -> None:
    customer = a_customer(ago(300))
    for moment in ("2026-08-31T23:59", "2026-10-01T00:00", "2026-10-31T23:59", "2026-11-19T23:59", "2026-11-20T00:00"):
        day, clock = moment.split("T")
        an_order(seoul(day, clock), Line(cup), customer=customer)
    row = read(customer)
    assert (row.orders, row.last_bought_on, row.cycle_days) == (4, EVE, 30)


def test_orders_that_do_not_stand_are_no_purchases(regular: Customer, cup: Variant) -> None:
    an_order(ago(15), Line(cup), customer=regular, state=Order.State.CANCELED)
    an_order(ago(14), Line(cup), customer=regular, state=Order.State.EXPIRED)
    assert read(regular).cycle_days == 30


def test_days_that_cannot_be_trusted_are_left_out(
    faithless: Customer, monkeypatch: pytest.MonkeyPatch, source: EventSource
) -> None:
    bad = {(source.pk, EVE - timedelta(days=day)): ("incomplete",) for day in range(27)}
    monkeypatch.setattr(rhythm_sources.event_quality, "bad_days", lambda **_: bad)
    row = read(faithless)
    assert (row.declines, row.why["decline"]["recent_days"]) == (False, 1)
    assert len(RhythmRun.objects.get().left_out) == 27
    assert list(rhythm_recount.differences(at=MORNING)) == []


def test_a_second_reading_changes_nothing_and_tells_no_history_twice(regular: Customer) -> None:
    first = read(regular)
    rhythm.rebuild(at=MORNING)
    again = CustomerRhythm.objects.get(pk=regular.pk)
    assert (again.why, again.settled_since) == (first.why, first.settled_since)
    (change,) = BuyerTypeChange.objects.all()
    assert (change.former, change.buyer_type, change.cause, change.why["found"]) == (
        *("UNKNOWN", "REPEATING", "RULES", "REPEATING"),
    )


def test_what_staff_say_holds_until_they_take_it_back(regular: Customer) -> None:
    read(regular)
    said = {"customer_id": regular.pk, "buyer_type": "DELIBERATE", "reason": "전화로 확인", "actor": None}
    buyer_types.say(at=MORNING, **said)
    rhythm.rebuild(at=MORNING)
    row = CustomerRhythm.objects.get(pk=regular.pk)
    assert (row.buyer_type, row.settled_type, row.said_reason) == ("DELIBERATE", "REPEATING", "전화로 확인")
    assert members("deliberate-buyers") == {"regular"}
    buyer_types.take_back(customer_id=regular.pk, reason="잘못 들음", actor=None, at=MORNING)
    assert CustomerRhythm.objects.get(pk=regular.pk).buyer_type == "REPEATING"
    causes = list(BuyerTypeChange.objects.order_by("pk").values_list("cause", "former", "buyer_type"))
    assert causes == [
        ("RULES", "UNKNOWN", "REPEATING"),
        ("SAID", "REPEATING", "DELIBERATE"),
        ("TAKEN_BACK", "DELIBERATE", "REPEATING"),
    ]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"buyer_type": "UNKNOWN", "reason": "1"}, "buyer_type_invalid"),
        ({"buyer_type": "DELIBERATE", "reason": " "}, "buyer_type_invalid"),
        ({"buyer_type": "DELIBERATE", "reason": "1", "customer_id": 0}, "rhythm_not_found"),
    ],
)
def test_what_cannot_be_said_is_refused(regular: Customer, told: dict[str, object], code: str) -> None:
    read(regular)
    with pytest.raises(DomainError) as refusal:
        buyer_types.say(**({"customer_id": regular.pk, "actor": None, "at": MORNING} | told))  # type: ignore[arg-type]
    assert refusal.value.code == code
    with pytest.raises(buyer_types.NothingSaid):
        buyer_types.take_back(customer_id=regular.pk, reason="", actor=None, at=MORNING)


def test_a_segment_keeps_the_name_staff_gave_it(regular: Customer) -> None:
    read(regular)
    Segment.objects.filter(code="repeating-buyers").update(name="단골")
    rhythm.rebuild(at=MORNING)
    assert Segment.objects.get(code="repeating-buyers").name == "단골"


def test_the_recount_shares_the_spans_of_the_rules() -> None:
    assert timedelta(days=decline.RECENT_DAYS + decline.BASELINE_DAYS) <= rhythm_sources.VISITS_BACK


# --- decisive slots


def test_slots_are_counted_by_the_hour_in_seoul_and_stored_with_their_evidence(source: EventSource) -> None:
    """Thursday 20 h sells, Friday midnight is another day, yesterday's visits count and today's do not."""
    app = a_source(channel="app", at=ago(300))
    visits = []
    for week in range(8):
        for place in range(30):
            for days, clock, buys in ((0, "20", place < 9), (1, "20", place < 1), (2, "09", place < 1)):
                at = ago(7 * week + days, f"{clock}:{place:02}")
                visits.append(_row(source if place % 2 else app, at, place + 100 * days, buys))
    visits.append(_row(source, seoul("2026-11-20", "00:00"), 1, True))
    visits.append(_row(source, ago(56), 1, True))
    Visit.objects.bulk_create(visits)
    for day in {one.day for one in visits}:
        interest.replace(day=day, is_forgotten=False)
    with CaptureQueriesContext(connection) as asked:
        rhythm_sources.slots(first=EVE, last=EVE, left_out=[])
    assert "analytics_visit " not in asked[0]["sql"], "visits are never scanned"
    run = decisive_slots.find(at=MORNING)
    assert (run.first_on, run.last_on, run.visits, run.ordered) == (EVE - timedelta(days=55), EVE, 720, 88)
    found = hot_slots.latest()
    (slot,) = found.decisive
    assert (slot.weekday, slot.hour, slot.visits, slot.ordered, slot.weeks) == (3, 20, 240, 72, 8)
    assert found.channels == ["app", "web"]
    assert sum(one.visits for one in hot_slots.latest(channel="app").slots) == 360
    decisive_slots.find(at=MORNING)
    assert SlotRun.objects.count() == 1
    assert SlotConversion.objects.filter(channel="").count() == 3


def test_before_the_first_search_there_are_no_slots() -> None:
    assert hot_slots.latest().decisive == []


def _row(source: EventSource, at: datetime, visitor: int, buys: bool) -> Visit:
    return Visit(
        source=source, day=shop.day(at), visitor=visitor, is_named=False, started_at=at, ended_at=at, events=1, pages=0,
        products=0, out_of_stock=0, searches=0, added=0, active_seconds=0, orders=["1"] if buys else [],
        ordered_at=at if buys else None,
    )  # fmt: skip


def test_one_command_reads_everybody_anew(regular: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rebuild_analytics", "--rhythm", "--as-of", "2026-11-20")
    assert "1 customers" in capsys.readouterr().out
    assert CustomerRhythm.objects.get().buyer_type == BuyerType.REPEATING
