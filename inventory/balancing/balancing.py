"""Which goods should move between warehouses: the best that can be found, and never worse than leaving them where they are.

All goods are first weighed without lots, limits and the fixed cost of shipments, chunk by chunk. What does not move then does
not move at all: those terms only make moves dearer. The rest is weighed once more with everything that joins it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from inventory.balancing import greedy, program
from inventory.balancing.shaping import Flows, Shape, balance_of, by_key, gains_by_goods, paying, shape
from inventory.balancing.values import Balance, Goods, Method, Way

# Goods in one matrix. Larger ones gain nothing: the solver's time grows faster than the matrix.
CHUNK = 400
TIME_LIMIT = 20.0
GAP = 1e-4


def balance(
    goods: Iterable[Goods],
    ways: Sequence[Way],
    *,
    time_limit: float = TIME_LIMIT,
    gap: float = GAP,
    missing: Callable[[str], object] = lambda message: None,
) -> Balance:
    """The moves with the highest gain. `missing` is told where no solver is installed and the moves are the greedy ones."""
    known = by_key(ways)
    ordered = list(known.values())
    shaped = [one for one in (shape(each, ordered) for each in goods) if one is not None]
    shaped.sort(key=lambda one: one.goods.key)
    joined = any(way.lot > 1 or way.shipment_cost > 0 or way.most is not None for way in ordered)
    found: list[tuple[Method, Flows]] = []
    try:
        moving, flows = _relaxed(shaped)
        steps = greedy.flows(moving)
        found.append((Method.ROUNDED if joined else Method.PROGRAM, _better(moving, flows, steps)))
        exact = program.whole(moving, known, time_limit=time_limit, gap=gap) if joined and moving else None
        if exact is not None:
            found.append((Method.PROGRAM, exact))
    except program.SolverMissing as absent:
        missing(str(absent))
        moving, steps = shaped, greedy.flows(shaped)
    found.append((Method.GREEDY, steps))
    answers = [balance_of(moving, known, paying(moving, known, flows), method) for method, flows in found]
    # Where two are as good, the program's.
    best = max(answers, key=lambda one: (round(one.gain, 6), one.method is Method.PROGRAM))
    return best if best.gain > 0 else Balance((), 0.0, Method.NOTHING)


def _better(shapes: Sequence[Shape], flows: Flows, others: Flows) -> dict[tuple[int, int], int]:
    """For each SKU the better of two: in bands of several units the program may miss by a few what steps of one unit find."""
    ours, theirs = gains_by_goods(shapes, flows), gains_by_goods(shapes, others)
    takes = {place: flows if ours.get(one.goods.key, 0.0) >= theirs.get(one.goods.key, 0.0) else others
             for place, one in enumerate(shapes)}  # fmt: skip
    return {at: units for chosen in (flows, others) for at, units in chosen.items() if takes[at[0]] is chosen}


def _relaxed(shaped: Sequence[Shape]) -> tuple[list[Shape], dict[tuple[int, int], int]]:
    """The goods that move, and how many of them; chunk by chunk."""
    moving: list[Shape] = []
    flows: dict[tuple[int, int], int] = {}
    for chunk in _chunks(shaped):
        solved = program.relaxed(chunk)
        new = {position: len(moving) + place for place, position in enumerate(sorted({at[0] for at in solved}))}
        moving += [chunk[position] for position in sorted(new)]
        flows |= {(new[position], key): units for (position, key), units in solved.items()}
    return moving, flows


def _chunks(shaped: Sequence[Shape]) -> Iterator[list[Shape]]:
    rest = iter(shaped)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
