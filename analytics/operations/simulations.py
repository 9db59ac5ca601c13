"""Simulations that staff ask for: asked, played by a worker, kept.

What is played is the shop's own past up to yesterday: half a year that is known history, then the days that were asked about.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import Simulation
from analytics.queries import demand_traces
from analytics.queries.buying_terms import Today, today
from config.kernel import jobs, shop
from config.kernel.errors import Invalid, Missing
from config.kernel.models import User
from inventory.queries import shelves

# The job of analytics/tasks.py, and how long it may take.
SIMULATE = "analytics.simulate"
SECONDS = 1_800
# Days that are known before the first one is played.
WARM_UP = 182
LEAST_DAYS, MOST_DAYS = 28, 182
LONGEST_LEAD = 90
LOWEST_LEVEL, HIGHEST_LEVEL = Decimal("0.5"), Decimal("0.999")
HIGHEST_RATE = Decimal(2)
# SKUs that are played: those of the highest takings.
MOST_SKUS = 3_000
KEPT = 100
PATIENCE = timedelta(days=1)


class SimulationRefused(Invalid):
    """`details["field"]` names what cannot be asked."""

    code = "simulation_refused"


class UnknownSimulation(Missing):
    code = "simulation_not_found"


@dataclass(frozen=True)
class Question:
    """Without a service level each SKU has what its costs ask for."""

    service_level: Decimal | None
    lead_days: int
    order_cost: Decimal
    holding_rate: Decimal
    days: int
    fed: str = Simulation.Fed.SALES
    category_id: int | None = None
    warehouse_id: int | None = None
    abc: str = ""


@transaction.atomic
def ask(*, question: Question, actor: User | None, at: datetime) -> Simulation:
    """Keeps the question with the terms of today and asks a worker to play it. Old ones beyond the hundredth go."""
    _require_sense(question)
    last = shop.day(at) - timedelta(days=1)
    asked = Simulation.objects.create(
        asked_by=actor, asked_at=at, service_level=question.service_level, lead_days=question.lead_days,
        order_cost=question.order_cost, holding_rate=question.holding_rate, fed=question.fed,
        first=last - timedelta(days=question.days - 1), last=last, category_id=question.category_id,
        warehouse_id=question.warehouse_id, abc=question.abc, today=today().as_plain(),
    )  # fmt: skip
    _tidy(at)
    jobs.request(name=SIMULATE, arguments={"simulation": asked.pk}, actor=actor, at=at)
    return asked


def play(*, simulation_id: int, at: datetime) -> Simulation:
    """Plays it, once and for all; safe to repeat. What keeps it from being played is told on the row, not raised."""
    row = Simulation.objects.filter(pk=simulation_id).first()
    if row is None:
        raise UnknownSimulation(_("There is no such simulation."), details={"simulation": simulation_id})
    if row.state != Simulation.State.REQUESTED:
        return row
    if not is_installed():
        return _failed(row, Simulation.Failure.EXTRA, at)
    began = time.monotonic()
    try:
        answer = _answer(row)
    except Exception:
        _failed(row, Simulation.Failure.BROKEN, at)
        raise
    if not answer:
        return _failed(row, Simulation.Failure.HISTORY, at)
    return _ended(row, state=Simulation.State.DONE, result=answer, ran_at=at, seconds=round(time.monotonic() - began, 2))


def is_installed() -> bool:
    return all(find_spec(one) is not None for one in ("numpy", "scipy"))


def _require_sense(question: Question) -> None:
    level = question.service_level
    held: tuple[tuple[str, bool, str], ...] = (
        ("service_level", level is None or LOWEST_LEVEL <= level <= HIGHEST_LEVEL,
         _("A service level lies between 50 and 99.9 percent.")),
        ("lead_days", 1 <= question.lead_days <= LONGEST_LEAD, _("A lead time lies between 1 and 90 days.")),
        ("order_cost", question.order_cost >= 0, _("A cost is not negative.")),
        ("holding_rate", 0 < question.holding_rate <= HIGHEST_RATE,
         _("The holding rate lies above zero, at 200 percent at the most.")),
        ("days", LEAST_DAYS <= question.days <= MOST_DAYS, _("From 28 to 182 days can be played.")),
        ("days", question.days > question.lead_days + 7,
         _("The days that are played are to be more than the lead time and a week.")),
        ("abc", question.abc in ("", "A", "B", "C"), _("There is no such class.")),
        ("fed", question.fed in Simulation.Fed.values, _("There is no such choice.")),
    )  # fmt: skip
    for field, is_fine, words in held:
        if not is_fine:
            raise SimulationRefused(words, details={"field": field})


def _answer(row: Simulation) -> dict[str, Any]:
    # Arrays come with the extra: whoever does not play needs them not.
    from analytics.simulation import what_if
    from analytics.simulation.traces import Traces

    past = demand_traces.earning(
        first=_known_from(row.first),
        last=row.last,
        categories=None if row.category_id is None else shelves.below(row.category_id),
        warehouse_id=row.warehouse_id,
        most=MOST_SKUS,
    )
    level = None if row.service_level is None else float(row.service_level)
    kept = Today.of_plain(row.today)
    return what_if.answer(
        Traces.of(past.units, past.prices, warm_up=WARM_UP),
        asked=what_if.Terms(row.lead_days, float(row.order_cost), float(row.holding_rate), level),
        today=what_if.Terms(
            kept.lead_days, float(kept.order_cost), float(kept.holding_rate), float(kept.service_level),
            tuple((name, float(one)) for name, one in kept.class_levels.items()),
        ),
        cost_share=past.cost_share, fed=row.fed, abc=row.abc,
    )  # fmt: skip


def _known_from(first: date) -> date:
    return first - timedelta(days=WARM_UP)


def _failed(row: Simulation, why: str, at: datetime) -> Simulation:
    return _ended(row, state=Simulation.State.FAILED, failure=why, ran_at=at)


@transaction.atomic
def _ended(row: Simulation, **values: Any) -> Simulation:
    """The first end of a simulation holds, if two workers should have played it."""
    still = Simulation.objects.select_for_update(no_key=True).get(pk=row.pk)
    if still.state == Simulation.State.REQUESTED:
        for name, value in values.items():
            setattr(still, name, value)
        still.save(update_fields=list(values))
    return still


def _tidy(at: datetime) -> None:
    lost = Simulation.objects.filter(state=Simulation.State.REQUESTED, asked_at__lt=at - PATIENCE)
    lost.update(state=Simulation.State.FAILED, failure=Simulation.Failure.LOST, ran_at=at)
    newest = Simulation.objects.order_by("-asked_at", "-pk").values("pk")[:KEPT]
    Simulation.objects.exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
