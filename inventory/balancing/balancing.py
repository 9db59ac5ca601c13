"""Which goods should move between warehouses: the best that can be found, and never worse than leaving them where they are.

All goods are first weighed without lots, limits and the fixed cost of shipments, chunk by chunk. What does not move then does
not move at all: those terms only make moves dearer. The rest is weighed once more with everything that joins it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from inventory.balancing import greedy, program
from inventory.balancing.shaping import Shape, balance_of, by_key, paying, shape
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
    """The moves with the highest gain. `missing` is told where the solver is not installed and the moves are the greedy ones."""
    known = by_key(ways)
    ordered = list(known.values())
    found: list[tuple[Method, list[Shape], dict[tuple[int, int], int]]] = []
    shaped = [one for one in (shape(each, ordered) for each in goods) if one is not None]
    shaped.sort(key=lambda one: one.goods.key)
    try:
        moving, flows = _relaxed(shaped)
        found.append((Method.ROUNDED, moving, flows))
        if any(way.lot > 1 or way.shipment_cost > 0 or way.most is not None for way in ordered):
            exact = program.whole(moving, known, time_limit=time_limit, gap=gap) if moving else {}
            if exact is not None:
                found.append((Method.PROGRAM, moving, exact))
        else:
            found.append((Method.PROGRAM, moving, flows))
    except program.SolverMissing as absent:
        missing(str(absent))
        moving = shaped
    found.append((Method.GREEDY, moving, greedy.flows(moving)))
    answers = [balance_of(shapes, known, paying(shapes, known, flows), method) for method, shapes, flows in found]
    # The exact one where it is as good as any: banded quantities may leave a few coins to the greedy one.
    best = max(answers, key=lambda one: (round(one.gain, 6), one.method is Method.PROGRAM))
    return best if best.gain > 0 else Balance((), 0.0, Method.NOTHING)


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
