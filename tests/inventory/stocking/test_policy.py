"""When to buy and how much: each term does what it says, and seasons, lead times, terms and prices move the levels."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from config.local.place import PROJECT
from inventory.stocking import breaks, lead_times, policy
from inventory.stocking.policy import Basis, Method
from inventory.stocking.values import Economics, LeadTime, Outlook, PriceBreak

STEADY = Outlook((3.0,) * 28, 4.0)
WEEK = LeadTime(7)
COSTS = Economics(unit_cost=6, lost_margin=4, order_cost=4)


def test_the_worked_example_of_the_document_is_what_the_rule_says() -> None:
    text = (PROJECT / Path("docs/algorithms/stocking.md")).read_text()
    told = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]+?) \|$", text, re.M))
    found = policy.decide(Outlook((3.0,), 4.0, 0.2), LeadTime(7, 2), COSTS)
    said = {name: str(getattr(found, name)) for name in told if name not in {"reorder_point", "target"}}
    said |= {"reorder_point": str(found.levels.reorder_point), "target": str(found.levels.target)}
    assert len(told) == 14
    assert told == said


def test_an_uncertain_lead_time_an_uneven_demand_and_a_doubtful_level_each_ask_for_more() -> None:
    plain = policy.levels(STEADY, WEEK, COSTS).reorder_point
    assert policy.levels(STEADY, LeadTime(7, 3), COSTS).reorder_point > plain
    assert policy.levels(replace(STEADY, dispersion=9.0), WEEK, COSTS).reorder_point > plain
    assert policy.levels(replace(STEADY, doubt=0.4), WEEK, COSTS).reorder_point > plain


def test_dearer_lost_sales_raise_the_level_and_a_stated_one_replaces_it() -> None:
    plain, dear = policy.decide(STEADY, WEEK, COSTS), policy.decide(STEADY, WEEK, replace(COSTS, lost_margin=12))
    assert plain.basis is Basis.ECONOMIC
    assert dear.service_level > plain.service_level
    stated = policy.decide(STEADY, WEEK, replace(COSTS, service_level=0.8))
    assert (stated.basis, stated.service_level) == (Basis.STATED, 0.8)
    assert stated.levels.reorder_point < plain.levels.reorder_point


def test_before_a_peak_stock_is_built_up_and_at_its_end_run_down() -> None:
    season = [2.0] * 30 + [10.0] * 20 + [1.0] * 60

    def at(day: int) -> policy.Decision:
        return policy.decide(Outlook(tuple(season[day:]), 3.0), WEEK, COSTS)

    quiet, before, last, after = at(0), at(25), at(48), at(60)
    assert before.levels.reorder_point > 2 * quiet.levels.reorder_point
    assert before.levels.target > quiet.levels.target
    # Two days before the end what is ordered arrives too late for the peak.
    assert last.levels.reorder_point < before.levels.reorder_point
    assert last.levels.target < before.levels.target
    assert after.levels.reorder_point < quiet.levels.reorder_point


def test_nothing_expected_means_nothing_bought_but_a_minimum_stays() -> None:
    none = policy.decide(Outlook((0.0,) * 7), WEEK, COSTS)
    assert (none.levels.reorder_point, none.levels.target, none.quantity) == (0, 0, 0)
    kept = policy.decide(Outlook(()), WEEK, replace(COSTS, minimum_stock=5))
    assert kept.raised_to_minimum
    assert (kept.levels.reorder_point, kept.levels.target) == (5, 5)


def test_minimum_packs_maximum_and_stated_cover_bind_the_quantity() -> None:
    assert policy.decide(STEADY, WEEK, replace(COSTS, minimum_quantity=500)).quantity == 500
    assert policy.decide(STEADY, WEEK, replace(COSTS, order_multiple=48)).quantity % 48 == 0
    cut = policy.decide(STEADY, WEEK, replace(COSTS, maximum_stock=50))
    assert cut.cut_to_maximum
    assert cut.levels.target == 50
    assert policy.decide(STEADY, WEEK, replace(COSTS, cover_days=14)).quantity == 42


def test_a_price_break_is_taken_where_it_pays_and_left_where_it_does_not() -> None:
    good = replace(COSTS, breaks=(PriceBreak(200, 5.5),))
    poor = replace(COSTS, breaks=(PriceBreak(2000, 5.99),))
    taken = policy.decide(STEADY, WEEK, good)
    assert (taken.quantity, taken.unit_cost) == (200, 5.5)
    assert taken.levels.target - taken.levels.reorder_point >= 200
    assert policy.decide(STEADY, WEEK, poor).unit_cost == 6
    # The best lot is the best of all quantities.
    for economics in (good, poor):
        lot = breaks.best_lot(3.0, economics)
        everything = min(_daily_cost(quantity, economics) for quantity in range(1, 2500))
        assert lot.daily_cost == pytest.approx(everything, rel=1e-4)


def _daily_cost(quantity: int, economics: Economics) -> float:
    unit = breaks.unit_cost_of(quantity, economics)
    return 3 * unit + 3 * economics.order_cost / quantity + economics.holding_rate * unit / 365 * quantity / 2


def test_demand_that_stays_as_it_is_may_be_planned_exactly_and_the_rule_comes_close() -> None:
    outlook = Outlook((3.0,), 4.0)
    found = policy.decide(outlook, WEEK, COSTS, exactly=True)
    assert found.method is Method.EXACT
    case = policy._case(outlook, WEEK, COSTS)
    best = policy.exact.optimum(case)
    assert found.levels == best.levels
    assert policy.exact.cost_of(policy.levels(outlook, WEEK, COSTS), case) < 1.05 * best.cost
    assert policy.decide(replace(outlook, doubt=0.1), WEEK, COSTS, exactly=True).method is Method.QUANTILE
    worthless = replace(COSTS, lost_margin=0.005)
    assert policy.decide(outlook, WEEK, worthless, exactly=True).method is Method.QUANTILE


def test_lead_times_start_at_the_promise_and_end_at_the_receipts() -> None:
    unknown, some, many = (lead_times.learned(days, 7) for days in ((), (14,) * 4, (14,) * 200))
    assert (unknown.mean, round(unknown.deviation, 2)) == (7, 2.1)
    assert some.mean == 10.5
    assert many.mean > 13.8
    assert many.deviation < some.deviation


def test_demand_of_an_uncertain_time_has_both_variances() -> None:
    found = lead_times.demand_over(Outlook((2.0,) * 30, 3.0), LeadTime(9, 2), 1)
    assert (found.mean, found.by_chance, found.by_lead_time) == pytest.approx((20, 60, 16))
    assert lead_times.expected_over(Outlook((1.0, 2.0, 3.0)), 2.5) == pytest.approx(4.5)
    assert lead_times.expected_over(Outlook((7.0,) * 7), 10) == pytest.approx(70)
    assert policy.saved(STEADY, WEEK, COSTS, position=0, quantity=50) > policy.saved(
        STEADY, WEEK, COSTS, position=20, quantity=50
    )
