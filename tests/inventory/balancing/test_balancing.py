"""The rules of balancing: what a unit is worth, the best moves, and never worse than leaving goods where they are."""

import builtins
import random
from itertools import product
from math import exp, factorial
from typing import Any

import pytest

from inventory.balancing import balancing, greedy, program, shaping, worth
from inventory.balancing.values import Balance, Goods, Method, Site, Way
from inventory.stocking.values import Outlook

NORTH, SOUTH, EAST = 1, 2, 3


def poisson_at_least(mean: float, units: int) -> float:
    return 1 - sum(exp(-mean) * mean**one / factorial(one) for one in range(units))


def a_way(key: int = 1, source: int = NORTH, target: int = SOUTH, **terms: Any) -> Way:
    return Way(**{"key": key, "source": source, "target": target, "days": 2, "unit_cost": 300.0, **terms})


def some_goods(free: int = 60, there: int = 2, *, key: int = 1, daily: float = 1.0, **terms: Any) -> Goods:
    """Plenty in the north, hardly anything in the south, the same demand in both."""
    sites = {NORTH: Site(free, Outlook((daily,))), SOUTH: Site(there, Outlook((daily,)))}
    return Goods(**{"key": key, "margin": 5_000.0, "horizon": 21, "sites": sites, **terms})


def units(balance: Balance) -> dict[tuple[int, int], int]:
    return {(move.goods, move.way): move.units for move in balance.moves}


class TestWorth:
    def test_expected_demand_goes_on_as_in_the_last_week_told(self) -> None:
        outlook = Outlook((1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3))

        assert worth.expected(outlook, 0, 7) == 7
        assert worth.expected(outlook, 7, 16) == 27

    def test_a_unit_for_an_empty_shelf_is_worth_the_chance_that_somebody_asks_for_it_after_it_came(self) -> None:
        chances = worth.wanted(Site(0, Outlook((0.5,))), days=2, horizon=10, most=3)

        for number, chance in enumerate(chances, 1):
            assert chance == pytest.approx(poisson_at_least(4.0, number) * poisson_at_least(5.0, number), rel=1e-6)

    def test_a_unit_that_leaves_is_missed_where_demand_passes_what_is_left(self) -> None:
        risks = worth.missed(Site(8, Outlook((0.5,))), horizon=10, most=3)

        assert risks == pytest.approx([poisson_at_least(5.0, left) for left in (8, 7, 6)], rel=1e-6)

    def test_what_is_awaited_makes_a_move_worth_less_for_the_receiver_and_less_risky_for_the_sender(self) -> None:
        bare, awaiting = Site(3, Outlook((1.0,))), Site(3, Outlook((1.0,)), arrivals=((6, 30),))

        assert sum(worth.wanted(awaiting, 2, 21, 20)) < sum(worth.wanted(bare, 2, 21, 20))
        assert sum(worth.missed(awaiting, 21, 3)) < sum(worth.missed(bare, 21, 3))
        assert worth.wanted(awaiting, 2, 21, 20), "until the sixth day the shelf may still be empty"

    def test_large_quantities_are_told_on_the_safe_side(self) -> None:
        site = Site(900, Outlook((100.0,), 1.5))
        exact = [worth.wanted(site, 1, 14, most)[-1] for most in (100, 200)]
        coarse = worth.wanted(site, 1, 14, 1_000)

        assert coarse[99] <= exact[0] + 1e-9
        assert coarse[199] <= exact[1] + 1e-9
        assert coarse == sorted(coarse, reverse=True)

    def test_the_cover_and_the_minimum_stay_with_the_sender(self) -> None:
        assert worth.giveable(Site(60, Outlook((1.5,))), 14) == 60 - 21
        assert worth.giveable(Site(60, Outlook((1.5,)), keep=50), 14) == 10
        assert worth.giveable(Site(5, Outlook((1.5,))), 14) == 0


class TestBestMoves:
    def test_goods_go_from_where_they_lie_idle_to_where_they_run_out(self) -> None:
        balance = balancing.balance([some_goods()], [a_way(), a_way(2, SOUTH, NORTH)])

        ((place, moved),) = units(balance).items()
        assert place == (1, 1)
        assert 10 < moved < 30
        assert balance.gain > 0
        assert balance.method is Method.PROGRAM

    def test_nothing_moves_where_freight_costs_more_than_it_saves(self) -> None:
        assert balancing.balance([some_goods()], [a_way(unit_cost=5_000.0)]) == Balance((), 0.0, Method.NOTHING)

    def test_nothing_moves_against_a_block(self) -> None:
        assert balancing.balance([some_goods(blocked=frozenset({1}))], [a_way()]).moves == ()

    def test_a_shipment_drives_only_where_its_goods_together_are_worth_it(self) -> None:
        dear = a_way(shipment_cost=100_000.0)
        one, many = [some_goods(there=12)], [some_goods(there=12, key=key) for key in range(1, 41)]

        assert balancing.balance(one, [dear]).moves == ()
        assert len(balancing.balance(many, [dear]).moves) == 40

    def test_full_lots_within_what_one_shipment_holds(self) -> None:
        goods = [some_goods(key=key, margin=1_000.0 * key) for key in range(1, 6)]

        balance = balancing.balance(goods, [a_way(lot=6, most=40)])

        assert {move.units % 6 for move in balance.moves} == {0}
        assert sum(move.units for move in balance.moves) == 36
        assert 5 in {move.goods for move in balance.moves}

    def test_the_receiver_gets_no_more_than_it_has_room_for(self) -> None:
        sites = {NORTH: Site(60, Outlook((1.0,))), SOUTH: Site(0, Outlook((1.0,)), room=4)}

        assert units(balancing.balance([some_goods(sites=sites)], [a_way()])) == {(1, 1): 4}

    def test_before_a_peak_goods_go_where_it_is_expected(self) -> None:
        flat = {NORTH: Site(80, Outlook((1.0,))), SOUTH: Site(25, Outlook((1.0,)))}
        peak = {NORTH: flat[NORTH], SOUTH: Site(25, Outlook((1.0,) * 8 + (6.0,) * 6 + (1.0,) * 7))}

        assert balancing.balance([some_goods(sites=flat)], [a_way()]).gain < 10_000
        (move,) = balancing.balance([some_goods(sites=peak)], [a_way()]).moves
        assert move.units > 20

    def test_a_fast_way_is_taken_where_time_is_what_counts(self) -> None:
        slow, fast = a_way(1, days=9, unit_cost=300.0), a_way(2, days=1, unit_cost=500.0)

        assert {move.way for move in balancing.balance([some_goods(there=0, daily=2.0, free=90)], [slow, fast]).moves} >= {2}


def a_world(seed: int, *, goods: int = 6, sites: int = 4, small: bool = False) -> tuple[list[Goods], list[Way]]:
    draw = random.Random(seed)  # noqa: S311  a replayable world, not secrets
    lot, drive = draw.choice((1, 1, 2, 5)), draw.choice((0.0, 0.0, 20_000.0))
    most = draw.choice((None, None, 30))
    keys = list(range(1, sites + 1))
    ways = [
        Way(
            10 * one + two, one, two, draw.choice((1, 2, 4)), draw.choice((100.0, 600.0)), drive, lot, most, draw.choice((0, 7))
        )
        for one, two in product(keys, keys)
        if one != two
    ]
    made = []
    for key in range(goods):
        rate = draw.uniform(0.05, 0.3 if small else 4.0)
        shelves = {
            one: Site(
                int(rate * draw.choice((0, 3, 15, 40))),
                Outlook((rate * draw.uniform(0.2, 2),) * 28, draw.choice((1.0, 2.5))),
                ((draw.randrange(1, 18), draw.randrange(1, 20)),) if draw.random() < 0.3 else (),
            )
            for one in keys
        }
        made.append(Goods(key, draw.choice((1_500.0, 9_000.0)), 21, shelves))
    return made, ways


@pytest.mark.parametrize("seed", range(12))
def test_never_worse_than_no_transfer_and_within_every_limit(seed: int) -> None:
    goods, ways = a_world(seed)
    known = {way.key: way for way in ways}

    balance = balancing.balance(goods, ways, time_limit=2.0)

    assert balance.gain >= 0
    driven = sum(known[key].shipment_cost for key in {move.way for move in balance.moves})
    assert balance.gain == pytest.approx(sum(move.gain for move in balance.moves) - driven)
    for one in goods:
        for key, site in one.sites.items():
            left = sum(move.units for move in balance.moves if move.goods == one.key and known[move.way].source == key)
            assert left <= worth.giveable(site, max(way.cover_days for way in ways if way.source == key))
    for way in ways:
        on_it = [move.units for move in balance.moves if move.way == way.key]
        assert all(number % way.lot == 0 for number in on_it)
        assert way.most is None or sum(on_it) <= way.most
    assert balancing.balance(list(reversed(goods)), list(reversed(ways)), time_limit=2.0) == balance


@pytest.mark.parametrize("seed", range(6))
def test_small_worlds_are_solved_as_well_as_by_trying_everything(seed: int) -> None:
    draw = random.Random(100 + seed)  # noqa: S311  as above
    ways = [a_way(1, NORTH, SOUTH), a_way(2, NORTH, EAST, days=4, unit_cost=150.0), a_way(3, SOUTH, EAST, days=1)]
    sites = {
        key: Site(draw.randrange(0, 7), Outlook((draw.uniform(0.02, 0.4),), draw.choice((1.0, 2.0))))
        for key in (NORTH, SOUTH, EAST)
    }
    ways = [Way(**{name: getattr(way, name) for name in Way.__slots__} | {"cover_days": 0}) for way in ways]
    goods = [Goods(1, 4_000.0, 20, sites)]
    shapes = [one for one in [shaping.shape(goods[0], ways)] if one is not None]

    best = 0.0
    for plan in product(range(7), repeat=3):
        flows = {(0, way.key): number for way, number in zip(ways, plan, strict=True) if number}
        if shapes and _fits(shapes[0], flows):
            best = max(best, sum(move.gain for move in shaping.moves_of(shapes, flows)))

    assert balancing.balance(goods, ways).gain == pytest.approx(best, abs=0.01)


def _fits(shape: shaping.Shape, flows: dict[tuple[int, int], int]) -> bool:
    by_key = {way.key: way for way in shape.ways}
    if any(key not in by_key for _position, key in flows):
        return False
    left = {key: sum(number for (_p, way), number in flows.items() if by_key[way].source == key) for key in shape.missed}
    came = {way.target: 0 for way in shape.ways}
    for (_p, key), number in flows.items():
        way = by_key[key]
        came[way.target] += number
        if came[way.target] > len(shape.wanted[way.target, way.days]):
            return False
    return all(left[key] <= shape.room[key] for key in left)


def test_goods_side_by_side_move_as_each_does_alone() -> None:
    """Without anything that joins them, one matrix of many is as good as many matrices of one: the optimum of each."""
    goods, ways = a_world(3, goods=8)
    plain = [Way(way.key, way.source, way.target, way.days, way.unit_cost, cover_days=way.cover_days) for way in ways]

    together = balancing.balance(goods, plain)
    alone = [balancing.balance([one], plain) for one in goods]

    assert together.gain == pytest.approx(sum(one.gain for one in alone))


class TestWithoutSolver:
    @pytest.fixture(autouse=True)
    def _no_scipy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = builtins.__import__

        def refuse(name: str, *arguments: Any, **options: Any) -> Any:
            if name.startswith("scipy"):
                raise ImportError(name)
            return known(name, *arguments, **options)

        monkeypatch.setattr(builtins, "__import__", refuse)

    def test_moves_are_found_step_by_step_and_somebody_is_told_which_extra_is_missing(self) -> None:
        told: list[str] = []

        balance = balancing.balance([some_goods()], [a_way()], missing=told.append)

        assert (balance.method, len(balance.moves)) == (Method.GREEDY, 1)
        assert "forecast" in told[0]

    def test_they_are_never_worse_than_none(self) -> None:
        for seed in range(6):
            assert balancing.balance(*a_world(seed)).gain >= 0

    def test_the_program_itself_says_what_it_needs(self) -> None:
        with pytest.raises(program.SolverMissing):
            program.relaxed([])


def test_the_program_is_better_than_steps_where_a_shipment_costs() -> None:
    gains = []
    for seed in range(8):
        goods, ways = a_world(seed, goods=12)
        known = shaping.by_key(ways)
        shapes = [one for one in (shaping.shape(each, list(known.values())) for each in goods) if one is not None]
        stepwise = shaping.balance_of(shapes, known, shaping.paying(shapes, known, greedy.flows(shapes)), Method.GREEDY)
        gains.append((balancing.balance(goods, ways, time_limit=2.0).gain, stepwise.gain))

    assert all(best >= steps - 0.01 for best, steps in gains)
    assert any(best > steps + 100 for best, steps in gains)
