"""Shoppers' events in ClickHouse, by the engine inside this process: both stores answer the same, whatever dies on the way."""

import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from analytics import promises, stores
from analytics.models import DailyFunnel, DailyInterest, DailyVisitors, Event, EventCopy, HourlyEvents, Visit, VisitDay
from analytics.operations import event_copies, event_figures, event_lending, event_months, forgetting, visits
from analytics.queries import event_kinds
from analytics.stores.clickhouse import ClickHouseStore
from analytics.stores.postgres import PostgresStore
from analytics.stores.values import CopyTorn, Sum
from config.kernel import shop
from tests import builders, services
from tests.analytics.builders import SEOUL
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.events.drawn import DAYS, FIRST, LAST, draw
from tests.concurrency.test_intake import Aside
from tests.probe import clickhouse

pytest.importorskip("chdb", reason="needs the packages of `make prove`")

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

AT = datetime(2026, 11, 5, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def second(settings: Any, tmp_path: Path) -> None:
    settings.EVENTS_STORE, settings.CLICKHOUSE_URL = "clickhouse", str(tmp_path / "clickhouse")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    event_kinds.forget()


@pytest.fixture
def world() -> list[Event]:
    event_months.make(first=date(2026, 10, 1), last=date(2026, 11, 30))
    return draw(1_500)


def copied() -> dict[date, tuple[str, int | None]]:
    return {day: (state, rows) for day, state, rows in EventCopy.objects.values_list("day", "state", "source_rows")}


def answers(store: Any) -> dict[Any, Any]:
    spans = [(day, day) for day in DAYS] + [(FIRST, LAST), (DAYS[2], DAYS[3])]
    asked = {
        (name, span): getattr(store, name)(*span) for name in ("hours", "funnel", "turned_to", "visitors") for span in spans
    }
    return asked | {("sum_of", day): store.sum_of(day) for day in DAYS}  # type: ignore[return-value, operator, dict-item]


def the_same_in_both() -> None:
    with stores.second() as store:
        assert answers(store) == answers(PostgresStore())


def by_hand(events: list[Event]) -> tuple[Any, ...]:
    """The four questions over the whole span, in plain Python."""
    slots: dict[Any, list[Any]] = defaultdict(lambda: [0, set()])
    days: dict[Any, Any] = defaultdict(lambda: defaultdict(set))
    turned: dict[Any, Counter[str]] = defaultdict(Counter)
    whole = set()
    steps = {2: "viewed", 5: "added", 9: "checkout", 10: "ordered"}
    for one in events:
        at = one.occurred_at.astimezone(SEOUL)
        if one.traffic or not FIRST <= at.date() <= LAST:
            continue
        slot = slots[at.weekday(), at.hour]
        slot[0] += 1
        if one.visitor is None:
            continue
        slot[1].add(one.visitor)
        whole.add(one.visitor)
        days[at.date()]["visitors"].add(one.visitor)
        if one.kind in steps:
            days[at.date()][steps[one.kind]].add(one.visitor)
        if one.variant_id and one.kind in (2, 5):
            turned[at.date(), one.variant_id]["views"] += one.kind == 2
            turned[at.date(), one.variant_id]["added"] += (one.properties or {}).get("quantity", 1) if one.kind == 5 else 0
    names = ("visitors", "viewed", "added", "checkout", "ordered")
    return (
        {key: (events, len(who)) for key, (events, who) in slots.items()},
        {day: tuple(len(did[name]) for name in names) for day, did in days.items()},
        {key: (found["views"], found["added"]) for key, found in turned.items()},
        len(whole),
    )


def test_every_question_has_the_same_answer_in_both_and_by_hand(world: list[Event]) -> None:
    done = event_copies.copy_due(at=AT)
    assert (done.left, done.events) == (0, sum(FIRST <= shop.day(one.occurred_at) <= LAST for one in world))
    the_same_in_both()
    slots, funnel, turned, visitors = by_hand(world)
    with stores.second() as store:
        assert {key: (one.events, one.visitors) for key, one in store.hours(FIRST, LAST).items()} == slots
        told = store.funnel(FIRST, LAST)
        assert {day: (one.visitors, one.viewed, one.added, one.checkout, one.ordered) for day, one in told.items()} == funnel
        assert {key: (one.views, one.added) for key, one in store.turned_to(FIRST, LAST).items()} == turned
        assert store.visitors(FIRST, LAST) == visitors
        here = PostgresStore()
        for visitor in (-20, 0, 19):
            span = {"begins": datetime(2026, 10, 31, tzinfo=UTC), "ends": datetime(2026, 11, 2, tzinfo=UTC)}
            rows = store.of_visitor(visitor, **span)
            assert rows
            assert rows == here.of_visitor(visitor, **span)
    assert event_copies.compare(days=DAYS, at=AT) == len(DAYS)


def test_copying_again_changes_nothing(world: list[Event]) -> None:
    event_copies.copy_due(at=AT)
    before = copied()
    assert event_copies.copy_due(at=AT) == event_copies.Copied()
    assert event_copies.copy(first=FIRST, last=LAST, at=AT).days == len(DAYS)
    assert copied() == before
    the_same_in_both()


@pytest.mark.parametrize("step", ["gather", "replace", "_settle", "after_replacing"])
def test_a_copy_that_is_killed_anywhere_is_made_good_by_the_next(
    world: list[Event], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    event_copies.copy_due(at=AT)
    late(DAYS[3])
    dies(monkeypatch, step, AT)
    assert copied()[DAYS[3]][0] == "DIRTY"
    assert event_copies.copy_due(at=AT).days == 1
    the_same_in_both()


def dies(monkeypatch: pytest.MonkeyPatch, step: str, at: datetime) -> None:
    """Whoever copies what is due at `at` dies at that step."""
    holder: Any = event_copies if step == "_settle" else ClickHouseStore
    name = "replace" if step == "after_replacing" else step
    real = getattr(holder, name)

    def dying(*given: Any, **more: Any) -> None:
        if step != "_settle":
            real(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(holder, name, dying)
        with pytest.raises(KeyboardInterrupt):
            event_copies.copy_due(at=at)


def late(day: date, number: int = 3) -> None:
    at = datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, tzinfo=SEOUL)
    source = a_source()
    for visitor in range(number):
        told(source, a_batch(an_event(at=at), visitor=f"late-{visitor}", sent_at=AT.isoformat()), at=AT)
    event_figures.count_due()


def test_what_comes_late_is_copied_with_its_day(world: list[Event]) -> None:
    event_copies.copy_due(at=AT)
    rows = copied()[DAYS[2]][1] or 0
    late(DAYS[2])
    assert [day for day, (state, _rows) in copied().items() if state == "DIRTY"] == [DAYS[2]]
    assert event_copies.copy_due(at=AT) == event_copies.Copied(1, rows + 3, 0)
    the_same_in_both()


def test_what_is_marked_while_a_day_is_copied_stays_due(world: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    tell = event_copies._tell

    def slow(day: date, file: Path) -> Sum:
        sent = tell(day, file)
        if day == DAYS[1]:
            event_copies.mark(days=[day], at=AT)
        return sent

    monkeypatch.setattr(event_copies, "_tell", slow)
    event_copies.copy_due(at=AT)
    assert [day for day, (state, _rows) in copied().items() if state == "DIRTY"] == [DAYS[1]]


def test_a_copy_that_was_changed_is_found_and_made_anew(world: list[Event]) -> None:
    event_copies.copy_due(at=AT)
    with stores.second() as store:
        store.engine.run(f"ALTER TABLE {store.table} DELETE WHERE day = '{DAYS[1]}' AND kind = 1 SETTINGS mutations_sync = 2")
    with pytest.raises(event_copies.CopiesDiffer, match=str(DAYS[1])):
        event_copies.compare(days=DAYS, at=AT)
    assert [one.subject for one in promises.copied_days_are_the_same_in_both(AT)] == [f"events of {DAYS[1]}"]
    event_copies.copy_due(at=AT)
    assert not list(promises.copied_days_are_the_same_in_both(AT))
    the_same_in_both()


def test_a_day_of_which_nothing_is_left_goes_from_the_copy(world: list[Event]) -> None:
    event_copies.copy_due(at=AT)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_event")
    event_copies.copy(first=FIRST, last=LAST, at=AT)
    the_same_in_both()


FIGURES = (HourlyEvents, Visit, DailyFunnel, DailyInterest, DailyVisitors)


def figures() -> dict[str, list[Any]]:
    found = {}
    for model in FIGURES:
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "id"]
        found[model.__name__] = sorted(map(repr, model._default_manager.values_list(*names)))
    return found


LATER = AT + timedelta(days=110)


@pytest.fixture
def old_world(world: list[Event], settings: Any) -> Any:
    """All of it has forgotten and is copied; October leaves the database, November stays."""
    settings.EVENTS_PERSONAL_DAYS, settings.EVENTS_IN_DATABASE_DAYS, settings.EVENTS_KEPT_DAYS = 60, 70, 120
    event_figures.recount_days(first=FIRST, last=LAST, at=AT)
    visits.rebuild(days=DAYS, at=AT)
    event_copies.copy_due(at=AT)
    waiting = event_months.drop(at=LATER)
    assert (waiting.months, waiting.waiting) == (0, ("2026-10", "2026-11"))
    forgetting.forget_due(at=LATER)
    # Of a forgotten day the copy has forgotten as well, or it does not leave.
    assert event_months.drop(at=LATER).waiting == ("2026-10", "2026-11")
    event_copies.copy_due(at=LATER)
    return settings


def drop_october() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=70)
    assert event_months.drop(at=at).months == 1


def test_no_copy_tells_whose_events_were_that_have_forgotten(old_world: Any) -> None:
    the_same_in_both()
    with stores.second() as store:
        assert store.engine.rows(f"SELECT count() FROM {store.table} WHERE customer_id IS NOT NULL OR "
                                 f"properties LIKE '%운동화%' OR visitor BETWEEN -20 AND 20") == [[0]]  # fmt: skip


def test_figures_of_events_that_have_left_are_made_from_the_copy_and_are_what_they_were(old_world: Any) -> None:
    before = figures()
    with stores.second() as store:
        answered = answers(store)
    drop_october()
    assert Event.objects.filter(occurred_at__lt=datetime(2026, 11, 1, tzinfo=UTC)).count() == 0
    assert Event.objects.exists()
    # The first of November began in Seoul while the partition of October lasted.
    assert event_lending.left_among(DAYS) == DAYS[:4]
    assert figures() == before

    visits.rebuild_days(first=None, last=None, at=LATER)
    event_figures.recount_days(first=None, last=LAST, at=LATER)
    assert figures() == before
    for promise in (
        promises.hours_of_left_days_equal_their_recount,
        promises.visits_equal_their_recount,
        promises.figures_of_visits_equal_their_recount,
    ):
        assert list(promise(LATER)) == []
    with stores.second() as store:
        assert answers(store) == answered
    # The day that lies in both is copied again without losing what has left.
    event_copies.copy(first=DAYS[3], last=DAYS[3], at=LATER)
    late(DAYS[3])
    event_copies.copy_due(at=LATER)
    with stores.second() as store:
        assert store.sum_of(DAYS[3]).rows == answered["sum_of", DAYS[3]].rows + 3
    assert HourlyEvents.objects.filter(hour=datetime(2026, 11, 1, 14, tzinfo=UTC)).exists()


def test_the_table_that_is_lent_is_gone_afterwards_and_functions_do_not_see_it(old_world: Any) -> None:
    drop_october()
    with event_lending.lent(DAYS[0]):
        assert Event.objects.count() == EventCopy.objects.get(day=DAYS[0]).source_rows
        with connection.cursor() as cursor:
            cursor.execute("SELECT analytics_drop_old_events('1970-01-01')")
            cursor.execute("SELECT count(*) FROM public.analytics_event")
            (here,) = cursor.fetchone()
    assert Event.objects.count() == here


def test_after_their_time_events_go_from_the_copy_and_their_figures_with_them(old_world: Any) -> None:
    drop_october()
    end = datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(days=old_world.EVENTS_KEPT_DAYS)
    event_months.drop(at=end)
    visits.rebuild_due(at=end)
    with stores.second() as store:
        assert store.visitors(FIRST, date(2026, 10, 31)) == 0
    assert not Visit.objects.filter(day__lte=date(2026, 10, 31)).exists()
    assert not VisitDay.objects.filter(day__lte=date(2026, 10, 31), state="DIRTY").exists()


def test_erasing_marks_the_days_and_the_copy_no_longer_tells(world: list[Event]) -> None:
    from analytics.operations import erasing

    customer = builders.a_customer(external_id="c-77")
    day = date(2026, 11, 2)
    at = datetime(2026, 11, 2, 3, tzinfo=UTC)
    told(a_source(), a_batch(an_event(at=at), visitor="hers", customer="c-77", sent_at=AT.isoformat()), at=AT)
    event_figures.count_due()
    visits.rebuild_due(at=AT)
    event_copies.copy_due(at=AT)
    visitor = Visit.objects.get(customer_id=customer.pk).visitor
    erasing.erase(customer_id=customer.pk, reason="asked", actor=None, at=AT)
    assert copied()[day][0] == "DIRTY"
    event_copies.copy_due(at=AT)
    with stores.second() as store:
        query = f"SELECT count() FROM {store.table} WHERE visitor = {visitor} OR customer_id = {customer.pk}"
        assert store.engine.rows(query) == [[0]]
    the_same_in_both()


def test_a_second_process_waits_for_the_folder_and_is_refused_in_words(
    world: list[Event], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics.stores import engines

    monkeypatch.setattr(engines, "PATIENCE", 0.3)
    holding = (
        "import fcntl, sys\nlock = open(sys.argv[1] + '.lock', 'w')\nfcntl.flock(lock, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    Path(settings.CLICKHOUSE_URL).parent.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", holding, settings.CLICKHOUSE_URL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(engines.EventStoreAway):
            event_copies.copy_due(at=AT)
        other.communicate("")
    assert event_copies.copy_due(at=AT).left == 0


# --- what is harmed or torn ------------------------------------------------------------------------------------------------


def lose(day: date, which: str = "kind = 1") -> None:
    with stores.second() as store:
        store.engine.run(f"ALTER TABLE {store.table} DELETE WHERE day = '{day}' AND {which} SETTINGS mutations_sync = 2")


def ledger(day: date) -> tuple[Any, ...]:
    return EventCopy.objects.values_list("source_rows", "checksum", "is_equal").get(day=day)


@pytest.fixture
def months_go(settings: Any) -> Iterator[None]:
    """Months outlive the rows that a test leaves behind."""
    yield
    settings.EVENTS_STORE = "database"
    EventCopy.objects.all().delete()
    event_months.drop(at=datetime(2032, 1, 1, tzinfo=UTC))


@pytest.mark.usefixtures("months_go")
@pytest.mark.django_db(transaction=True)
def test_a_month_that_leaves_while_one_of_its_days_is_copied_is_not_lost(
    world: list[Event], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month has been found whole, and is dropped at the worst moment: after the copy has looked whether it left."""
    settings.EVENTS_PERSONAL_DAYS, settings.EVENTS_IN_DATABASE_DAYS, settings.EVENTS_KEPT_DAYS = 60, 70, 120
    event_figures.recount_days(first=FIRST, last=LAST, at=AT)
    visits.rebuild(days=DAYS, at=AT)
    forgetting.forget_due(at=LATER)
    event_copies.copy_due(at=LATER)
    rows = ledger(DAYS[0])[0]
    found, may_drop = threading.Event(), threading.Event()
    look, tell = event_copies.look, event_copies._tell

    def looked(days: Any) -> Any:
        answer = look(days)
        found.set()
        may_drop.wait(20)
        return answer

    monkeypatch.setattr(event_copies, "look", looked)
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=70)
    dropping = Aside(lambda: event_months.drop(at=at, tries=20, pause=0.2))
    dropping.start()
    assert found.wait(20)

    def telling(day: date, file: Path) -> Sum:
        may_drop.set()
        dropping.join(2)
        return tell(day, file)

    monkeypatch.setattr(event_copies, "_tell", telling)
    event_copies.copy(first=DAYS[0], last=DAYS[0], at=LATER)
    dropping.join(30)
    assert dropping.error is None
    assert dropping.answer.months == 1
    with stores.second() as store:
        assert store.sum_of(DAYS[0]).rows == rows == ledger(DAYS[0])[0]
    assert event_copies.compare(days=DAYS, at=LATER) == len(DAYS)


@pytest.mark.breaks_promises("events that had left are lost")
def test_what_is_lost_of_a_day_that_has_left_is_named_until_it_is_back(old_world: Any) -> None:
    drop_october()
    rows, checksum, _is_equal = ledger(DAYS[0])
    lose(DAYS[0])
    with pytest.raises(event_copies.CopiesDiffer):
        event_copies.compare(days=DAYS, at=LATER)
    for _ in range(2):
        with pytest.raises(event_copies.CopiesFailed, match=str(DAYS[0])):
            event_copies.copy_due(at=LATER)
        assert ledger(DAYS[0]) == (rows, checksum, False)
        assert [one.subject for one in promises.copied_days_are_the_same_in_both(LATER)] == [f"events of {DAYS[0]}"]


@pytest.mark.breaks_promises("events that had left are lost")
def test_a_bad_day_stops_no_other_and_nothing_of_it_is_dropped(old_world: Any) -> None:
    drop_october()
    lose(DAYS[1], "1")
    before = ledger(DAYS[1])
    event_copies.mark(days=[DAYS[0], DAYS[1], DAYS[4]], at=LATER)
    with pytest.raises(event_copies.CopiesFailed, match=f"1 of 3 days are not copied. {DAYS[1]}: CopyTorn"):
        event_copies.copy_due(at=LATER)
    assert [day for day, (state, _rows) in copied().items() if state == "DIRTY"] == [DAYS[1]]
    assert ledger(DAYS[1])[:2] == before[:2]


def test_visits_are_not_made_anew_of_what_is_lost(old_world: Any) -> None:
    drop_october()
    before = figures()
    lose(DAYS[0], "1")
    with pytest.raises(CopyTorn):
        visits.rebuild(days=[DAYS[0]], at=LATER)
    assert figures() == before
    assert len(before["Visit"]) > 20


@pytest.mark.usefixtures("months_go")
@pytest.mark.django_db(transaction=True)
def test_the_role_of_the_shop_lends(old_world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if services.services is None or services.services.postgres is None:
        pytest.skip("needs the servers that the run starts itself")
    drop_october()
    rows = ledger(DAYS[0])[0]
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "USER", "shop_app")
        patch.setitem(connection.settings_dict, "PASSWORD", services.services.postgres.place.secret("shop_app"))
        with event_lending.lent(DAYS[0]), connection.cursor() as cursor:
            cursor.execute("SELECT current_user, count(*) FROM analytics_event")
            assert cursor.fetchone() == ("shop_app", rows)
        visits.rebuild(days=[DAYS[0]], at=LATER)
        connection.close()
    assert Visit.objects.filter(day=DAYS[0]).exists()


def test_nothing_is_lent_where_the_databases_own_table_would_be_read(old_world: Any) -> None:
    drop_october()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = public, pg_temp")
    with pytest.raises(RuntimeError, match="do not stand before"), event_lending.lent(DAYS[0]):
        pass


def test_a_torn_transfer_into_a_day_of_which_part_has_left_is_found(old_world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from analytics.stores import engines

    drop_october()
    late(DAYS[3], 5)
    before = ledger(DAYS[3])[:2]
    put = engines._Folder.put

    def torn(self: Any, table: str, file: Path) -> None:
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines[:-3]))
        put(self, table, file)

    with monkeypatch.context() as patch:
        patch.setattr(engines._Folder, "put", torn)
        with pytest.raises(event_copies.CopiesFailed, match=str(DAYS[3])):
            event_copies.copy_due(at=LATER)
    assert ledger(DAYS[3])[:2] == before
    with stores.second() as store:
        assert (store.sum_of(DAYS[3]).rows, store.sum_of(DAYS[3]).checksum) == before
    assert event_copies.copy_due(at=LATER).days == 1
    assert ledger(DAYS[3])[0] == before[0] + 5


@pytest.mark.parametrize("step", ["gather", "replace", "_settle", "after_replacing"])
def test_a_day_of_which_part_has_left_is_made_good_after_any_death(
    old_world: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    drop_october()
    late(DAYS[3], 5)
    rows = ledger(DAYS[3])[0]
    dies(monkeypatch, step, LATER)
    assert event_copies.copy_due(at=LATER).days == 1
    assert ledger(DAYS[3])[0] == rows + 5
    assert event_copies.compare(days=DAYS, at=LATER) == len(DAYS)


def test_what_has_left_is_not_missed_by_who_counts_what_was_acknowledged(
    world: list[Event], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "sample_of_events", lambda days, _at: days)
    settings.EVENTS_PERSONAL_DAYS, settings.EVENTS_IN_DATABASE_DAYS, settings.EVENTS_KEPT_DAYS = 60, 70, 400
    Event.objects.all()._raw_delete("default")
    late(DAYS[1], 4)
    event_copies.copy_due(at=AT)
    forgetting.forget_due(at=LATER)
    event_copies.copy_due(at=LATER)
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=70)
    assert event_months.drop(at=at).months == 1
    assert list(promises.each_acknowledged_event_is_there_once(at)) == []


def test_an_empty_day_leaves_no_table_beside_it_and_no_file(world: list[Event], settings: Any) -> None:
    left = Path(settings.MEDIA_ROOT) / "event-copies" / "2026-10-01.tsv"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("of one who was killed")
    event_copies.copy_due(at=AT)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_event")
    event_copies.copy(first=FIRST, last=LAST, at=AT)
    assert list(left.parent.iterdir()) == []
    with stores.second() as store:
        assert store.engine.rows("SELECT name FROM system.tables WHERE database = 'shop'") == [["shop_event"]]


# --- over HTTP: the library for servers, before a front of HTTP to the same engine ---------------------------------------


def test_the_library_for_servers_copies_compares_and_takes_out(world: list[Event], settings: Any, tmp_path: Path) -> None:
    pytest.importorskip("clickhouse_connect", reason="needs the packages of `make prove`")
    with clickhouse.serving(tmp_path / "server", user="shop", password="p@ss/word") as url:
        settings.CLICKHOUSE_URL = url.replace("p@ss/word", "p%40ss%2Fword")
        event_copies.copy_due(at=AT)
        the_same_in_both()
        assert event_copies.compare(days=DAYS, at=AT) == len(DAYS)
        late(DAYS[1])
        assert event_copies.copy_due(at=AT).days == 1
        the_same_in_both()
        EventCopy.objects.filter(day=DAYS[0]).update(left_at=AT)
        before = Event.objects.filter(**_within(DAYS[0])).count()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM analytics_event WHERE occurred_at < %s", [_within(DAYS[1])["occurred_at__gte"]])
        with event_lending.lent(DAYS[0]):
            assert Event.objects.count() == before


def _within(day: date) -> dict[str, datetime]:
    begins = datetime(day.year, day.month, day.day, tzinfo=SEOUL)
    return {"occurred_at__gte": begins, "occurred_at__lt": begins + timedelta(days=1)}


def test_a_server_that_is_away_or_refuses_is_told_without_its_address(
    world: list[Event], settings: Any, tmp_path: Path
) -> None:
    from analytics.stores import engines

    pytest.importorskip("clickhouse_connect", reason="needs the packages of `make prove`")
    settings.CLICKHOUSE_URL = "http://shop:secret@127.0.0.1:9/shop"
    with pytest.raises(engines.EventStoreAway) as away:
        event_copies.copy_due(at=AT)
    with clickhouse.serving(tmp_path / "server", user="shop", password="word") as url:
        settings.CLICKHOUSE_URL = url.replace("word", "secret")
        with pytest.raises(engines.EventStoreRefused) as refused:
            event_copies.copy_due(at=AT)
    assert not any(one in str(error.value) for error in (away, refused) for one in ("secret", "127.0.0.1"))
    assert "does not let in" in str(refused.value)
