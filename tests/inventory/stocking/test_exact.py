"""The cheapest levels: those that were published, and those that trying all finds."""

import itertools
from statistics import mean

import pytest

from inventory.stocking import exact, textbook
from inventory.stocking.exact import Case, Charge
from inventory.stocking.textbook import Costs, Moments
from inventory.stocking.values import Levels

# Zheng and Federgruen (1991): Poisson demand, K = 64, h = 1, p = 9, no lead time.
PUBLISHED = {
    10: (6, 40, 35.022), 15: (10, 49, 42.698), 20: (14, 62, 49.173), 25: (19, 56, 54.262), 30: (23, 66, 57.819),
    35: (28, 77, 61.215), 40: (33, 87, 64.512), 45: (37, 97, 67.776), 50: (42, 108, 70.975), 55: (47, 118, 74.149),
    60: (52, 129, 77.306), 65: (56, 75, 78.518), 70: (62, 81, 79.037), 75: (67, 86, 79.554),
}  # fmt: skip


@pytest.mark.parametrize(("units", "row"), PUBLISHED.items())
def test_the_published_optima_are_found(units: int, row: tuple[int, int, float]) -> None:
    found = exact.optimum(Case(units, 1, 0, 64, 1, 9))
    assert (found.levels.reorder_point, found.levels.target, round(found.cost, 3)) == row


@pytest.mark.parametrize(
    "case",
    [
        Case(10, 1, 0, 64, 1, 9),
        Case(4, 3, 2, 16, 1, 19),
        Case(2, 6, 0, 30, 1, 5),
        Case(3, 2, 1, 8, 0.5, 12, Charge.ONCE),
    ],
)
def test_trying_all_levels_finds_nothing_cheaper(case: Case) -> None:
    found = exact.optimum(case)
    counted = exact._Counted(case, 1)
    low, high = found.levels.reorder_point - 12, found.levels.target + 25
    cheapest = min(
        (counted.cost(reorder, target), reorder, target) for reorder in range(low, high) for target in range(reorder + 1, high)
    )
    assert found.cost == pytest.approx(cheapest[0], abs=1e-9)


@pytest.mark.parametrize("shortage", [0.0001, 0.04])
def test_where_a_lost_sale_costs_less_than_any_stock_there_is_no_best_level(shortage: float) -> None:
    with pytest.raises(exact.NothingPays):
        exact.optimum(Case(2, 40, 7, 4, 0.00041, shortage, Charge.ONCE))


def test_large_demand_is_counted_in_lots_at_hardly_any_cost() -> None:
    case = Case(1200, 4, 1, 400, 1, 9)
    found = exact.optimum(case)
    assert found.lot == 3
    least = min(
        exact.cost_of(Levels(found.levels.reorder_point + low, found.levels.target + high), case)
        for low, high in itertools.product((-6, 0, 6), repeat=2)
    )
    assert exact.cost_of(found.levels, case) <= least * 1.001


def test_textbook_rules_cost_what_the_literature_says() -> None:
    """Mean excess over the optimum on 135 cases: near 17 % for the newsvendor and about 1 % for the power approximation."""
    excess: dict[str, list[float]] = {"newsvendor": [], "power": []}
    for units, lead, fixed, short in itertools.product((2, 5, 10, 20, 50), (0, 3, 7), (16, 64, 256), (9, 19, 49)):
        case = Case(units, 1, lead, fixed, 1, short)
        best = exact.optimum(case).cost
        moments, costs = Moments(units, units**0.5, lead), Costs(fixed, 1, short)
        excess["newsvendor"].append(exact.cost_of(textbook.newsvendor_normal(moments, costs), case) / best - 1)
        excess["power"].append(exact.cost_of(textbook.power_approximation(moments, costs), case) / best - 1)
    assert 0.14 < mean(excess["newsvendor"]) < 0.22
    assert mean(excess["power"]) < 0.015
    assert min(map(min, excess.values())) > -1e-9
