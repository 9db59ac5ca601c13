"""Moves found without a solver: the best next lot, again and again. Never worse than no move, seldom the best."""

from collections.abc import Mapping, Sequence

from inventory.balancing import worth
from inventory.balancing.shaping import Shape
from inventory.balancing.values import Way


def flows(shapes: Sequence[Shape]) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for position, one in enumerate(shapes):
        for key, units in _one(one).items():
            found[position, key] = units
    return found


def _one(one: Shape) -> Mapping[int, int]:
    taken: dict[int, int] = {}
    came = {way.target: 0 for way in one.ways}
    left = {way.source: 0 for way in one.ways}
    # Large quantities grow by several lots at a time: as many steps as the program has bands.
    step = {way.key: -(-max(1, len(one.wanted[way.target, way.days]) // worth.BANDS) // way.lot) * way.lot for way in one.ways}
    while True:
        best: tuple[float, int, Way] | None = None
        for way in one.ways:
            units = step[way.key]
            gain = _gain(one, way, units, came[way.target], left[way.source])
            if gain is not None and gain > 0 and (best is None or (gain / units, -way.key) > (best[0], best[1])):
                best = gain / units, -way.key, way
        if best is None:
            return taken
        way = best[2]
        units = step[way.key]
        taken[way.key] = taken.get(way.key, 0) + units
        came[way.target] += units
        left[way.source] += units


def _gain(one: Shape, way: Way, units: int, came: int, left: int) -> float | None:
    """None where so many cannot leave or are not wanted."""
    chances, risks = one.wanted[way.target, way.days], one.missed[way.source]
    if left + units > one.room[way.source] or came + units > len(chances):
        return None
    saved, risked = sum(chances[came : came + units]), sum(risks[left : left + units])
    return one.goods.margin * (saved - risked) - units * way.unit_cost
