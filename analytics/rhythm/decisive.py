"""Decisive slots: hours of the week in which visits end in an order clearly more often than at all other times.

168 slots, each for the whole shop and for each channel, are many questions; by chance alone some would stand out. Each slot is
therefore tested exactly (Fisher, one side, against all other slots), and of all questions together at most 5 % of the answers
may be wrong (Benjamini-Hochberg). What a single good week made is not decisive, nor what hardly matters.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analytics.rhythm.chances import adjusted, drawn_at_least

SLOTS = 168
FALSE_DISCOVERY = 0.05
LEAST_VISITS = 30
LEAST_ORDERED = 5
LEAST_WEEKS = 3
# Times the conversion of all other slots.
LEAST_LIFT = 1.3


@dataclass(frozen=True)
class Counted:
    """Visits that began in one hour of one week, and how many of them ordered."""

    channel: str
    weekday: int
    hour: int
    week: int
    visits: int
    ordered: int


@dataclass(frozen=True)
class Slot:
    """`weeks` are those with an order in the slot; `channel` is empty for the whole shop. `lift` is against the rest of the
    channel's slots, none where nothing was ordered there.
    """

    channel: str
    weekday: int
    hour: int
    visits: int
    ordered: int
    weeks: int
    baseline: float
    lift: float | None
    without_best_week: float | None
    chance: float
    q: float
    is_decisive: bool

    @property
    def conversion(self) -> float:
        return self.ordered / self.visits if self.visits else 0.0


Cell = tuple[str, int, int]


def slots(counted: Iterable[Counted]) -> list[Slot]:
    """Every slot in which somebody came, of the whole shop and of each channel where there are several."""
    weeks: dict[Cell, dict[int, tuple[int, int]]] = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    told = list(counted)
    channels = sorted({one.channel for one in told})
    for one in told:
        for channel in ("", one.channel) if len(channels) > 1 else ("",):
            visits, ordered = weeks[channel, one.weekday, one.hour][one.week]
            weeks[channel, one.weekday, one.hour][one.week] = visits + one.visits, ordered + one.ordered
    families = max(len(channels), 1) + 1 if len(channels) > 1 else 1
    wholes: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (channel, _weekday, _hour), by_week in weeks.items():
        visits, ordered = wholes[channel]
        wholes[channel] = visits + sum(v for v, _o in by_week.values()), ordered + sum(o for _v, o in by_week.values())
    cells = sorted(weeks)
    chances = [_chance(weeks[cell], wholes[cell[0]]) for cell in cells]
    qs = adjusted(chances, SLOTS * families)
    return [_slot(cell, weeks[cell], wholes[cell[0]], chance, q) for cell, chance, q in zip(cells, chances, qs, strict=True)]


def _chance(by_week: Mapping[int, tuple[int, int]], whole: tuple[int, int]) -> float:
    """Of so many orders or more in this slot, if the slot made no difference. Too few visits answer no question."""
    visits, ordered = _sum(by_week)
    return drawn_at_least(ordered, visits, whole[1], whole[0]) if visits >= LEAST_VISITS else 1.0


def _slot(cell: Cell, by_week: Mapping[int, tuple[int, int]], whole: tuple[int, int], chance: float, q: float) -> Slot:
    visits, ordered = _sum(by_week)
    baseline = (whole[1] - ordered) / (whole[0] - visits) if whole[0] > visits else 0.0
    lift = _lift(visits, ordered, baseline)
    best = max(by_week, key=lambda week: (by_week[week][1], by_week[week][0]))
    others = {week: one for week, one in by_week.items() if week != best}
    without = _lift(*_sum(others), baseline)
    weeks = sum(ordered > 0 for _visits, ordered in by_week.values())
    decisive = (
        q <= FALSE_DISCOVERY
        and visits >= LEAST_VISITS
        and ordered >= LEAST_ORDERED
        and weeks >= LEAST_WEEKS
        and lift is not None
        and lift >= LEAST_LIFT
        and without is not None
        and without > 1
    )
    return Slot(*cell, visits, ordered, weeks, baseline, lift, without, chance, q, decisive)


def _sum(by_week: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    return sum(visits for visits, _ordered in by_week.values()), sum(ordered for _visits, ordered in by_week.values())


def _lift(visits: int, ordered: int, baseline: float) -> float | None:
    return ordered / visits / baseline if visits and baseline else None
