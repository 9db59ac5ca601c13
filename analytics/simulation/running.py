"""The simulator's face: traces and settings in, a report out. A job, a command and a test call the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analytics.simulation import clairvoyant, policies, reporting
from analytics.simulation.learning import Habits
from analytics.simulation.policies import Name
from analytics.simulation.reporting import Figures, Interval
from analytics.simulation.traces import Traces, classes
from analytics.simulation.world import Outcome, Setting, play

MARGIN_FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """Which policies are tried in which world, and which of them the others are compared with."""

    world: Setting = field(default_factory=Setting)
    names: tuple[Name, ...] = (Name.FIXED, Name.COVER, Name.TEXTBOOK, Name.POWER, Name.OWN)
    referee: Name = Name.TEXTBOOK
    curve: tuple[float, ...] = ()  # multipliers of the margin, for the exchange curve
    curve_levels: tuple[float, ...] = ()  # stated service levels, for the curve of the product's policy
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True)
class Result:
    name: Name
    whole: Figures
    by_class: dict[str, Figures]
    against: Interval | None  # the total over the referee's
    captured: Interval | None  # of what foresight would save against the referee


@dataclass(frozen=True, slots=True)
class Point:
    """One policy with one margin, or with one stated service level."""

    name: Name
    margin_factor: float
    service_level: float | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    skus: int
    days: int
    units: float
    clairvoyant: float
    results: tuple[Result, ...]
    curve: tuple[Point, ...]


def run(traces: Traces, settings: Settings) -> Report:
    world = settings.world
    bound = clairvoyant.cost(traces, world)
    names = settings.names if settings.referee in settings.names else (settings.referee, *settings.names)
    outcomes = {name: once(traces, name, world, settings.habits) for name in names}
    groups = classes(traces)
    return Report(
        skus=len(traces.skus),
        days=int(traces.met.shape[1]),
        units=float(traces.met.sum()),
        clairvoyant=float(bound.sum()),
        results=tuple(
            Result(
                name=name,
                whole=reporting.figures(outcome, traces, cost_share=world.cost_share),
                by_class={
                    str(group): reporting.figures(
                        outcome, traces, cost_share=world.cost_share, rows=np.flatnonzero(groups == group)
                    )
                    for group in np.unique(groups)
                },
                against=_against(outcome, outcomes[settings.referee], is_referee=name is settings.referee),
                captured=None
                if name is settings.referee
                else reporting.captured(outcome.total, outcomes[settings.referee].total, bound),
            )
            for name, outcome in outcomes.items()
        ),
        curve=tuple(_curve(traces, settings)),
    )


def once(traces: Traces, name: Name, world: Setting, habits: Habits | None = None) -> Outcome:
    """One policy in one world."""
    return play(traces, policies.made(name, traces, world, habits), world)


def _against(outcome: Outcome, referee: Outcome, *, is_referee: bool) -> Interval | None:
    return None if is_referee else reporting.ratio(outcome.total, referee.total)


def _curve(traces: Traces, settings: Settings) -> Sequence[Point]:
    points = []
    own = [name for name in settings.names if name in {Name.OWN, Name.OWN_RQ}][:1]
    for name in dict.fromkeys((settings.referee, *own)):
        for factor in settings.curve:
            world = replace(settings.world, margin_factor=factor)
            points.append(_point(traces, name, world, settings.habits))
    for name in own:
        for level in settings.curve_levels:
            points.append(_point(traces, name, replace(settings.world, service_level=level), settings.habits))
    return points


def _point(traces: Traces, name: Name, world: Setting, habits: Habits) -> Point:
    outcome = once(traces, name, world, habits)
    found = reporting.figures(outcome, traces, cost_share=world.cost_share)
    return Point(name, world.margin_factor, world.service_level, found)
