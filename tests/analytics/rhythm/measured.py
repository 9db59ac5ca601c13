"""The acceptance figures of the rhythm, of any number of planted customers, visits and shops."""

from collections import Counter

from analytics.behaviour.stages import intervals, moments
from analytics.rhythm import decisive, preference, reading
from analytics.rhythm.buyers import BuyerType
from analytics.rhythm.reading import Shop
from tests.analytics.rhythm import planted

KINDS = (BuyerType.IMMEDIATE, BuyerType.DELIBERATE, BuyerType.REPEATING)
SHOP = Shop(preference.usual({}, {}), None)


def macro_f1(pairs: Counter[tuple[BuyerType, BuyerType]]) -> float:
    """The mean F1 of the three types over (planted, found). What is not known was not found."""
    scores = []
    for kind in KINDS:
        right = pairs[kind, kind]
        found = sum(number for (_was, said), number in pairs.items() if said is kind)
        there = sum(number for (was, _said), number in pairs.items() if was is kind)
        scores.append(2 * right / (found + there) if found + there else 0.0)
    return sum(scores) / len(scores)


def buyer_types(number: int, seed: int) -> Counter[tuple[BuyerType, BuyerType]]:
    pairs: Counter[tuple[BuyerType, BuyerType]] = Counter()
    for one in planted.customers(number, seed):
        pairs[one.kind, reading.read(one.story(), SHOP, planted.last_day()).verdict.type] += 1
    return pairs


def stages(number: int, seed: int) -> float:
    """The share of events at which the inferred stage is what the visitor had in mind."""
    right = whole = 0
    for walk in planted.walks(number, seed):
        found = moments(walk.events)
        visit = _Staged(walk.events[0].at, walk.events[-1].at, found.compared_at, found.decided_at, found.ordered_at)
        spans = intervals(visit)
        for event, mind in zip(walk.events, walk.minds, strict=True):
            inferred = [one.stage for one in spans if one.starts_at <= event.at][-1]
            right, whole = right + (inferred is mind), whole + 1
    return right / whole


def shops_with_false_discoveries(number: int, seed: int, **values: int) -> int:
    """Of shops where no hour decides: in how many one was called decisive."""
    return sum(
        any(one.is_decisive for one in decisive.slots(planted.a_shop(seed * 100_000 + place, **values)))
        for place in range(number)
    )


class _Staged:
    def __init__(self, started_at, ended_at, compared_at, decided_at, ordered_at):  # type: ignore[no-untyped-def]
        self.started_at, self.ended_at = started_at, ended_at
        self.compared_at, self.decided_at, self.ordered_at = compared_at, decided_at, ordered_at
