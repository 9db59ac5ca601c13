"""Holds what was expected on earlier evenings against what happened, and lets methods go that lose to their simple referee."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from analytics.models import DemandForecast, ForecastScore, MethodChange, MethodChoice
from analytics.operations.expectations import REFEREE, best
from analytics.queries.demand import SOLD_OUT_FROM

# So many days after an evening it is held against what happened.
SPANS = (7, 28)
# Evenings so many days apart speak of different days.
APART = timedelta(days=7)
# Fewer units say too little to let a method go.
LEAST_UNITS = 50

# Days on which a shelf was empty for most of the time are left out of both sides; a bound is judged where no day is left out.
# Daily errors are only told over the first week: so far each day's expectation is kept.
_SCORE = """
    WITH expected AS (
        SELECT f.*, s.variant_id, s.warehouse_id
        FROM analytics_demandforecast AS f JOIN analytics_demandseries AS s ON s.id = f.series_id WHERE f.origin = %(origin)s
    ),
    happened AS (
        SELECT
            e.id, d.day - %(origin)s::date AS place, d.units, d.sold_out >= %(sold_out)s AS hidden
        FROM expected AS e JOIN analytics_dailydemand AS d
            ON d.variant_id = e.variant_id AND d.warehouse_id = e.warehouse_id
            AND d.day > %(origin)s AND d.day <= %(origin)s::date + %(days)s
    ),
    summed AS (
        SELECT
            id, coalesce(sum(units) FILTER (WHERE NOT hidden), 0) AS units, count(*) FILTER (WHERE hidden) AS hidden,
            coalesce(array_agg(place) FILTER (WHERE hidden), '{}') AS hidden_places,
            array_agg(place) AS places, array_agg(units) AS each
        FROM happened GROUP BY id
    ),
    one AS (
        SELECT
            e.demand_class, e.method, coalesce(s.units, 0) AS units, %(days)s - coalesce(s.hidden, 0) AS kept,
            coalesce(s.hidden, 0) AS hidden, e.scale, e.plain,
            CASE WHEN %(days)s = 7 THEN week.expected ELSE e.month_units * (1 - coalesce(s.hidden, 0) / %(days)s::float8) END
                AS expected,
            CASE WHEN %(days)s = 7 THEN e.week_upper ELSE e.month_upper END AS upper,
            week.squared, week.plain_squared
        FROM expected AS e LEFT JOIN summed AS s ON s.id = e.id
        CROSS JOIN LATERAL (
            SELECT
                coalesce(sum(w.expected) FILTER (WHERE NOT w.place = ANY(coalesce(s.hidden_places, '{}'))), 0) AS expected,
                avg((coalesce(s.each[array_position(s.places, w.place)], 0) - w.expected) ^ 2)
                    FILTER (WHERE NOT w.place = ANY(coalesce(s.hidden_places, '{}'))) AS squared,
                avg((coalesce(s.each[array_position(s.places, w.place)], 0) - e.plain) ^ 2)
                    FILTER (WHERE NOT w.place = ANY(coalesce(s.hidden_places, '{}'))) AS plain_squared
            FROM unnest(e.week) WITH ORDINALITY AS told (expected, number)
            CROSS JOIN LATERAL (SELECT told.expected, told.number::int AS place) AS w
        ) AS week
    ),
    judged AS (
        SELECT demand_class, method, false AS is_referee, units, expected, upper, squared, scale, hidden, kept FROM one
        UNION ALL
        SELECT demand_class, method, true, units, plain * kept, NULL, plain_squared, scale, hidden, kept FROM one
    )
    INSERT INTO analytics_forecastscore (
        origin, days, demand_class, method, is_referee, series, units, expected, missed, squared, scaled, covered, coverable
    )
    SELECT
        %(origin)s, %(days)s, demand_class, method, is_referee, count(*), sum(units), sum(expected), sum(abs(units - expected)),
        coalesce(sum(squared / scale ^ 2) FILTER (WHERE %(days)s = 7 AND scale > 0), 0),
        count(*) FILTER (WHERE %(days)s = 7 AND scale > 0 AND squared IS NOT NULL),
        count(*) FILTER (WHERE hidden = 0 AND units <= upper), count(*) FILTER (WHERE hidden = 0 AND upper IS NOT NULL)
    FROM judged WHERE kept > 0
    GROUP BY demand_class, method, is_referee
    ON CONFLICT (origin, days, demand_class, method, is_referee) DO NOTHING
"""


@dataclass(frozen=True)
class Judged:
    """One class on one evening: what the method and its referee missed of how many units, over the same SKUs and days."""

    origin: date
    units: int
    missed: float
    referee_missed: float

    @property
    def lost(self) -> bool:
        return self.units >= LEAST_UNITS and self.missed > self.referee_missed


def score_due(*, until: date) -> int:
    """Judges every kept evening whose days are over by now and that was not judged; how many."""
    done = 0
    for days in SPANS:
        judged = ForecastScore.objects.filter(days=days).values("origin")
        over = DemandForecast.objects.filter(origin__lte=until - timedelta(days=days)).exclude(origin__in=judged)
        for origin in sorted(set(over.values_list("origin", flat=True))):
            _score(origin, days)
            done += 1
    return done


def _score(origin: date, days: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SCORE, {"origin": origin, "days": days, "sold_out": SOLD_OUT_FROM})


def judge(*, at: datetime) -> list[MethodChange]:
    """A method that was further off than its referee on each of the last two evenings a week apart is replaced by it."""
    changed = []
    for choice in MethodChoice.objects.exclude(method=REFEREE).select_for_update(no_key=True).order_by("pk"):
        last = _last_two(choice)
        if len(last) == 2 and all(one.lost for one in last):
            why = {"weeks": [_told(one) for one in last]}
            changed.append(_replace(choice, REFEREE, MethodChange.Cause.LOST, why, last[0].origin, at))
    return changed


def choose_by(errors: Mapping[str, Mapping[str, float]], *, since: date, at: datetime) -> None:
    """Each class is forecast by what did best on the past from now on."""
    for one, found in sorted(errors.items()):
        why = {"errors": {method: round(error, 4) for method, error in found.items()}}
        choose(demand_class=one, method=best(found), why=why, since=since, at=at)


def choose(*, demand_class: str, method: str, why: dict[str, Any], since: date, at: datetime) -> MethodChoice:
    """A class is forecast by this method from now on, because it did best on the past."""
    choice = MethodChoice.objects.select_for_update(no_key=True).filter(pk=demand_class).first()
    if choice is None:
        choice = MethodChoice(demand_class=demand_class, method="", since=since, chosen_at=at)
    if choice.method != method:
        _replace(choice, method, MethodChange.Cause.TRIED, why, since, at)
    return choice


def _replace(
    choice: MethodChoice, method: str, cause: MethodChange.Cause, why: dict[str, Any], since: date, at: datetime
) -> MethodChange:
    change = MethodChange.objects.create(
        demand_class=choice.demand_class, former=choice.method, method=method, cause=cause, why=why, changed_at=at
    )
    choice.method, choice.since, choice.why, choice.chosen_at = method, since, {"cause": cause.value, **why}, at
    choice.save()
    return change


def _last_two(choice: MethodChoice) -> list[Judged]:
    """The latest judged evening of the present method and the one a week before it, both made since it was chosen."""
    scores = ForecastScore.objects.filter(days=SPANS[0], demand_class=choice.demand_class, origin__gte=choice.since)
    latest = scores.filter(method=choice.method, is_referee=False).order_by("-origin").first()
    if latest is None:
        return []
    found = [_judged(scores, choice.method, origin) for origin in (latest.origin, latest.origin - APART)]
    return [one for one in found if one is not None]


def _judged(scores: QuerySet[ForecastScore], method: str, origin: date) -> Judged | None:
    rows = {row.is_referee: row for row in scores.filter(origin=origin, method=method)}
    if len(rows) < 2:
        return None
    return Judged(origin, rows[False].units, rows[False].missed, rows[True].missed)


def _told(one: Judged) -> dict[str, Any]:
    return {
        "origin": str(one.origin),
        "units": one.units,
        "missed": round(one.missed, 2),
        "referee_missed": round(one.referee_missed, 2),
    }
