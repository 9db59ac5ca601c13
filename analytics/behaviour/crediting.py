"""Which touches an order is owed to, and how much of it to each. Pure; every share is exact.

A touch is a visit of the order's own person before it. Direct ones count only where there is nothing else: who comes back by
typing the shop's name was won by somebody before. See docs/algorithms/attribution.md.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from analytics.behaviour.origins import Grouping, Origin
from config.kernel.money import Money

# An order is shared in millionths.
_WHOLE = 1_000_000
# A path tells so many steps; of a longer one those in the middle are left out.
STEPS = 6
GAP = "..."
# A browser that stands in a shop window is visited without end: of more touches the latest count.
MOST_TOUCHES = 100


class Model(StrEnum):
    LAST = "last"  # all of it to the last touch
    FIRST = "first"  # all of it to the first
    POSITION = "position"  # 40 % to the first and the last, 20 % to those between
    LINEAR = "linear"  # the same to each


def counted(origins: Sequence[Origin]) -> list[int]:
    """The places of the touches that count, in their order."""
    named = [place for place, one in enumerate(origins) if one.grouping != Grouping.DIRECT]
    return named or list(range(len(origins)))


def weights(model: Model, number: int) -> list[int]:
    """In whole numbers. By position: one gets all, two get half each, of three or more the middle ones share a fifth."""
    if model == Model.LAST:
        return [0] * (number - 1) + [1]
    if model == Model.FIRST:
        return [1] + [0] * (number - 1)
    if model == Model.LINEAR or number <= 2:
        return [1] * number
    between = number - 2
    return [2 * between, *([1] * between), 2 * between]


def of_an_order(model: Model, number: int) -> list[Decimal]:
    """The shares of one order among so many touches that count. They sum to 1."""
    parts = weights(model, number)
    total = sum(parts)
    shares = [_WHOLE * part // total for part in parts]
    # Largest remainder; of equal ones the earlier touch is served first.
    left = sorted(range(number), key=lambda place: (-(_WHOLE * parts[place] % total), place))
    for place in left[: _WHOLE - sum(shares)]:
        shares[place] += 1
    return [Decimal(share) / _WHOLE for share in shares]


def of_money(model: Model, number: int, money: Money) -> list[Decimal]:
    """The shares of an amount among so many touches that count, in what can be paid. They sum to the amount."""
    return [one.amount for one in money.allocate(weights(model, number))]


def path(origins: Sequence[Origin]) -> str:
    """The groupings of the touches that count, one after the other, the same ones in a row once."""
    steps: list[str] = []
    for place in counted(origins):
        if not steps or steps[-1] != origins[place].grouping.value:
            steps.append(origins[place].grouping.value)
    if len(steps) > STEPS:
        steps = [*steps[:2], GAP, *steps[3 - STEPS :]]
    return ">".join(steps) or Grouping.UNKNOWN.value


def assisting(origins: Sequence[Origin]) -> set[Origin]:
    """The lines that had a touch before the last one that counts, and are not the line of that last one."""
    named = [origins[place] for place in counted(origins)]
    return {one for one in named[:-1] if one.key != named[-1].key}
