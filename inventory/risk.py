"""How likely a SKU sells out before goods can come, what that would cost, and what to do first. Pure.

The stock is followed along its moments of truth: just before each delivery that is expected, and on the last day before goods
ordered now could be here. At each the demand up to then, a negative binomial around what is expected, is held against what
lies there and what has come by then. The chance of running out is that of the worst moment: a lower bound of the chance that
it happens at any of them, and close to it, since the moments share their days. docs/algorithms/risk.md tells it with numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from inventory.stocking import distributions, lead_times
from inventory.stocking.values import LeadTime, Outlook

# The position is looked at each night, so what is not ordered now is ordered a day later.
REVIEW_DAYS = 1
# From these chances on staff are told; a policy that works as set stays below the first.
TOLD_FROM, URGENT_FROM = 0.2, 0.5
# A day counts as a surge when chance alone would bring as much once in ten thousand such days, and it is not a handful.
SURGE_TAIL, SURGE_LEAST = 1e-4, 5
# How many days' sales the expectation weighs as much as, where the pace of the last day is taken into account.
PRIOR_DAYS = 2
# What gives away keeps enough for its own customers with this chance.
KEPT_BACK = 0.95
# Farther ahead nothing is expected from a list for today.
LONGEST = 120


class Level(StrEnum):
    OUT = "OUT"  # nothing can be sold now, and it is asked for
    URGENT = "URGENT"  # it sells out before goods come, more likely than not
    LIKELY = "LIKELY"  # more likely to sell out than the shop accepts
    NONE = "NONE"  # lasts as well as it should


class Action(StrEnum):
    """What helps, in the order in which it helps."""

    TRANSFER = "TRANSFER"  # another warehouse can spare some
    EXPEDITE = "EXPEDITE"  # goods are ordered, but come too late
    APPROVE = "APPROVE"  # a purchase waits for approval or has not been sent
    ORDER = "ORDER"  # nothing is ordered, and a supplier is known
    FIND_SUPPLIER = "FIND_SUPPLIER"  # nobody is known to buy from
    LET_GO = "LET_GO"  # off sale: it may run out


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods on their way."""

    units: int
    in_days: int

    @property
    def day(self) -> int:
        """What is overdue is expected tomorrow."""
        return max(self.in_days, 1)


@dataclass(frozen=True, slots=True)
class Standing:
    """One SKU in one warehouse. `asked_last_day` are units ordered by customers in the last 24 hours."""

    available: int
    outlook: Outlook
    lead: LeadTime
    arrivals: Sequence[Arrival] = ()
    asked_last_day: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """`days_of_cover` and `out_in_days` are None where the stock outlasts the horizon."""

    level: Level
    chance: float
    expected_short: float
    days_of_cover: float | None
    out_in_days: int | None
    horizon_days: int
    per_day: float
    is_surge: bool
    surge_chance: float | None
    pace: float
    incoming_in_time: int


@dataclass(frozen=True, slots=True)
class Ways:
    """What could be done about a shortage. `spare` is the most that one other warehouse can give."""

    is_on_sale: bool = True
    has_supplier: bool = True
    spare: int = 0
    waiting: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    action: Action
    units: int = 0


def lasts(standing: Standing) -> bool:
    """Whether there is so much that nothing need be counted: for most SKUs there is."""
    mean = lead_times.expected_over(standing.outlook, horizon(standing.lead))
    much = mean + 8 * sqrt(mean * _ratio(standing.outlook, mean)) + 10
    return standing.available > much and not is_surge(standing)[0]


def judge(standing: Standing) -> Judged:
    outlook, days = standing.outlook, horizon(standing.lead)
    surge, surge_chance = is_surge(standing)
    pace = pace_of(standing) if surge else 1.0
    chance, short, in_time = 0.0, 0.0, 0
    for day in moments(standing.arrivals, days):
        mean = pace * lead_times.expected_over(outlook, day)
        in_time = sum(one.units for one in standing.arrivals if one.day < day)
        supply = max(standing.available, 0) + in_time
        demand = distributions.demand(round(mean, 2), round(_ratio(outlook, mean), 2))
        chance = max(chance, 1 - demand.chance(supply))
        short = max(short, demand.shortage(supply))
    daily = [pace * lead_times.expected_over(outlook, 1, day) for day in range(LONGEST)]
    return Judged(
        level=_level(standing.available, daily[0], chance),
        chance=round(min(chance, 1.0), 4),
        expected_short=round(short, 2),
        days_of_cover=days_until(standing.available, daily),
        out_in_days=runs_out(standing.available, standing.arrivals, daily[:days]),
        horizon_days=days,
        per_day=round(sum(daily[:days]) / days, 4),
        is_surge=surge,
        surge_chance=surge_chance,
        pace=round(pace, 2),
        incoming_in_time=in_time,
    )


def horizon(lead: LeadTime) -> int:
    """Days until goods that are ordered now, or at the next look, are here; a slow delivery is allowed for."""
    return min(max(ceil(lead.mean + lead.deviation), 0) + REVIEW_DAYS, LONGEST)


def _ratio(outlook: Outlook, mean: float) -> float:
    """Variance over mean of the demand of a time with this mean."""
    return max(outlook.dispersion, 1.0) + outlook.doubt**2 * mean


def _level(available: int, tomorrow: float, chance: float) -> Level:
    if available <= 0 and tomorrow > 0:
        return Level.OUT
    if chance >= URGENT_FROM:
        return Level.URGENT
    return Level.LIKELY if chance >= TOLD_FROM else Level.NONE


def moments(arrivals: Sequence[Arrival], days: int) -> list[int]:
    """Days ahead at whose end the stock is at its lowest: before each delivery within the horizon, and at its end."""
    return sorted({one.day for one in arrivals if one.day <= days} | {days})


def is_surge(standing: Standing) -> tuple[bool, float | None]:
    """Whether so much was asked for in a day that chance does not explain it, and the chance that it would."""
    if standing.asked_last_day < SURGE_LEAST:
        return False, None
    mean = _a_day(standing)
    tail = 1 - distributions.demand(round(mean, 2), round(_ratio(standing.outlook, mean), 2)).chance(
        standing.asked_last_day - 1
    )
    return tail < SURGE_TAIL, max(tail, 0.0)


def pace_of(standing: Standing) -> float:
    """How many times the expected pace the SKU sells at, the expectation weighing as much as two days (Gamma-Poisson)."""
    mean = _a_day(standing)
    return max((standing.asked_last_day + PRIOR_DAYS * mean) / ((1 + PRIOR_DAYS) * mean), 1.0)


def _a_day(standing: Standing) -> float:
    # Where nothing was expected at all, a tenth of a unit a day stands for what was never seen.
    return max(lead_times.expected_over(standing.outlook, 1), 0.1)


def days_until(available: int, daily: Sequence[float]) -> float | None:
    """Days that what can be sold now lasts at the expected pace, to a tenth; None beyond the longest look ahead."""
    left = float(max(available, 0))
    for day, mean in enumerate(daily):
        if mean > left or (mean > 0 and left == 0):
            return round(day + (left / mean if mean else 0), 1)
        left -= mean
    return None


def runs_out(available: int, arrivals: Sequence[Arrival], daily: Sequence[float]) -> int | None:
    """The first day ahead on which expected demand exceeds what is there; 0 is today."""
    left = float(max(available, 0))
    for day, mean in enumerate(daily):
        left += sum(one.units for one in arrivals if one.day == day)
        left -= mean
        if left < 0:
            return day
    return None


def spare(available: int, outlook: Outlook, days: int) -> int:
    """Units that a warehouse can give away and still expect to serve its own demand of so many days, with its usual spread."""
    mean = lead_times.expected_over(outlook, days)
    needed = distributions.demand(round(mean, 2), round(_ratio(outlook, mean), 2)).quantile(KEPT_BACK)
    return max(available - needed, 0)


def steps(judged: Judged, ways: Ways) -> list[Step]:
    """What to do, the quickest help first; never empty."""
    if not ways.is_on_sale:
        return [Step(Action.LET_GO)]
    missing = max(ceil(judged.expected_short), 1)
    found = []
    if ways.spare:
        found.append(Step(Action.TRANSFER, min(ways.spare, missing)))
    if ways.late:
        found.append(Step(Action.EXPEDITE, ways.late))
    if ways.waiting:
        found.append(Step(Action.APPROVE, ways.waiting))
    if not ways.late and not ways.waiting:
        found.append(Step(Action.ORDER, missing) if ways.has_supplier else Step(Action.FIND_SUPPLIER))
    return found
