"""The simulated shop keeps its books: units, days, costs, and what a policy may know."""

import numpy as np
import pytest

from analytics.simulation import clairvoyant, learning, online_retail, reporting, running, traces
from analytics.simulation.policies import Name, made
from analytics.simulation.running import Settings
from analytics.simulation.traces import Traces
from analytics.simulation.world import Fed, Setting, View, play

COSTS = Setting(lead_days=2)


def a_trace(*met: int, history: int = 14, price: float = 36.5 / 0.15) -> Traces:
    """One SKU that sold one a day and costs 0.1 a day to keep."""
    return Traces.of({"A": [1] * history + list(met)}, {"A": price}, warm_up=history)


def nothing(view: View) -> np.ndarray:
    return np.zeros(len(view.position))


def test_stock_is_sold_then_lost_and_paid_for_each_evening() -> None:
    # (2 + 14) lie there at first.
    found = play(a_trace(10, 10, 0), nothing, COSTS)
    assert found.short.tolist() == [4]
    assert found.holding.tolist() == pytest.approx([0.1 * 6])
    assert found.ordering.tolist() == [0]
    assert found.empty_days.tolist() == [2]
    assert found.cycles.tolist() == [1]
    assert found.short_cycles.tolist() == [1]


def test_what_is_ordered_in_the_evening_is_there_after_the_lead_time_and_no_order_comes_too_late() -> None:
    seen: list[tuple[int, float]] = []

    def always(view: View) -> np.ndarray:
        seen.append((view.day, float(view.position[0])))
        return np.array([5.0])

    found = play(a_trace(16, 5, 5, 5, 5), always, COSTS)
    # Evenings 14 and 15 (the first two) can order; their goods meet the fourth and fifth day.
    assert seen == [(14, 0.0), (15, 5.0)]
    assert found.short.tolist() == [10]
    assert found.ordering.tolist() == [8]


def test_each_order_takes_as_long_as_one_of_the_deliveries_did() -> None:
    def once(view: View) -> np.ndarray:
        return np.where(view.position < 20, 100.0, 0.0)

    met = [16, *[1] * 30]
    many = Traces.of({f"S{place}": [1] * 14 + met for place in range(60)}, {f"S{p}": 1.0 for p in range(60)}, warm_up=14)
    found = play(many, once, Setting(lead_days=2, lead_records=(3, 3, 3, 9)))
    # Empty from the first evening on: short for as many days as the delivery takes, three in three of four cases, else nine.
    assert set(found.short.tolist()) == {3.0, 9.0}
    assert found.short.mean() == pytest.approx(4.5, abs=1)


def test_what_all_may_spend_goes_to_whoever_has_the_least_days_of_cover() -> None:
    def all_want(view: View) -> np.ndarray:
        return np.full(len(view.position), 10.0)

    # Three SKUs of 6 a unit at cost: the first lasts for 8 days, the second for 2, the third for 16; ten units of two fit.
    units = {"A": [1] * 14 + [8, 0, 0, 0], "B": [1] * 14 + [14, 0, 0, 0], "C": [1] * 14 + [0, 0, 0, 0]}
    played = Traces.of(units, dict.fromkeys(units, 10.0), warm_up=14)
    found = play(played, all_want, Setting(lead_days=2, budget=125.0))
    assert found.ordered[:, 0].tolist() == [10, 10, 0]
    assert play(played, all_want, Setting(lead_days=2, budget=65.0)).ordered[:, 0].tolist() == [0, 10, 0]
    assert play(played, all_want, Setting(lead_days=2)).ordered[:, 0].tolist() == [10, 10, 10]


def test_a_policy_sees_sales_or_demand_and_never_tomorrow() -> None:
    def spying(fed: Fed) -> list[list[float]]:
        told: list[list[float]] = []

        def spy(view: View) -> np.ndarray:
            told.append(view.sold[0, 14:].tolist())
            return np.zeros(1)

        play(a_trace(12, 9, 3, 1, 1, 1), spy, Setting(lead_days=2, fed=fed))
        return told

    assert spying(Fed.SALES) == [[12], [12, 4], [12, 4, 0]]
    assert spying(Fed.DEMAND) == [[12], [12, 9], [12, 9, 3]]


def test_who_waits_is_served_first_and_packs_and_minimum_are_kept() -> None:
    def once(view: View) -> np.ndarray:
        return np.array([3.0]) if view.day == 14 else np.zeros(1)

    setting = Setting(lead_days=2, backorders=True, minimum_quantity=5, order_multiple=4)
    found = play(a_trace(20, 0, 0, 2, 1), once, setting)
    assert found.ordered[0].tolist() == [8, 0, 0, 0, 0]
    # Of eight, four go to those who wait, two and one are asked for.
    assert found.short.tolist() == [4]


def test_foresight_is_never_dearer_and_equals_the_case_by_hand() -> None:
    # 16 lie there; on the last day 4 are missing. One order for them (4) costs less than losing them.
    trace = a_trace(16, 0, 0, 0, 4)
    assert clairvoyant.cost(trace, COSTS).tolist() == pytest.approx([4.0])
    lively = traces.stationary(means=[0.5, 3, 12], ratio=3, days=120, warm_up=60, price=20, seed=3)
    bound = clairvoyant.cost(lively, Setting())
    for name in Name:
        assert (running.once(lively, name, Setting()).total >= bound - 1e-6).all()


def test_a_sold_out_day_counts_for_what_is_expected_of_it() -> None:
    # By hand: mean 2, ratio 2 is geometric-like with size 2; E[D | D >= 1] = 2 / (1 - 1/4).
    found = learning.at_least(np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    assert found.tolist() == pytest.approx([2.0, 2 / 0.75])


def test_the_report_has_every_part_and_the_same_seed_gives_the_same_one() -> None:
    lively = traces.stationary(means=[0.4, 1, 2, 5, 9, 20], ratio=4, days=200, warm_up=100, price=12, seed=5)
    settings = Settings(world=Setting(lead_spread=0.5, seed=7), curve=(0.3, 3), curve_levels=(0.9,))
    one, two = running.run(lively, settings), running.run(lively, settings)
    assert one == two
    assert {result.name for result in one.results} == set(settings.names)
    own = one.results[-1]
    assert own.whole.total == pytest.approx(own.whole.holding + own.whole.ordering + own.whole.lost_margin)
    assert sum(part.total for part in own.by_class.values()) == pytest.approx(own.whole.total)
    assert own.against is not None
    assert own.against.low <= own.against.figure <= own.against.high
    assert [(point.name, point.margin_factor, point.service_level) for point in one.curve] == [
        (Name.TEXTBOOK, 0.3, None), (Name.TEXTBOOK, 3, None), (Name.OWN, 0.3, None), (Name.OWN, 3, None), (Name.OWN, 1.0, 0.9),
    ]  # fmt: skip
    assert reporting.at_stock([(1, 0.5), (3, 0.9)], 2) == pytest.approx(0.7)
    assert reporting.at_stock([(1, 0.5)], 2) is None


def test_surges_and_goods_without_a_past_are_laid_over_the_traces() -> None:
    lively = traces.stationary(means=[5.0] * 40, ratio=1, days=120, warm_up=60, price=12, seed=5)
    surged, planted = traces.with_surges(lively, share=0.5, days=10, seed=1)
    assert planted.rows
    for row, start in zip(planted.rows, planted.starts, strict=True):
        span = slice(start, start + 10)
        assert surged.units[row, span].sum() >= 2.9 * lively.units[row, span].sum()
    assert (surged.units[:, :60] == lively.units[:, :60]).all()
    new = traces.without_past(lively, share=0.5, known_days=14, seed=1)
    assert (new.units[:, :46].sum(axis=1) == 0).any()
    assert (new.met == lively.met).all()
    assert set(traces.classes(lively)) <= {first + second for first in "ABC" for second in "XYZ"}


def test_the_public_shop_is_cleaned_as_it_says() -> None:
    def row(invoice: str, code: str, units: int, day: str, price: str = "2.5") -> dict[str, str]:
        return {
            "InvoiceNo": invoice,
            "StockCode": code,
            "Quantity": str(units),
            "InvoiceDate": f"{day} 10:00:00",
            "UnitPrice": price,
        }

    days = [f"2011-01-{day:02}" for day in range(1, 15)]
    rows = [row("1", "85123a", 2, day) for day in days] + [row("2", "22222", 1, day) for day in days[:13]]
    rows += [
        row("C3", "85123A", -2, days[0]), row("4", "85123A", 5, days[0], "0"), row("5", "POST", 1, days[0]),
        row("6", "85123A", 7, "2011-06-01", "3.5"),
    ]  # fmt: skip
    found = online_retail.traces(rows)
    assert found.skus == ("85123A",)
    assert found.units.sum() == 35
    assert found.met[0, 0] == 7
    assert found.price.tolist() == [2.5]


def test_the_rule_beats_the_textbook_on_demand_that_stays_as_it_is() -> None:
    lively = traces.stationary(means=[0.5, 1, 2, 4, 8, 16] * 10, ratio=5, days=240, warm_up=120, price=12, seed=2)
    totals = {name: play(lively, made(name, lively, Setting()), Setting()).total.sum() for name in (Name.TEXTBOOK, Name.OWN)}
    assert totals[Name.OWN] < totals[Name.TEXTBOOK]
