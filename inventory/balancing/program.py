"""The moves as one program for HiGHS (scipy): goods side by side in one sparse matrix, joined where a lane is shared.

For each SKU this is a flow through a network: units leave a warehouse by bands of rising risk, travel on a way, and arrive in
bands of falling worth. All its capacities are whole numbers, so the linear program has a whole optimum, and the simplex finds
one. Lots, limits of a shipment and its fixed cost make it an integer program, for the few goods that move at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.balancing import worth
from inventory.balancing.shaping import Shape
from inventory.balancing.values import Way


class SolverMissing(ImportError):
    """scipy is not there: it comes with the extra `forecast`. Moves are then found step by step, in greedy.py."""


@dataclass
class _Matrix:
    """Columns and rows as they are written down, one entry after another."""

    costs: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    lowest: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)

    def column(self, cost: float, upper: float, *, whole: bool = False) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def row(self, lowest: float, highest: float) -> int:
        self.lowest.append(lowest)
        self.highest.append(highest)
        return len(self.lowest) - 1

    def put(self, row: int, column: int, value: float) -> None:
        self.rows.append(row)
        self.columns.append(column)
        self.values.append(value)


def solver() -> Any:
    try:
        from scipy import optimize, sparse  # type: ignore[import-untyped, unused-ignore]
    except ImportError as missing:
        raise SolverMissing(
            "Transfers are balanced without a solver: install the extra `forecast` for the best moves."
        ) from missing
    return optimize, sparse


def relaxed(shapes: Sequence[Shape]) -> dict[tuple[int, int], int]:
    """The best flows, lots and whole shipments left aside."""
    matrix = _Matrix()
    places = {}
    for position, one in enumerate(shapes):
        for key, column in _network(matrix, one, {}).items():
            places[position, key] = column
    solved = _solve(matrix, time_limit=None, gap=None)
    return {} if solved is None else {at: round(solved[column]) for at, column in places.items() if solved[column] > 0.5}


def whole(
    shapes: Sequence[Shape], ways: Mapping[int, Way], *, time_limit: float, gap: float
) -> dict[tuple[int, int], int] | None:
    """The best flows in full lots, within the limits of each shipment, its fixed cost counted; None where time ran out."""
    matrix = _Matrix()
    used = sorted({way.key for one in shapes for way in one.ways})
    drives, limits = {}, {}
    for key in used:
        way = ways[key]
        if way.shipment_cost > 0:
            drives[key] = matrix.column(way.shipment_cost, 1, whole=True)
        if way.most is not None or key in drives:
            limits[key] = matrix.row(-float("inf"), 0 if key in drives else float(way.most or 0))
            if key in drives:
                most = sum(one.room[way.source] for one in shapes if way in one.ways)
                matrix.put(limits[key], drives[key], -float(most if way.most is None else min(most, way.most)))
    places = {}
    for position, one in enumerate(shapes):
        for key, column in _network(matrix, one, limits).items():
            places[position, key] = column
    solved = _solve(matrix, time_limit=time_limit, gap=gap)
    if solved is None:
        return None
    return {at: round(solved[column]) * ways[at[1]].lot for at, column in places.items() if solved[column] > 0.5}


def _network(matrix: _Matrix, one: Shape, limits: Mapping[int, int] | None) -> dict[int, int]:
    """Writes one SKU down; the column of each way. With `limits` given ways are counted in lots, else in units."""
    margin = one.goods.margin
    leaving = {key: matrix.row(0, 0) for key in sorted(one.missed)}
    arriving = {place: matrix.row(0, 0) for place in sorted(one.wanted)}
    columns = {}
    for way in one.ways:
        lot = way.lot if limits else 1
        most = one.room[way.source] // lot
        columns[way.key] = column = matrix.column(way.unit_cost * lot, most, whole=lot > 1)
        matrix.put(leaving[way.source], column, lot)
        matrix.put(arriving[way.target, way.days], column, lot)
        if limits and way.key in limits:
            matrix.put(limits[way.key], column, lot)
    for key, risks in sorted(one.missed.items()):
        for width, risk in worth.bands(risks, falling=False):
            matrix.put(leaving[key], matrix.column(margin * risk, width), -1)
    for target in sorted({target for target, _days in one.wanted}):
        kinds = sorted(place for place in one.wanted if place[0] == target)
        longest = max(len(one.wanted[place]) for place in kinds)
        if len(kinds) == 1:
            for width, chance in worth.bands(one.wanted[kinds[0]], falling=True):
                matrix.put(arriving[kinds[0]], matrix.column(-margin * chance, width), -1)
            continue
        # Fast and slow goods share the places in the queue of those who will buy.
        step = max(1, -(-longest // worth.BANDS))
        for start in range(0, longest, step):
            shared = matrix.row(-float("inf"), min(step, longest - start))
            for place in kinds:
                part = one.wanted[place][start : start + step]
                if part:
                    column = matrix.column(-margin * part[-1], len(part))
                    matrix.put(arriving[place], column, -1)
                    matrix.put(shared, column, 1)
    return columns


def _solve(matrix: _Matrix, *, time_limit: float | None, gap: float | None) -> Any:
    """The columns of the optimum, or of the best that was found in time; None where there is none."""
    optimize, sparse = solver()
    shape = (len(matrix.lowest), len(matrix.costs))
    joined = sparse.csr_array((matrix.values, (matrix.rows, matrix.columns)), shape=shape)
    options = {} if time_limit is None else {"time_limit": time_limit, "mip_rel_gap": gap}
    answer = optimize.milp(
        matrix.costs,
        constraints=optimize.LinearConstraint(joined, matrix.lowest, matrix.highest),
        integrality=matrix.whole,
        bounds=optimize.Bounds(0, matrix.upper),
        options=options,
    )
    return answer.x
