"""From goods and ways to figures a program can weigh: what may leave, what may come, and what a set of moves is worth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.balancing import worth
from inventory.balancing.values import Balance, Goods, Method, Move, Way

# A flow: (position of the shape, key of the way) -> units.
Flows = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Shape:
    """One SKU worth thinking about. `wanted` is by warehouse and days on the way, `missed` and `most` by warehouse."""

    goods: Goods
    ways: tuple[Way, ...]
    wanted: Mapping[tuple[int, int], Sequence[float]]
    missed: Mapping[int, Sequence[float]]
    room: Mapping[int, int]


def shape(goods: Goods, ways: Sequence[Way]) -> Shape | None:
    """None where no move can be worth its freight, which is so for most goods of most nights."""
    sites = goods.sites
    cover: defaultdict[int, int] = defaultdict(int)
    open_ways = []
    for way in ways:
        if way.source in sites and way.target in sites:
            # Who keeps fourteen days on one of its lanes keeps them on all.
            cover[way.source] = max(cover[way.source], way.cover_days)
            if way.key not in goods.blocked:
                open_ways.append(way)
    givers = {way.source for way in open_ways}
    can_give = {key: worth.giveable(sites[key], cover[key]) for key in givers}
    open_ways = [way for way in open_ways if can_give[way.source] >= way.lot]
    if not open_ways or goods.margin <= 0:
        return None
    wanted: dict[tuple[int, int], Sequence[float]] = {}
    useful = []
    for target, days in sorted({(way.target, way.days) for way in open_ways}):
        into = [way for way in open_ways if (way.target, way.days) == (target, days)]
        site, freight = sites[target], min(way.unit_cost for way in into)
        most = sum(can_give[key] for key in givers if key != target)
        most = most if site.room is None else min(most, site.room)
        chances = worth.wanted(site, days, goods.horizon, most)
        count = worth.useful(chances, freight / goods.margin)
        if count:
            wanted[target, days] = chances[:count]
            useful += [way for way in into if way.lot <= count]
    if not useful:
        return None
    asked = sum(max(len(one) for place, one in wanted.items() if place[0] == key) for key in {key for key, _days in wanted})
    useful.sort(key=lambda way: way.key)
    sources = sorted({way.source for way in useful})
    missed = {key: worth.missed(sites[key], goods.horizon, min(can_give[key], asked)) for key in sources}
    # With no demand at all nothing is missed, and the list is all zeros: it still says how many may leave.
    room = {key: len(missed[key]) for key in sources}
    return Shape(goods, tuple(useful), wanted, missed, room)


def moves_of(shapes: Sequence[Shape], flows: Flows) -> list[Move]:
    """What each flow is worth, unit by unit. Fast ways come first, then by key, so one set of flows has one value."""
    by_shape: defaultdict[int, list[tuple[Way, int]]] = defaultdict(list)
    for (position, key), units in flows.items():
        if units > 0:
            by_shape[position] += [(way, units) for way in shapes[position].ways if way.key == key]
    found = []
    for position in sorted(by_shape):
        one = shapes[position]
        came: defaultdict[int, int] = defaultdict(int)
        left: defaultdict[int, int] = defaultdict(int)
        for way, units in sorted(by_shape[position], key=lambda pair: (pair[0].days, pair[0].key)):
            chances, risks = one.wanted[way.target, way.days], one.missed[way.source]
            saved = sum(chances[came[way.target] : came[way.target] + units])
            risked = sum(risks[left[way.source] : left[way.source] + units])
            came[way.target] += units
            left[way.source] += units
            margin = one.goods.margin
            found.append(Move(one.goods.key, way.key, units, margin * saved, margin * risked, units * way.unit_cost))
    return found


def paying(shapes: Sequence[Shape], ways: Mapping[int, Way], flows: Flows) -> dict[tuple[int, int], int]:
    """The flows in full lots, within what one shipment holds, and none that is not worth its cost."""
    kept = {at: units // ways[at[1]].lot * ways[at[1]].lot for at, units in flows.items()}
    while True:
        kept = {at: units for at, units in kept.items() if units > 0}
        # `moves_of` tells them by shape and by speed; keys find each flow again.
        gains = _gains(shapes, kept)
        losing: dict[int, tuple[int, int]] = {}
        for at, gain in sorted(gains.items(), key=lambda pair: (pair[1], pair[0])):
            if gain <= 0:
                # The least worth of each SKU first: its others may be worth more without it.
                losing.setdefault(at[0], at)
        if losing:
            kept = {at: units for at, units in kept.items() if at not in set(losing.values())}
            continue
        shrunk = _within_limits(ways, kept, gains)
        if shrunk != kept:
            kept = shrunk
            continue
        idle = _not_worth_driving(ways, kept, gains)
        if not idle:
            return kept
        kept = {at: units for at, units in kept.items() if at[1] != idle}


def _gains(shapes: Sequence[Shape], flows: Flows) -> dict[tuple[int, int], float]:
    positions = {one.goods.key: position for position, one in enumerate(shapes)}
    return {(positions[move.goods], move.way): move.gain for move in moves_of(shapes, flows)}


def _within_limits(ways: Mapping[int, Way], flows: Flows, gains: Mapping[tuple[int, int], float]) -> dict[tuple[int, int], int]:
    """What is worth most by unit travels; the last of it in as many lots as fit."""
    kept = dict(flows)
    for key, way in ways.items():
        if way.most is None:
            continue
        left = way.most
        on_it = sorted((at for at in flows if at[1] == key), key=lambda at: (-gains[at] / flows[at], at))
        for at in on_it:
            kept[at] = min(flows[at], left // way.lot * way.lot)
            left -= kept[at]
    return {at: units for at, units in kept.items() if units > 0}


def _not_worth_driving(ways: Mapping[int, Way], flows: Flows, gains: Mapping[tuple[int, int], float]) -> int | None:
    """The way whose goods fall furthest short of what its shipment costs."""
    sums: defaultdict[int, float] = defaultdict(float)
    for at in flows:
        sums[at[1]] += gains[at]
    short = [(total - ways[key].shipment_cost, key) for key, total in sums.items() if total <= ways[key].shipment_cost]
    return min(short)[1] if short else None


def balance_of(shapes: Sequence[Shape], ways: Mapping[int, Way], flows: Flows, method: Method) -> Balance:
    moves = sorted(moves_of(shapes, flows), key=lambda move: (move.goods, move.way))
    driven = {move.way for move in moves}
    gain = sum(move.gain for move in moves) - sum(ways[key].shipment_cost for key in driven)
    return Balance(tuple(moves), gain, method if moves else Method.NOTHING)


def gains_by_goods(shapes: Sequence[Shape], flows: Flows) -> dict[int, float]:
    sums: defaultdict[int, float] = defaultdict(float)
    for move in moves_of(shapes, flows):
        sums[move.goods] += move.gain
    return dict(sums)


def by_key(ways: Iterable[Way]) -> dict[int, Way]:
    return {way.key: way for way in sorted(ways, key=lambda way: way.key)}
