"""The rule over windows against a count by hand, and what must hold however late acts are told."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.behaviour.windows import MOST_KEPT, Act, Match, Terms, matches

START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + timedelta(minutes=60)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def acts(*minutes: float) -> list[Act]:
    return [Act(minute(one), str(number)) for number, one in enumerate(minutes)]


def terms(at_least: int = 3, within: int = 10, cooldown: int = 20) -> Terms:
    return Terms(at_least, timedelta(minutes=within), timedelta(minutes=cooldown))


def found(*minutes: float, unless: tuple[float, ...] = (), former: tuple[float, ...] = (), **how: int) -> list[float]:
    told = matches(
        terms(**how), acts(*minutes), [minute(one) for one in unless], since=START, until=END,
        former=[minute(one) for one in former],
    )  # fmt: skip
    return [(one.at - START) / timedelta(minutes=1) for one in told]


def test_the_third_within_the_window_matches_and_the_window_is_open_at_its_beginning() -> None:
    assert found(0, 5, 9) == [9]
    assert found(0, 5, 10) == []
    assert found(0, 5, 9, 12) == [9]
    assert found(5, 5, 5) == [5]


def test_what_makes_up_for_it_counts_within_the_window_only() -> None:
    assert found(10, 12, 14, unless=(13,)) == []
    assert found(10, 12, 14, unless=(4, 14.5)) == [14]
    assert found(10, 12, 14, unless=(14,)) == []


def test_the_cooldown_looks_both_ways() -> None:
    assert found(0, 1, 2, 21, 21.5, 21.9) == [2]
    assert found(0, 1, 2, 21, 21.5, 22) == [2, 22]
    assert found(0, 1, 2, former=(20,)) == []


def test_an_act_that_is_given_twice_counts_once() -> None:
    twice = [*acts(0, 5), *acts(0, 5)]
    assert matches(terms(), twice, since=START, until=END) == []


def test_a_match_keeps_its_count_and_its_last_acts() -> None:
    many = [Act(minute(1) + timedelta(seconds=number), f"{number:03}") for number in range(300)]
    # At least 200 of them: the one that matches is the 200th.
    (match,) = matches(terms(at_least=200, within=10, cooldown=20), many, since=START, until=END)
    assert (match.count, len(match.acts), match.acts[-1]) == (200, MOST_KEPT, many[199])


def test_no_more_matches_are_made_than_are_asked_for_and_the_next_turn_goes_on() -> None:
    how, told = terms(at_least=1, within=10, cooldown=5), acts(0, 10, 20, 30)
    first = matches(how, told, since=START, until=END, most=3)
    assert [one.at for one in first] == [minute(0), minute(10), minute(20)]
    rest = matches(how, told, since=START, until=END, most=3, former=[one.at for one in first])
    assert [one.at for one in rest] == [minute(30)]


def by_hand(
    how: Terms, told: list[Act], unless: list[datetime], since: datetime, until: datetime, former: list[datetime]
) -> list[Match]:
    known, taken, result = set(told), list(former), []
    for moment in sorted({one.at for one in known}):
        window = sorted(one for one in known if moment - how.within < one.at <= moment)
        bad = [one for one in unless if moment - how.within < one <= moment]
        quiet = all(abs((moment - one).total_seconds()) >= how.cooldown.total_seconds() for one in taken)
        if since <= moment < until and len(window) >= how.at_least and not bad and quiet:
            taken.append(moment)
            result.append(Match(moment, len(window), tuple(window[-MOST_KEPT:])))
    return result


MOMENTS = st.integers(-20, 80).map(minute)
ACTS = st.lists(st.builds(Act, MOMENTS, st.sampled_from("abc")), max_size=30)
TERMS = st.builds(
    terms, at_least=st.integers(1, 5), within=st.integers(1, 30), cooldown=st.integers(1, 40)
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(TERMS, ACTS, st.lists(MOMENTS, max_size=4), st.lists(MOMENTS, max_size=3))
def test_it_is_what_a_count_by_hand_gives(how: Terms, told: list[Act], unless: list[datetime], former: list[datetime]) -> None:
    expected = by_hand(how, told, unless, START, END, former)
    assert matches(how, told, unless, since=START, until=END, former=former) == expected
    assert matches(how, told[::-1], unless[::-1], since=START, until=END, former=former[::-1]) == expected


@settings(max_examples=40, deadline=None)
@given(TERMS, ACTS, st.integers(1, 4))
def test_however_late_acts_are_told_no_two_matches_are_nearer_than_the_cooldown(
    how: Terms, told: list[Act], parts: int
) -> None:
    taken: list[datetime] = []
    for number in range(1, parts + 1):
        known = told[: len(told) * number // parts]
        taken += [one.at for one in matches(how, known, since=START, until=END, former=taken)]
    taken.sort()
    assert all(later - earlier >= how.cooldown for earlier, later in pairwise(taken))
    # Told once more there is nothing new.
    assert matches(how, told, since=START, until=END, former=taken) == []
