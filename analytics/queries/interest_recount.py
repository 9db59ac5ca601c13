"""Counts the figures of a business day's visits once more, in plain Python over the raw events, and compares them.

Visits are found as analytics/queries/visit_recount.py finds them, without the statements that fill the tables. Of a day with
very many events only what is made of the visits is counted, from the visits as they are stored. Channels are added up: a source
that has been given another one since changes no figure of the past.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace
from typing import Any

from analytics.behaviour import funnel, paths, stages, terms
from analytics.behaviour.kinds import numbers
from analytics.models import (
    DailyFunnel,
    DailyInterest,
    DailySearch,
    DailyVisitors,
    DailyVisitPath,
    Event,
    HourlyVisits,
    Visit,
)
from analytics.queries import event_recount, visit_recount
from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import Variant

# So many events of a day are counted one by one.
MOST_EVENTS = 150_000

HOURLY = (
    "visits", "viewed", "compared", "decided", "checkout", "ordered", "carted", "carts_left", "bounces", "saw_out_of_stock",
    "pages", "searches", "dry_searches", "products", "added", "active_seconds", *(f"lost_{one}" for one in funnel.Reason),
)  # fmt: skip
INTEREST = ("views", "viewing", "viewing_out_of_stock", "added", "adding", "wished", "reviews", "dwell_seconds")
SEARCH = ("searches", "visits", "visitors", "dry", "viewed", "added")
_THOUSANDTH = Decimal("0.001")
Cells = dict[tuple[str, Any, str], Decimal]


@dataclass(frozen=True)
class Cell:
    """One figure that differs; 0 where a side has no such row."""

    rollup: str
    key: Any
    column: str
    stored: Decimal
    recounted: Decimal


def differences(day: date) -> list[Cell]:
    """Every differing figure of a day that still claims to be clean when the comparison ends."""
    before = visit_recount.claim_of(day)
    if before is None:
        return []
    found = _compare(day, before)
    return found if found and not event_recount.is_pending(day) and before == visit_recount.claim_of(day) else []


def _compare(day: date, claim: tuple[Any, ...]) -> list[Cell]:
    _marks, _rebuilt_at, source_rows, made_by, is_forgotten = claim
    is_whole = (source_rows or 0) <= MOST_EVENTS
    if is_whole:
        visits = visit_recount.visits_of(day, is_forgotten=is_forgotten)
    else:
        rows = Visit.objects.filter(day=day).values("visitor", "started_at", *visit_recount.COUNTED)
        visits = {(row["visitor"], row["started_at"]): row for row in rows}
    # What was of which category when the day was made is not known once the catalog has changed.
    by_category = visit_recount.mark_of_the_catalog(day) == made_by
    if not by_category and is_whole:
        stored_steps = Visit.objects.filter(day=day).values("visitor", "started_at", *visit_recount.OF_THE_CATALOG)
        told = {(row["visitor"], row["started_at"]): row for row in stored_steps}
        visits = {key: {**one, **told.get(key, {})} for key, one in visits.items()}
    counted = _of_visits(visits)
    stored = _stored_of_visits(day)
    if is_whole:
        counted |= _of_events(day, visits)
        stored |= _stored_of_events(day)
    if is_forgotten:
        # What was searched for on such a day nobody can tell any more.
        counted, stored = _without_terms(counted), _without_terms(stored)
    return [
        Cell(*key, stored.get(key, Decimal(0)), counted.get(key, Decimal(0)))
        for key in sorted(stored.keys() | counted.keys(), key=repr)
        if stored.get(key, Decimal(0)) != counted.get(key, Decimal(0))
    ]


def _without_terms(cells: Cells) -> Cells:
    return {key: number for key, number in cells.items() if key[0] != "search"}


def _of_visits(visits: Mapping[tuple[int, datetime], Mapping[str, Any]]) -> Cells:
    found: Cells = defaultdict(Decimal)
    for (_visitor, started_at), one in visits.items():
        visit: Any = SimpleNamespace(**one)
        step, reason = funnel.step(visit), funnel.reason(visit)
        did = {
            "visits": 1,
            "viewed": visit.viewed_at is not None,
            "compared": visit.compared_at is not None,
            "decided": visit.decided_at is not None,
            "checkout": visit.checkout_at is not None,
            "ordered": visit.ordered_at is not None,
            "carted": visit.added > 0,
            "carts_left": visit.added > 0 and visit.ordered_at is None,
            "bounces": visit.is_bounce,
            "saw_out_of_stock": visit.out_of_stock > 0,
            **{name: getattr(visit, name) for name in ("pages", "searches", "dry_searches", "products", "added")},
            "active_seconds": visit.active_seconds,
            **{f"lost_{other}": other is reason for other in funnel.Reason},
        }
        for column, number in did.items():
            found["visits", started_at.astimezone(shop.zone()).hour, column] += Decimal(number)
        found["path", (paths.landing(visit.landing), paths.written(paths.acts(visit))), "visits"] += 1
        for category in (None, *visit.categories):
            found["funnel", (category, int(step), reason.value if reason else ""), "visits"] += 1
    found["visitors", None, "visitors"] = Decimal(len({visitor for visitor, _started_at in visits}))
    return _without_nothing(found)


def _of_events(day: date, visits: Iterable[tuple[int, datetime]]) -> Cells:
    begins: dict[int, list[datetime]] = defaultdict(list)
    for whose, started_at in sorted(visits):
        begins[whose].append(started_at)
    period = day_period(day, shop.zone())
    events = Event.objects.filter(
        occurred_at__gte=period.starts_at, occurred_at__lt=period.ends_at, traffic=0, visitor__isnull=False
    ).values_list("visitor", "occurred_at", "kind", "variant_id", "properties")
    known = set(Variant.objects.values_list("pk", flat=True))
    found: Cells = defaultdict(Decimal)
    once: dict[tuple[str, Any, str], set[Any]] = defaultdict(set)
    searched: dict[tuple[Any, str], datetime] = {}
    last: dict[tuple[Any, str], datetime] = {}
    for visitor, at, kind, variant, properties in events.iterator(chunk_size=5_000):
        assert visitor is not None  # noqa: S101  asked for
        said: Mapping[str, Any] = properties or {}
        if visitor not in begins:
            continue  # Told since the visits were read: its day is due.
        visit = (visitor, begins[visitor][bisect_right(begins[visitor], at) - 1])
        what = _WHAT.get(kind)
        if what in ("viewed", "added"):
            last[visit, what] = max(at, last.get((visit, what), at))
        if what == "searched":
            term = terms.term(said.get("query", ""))
            if term:
                found["search", term, "searches"] += 1
                found["search", term, "dry"] += said.get("results") == 0
                once["search", term, "visits"].add(visit)
                once["search", term, "visitors"].add(visitor)
                searched[visit, term] = min(at, searched.get((visit, term), at))
        elif what and variant in known:
            column = {"viewed": "views", "wished": "wished", "reviewed": "reviews"}.get(what)
            if column:
                found["interest", variant, column] += 1
            if what == "viewed":
                once["interest", variant, "viewing"].add(visit)
                if said.get("in_stock") is False:
                    once["interest", variant, "viewing_out_of_stock"].add(visit)
            elif what == "added":
                found["interest", variant, "added"] += int(said.get("quantity", 1))
                once["interest", variant, "adding"].add(visit)
            elif what == "dwelled":
                found["interest", variant, "dwell_seconds"] += Decimal(str(said["seconds"]))
    for (visit, term), at in searched.items():
        for column in ("viewed", "added"):
            found["search", term, column] += last.get((visit, column), at) >= at and (visit, column) in last
    for key, seen in once.items():
        found[key] = Decimal(len(seen))
    for key in found:
        found[key] = found[key].quantize(_THOUSANDTH, ROUND_HALF_UP)
    return _without_nothing(found)


_WHAT = {
    **dict.fromkeys(stages.VIEWED, "viewed"),
    **dict.fromkeys(numbers("product_added"), "added"),
    **dict.fromkeys(numbers("product_wished"), "wished"),
    **dict.fromkeys(stages.REVIEWED, "reviewed"),
    **dict.fromkeys(numbers("dwelled"), "dwelled"),
    **dict.fromkeys(numbers("products_searched"), "searched"),
}


def _stored_of_visits(day: date) -> Cells:
    found: Cells = defaultdict(Decimal)
    for hour in HourlyVisits.objects.filter(day=day).values("hour", *HOURLY):
        for column in HOURLY:
            found["visits", hour["hour"], column] += Decimal(hour[column])
    for landing, acts, visits in DailyVisitPath.objects.filter(day=day).values_list("landing", "acts", "visits"):
        found["path", (landing, acts), "visits"] += visits
    for category, step, reason, visits in DailyFunnel.objects.filter(day=day).values_list(
        "category_id", "step", "reason", "visits"
    ):
        found["funnel", (category, step, reason), "visits"] += visits
    for visitors in DailyVisitors.objects.filter(day=day, channel__isnull=True).values_list("visitors", flat=True):
        found["visitors", None, "visitors"] += visitors
    return _without_nothing(found)


def _stored_of_events(day: date) -> Cells:
    found: Cells = {}
    for row in DailyInterest.objects.filter(day=day).values("variant_id", *INTEREST):
        found |= {("interest", row["variant_id"], column): Decimal(row[column]) for column in INTEREST}
    for row in DailySearch.objects.filter(day=day).values("term", *SEARCH):
        found |= {("search", row["term"], column): Decimal(row[column]) for column in SEARCH}
    return _without_nothing(found)


def _without_nothing(found: Cells) -> Cells:
    return {key: number for key, number in found.items() if number}
