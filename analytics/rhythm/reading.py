"""One customer's story read by all the rules at once, with the numbers each decision rests on, as they are stored and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from analytics.rhythm import buyers, cycles, taste
from analytics.rhythm import decline as declines
from analytics.rhythm import preference as preferences
from analytics.rhythm.buyers import Looked, Verdict
from analytics.rhythm.cycles import Cycle
from analytics.rhythm.decline import Came, Decline
from analytics.rhythm.preference import Preference, Usual
from analytics.rhythm.taste import Order, Taste

# Changes with the rules, so that what was decided by older ones is recognized, and read anew.
VERSION = 1


@dataclass(frozen=True)
class Visited:
    """A visit of the customer, in the shop's own time."""

    day: date
    started_at: datetime
    viewed_at: datetime | None
    products: int
    active: float
    has_ordered: bool


@dataclass(frozen=True)
class Story:
    orders: Sequence[Order]
    visits: Sequence[Visited]


@dataclass(frozen=True)
class Shop:
    """What customers are compared with, and the days that nobody is judged by."""

    usual: Usual
    thirds: tuple[float, float] | None
    left_out: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Rhythm:
    cycle: Cycle | None
    preference: Preference
    decline: Decline | None
    taste: Taste
    verdict: Verdict

    def why(self) -> dict[str, Any]:
        """The numbers behind each decision. Shares and chances are rounded to what can be read."""
        liked = [{"category": one.category, "orders": one.orders, "cycle": _cycle(one.cycle)} for one in self.taste.categories]
        return {
            "rules": VERSION,
            "cycle": _cycle(self.cycle),
            "preference": {
                "hour": self.preference.hour,
                "hour_share": round(self.preference.hour_share, 4),
                "weekday": self.preference.weekday,
                "weekday_share": round(self.preference.weekday_share, 4),
                "weight": round(self.preference.weight, 2),
                "is_own": self.preference.is_own,
            },
            "decline": _decline(self.decline),
            "taste": {
                "orders": self.taste.orders,
                "median_price": self.taste.median_price,
                "band": self.taste.band.value if self.taste.band else None,
                "coupon_orders": self.taste.coupon_orders,
                "categories": liked,
            },
            "type": {
                "found": self.verdict.type.value,
                "confidence": round(self.verdict.confidence, 4),
                "supports": {one.value: round(sure, 4) for one, sure in self.verdict.supports.items()},
                "purchases": self.verdict.known,
                "quick": self.verdict.quick,
                "deliberate": self.verdict.deliberate,
            },
        }


def read(story: Story, shop: Shop, on: date) -> Rhythm:
    """The rhythm as it is known at the end of a day."""
    bought = [order.at for order in story.orders]
    cycle = cycles.cycle([order.day for order in story.orders])
    looked = [Looked(one.started_at, one.viewed_at, one.products) for one in story.visits]
    came = [Came((on - one.day).days + 1, one.active) for one in story.visits]
    return Rhythm(
        cycle=cycle,
        preference=preferences.preference(bought, [one.started_at for one in story.visits if not one.has_ordered], shop.usual),
        decline=declines.decline(came, [(on - day).days + 1 for day in shop.left_out]),
        taste=taste.taste(story.orders, shop.thirds),
        verdict=buyers.verdict(buyers.purchases(bought, looked), cycle),
    )


def _cycle(cycle: Cycle | None) -> dict[str, Any] | None:
    if cycle is None:
        return None
    return {
        "days": cycle.days,
        "gaps": cycle.gaps,
        "fitting": cycle.fitting,
        "confidence": round(cycle.confidence, 4),
        "last_on": cycle.last_on.isoformat(),
        "expected_on": cycle.expected_on.isoformat(),
    }


def _decline(decline: Decline | None) -> dict[str, Any] | None:
    if decline is None:
        return None
    return {
        "baseline_visits": decline.baseline_visits,
        "baseline_days": decline.baseline_days,
        "recent_visits": decline.recent_visits,
        "recent_days": decline.recent_days,
        "expected": round(decline.expected, 2),
        "visits_chance": round(decline.visits_chance, 6),
        "baseline_active": decline.baseline_active,
        "recent_active": decline.recent_active,
        "active_chance": round(decline.active_chance, 6),
        "fewer": decline.fewer,
        "shorter": decline.shorter,
    }
