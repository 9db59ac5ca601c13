"""What may sell out, judged by hand-worked cases."""

from math import exp

import pytest

from inventory import risk
from inventory.risk import Action, Arrival, Judged, Level, Standing, Step, Ways
from inventory.stocking.values import LeadTime, Outlook

TWO_A_DAY = Outlook(daily=(2.0,) * 28)


def standing(available: int, *, lead: int = 4, arrivals: tuple[Arrival, ...] = (), asked: int = 0) -> Standing:
    return Standing(available, TWO_A_DAY, LeadTime(lead), arrivals, asked)


def poisson_beyond(mean: float, stock: int) -> float:
    term, below = exp(-mean), 0.0
    for units in range(stock + 1):
        below += term
        term *= mean / (units + 1)
    return 1 - below


def test_the_chance_is_that_demand_until_goods_can_come_exceeds_the_stock() -> None:
    # Ordered now or tonight, goods are here after 4 + 1 days; 10 are expected to be asked for by then.
    judged = risk.judge(standing(8))
    assert judged.horizon_days == 5
    assert judged.chance == pytest.approx(poisson_beyond(10, 8), abs=1e-4)
    assert judged.level == Level.URGENT
    assert judged.days_of_cover == 4
    assert judged.out_in_days == 4


def test_enough_until_goods_come_is_no_risk() -> None:
    judged = risk.judge(standing(16))
    assert judged.chance == pytest.approx(poisson_beyond(10, 16), abs=1e-4)
    assert judged.level == Level.NONE
    assert judged.out_in_days is None


def test_between_enough_and_too_little_it_is_likely() -> None:
    assert risk.judge(standing(12)).level == Level.LIKELY


def test_nothing_left_and_asked_for_is_sold_out() -> None:
    judged = risk.judge(standing(0))
    assert judged.level == Level.OUT
    assert judged.days_of_cover == 0
    assert judged.expected_short == pytest.approx(10)


def test_nothing_left_and_never_asked_for_is_no_risk() -> None:
    assert risk.judge(Standing(0, Outlook(daily=(0.0,)), LeadTime(4))).level == Level.NONE


def test_goods_that_come_in_time_help_and_the_days_before_them_still_count() -> None:
    late = risk.judge(standing(2, arrivals=(Arrival(100, 4),)))
    # Eight are expected before the delivery on the fourth day, two lie there: that is the worst moment.
    assert late.chance == pytest.approx(poisson_beyond(8, 2), abs=1e-4)
    assert late.out_in_days == 1
    early = risk.judge(standing(10, arrivals=(Arrival(100, 2),)))
    assert early.chance == pytest.approx(poisson_beyond(4, 10), abs=1e-4)
    assert early.level == Level.NONE


def test_an_overdue_delivery_is_expected_tomorrow() -> None:
    judged = risk.judge(standing(3, arrivals=(Arrival(100, -6),)))
    assert judged.chance == pytest.approx(poisson_beyond(2, 3), abs=1e-4)


def test_a_slow_supplier_lengthens_the_time_to_bridge() -> None:
    slow = risk.judge(Standing(12, TWO_A_DAY, LeadTime(4, 3)))
    assert slow.horizon_days == 8
    assert slow.chance > risk.judge(standing(12)).chance


def test_a_day_that_chance_does_not_explain_is_a_surge_and_sets_the_pace() -> None:
    found, tail = risk.is_surge(standing(40, asked=14))
    assert found
    assert tail == pytest.approx(poisson_beyond(2, 13), rel=0.01)
    # Fourteen and two days of two are eighteen in three days, three times the expected two.
    assert risk.pace_of(standing(40, asked=14)) == pytest.approx(3)
    judged = risk.judge(standing(24, asked=14))
    assert judged.is_surge
    assert judged.days_of_cover == 4
    assert judged.level == Level.URGENT
    assert risk.judge(standing(24)).level == Level.NONE


@pytest.mark.parametrize("asked", [0, 4, 9])
def test_a_busy_day_is_no_surge(asked: int) -> None:
    assert not risk.is_surge(standing(40, asked=asked))[0]


def test_lumpy_demand_needs_more_for_a_surge() -> None:
    lumpy = Standing(40, Outlook(daily=(2.0,), dispersion=6), LeadTime(4), (), 14)
    assert not risk.is_surge(lumpy)[0]


def test_what_surely_lasts_is_never_at_risk() -> None:
    assert risk.lasts(standing(60))
    assert risk.judge(standing(60)).level == Level.NONE
    assert not risk.lasts(standing(60, asked=14))
    assert not risk.lasts(standing(20))


def test_a_warehouse_keeps_what_its_own_customers_need() -> None:
    # 95 of 100 weeks ask for 20 or fewer of an expected 14.
    assert risk.spare(50, TWO_A_DAY, 7) == 30
    assert risk.spare(10, TWO_A_DAY, 7) == 0


def judged(short: float) -> Judged:
    return Judged(Level.URGENT, 0.9, short, 1.0, 1, 5, 2.0, False, None, 1.0, 0)


def test_the_quickest_help_comes_first() -> None:
    ways = Ways(spare=3, late=50, waiting=20)
    assert risk.steps(judged(6.2), ways) == [Step(Action.TRANSFER, 3), Step(Action.EXPEDITE, 50), Step(Action.APPROVE, 20)]
    assert risk.steps(judged(6.2), Ways(spare=30)) == [Step(Action.TRANSFER, 7), Step(Action.ORDER, 7)]
    assert risk.steps(judged(6.2), Ways(has_supplier=False)) == [Step(Action.FIND_SUPPLIER)]
    assert risk.steps(judged(6.2), Ways(is_on_sale=False, spare=3)) == [Step(Action.LET_GO)]
