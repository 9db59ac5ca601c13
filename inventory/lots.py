"""Lots: which may be sold on a day, which leave first, and what is held back of them. Pure.

A lot passes through three standings, and only forward, as its date comes nearer: it is sold; after the last day of sale it only
leaves for what was promised by then; after its date, or once it is blocked, it leaves no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)


class Standing(StrEnum):
    SELLABLE = "SELLABLE"
    LEAVING = "LEAVING"
    HELD = "HELD"


@dataclass(frozen=True)
class Terms:
    """`expires_on` is the last day on which the goods may be used; none for goods that do not expire or whose date is unknown.
    `sell_until_days` is how many days before it they are sold for the last time.
    """

    expires_on: date | None
    sell_until_days: int = 0
    is_blocked: bool = False

    @property
    def last_sale_on(self) -> date | None:
        return None if self.expires_on is None else self.expires_on - timedelta(days=self.sell_until_days)

    def standing(self, today: date) -> Standing:
        if self.is_blocked or (self.expires_on is not None and self.expires_on < today):
            return Standing.HELD
        if self.last_sale_on is not None and self.last_sale_on < today:
            return Standing.LEAVING
        return Standing.SELLABLE

    def changes_on(self, today: date) -> date | None:
        """The first day after `today` on which the standing is another one, if no one blocks it."""
        if self.is_blocked or self.expires_on is None or self.last_sale_on is None:
            return None
        return next((day + DAY for day in (self.last_sale_on, self.expires_on) if day + DAY > today), None)


@dataclass(frozen=True)
class Batch:
    """Some of one lot at one place. `held` of its `quantity` may not leave."""

    key: int
    expires_on: date | None
    quantity: int
    held: int
    standing: Standing

    @property
    def free(self) -> int:
        return self.quantity - self.held


def in_order(batches: Iterable[Batch]) -> list[Batch]:
    """First expired, first out; what has no date comes last, and of equal dates the lot that was there first."""
    return sorted(batches, key=lambda one: (one.expires_on or date.max, one.key))


def pick(batches: Iterable[Batch], units: int, *, sellable_only: bool = False) -> dict[int, int]:
    """Units by lot that leave for a customer, or, `sellable_only`, for another warehouse. Fewer where fewer are free."""
    return _taken(
        ((one.key, one.free) for one in in_order(batches) if not sellable_only or one.standing == Standing.SELLABLE), units
    )


def missing(batches: Sequence[Batch], units: int) -> dict[int, int]:
    """Which lots are short where a count found fewer: those that pickers take first, before those nobody may take."""
    ordered = in_order(batches)
    free = _taken(((one.key, one.free) for one in ordered), units)
    rest = _taken(((one.key, one.held) for one in ordered), units - sum(free.values()))
    return {one.key: units for one in ordered if (units := free.get(one.key, 0) + rest.get(one.key, 0))}


def returned(sent: Mapping[int, int], order: Sequence[int], units: int) -> dict[int, int]:
    """To which lots units go back, of what was `sent` and has not come back yet, in the `order` of expiry: the shortest life
    is assumed. What was sent from no lot that is known is left out.
    """
    return _taken(((key, sent.get(key, 0)) for key in order), units)


def _taken(there: Iterable[tuple[int, int]], units: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for key, free in there:
        part = min(units, free)
        if part > 0:
            found[key] = part
            units -= part
    return found


@dataclass(frozen=True)
class Holding:
    """What is held of each lot, and how many promised units no longer fit beside it."""

    held: Mapping[int, int]
    lost: int


def hold(batches: Sequence[Batch], *, promised: int) -> Holding:
    """What must be held of lots in these standings while `promised` units are promised to documents.

    All of what may not leave; and of what is not sold any more, whatever nobody was promised, the longest life first. What is
    held of it once is not given free again.
    """
    held = {one.key: one.quantity if one.standing == Standing.HELD else 0 for one in batches}
    room = sum(one.quantity for one in batches) - sum(held.values())
    lost = max(promised - room, 0)
    leaving = [one for one in in_order(batches) if one.standing == Standing.LEAVING]
    for one in leaving:
        held[one.key] = min(one.held, one.quantity)
    too_many = sum(one.quantity - held[one.key] for one in leaving) - (promised - lost)
    for one in reversed(leaving):
        more = min(one.quantity - held[one.key], max(too_many, 0))
        held[one.key] += more
        too_many -= more
    room = sum(one.quantity for one in batches) - sum(held.values())
    return Holding(held, max(promised - room, 0))


def sold_in_time(units: Sequence[tuple[int, int]], expected: Sequence[float]) -> list[float]:
    """For lots at one place in the order in which they leave, (units, days left to sell): how many of each are expected to
    sell, where `expected` is the demand of each coming day. What one lot serves the next does not.
    """
    found: list[float] = []
    served = 0.0
    for quantity, days in units:
        asked = sum(expected[: max(days, 0)]) + (
            expected[-1] * (days - len(expected)) if expected and days > len(expected) else 0.0
        )
        part = min(float(quantity), max(asked - served, 0.0))
        found.append(part)
        served += part
    return found
