"""How good the data of a day is, counted from batches and hours."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from analytics.behaviour import wire
from analytics.behaviour.reading import read
from analytics.behaviour.wire import Received
from analytics.models import DailyBatches, Event, EventBatch, EventSource, QuarantinedEvent
from analytics.operations import draining, event_days, event_figures, event_kinds, quarantine
from analytics.queries import event_kinds as known_kinds
from analytics.queries import event_quality, event_recount
from analytics.queries.event_quality import Day, Standing
from config.kernel import invariants, shop
from tests.analytics.builders import seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told

pytestmark = pytest.mark.django_db
# A Friday.
TODAY = date(2026, 11, 20)
NOON = seoul("2026-11-20")


def source_since(day: str, **values: Any) -> EventSource:
    return a_source(at=seoul(day), **values)


def tell(source: EventSource, at: datetime, number: int = 1, **values: Any) -> None:
    told(source, a_batch(*(an_event(at=at) for _ in range(number))), at=at, **values)


def standing(at: datetime = NOON, first: date = TODAY, last: date = TODAY) -> Standing:
    event_figures.count_due()
    [found] = event_quality.standings(first=first, last=last, at=at)
    return found


def day_of(at: datetime = NOON, day: date = TODAY) -> Day:
    [found] = [one for one in standing(at, day, day).days if one.day == day]
    return found


def test_a_day_tells_what_came_and_what_of_it_could_be_read() -> None:
    source, event = source_since("2026-11-01"), an_event(at=NOON)
    told(source, a_batch(event, an_event(at=NOON - timedelta(hours=2))), at=NOON)
    told(source, a_batch(event, {"id": "nonsense"}, an_event("nonsense")), at=NOON)
    told(source, a_batch(an_event(at=NOON)), at=NOON, traffic=Event.Traffic.BOT)

    day = day_of()

    told_of = day.received
    assert (told_of.batches, told_of.stored, told_of.doubled, told_of.quarantined) == (3, 3, 1, 2)
    assert (told_of.not_shoppers, told_of.late, told_of.events) == (1, 1, 1)
    assert (told_of.doubled_share, told_of.quarantined_share) == (1 / 6, 2 / 5)
    assert day.reasons == (("bad_id", 1), ("unknown_kind", 1))


def test_days_end_at_midnight_in_seoul() -> None:
    source = source_since("2026-11-01")
    tell(source, seoul("2026-11-18", "23:59"))
    tell(source, seoul("2026-11-19", "00:00"), 2)
    days = {one.day.day: one.received.stored for one in standing(first=date(2026, 11, 18), last=date(2026, 11, 19)).days}
    assert days == {18: 1, 19: 2}


def test_completeness_is_against_the_same_weekday_of_the_weeks_before() -> None:
    source = source_since("2026-10-20")
    for week, number in ((1, 90), (2, 110), (3, 100)):
        tell(source, seoul("2026-11-19") - timedelta(weeks=week), number)
    # Another weekday, which counts for nothing here.
    tell(source, seoul("2026-11-18"), 400)
    tell(source, seoul("2026-11-19"), 40)

    day = day_of(day=date(2026, 11, 19))

    # On the fourth Thursday before, the source was there and told nothing.
    assert (day.received.usual, day.received.completeness) == (95, 40 / 95)
    assert day.troubles == ("incomplete",)


def test_there_is_no_completeness_without_a_past() -> None:
    source = source_since("2026-11-10")
    tell(source, seoul("2026-11-12"), 100)
    tell(source, seoul("2026-11-19"))
    assert day_of(day=date(2026, 11, 19)).received.completeness is None


def test_the_open_day_is_compared_up_to_the_last_full_hour() -> None:
    source = source_since("2026-10-01")
    for week in (1, 2, 3, 4):
        tell(source, seoul("2026-11-20", "10:00") - timedelta(weeks=week), 60)
        tell(source, seoul("2026-11-20", "12:30") - timedelta(weeks=week), 60)
    tell(source, seoul("2026-11-20", "10:00"), 60)
    tell(source, seoul("2026-11-20", "12:10"), 5)
    assert day_of(seoul("2026-11-20", "12:20")).received.completeness == 1


@pytest.mark.parametrize(
    ("batches", "longest"),
    [
        # From the opening at nine, between batches, up to now.
        (["11:00", "13:00"], timedelta(hours=2)),
        (["09:10", "12:40", "14:30"], timedelta(hours=3, minutes=30)),
        (["03:00", "09:30", "12:00"], timedelta(hours=3)),
        ([], timedelta(hours=6)),
    ],
)
def test_a_silence_counts_in_opening_hours(batches: list[str], longest: timedelta) -> None:
    source = source_since("2026-11-01")
    for clock in batches:
        tell(source, seoul("2026-11-20", clock))
    assert day_of(seoul("2026-11-20", "15:00")).received.silence == longest


def test_a_night_of_silence_belongs_to_no_day() -> None:
    source = source_since("2026-11-01")
    tell(source, seoul("2026-11-18", "22:00"))
    tell(source, seoul("2026-11-20", "10:00"))
    days = {one.day.day: one.received.silence for one in standing(first=date(2026, 11, 18)).days}
    assert days == {18: timedelta(hours=13), 19: timedelta(hours=14), 20: timedelta(hours=2)}


def test_a_source_tells_its_lag_and_what_is_not_counted_yet() -> None:
    source = source_since("2026-11-01")
    tell(source, NOON - timedelta(minutes=9))
    tell(source, NOON - timedelta(minutes=4))
    [before] = event_quality.standings(first=TODAY, last=TODAY, at=NOON)
    assert (before.last_at, before.pending) == (NOON - timedelta(minutes=4), 2)
    assert before.pending_since == NOON - timedelta(minutes=9)
    assert (standing().pending, standing().pending_since) == (0, None)


def test_a_source_that_is_off_has_no_empty_days() -> None:
    tell(source_since("2026-11-01", is_active=False), seoul("2026-11-18"))
    assert [one.day.day for one in standing(first=date(2026, 11, 15)).days] == [18]


LAST_WEEK = [date(2026, 11, 13) + timedelta(days=number) for number in range(7)]


def a_week() -> EventSource:
    """Of a source that was silent on one day, and another one that has told nothing yet."""
    source, _silent = source_since("2026-11-01"), source_since("2026-11-17")
    for day in LAST_WEEK[:-1]:
        for clock in ("00:00", "08:59", "09:30", "14:10", "23:59"):
            moment = seoul(day.isoformat(), clock)
            told(source, a_batch(an_event(at=moment - timedelta(hours=2)), {"id": f"{day} {clock}"}), at=moment)
    return source


def all_of(at: datetime = NOON) -> list[Standing]:
    event_figures.count_due()
    return event_quality.standings(first=LAST_WEEK[0], last=TODAY, at=at)


def test_closed_days_are_summed_up_and_say_the_same() -> None:
    a_week()
    live = all_of()
    assert event_days.sum_up(at=NOON) == 7
    assert all_of() == live
    assert event_quality.made_days(first=LAST_WEEK[0], last=TODAY) == set(LAST_WEEK)
    assert [one for day in LAST_WEEK for one in event_recount.missummed(day)] == []
    # The latest days once more, the others are made.
    assert event_days.sum_up(at=NOON) == event_days.TRAILING_DAYS
    # The open day is read from its batches, and so is the one that has not closed yet.
    assert event_days.sum_up(at=seoul("2026-11-21", "00:04")) == 2


def test_summed_up_days_are_read_from_few_rows(django_assert_num_queries: Any) -> None:
    a_week()
    event_days.sum_up(at=NOON)
    EventBatch.objects.all().delete()
    with django_assert_num_queries(6):
        days = event_quality.standings(first=LAST_WEEK[0], last=TODAY, at=NOON)[0].days
    assert [one.received.batches for one in days if one.day in LAST_WEEK] == [0, 5, 5, 5, 5, 5, 5]


def test_a_day_of_which_something_is_read_again_is_summed_up_anew() -> None:
    source = source_since("2026-11-01")
    told(source, a_batch(an_event("gift_wrapped", at=seoul("2026-11-16"))), at=seoul("2026-11-16"))
    event_days.sum_up(at=NOON)
    event_kinds.define(name="gift_wrapped", properties={}, required=[], actor=None, at=NOON)
    quarantine.read_again(ids=[QuarantinedEvent.objects.get().pk])

    assert event_quality.made_days(first=date(2026, 11, 16), last=date(2026, 11, 16)) == set()
    assert day_of(day=date(2026, 11, 16)).received.stored == 1
    event_days.sum_up(at=NOON)
    assert day_of(day=date(2026, 11, 16)).received.stored == 1
    assert list(event_recount.missummed(date(2026, 11, 16))) == []


@pytest.mark.breaks_promises("a stored figure is changed by hand")
def test_a_sum_that_drifted_is_named() -> None:
    source = a_week()
    event_days.sum_up(at=NOON)
    DailyBatches.objects.filter(day=LAST_WEEK[0], source=source).update(stored=7, silence=timedelta(hours=9))
    told_of = [(one.subject.split(":")[0], one.said, one.counted) for one in event_recount.missummed(LAST_WEEK[0])]
    assert told_of == [("stored", 7, 5), ("silence", 9 * 3600, 9 * 3600 - 600)]
    assert [one.invariant for one in invariants.check_all(at=NOON)] == ["I9", "I9"]


def test_bad_days_are_told_by_source_and_day() -> None:
    source = source_since("2026-11-01")
    told(source, a_batch(*(an_event(at=NOON) for _ in range(20)), *({"id": str(one)} for one in range(5))), at=NOON)
    first = TODAY - timedelta(days=29)
    assert event_quality.bad_days(first=first, last=TODAY, at=NOON) == {(source.pk, TODAY): ("quarantined",)}
    assert event_quality.kinds_of_trouble([standing(first=first)]) == {"quarantined": 1}
    assert event_quality.bad_days(first=TODAY, last=first, at=NOON) == {}


def test_what_is_drained_after_its_day_was_summed_up_makes_it_anew() -> None:
    source, at = a_source(), NOON - timedelta(days=5)
    for number in (6, 5, 4):
        told(source, a_batch(an_event(at=NOON - timedelta(days=number))), at=NOON - timedelta(days=number))
    event_days.sum_up(at=NOON)
    late, fresh = (
        Received(read(a_batch(an_event(at=one)), kinds=known_kinds.known(), received_at=one), source.pk, 0, one)
        for one in (at, NOON)
    )
    days = set(DailyBatches.objects.values_list("day", flat=True))
    assert [one.stored for one in draining.store([wire.told(late), wire.told(fresh)], at=NOON)] == [1, 1]
    assert days - set(DailyBatches.objects.values_list("day", flat=True)) == {shop.day(at)}
    event_days.sum_up(at=NOON)
    assert list(event_recount.missummed(shop.day(at))) == []


def test_control_who_writes_batches_without_unmaking_their_day_leaves_it_wrong() -> None:
    source, at = a_source(), NOON - timedelta(days=5)
    for number in (6, 5, 4):
        told(source, a_batch(an_event(at=NOON - timedelta(days=number))), at=NOON - timedelta(days=number))
    event_days.sum_up(at=NOON)
    told(source, a_batch(an_event(at=at)), at=at)
    event_days.sum_up(at=NOON)
    assert list(event_recount.missummed(shop.day(at))) != []
