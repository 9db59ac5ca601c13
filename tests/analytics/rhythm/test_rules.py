"""The rules of the rhythm, without a database: chances, cycles, hours, decline, types, decisive slots."""

import sys
from datetime import date, datetime, timedelta
from itertools import product
from math import comb
from random import Random

import pytest

from analytics.rhythm import buyers, chances, cycles, decisive, decline, preference, taste
from analytics.rhythm.buyers import BuyerType, Looked, Manner, Purchase, Standing, Verdict
from analytics.rhythm.decisive import Counted
from analytics.rhythm.decline import Came
from tests.analytics.rhythm import measured, planted

DAY = date(2026, 11, 1)
AT = datetime(2026, 11, 1, 20, 30, tzinfo=planted.SEOUL)


def days(*gaps: int) -> list[date]:
    found = [DAY]
    for gap in gaps:
        found.append(found[-1] + timedelta(days=gap))
    return found


# --- chances


def test_chances_of_counts_are_those_of_counting_all_outcomes() -> None:
    for trials, hits in product(range(1, 9), range(9)):
        exact = sum(comb(trials, k) for k in range(min(hits, trials) + 1)) / 2**trials
        assert chances.binomial_at_most(hits, trials, 0.5) == pytest.approx(exact)
    # 3 of 10 are marked, 4 are drawn, 2 of them or more are marked.
    exact = sum(comb(3, k) * comb(7, 4 - k) for k in (2, 3)) / comb(10, 4)
    assert chances.drawn_at_least(2, 4, 3, 10) == pytest.approx(exact)
    assert chances.drawn_at_least(0, 4, 3, 10) == 1
    assert chances.drawn_at_least(4, 4, 3, 10) == 0


def test_a_count_after_a_known_rate_is_a_poisson_count_and_wider_after_an_unknown_one() -> None:
    assert chances.next_count_at_most(0, seen=1e6, during=1e6, ahead=1) == pytest.approx(2.718281828**-1, rel=1e-3)
    assert chances.next_count_at_most(0, seen=1, during=1, ahead=1) == pytest.approx(0.5)


def test_most_are_such_is_known_after_some_and_not_before_any() -> None:
    assert chances.majority(0, 0) == 0.5
    assert chances.majority(2, 2) == pytest.approx(0.875)
    assert chances.majority(1, 3) == pytest.approx(1 - 0.6875)


def test_corrected_chances_keep_their_order_and_count_the_questions_nobody_names() -> None:
    assert chances.adjusted([0.01, 0.04, 0.03], 4) == pytest.approx([0.04, 4 * 0.04 / 3, 4 * 0.04 / 3])


# --- cycles


def test_the_cycle_is_the_usual_gap_and_one_long_absence_does_not_change_it() -> None:
    cycle = cycles.cycle(days(30, 31, 29, 90, 30))
    assert cycle is not None
    assert (cycle.days, cycle.gaps, cycle.fitting) == (30, 5, 4)
    assert cycle.expected_on == cycle.last_on + timedelta(days=30)
    assert cycle.due_from < cycle.expected_on < cycle.due_until


def test_two_gaps_make_no_cycle_and_two_orders_of_one_day_no_gap() -> None:
    assert cycles.cycle(days(30, 30)) is None
    assert cycles.gaps([*days(30), DAY]) == [30]


def test_who_buys_at_random_has_a_cycle_that_nobody_trusts() -> None:
    cycle = cycles.cycle(days(3, 40, 11, 75, 20, 5))
    assert cycle is not None
    assert cycle.confidence < 0.2


# --- hours


def test_who_was_seen_once_has_the_hour_of_the_shop() -> None:
    shop = preference.usual({20: 500}, {3: 500})
    seldom = preference.preference([AT.replace(hour=9)], [], shop)
    assert (seldom.hour, seldom.weekday, seldom.is_own) == (20, 3, False)
    often = preference.preference([AT.replace(hour=9)] * 12, [], shop)
    assert (often.hour, often.weekday, often.is_own) == (9, 6, True)


def test_the_clock_is_round() -> None:
    assert preference.smoothed([4.0, *[0.0] * 22, 4.0])[0] == 3
    assert sum(preference.usual({}, {}).hours) == pytest.approx(1)


# --- decline


def visits(*ages: int, active: float = 60) -> list[Came]:
    return [Came(age, active) for age in ages]


EVERY_FIVE_DAYS = tuple(range(29, 140, 5))


def test_who_came_every_five_days_and_stays_away_declines() -> None:
    found = decline.decline(visits(*EVERY_FIVE_DAYS))
    assert found is not None
    assert found.declines
    assert found.score > 0.97
    still = decline.decline(visits(*EVERY_FIVE_DAYS, 2, 7, 13, 19, 24))
    assert still is not None
    assert not still.declines


def test_who_was_seldom_seen_is_not_judged() -> None:
    assert decline.decline(visits(60, 80, 100)) is None
    assert decline.decline(visits(*range(29, 50, 2))) is None


def test_days_that_cannot_be_trusted_are_no_absence() -> None:
    found = decline.decline(visits(*EVERY_FIVE_DAYS), left_out=range(1, 26))
    assert found is not None
    assert (found.recent_days, found.declines) == (3, False)


def test_who_comes_as_often_and_looks_for_a_moment_only_declines_too() -> None:
    short = visits(2, 5, 8, 11, 14, 18, 22, active=5)
    found = decline.decline(visits(*EVERY_FIVE_DAYS) + short)
    assert found is not None
    assert (found.fewer, found.shorter) == (False, True)


def test_of_those_whose_interest_holds_few_are_said_to_decline() -> None:
    wrong = judged = 0
    for seed in range(400):
        dice = Random(seed)  # noqa: S311
        ages = [age for age in range(1, 169) if dice.random() < 0.2]
        found = decline.decline([Came(age, dice.lognormvariate(4, 1)) for age in ages])
        judged += found is not None
        wrong += found is not None and found.declines
    assert judged == 400
    assert wrong / judged <= 0.05


def test_of_those_who_come_a_fifth_as_often_most_are_found() -> None:
    found = 0
    for seed in range(200):
        dice = Random(seed)  # noqa: S311
        ages = [age for age in range(1, 169) if dice.random() < (0.08 if age <= 28 else 0.4)]
        said = decline.decline(visits(*ages))
        found += said is not None and said.declines
    assert found / 200 >= 0.8


# --- types


@pytest.mark.parametrize(
    ("hours", "count", "products", "manner"),
    [
        (1, 1, 2, Manner.QUICK),
        (24, 2, 5, Manner.QUICK),
        (25, 1, 2, Manner.BETWEEN),
        (1, 3, 5, Manner.BETWEEN),
        (48, 3, 2, Manner.DELIBERATE),
        (1, 3, 6, Manner.DELIBERATE),
        (47, 2, 20, Manner.BETWEEN),
    ],
)
def test_a_purchase_is_quick_or_deliberate_by_published_thresholds(
    hours: int, count: int, products: int, manner: Manner
) -> None:
    assert Purchase(AT, timedelta(hours=hours), count, products).manner is manner


def test_what_led_to_a_purchase_lies_after_the_one_before_and_within_two_weeks() -> None:
    ages = (20, 13, 6, 3, 0.1)
    looks = [Looked(AT - timedelta(days=age), AT - timedelta(days=age), 2) for age in ages]
    first, second = buyers.purchases([AT - timedelta(days=5), AT], looks)
    assert (first.visits, second.visits) == (2, 2)
    assert second.gap == timedelta(days=3)


def test_a_purchase_by_telephone_says_nothing_about_the_manner() -> None:
    assert buyers.purchases([AT], []) == []
    nothing_seen = Looked(AT - timedelta(minutes=5), None, 0)
    assert buyers.purchases([AT], [nothing_seen]) == []


def test_two_orders_within_an_hour_are_one_purchase() -> None:
    look = Looked(AT - timedelta(minutes=5), AT - timedelta(minutes=5), 1)
    assert len(buyers.purchases([AT, AT + timedelta(minutes=30)], [look])) == 1


def quick(number: int) -> list[Purchase]:
    return [Purchase(AT, timedelta(hours=1), 1, 1)] * number


def slow(number: int) -> list[Purchase]:
    return [Purchase(AT, timedelta(days=5), 4, 9)] * number


def test_one_purchase_is_not_enough_and_that_is_said() -> None:
    assert buyers.verdict(quick(1), None).type is BuyerType.UNKNOWN
    assert buyers.verdict(quick(2), None).type is BuyerType.IMMEDIATE
    assert buyers.verdict(slow(3) + quick(3), None).type is BuyerType.UNKNOWN
    assert buyers.verdict(slow(5) + quick(1), None).type is BuyerType.DELIBERATE


def test_who_buys_by_the_calendar_is_repeating_however_quick() -> None:
    assert buyers.verdict(quick(6), cycles.cycle(days(30, 31, 29, 30, 33))).type is BuyerType.REPEATING
    assert buyers.verdict(quick(6), cycles.cycle(days(3, 41, 9, 80, 33))).type is BuyerType.IMMEDIATE


def test_a_type_does_not_flip_with_one_reading() -> None:
    standing = buyers.settle(Standing(), buyers.verdict(quick(4), None), DAY)
    assert standing == Standing(BuyerType.IMMEDIATE, DAY)
    unsure = Verdict(BuyerType.DELIBERATE, 0.82, dict.fromkeys(BuyerType, 0.0), 5, 1, 4)
    waiting = buyers.settle(standing, unsure, DAY + timedelta(days=1))
    assert (waiting.type, waiting.candidate, waiting.since) == (BuyerType.IMMEDIATE, BuyerType.DELIBERATE, DAY)
    still = buyers.settle(waiting, unsure, DAY + timedelta(days=14))
    assert still.type is BuyerType.IMMEDIATE
    assert buyers.settle(still, unsure, DAY + timedelta(days=15)) == Standing(BuyerType.DELIBERATE, DAY + timedelta(days=15))
    sure = Verdict(BuyerType.DELIBERATE, 0.95, dict.fromkeys(BuyerType, 0.0), 9, 0, 9)
    assert buyers.settle(standing, sure, DAY + timedelta(days=1)).type is BuyerType.DELIBERATE


def test_a_type_is_dropped_only_when_little_speaks_for_it() -> None:
    standing = Standing(BuyerType.IMMEDIATE, DAY)
    some = buyers.verdict([*quick(4), *slow(2)], None)
    assert some.type is BuyerType.UNKNOWN
    assert buyers.settle(standing, some, DAY + timedelta(days=9)) == standing
    little = buyers.verdict([*quick(2), *slow(2)], None)
    assert buyers.settle(standing, little, DAY + timedelta(days=9)) == Standing(BuyerType.UNKNOWN, DAY + timedelta(days=9))


def test_prices_are_banded_by_the_shops_own_thirds_and_categories_have_their_own_cycle() -> None:
    orders = [
        taste.Order(AT + timedelta(days=gap), DAY + timedelta(days=gap), (1,) if gap % 60 else (1, 2), (500.0,), gap == 0)
        for gap in (0, 30, 60, 90, 120)
    ]
    found = taste.taste(orders, (1_000.0, 5_000.0))
    assert (found.band, found.coupon_orders) == (taste.Band.LOW, 1)
    first, second = found.categories
    assert (first.category, first.orders) == (1, 5)
    assert first.cycle is not None
    assert first.cycle.days == 30
    assert second.cycle is None
    assert taste.taste(orders[:2], (1_000.0, 5_000.0)).band is None


# --- decisive slots


def even(hot: int, best_week: int | None = None) -> list[Counted]:
    """Four orders of a hundred visits in every slot and week but one slot, of which `hot`: each week, or in one alone."""
    return [
        Counted("web", weekday, hour, week, 100, hot if (weekday, hour) == (3, 20) and best_week in (None, week) else 4)
        for weekday in range(7)
        for hour in range(24)
        for week in range(8)
    ]


def test_an_hour_that_sells_clearly_better_is_decisive_and_no_other() -> None:
    (found,) = [one for one in decisive.slots(even(9)) if one.is_decisive]
    assert (found.channel, found.weekday, found.hour, found.weeks) == ("", 3, 20, 8)
    assert found.lift == pytest.approx(9 / 4)


def test_what_one_good_week_made_is_not_decisive() -> None:
    assert not [one for one in decisive.slots(even(60, best_week=2)) if one.is_decisive]


def test_what_hardly_matters_or_is_hardly_known_is_not_decisive() -> None:
    assert not [one for one in decisive.slots(even(5)) if one.is_decisive]
    few = [Counted("web", 3, 20, week, 2, 2) for week in range(8)]
    many = [Counted("web", 3, 21, week, 2_000, 20) for week in range(8)]
    assert not [one for one in decisive.slots(few + many) if one.is_decisive]
    assert decisive.slots([]) == []


# --- acceptance, with small numbers; tests/prove/test_rhythm.py asks for large ones


def test_planted_buyers_are_recognized() -> None:
    f1 = measured.macro_f1(measured.buyer_types(240, seed=7))
    sys.stdout.write(f"macro-F1 of buyer types: {f1:.3f}\n")
    assert f1 >= 0.85


def test_planted_stages_are_inferred() -> None:
    share = measured.stages(600, seed=7)
    sys.stdout.write(f"stages inferred: {share:.3f}\n")
    assert share >= 0.85


def test_where_no_hour_decides_none_is_found() -> None:
    wrong = measured.shops_with_false_discoveries(20, seed=7, visits=12_000)
    sys.stdout.write(f"shops with a false discovery: {wrong} of 20\n")
    assert wrong <= 1
