"""The simulator over ten months of a public shop: referees cost what is known of them, and the product's rule costs less."""

import sys
import time

import pytest

from analytics.management.commands.simulate_replenishment import lines, rows_of
from tests.orders.importing.files import data

pytest.importorskip("numpy")
pytest.importorskip("scipy")

from analytics.simulation import online_retail, reporting, running
from analytics.simulation.learning import Habits
from analytics.simulation.policies import Name
from analytics.simulation.reporting import Interval
from analytics.simulation.running import Report, Result, Settings
from analytics.simulation.traces import Traces
from analytics.simulation.world import Fed, Setting

pytestmark = pytest.mark.prove

# Totals that were published for these traces, policies fed with demand, a lead time of seven days.
KNOWN = {Name.FIXED: 208_329, Name.COVER: 179_151, Name.TEXTBOOK: 161_675}
CLAIRVOYANT = 33_277
LEVELS = (0.8, 0.85, 0.9, 0.95, 0.97)
# Margins between those of the curve, at which the product's rule has about the stock that the textbook has.
BETWEEN = (0.2, 0.45, 0.65)


@pytest.fixture(scope="module")
def traces() -> Traces:
    return online_retail.traces(rows_of(data("online_retail/*.csv.gz")))


def played(traces: Traces, title: str, settings: Settings) -> Report:
    began = time.process_time()
    report = running.run(traces, settings)
    sys.stdout.write(f"\n== {title} ({time.process_time() - began:.0f} s)\n" + "\n".join(lines(report, by_class=False)) + "\n")
    return report


def of(report: Report, name: Name) -> Result:
    return next(one for one in report.results if one.name is name)


def against(report: Report) -> Interval:
    found = of(report, Name.OWN).against
    assert found is not None
    return found


def test_the_referees_cost_what_is_known_of_them(traces: Traces) -> None:
    assert len(traces.skus) == 1996
    report = played(traces, "fed with demand, 7 days", Settings(world=Setting(fed=Fed.DEMAND), curve_levels=LEVELS))
    for name, known in KNOWN.items():
        assert of(report, name).whole.total == pytest.approx(known, rel=0.02)
    assert report.clairvoyant == pytest.approx(CLAIRVOYANT, rel=0.001)
    stated = min(point.figures.total for point in report.curve if point.service_level is not None)
    sys.stdout.write(
        f"stated levels: {stated / of(report, Name.TEXTBOOK).whole.total:.3f} of the textbook's cost at the best of them\n"
    )
    assert stated <= 0.868 * of(report, Name.TEXTBOOK).whole.total
    assert against(report).figure <= 0.868
    assert against(report).high < 1


def test_fed_with_sales_the_rule_costs_less_at_every_margin_and_fills_more_from_the_same_stock(traces: Traces) -> None:
    settings = Settings(curve=running.MARGIN_FACTORS, curve_levels=LEVELS)
    report = played(traces, "fed with sales, 7 days", settings)
    assert against(report).figure <= 0.834
    assert against(report).high < 1

    referee = [point for point in report.curve if point.name is Name.TEXTBOOK]
    own = {point.margin_factor: point for point in report.curve if point.name is Name.OWN and point.service_level is None}
    for point in referee:
        assert own[point.margin_factor].figures.total <= point.figures.total

    # Levels from costs put stock where it saves money: held against the textbook by the value of what is filled.
    by_costs = [point.figures for point in own.values()]
    for factor in BETWEEN:
        world = Setting(margin_factor=factor)
        by_costs.append(reporting.figures(running.once(traces, Name.OWN, world), traces, cost_share=world.cost_share))
    values = [(one.stock_value, one.value_fill) for one in by_costs]
    units = [(one.stock_value, one.unit_fill) for one in by_costs]
    for point in referee:
        stock = point.figures.stock_value
        value, unit = reporting.at_stock(values, stock), reporting.at_stock(units, stock)
        assert value is not None
        assert unit is not None
        sys.stdout.write(f"stock {stock:9,.0f}: value {point.figures.value_fill:.4f}, by costs {value:.4f}; ")
        sys.stdout.write(f"units {point.figures.unit_fill:.4f}, by costs {unit:.4f}\n")
        assert value >= point.figures.value_fill

    stated = [point.figures for point in report.curve if point.service_level is not None]
    filled = [(one.stock_value, one.unit_fill) for one in stated]
    ordered = [(one.stock_value, one.ordering) for one in stated]
    compared = 0
    # As the product buys, with a service level that is stated, one rule meets both: the cost here, the curve below.
    best = min(one.total for one in stated)
    sys.stdout.write(
        f"stated levels: {best / of(report, Name.TEXTBOOK).whole.total:.3f} of the textbook's cost at the best of them\n"
    )
    assert best <= 0.834 * of(report, Name.TEXTBOOK).whole.total
    for point in referee:
        fill = reporting.at_stock(filled, point.figures.stock_value)
        spent = reporting.at_stock(ordered, point.figures.stock_value)
        assert fill is not None
        assert spent is not None
        compared += 1
        sys.stdout.write(f"stock {point.figures.stock_value:9,.0f}: fill {point.figures.unit_fill:.4f}, own {fill:.4f}; ")
        sys.stdout.write(f"ordering {point.figures.ordering:,.0f}, own {spent:,.0f}\n")
        assert fill >= point.figures.unit_fill
        assert spent <= point.figures.ordering
    assert compared == len(running.MARGIN_FACTORS)


def test_the_rule_is_cheaper_at_long_and_at_uncertain_lead_times_too(traces: Traces) -> None:
    for title, world in (
        ("fed with sales, 21 days", Setting(lead_days=21)),
        ("fed with demand, 21 days", Setting(lead_days=21, fed=Fed.DEMAND)),
        ("fed with sales, 7 days, gamma", Setting(lead_spread=0.5)),
        ("fed with sales, 21 days, gamma", Setting(lead_days=21, lead_spread=0.5)),
    ):
        report = played(traces, title, Settings(world=world, names=(Name.TEXTBOOK, Name.OWN)))
        assert against(report).high < 1


def test_sold_out_days_as_lower_bounds_win_back_a_part_of_what_not_knowing_costs(traces: Traces) -> None:
    known = running.once(traces, Name.OWN, Setting(fed=Fed.DEMAND)).total.sum()
    blind = running.once(traces, Name.OWN, Setting(), Habits(censored=False)).total.sum()
    bounded = running.once(traces, Name.OWN, Setting()).total.sum()
    recovered = (blind - bounded) / (blind - known)
    sys.stdout.write(f"\ndemand known {known:,.0f}, sales as they are {blind:,.0f}, as lower bounds {bounded:,.0f}: ")
    sys.stdout.write(f"{recovered:.0%} recovered\n")
    assert recovered >= 0.5
