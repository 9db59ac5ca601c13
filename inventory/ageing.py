"""How long goods have lain there, how much of it is too much, and what might be done about it.

Age is told first in, first out: what lies there is what came last. A unit that came back from a customer or was found by a
count is as old as the units around it; a transfer begins anew in the other warehouse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor

# The last one is open: 366 days and older.
BORDERS = (30, 90, 180, 365)
# What a supplier still takes back, counted from the last receipt.
RETURNABLE_DAYS = 60
# Hardly any is expected to sell and all of it is older: hardly anybody will ever buy it.
DEAD_DAYS = 365
# A day: less than a unit in a year.
HARDLY_ANY = 1 / 365
# A dismissed suggestion comes back when the excess has grown by half.
GROWN = Decimal("1.5")


@dataclass(frozen=True, slots=True)
class Layer:
    """Units that came together, and the day on which they came; None where the ledger does not know."""

    units: int
    came_on: date | None


def layers(on_hand: int, arrivals: Iterable[tuple[date, int]]) -> list[Layer]:
    """The newest first. `arrivals` are days and units, the newest first; what they do not cover is of unknown age."""
    left = max(on_hand, 0)
    found = []
    for came_on, units in arrivals:
        if not left:
            break
        part = min(units, left)
        found.append(Layer(part, came_on))
        left -= part
    if left:
        found.append(Layer(left, None))
    return found


def buckets(lying: Sequence[Layer], today: date) -> list[int]:
    """Units by age: one number for each of `BORDERS`, one for what is older, where the age is unknown too."""
    found = [0] * (len(BORDERS) + 1)
    for layer in lying:
        age = None if layer.came_on is None else (today - layer.came_on).days
        place = next((number for number, border in enumerate(BORDERS) if age is not None and age <= border), len(BORDERS))
        found[place] += layer.units
    return found


def mean_age(lying: Sequence[Layer], today: date) -> int | None:
    """Days, over the units whose age is known."""
    known = [(layer.units, (today - layer.came_on).days) for layer in lying if layer.came_on is not None]
    units = sum(number for number, _age in known)
    return round(sum(number * age for number, age in known) / units) if units else None


def excess(*, on_hand: int, reserved: int, expected: float) -> int:
    """Units beyond what is promised and what is expected to be asked for in the days looked at."""
    return max(on_hand - reserved - ceil(expected), 0)


class Action(StrEnum):
    STOP_BUYING = "STOP_BUYING"  # more of it is on order: that can still be stopped
    TRANSFER = "TRANSFER"  # another warehouse will run short of it
    RETURN = "RETURN"  # it came lately: the supplier may take it back
    WRITE_OFF = "WRITE_OFF"  # nobody has bought one for long, and all of it is old
    MARKDOWN = "MARKDOWN"  # it sells too slowly: a lower price empties the shelf


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one SKU in one warehouse that has too much of it."""

    on_hand: int
    reserved: int
    excess: int
    per_day: float
    incoming: int
    # Units that the warehouse that lacks most of it will lack within the same days; its key.
    lacking: int
    lacking_warehouse: int | None
    youngest_days: int | None
    last_receipt_days: int | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    action: Action
    units: int
    # Where to, for a transfer.
    warehouse: int | None = None


def suggest(facts: Facts) -> Suggestion | None:
    """The first that applies, the cheapest first: not buying costs nothing, a lower price costs margin."""
    if not facts.excess:
        return None
    if facts.incoming:
        return Suggestion(Action.STOP_BUYING, min(facts.incoming, facts.excess))
    if facts.lacking and facts.lacking_warehouse is not None:
        return Suggestion(Action.TRANSFER, min(facts.lacking, facts.excess), facts.lacking_warehouse)
    if facts.last_receipt_days is not None and facts.last_receipt_days <= RETURNABLE_DAYS:
        return Suggestion(Action.RETURN, facts.excess)
    if facts.per_day < HARDLY_ANY and (facts.youngest_days is None or facts.youngest_days > DEAD_DAYS):
        return Suggestion(Action.WRITE_OFF, facts.excess)
    return Suggestion(Action.MARKDOWN, facts.excess)


def lacks(*, on_hand: int, reserved: int, incoming: int, expected: float) -> int:
    """Units that this warehouse will lack when the days are over, counting what comes."""
    return max(floor(expected) - (on_hand - reserved) - incoming, 0)


def is_dismissed(suggestion: Suggestion, *, action: str, units: int) -> bool:
    """Whether an earlier decision still speaks of this: the same action, and not half as much again."""
    return suggestion.action == action and suggestion.units < units * GROWN
