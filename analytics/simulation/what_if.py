"""A question of the shop's staff played over the shop's own past: today's terms, the textbook, and the terms they ask about."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from analytics.simulation import reporting, running
from analytics.simulation.policies import Name
from analytics.simulation.reporting import Interval
from analytics.simulation.running import Result
from analytics.simulation.traces import Traces, classes
from analytics.simulation.world import Fed, Setting

# Stated service levels of the exchange curve, and multiples of the margin by which the textbook is led along the same stock.
LEVELS = (0.80, 0.85, 0.90, 0.93, 0.95, 0.97, 0.98, 0.99)
FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
# Of a price, where the shop's books do not tell what goods cost; and how far they are believed.
USUAL_COST_SHARE = 0.6
LEAST_COST_SHARE, MOST_COST_SHARE = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Terms:
    """What one reckons with. Without a service level, nor one for its class, a SKU has what its costs ask for."""

    lead_days: int
    order_cost: float
    holding_rate: float
    service_level: float | None = None
    class_levels: tuple[tuple[str, float], ...] = ()

    def world(self, *, cost_share: float, fed: str) -> Setting:
        return Setting(
            lead_days=self.lead_days,
            order_cost=self.order_cost,
            holding_rate=self.holding_rate,
            service_level=self.service_level,
            class_levels=self.class_levels,
            cost_share=cost_share,
            fed=Fed(fed.lower()),
        )


def answer(traces: Traces, *, asked: Terms, today: Terms, cost_share: float | None, fed: str, abc: str = "") -> dict[str, Any]:
    """Plain values, ready to be kept; empty where there is nothing to play. `abc` narrows to a class of turnover."""
    if abc and traces.skus:
        groups = tuple(classes(traces).tolist())
        traces = replace(traces, groups=groups).only([row for row, group in enumerate(groups) if group.startswith(abc)])
    if not traces.skus:
        return {}
    share = min(max(USUAL_COST_SHARE if cost_share is None else cost_share, LEAST_COST_SHARE), MOST_COST_SHARE)
    world = asked.world(cost_share=share, fed=fed)
    report = running.run(traces, running.Settings(world=world, names=(Name.TEXTBOOK, Name.OWN)))
    curve = [_point(traces, Name.TEXTBOOK, replace(world, margin_factor=factor)) for factor in FACTORS]
    curve += [_point(traces, Name.OWN, replace(world, service_level=level, class_levels=())) for level in LEVELS]
    as_today = _today(traces, today.world(cost_share=share, fed=fed))
    by_name = {result.name: result for result in report.results}
    return {
        "skus": report.skus,
        "days": report.days,
        "units": report.units,
        "cost_share": share,
        "cost_is_known": cost_share is not None,
        "clairvoyant": report.clairvoyant,
        "policies": {
            "today": as_today,
            "textbook": _kept(by_name[Name.TEXTBOOK]),
            "what_if": _kept(by_name[Name.OWN]),
        },
        "curve": curve,
    }


def _today(traces: Traces, world: Setting) -> dict[str, Any]:
    """The shop as it is, in its own world: against the textbook and foresight of that world."""
    settings = running.Settings(world=world, names=(Name.TEXTBOOK, Name.OWN))
    return _kept(next(result for result in running.run(traces, settings).results if result.name is Name.OWN))


def _kept(result: Result) -> dict[str, Any]:
    return {
        **asdict(result.whole),
        "against": _interval(result.against),
        "captured": _interval(result.captured),
        "by_class": {group: asdict(figures) for group, figures in result.by_class.items()},
    }


def _interval(found: Interval | None) -> dict[str, float] | None:
    return asdict(found) if found else None


def _point(traces: Traces, name: Name, world: Setting) -> dict[str, Any]:
    figures = asdict(reporting.figures(running.once(traces, name, world), traces, cost_share=world.cost_share))
    kept = ("stock_value", "cover_days", "unit_fill", "value_fill", "orders")
    return {
        "policy": "textbook" if name is Name.TEXTBOOK else "what_if",
        "level": None if name is Name.TEXTBOOK else world.service_level,
        "factor": world.margin_factor,
        **{figure: figures[figure] for figure in kept},
    }
