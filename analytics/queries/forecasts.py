"""What is expected, for pages: of one SKU with its past, of categories and the shop, and how well it went."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from django.db import connection
from django.db.models import QuerySet

from analytics import expecting
from analytics.expecting import Said
from analytics.models import (
    DailyDemand,
    DemandForecast,
    DemandOverride,
    DemandSeries,
    ForecastRun,
    ForecastScore,
    MethodChange,
    MethodChoice,
)
from analytics.queries import demand
from analytics.queries.demand import Past

# What the page of a SKU shows of the past.
SHOWN_DAYS = 56
WEEK, MONTH = 7, 28
ERRORS = 4


@dataclass(frozen=True, slots=True)
class Missed:
    """What was expected of seven days on one evening, and what came."""

    origin: date
    method: str
    expected: float
    upper: float
    units: int
    hidden_days: int


@dataclass(frozen=True)
class Told:
    """All that the page of one SKU in one warehouse tells."""

    series: DemandSeries
    past: Sequence[Past]
    override: DemandOverride | None
    overrides: Sequence[DemandOverride]
    errors: Sequence[Missed]
    season: float | None

    @property
    def daily(self) -> list[float]:
        return expecting.effective(self.series.daily, self.series.origin, said(self.override))

    def days(self) -> list[date]:
        return [self.series.origin + timedelta(days=number) for number in range(1, len(self.series.daily) + 1)]


def said(override: DemandOverride | None) -> Said | None:
    if override is None:
        return None
    units = None if override.units_a_day is None else float(override.units_a_day)
    return Said(override.first_on, override.last_on, units, override.percent)


def latest_run() -> ForecastRun | None:
    return ForecastRun.objects.defer("pooled").order_by("-origin").first()


def told(series: DemandSeries) -> Told:
    first = series.origin - timedelta(days=SHOWN_DAYS - 1)
    past = demand.past(variant_id=series.variant_id, warehouse_id=series.warehouse_id, first=first, last=series.origin)
    overrides = list(series.overrides.select_related("made_by", "ended_by").order_by("-pk")[:20])
    standing = next((one for one in overrides if one.ended_at is None), None)
    factors = factors_of_year().get(str(series.variant.product.category_id))
    season = expecting.season_ahead(factors, series.origin, MONTH) if factors else None
    return Told(series, past, standing, overrides, list(_errors(series, past)), season)


def factors_of_year() -> dict[str, list[float]]:
    """By category's key the factors of the 52 weeks of a year, as the latest night used them; nothing where none is known."""
    # Only these: what else is pooled, the trees above all, is hundreds of kilobytes.
    known: dict[str, list[float]] | None = (
        ForecastRun.objects.order_by("-origin").values_list("pooled__year", flat=True).first()
    )
    return known or {}


def _errors(series: DemandSeries, past: Sequence[Past]) -> list[Missed]:
    """The last evenings a week apart whose seven days are over, the latest first."""
    wanted = [series.origin - timedelta(days=WEEK * number) for number in range(1, ERRORS + 1)]
    days = {one.day: one for one in past}
    found = DemandForecast.objects.filter(series=series, origin__in=wanted).order_by("-origin")
    made = []
    for one in found:
        after = [days[day] for number in range(1, WEEK + 1) if (day := one.origin + timedelta(days=number)) in days]
        if len(after) == WEEK:
            units, hidden = sum(day.units for day in after), sum(day.is_hidden for day in after)
            made.append(Missed(one.origin, one.method, one.week_units, one.week_upper, units, hidden))
    return made


# --- sums that agree

_EFFECTIVE = """
    SELECT
        s.id, s.variant_id, s.warehouse_id, p.category_id, o.id IS NOT NULL AS is_set,
        (
            SELECT round(coalesce(sum(CASE
                WHEN o.id IS NULL OR s.origin + told.number::int NOT BETWEEN o.first_on AND o.last_on THEN told.units
                WHEN o.units_a_day IS NOT NULL THEN o.units_a_day ELSE told.units * o.percent / 100.0 END), 0)::numeric, 4)
            FROM unnest(s.daily[1:%(days)s]) WITH ORDINALITY AS told (units, number) WHERE told.number > %(skip)s
        ) AS units, s.dispersion, v.list_price
    FROM analytics_demandseries AS s
    JOIN inventory_variant AS v ON v.id = s.variant_id JOIN inventory_product AS p ON p.id = v.product_id
    LEFT JOIN analytics_demandoverride AS o ON o.series_id = s.id AND o.ended_at IS NULL
    WHERE s.origin = %(origin)s
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Expected of a category, a warehouse or the whole shop. Spread is added up as if SKUs went their own ways.

    `variance` is of units, `amount_variance` of what they are worth at list price.
    """

    key: int | None
    series: int
    units: float
    variance: float
    amount: Decimal
    amount_variance: float

    @property
    def upper(self) -> float:
        return self.units + 1.959964 * sqrt(self.variance)

    @property
    def lower(self) -> float:
        return max(self.units - 1.959964 * sqrt(self.variance), 0.0)


_BY = {"category": "category_id", "warehouse": "warehouse_id", "variant": "variant_id", "": "NULL::bigint"}


def sums(*, origin: date, days: int, by: str = "", skip: int = 0) -> list[Sum]:
    """What is expected of the days after an evening, but for the first ones that are skipped, added up from the SKUs: every
    cut has the same total.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT
                {_BY[by]}, count(*)::int, sum(units)::float8, sum(units::float8 * dispersion)::float8, sum(units * list_price),
                sum(units::float8 * dispersion * list_price::float8 * list_price::float8)::float8
            FROM ({_EFFECTIVE}) AS expected GROUP BY 1 ORDER BY 3 DESC, 1
            """,  # noqa: S608  texts of this file
            {"origin": origin, "days": days, "skip": skip},
        )
        return [Sum(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Held:
    """Of one category: what was expected of a span on its evening, and what came; with what it was sold for."""

    key: int
    expected: float
    spread: float
    units: int


_HELD = """
    SELECT
        p.category_id, sum(f.{units})::float8, sqrt(sum(power(greatest(f.{upper} - f.{units}, 0) / 1.959964, 2)))::float8,
        coalesce(sum(d.units), 0)::int
    FROM analytics_demandforecast AS f JOIN analytics_demandseries AS s ON s.id = f.series_id
    JOIN inventory_variant AS v ON v.id = s.variant_id JOIN inventory_product AS p ON p.id = v.product_id
    LEFT JOIN (
        SELECT variant_id, warehouse_id, sum(units) AS units FROM analytics_dailydemand
        WHERE day > %(origin)s AND day <= %(origin)s::date + %(days)s GROUP BY 1, 2
    ) AS d ON d.variant_id = s.variant_id AND d.warehouse_id = s.warehouse_id
    WHERE f.origin = %(origin)s GROUP BY 1
"""


def held(*, origin: date, days: int) -> dict[int, Held]:
    """By category, of an evening whose span of 7 or 28 days is over."""
    columns = (
        {"units": "week_units", "upper": "week_upper"} if days == WEEK else {"units": "month_units", "upper": "month_upper"}
    )
    with connection.cursor() as cursor:
        cursor.execute(_HELD.format(**columns), {"origin": origin, "days": days})
        return {row[0]: Held(*row) for row in cursor.fetchall()}


def evening_before(*, until: date, days: int) -> date | None:
    """The latest evening of which forecasts are kept and whose span is over."""
    over = DemandForecast.objects.filter(origin__lte=until - timedelta(days=days))
    return over.order_by("-origin").values_list("origin", flat=True).first()


def sold(*, first: date, last: date) -> dict[int, tuple[int, Decimal]]:
    """Units wanted by category, and what they are worth at list price: what a forecast is compared with."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.category_id, sum(d.units)::int, sum(d.units * v.list_price)
            FROM analytics_dailydemand AS d
            JOIN inventory_variant AS v ON v.id = d.variant_id JOIN inventory_product AS p ON p.id = v.product_id
            WHERE d.day BETWEEN %s AND %s AND d.units > 0 GROUP BY 1
            """,
            [first, last],
        )
        return {category: (units, amount) for category, units, amount in cursor.fetchall()}


# --- how well it went


@dataclass
class Accuracy:
    """Of one method on one class over some evenings; beside it the simple referee on the same SKUs."""

    demand_class: str
    method: str
    days: int
    origins: int = 0
    series: int = 0
    units: int = 0
    expected: float = 0.0
    missed: float = 0.0
    squared: float = 0.0
    scaled: int = 0
    covered: int = 0
    coverable: int = 0
    referee_missed: float = 0.0

    @property
    def wape(self) -> float | None:
        return self.missed / self.units if self.units else None

    @property
    def referee_wape(self) -> float | None:
        return self.referee_missed / self.units if self.units else None

    @property
    def bias(self) -> float | None:
        return self.expected / self.units - 1 if self.units else None

    @property
    def rmsse(self) -> float | None:
        return (self.squared / self.scaled) ** 0.5 if self.scaled else None

    @property
    def coverage(self) -> float | None:
        return self.covered / self.coverable if self.coverable else None


def accuracy(*, days: int, first: date, last: date) -> list[Accuracy]:
    """By class and method, of the evenings in a period."""
    found: dict[tuple[str, str], Accuracy] = {}
    origins: dict[tuple[str, str], set[date]] = defaultdict(set)
    for row in ForecastScore.objects.filter(days=days, origin__range=(first, last)).order_by("demand_class", "method"):
        key = (row.demand_class, row.method)
        one = found.setdefault(key, Accuracy(*key, days))
        if row.is_referee:
            one.referee_missed += row.missed
            continue
        origins[key].add(row.origin)
        one.origins = len(origins[key])
        for column in ("series", "units", "expected", "missed", "squared", "scaled", "covered", "coverable"):
            setattr(one, column, getattr(one, column) + getattr(row, column))
    return list(found.values())


def by_evening(*, days: int, first: date, last: date) -> list[tuple[date, float | None, float | None]]:
    """Each evening's error of all classes together, and that of the referee."""
    sums: dict[date, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in ForecastScore.objects.filter(days=days, origin__range=(first, last)):
        one = sums[row.origin]
        if row.is_referee:
            one[2] += row.missed
        else:
            one[0] += row.units
            one[1] += row.missed
    return [
        (origin, missed / units if units else None, plain / units if units else None)
        for origin, (units, missed, plain) in sorted(sums.items())
    ]


def choices() -> QuerySet[MethodChoice]:
    return MethodChoice.objects.order_by("pk")


def changes(most: int = 20) -> list[MethodChange]:
    return list(MethodChange.objects.order_by("-changed_at", "-pk")[:most])


# --- peak weeks


@dataclass(frozen=True, slots=True)
class Peak:
    """One week of a year that stands out: so many times the usual week's units."""

    week: date
    units: int
    times: float


@dataclass(frozen=True, slots=True)
class Season:
    """Of one category: its weeks in order, the usual one, and those that stand out."""

    key: int
    weeks: Sequence[tuple[date, int]]
    usual: float
    peaks: Sequence[Peak]
    factors: Sequence[float] = ()

    def strongest(self, since: date) -> tuple[date, float] | None:
        """Of the coming year the day on which the strongest week of its season begins, and its factor."""
        if not self.factors:
            return None
        days = [since + timedelta(days=number) for number in range(1, 366)]
        best = max(days, key=lambda day: self.factors[expecting.week_of_year(day)])
        return best, self.factors[expecting.week_of_year(best)]


MOST_PEAKS = 5
MOST_SEASONS = 40
PEAK_FROM = 1.3


def seasons(*, last: date, weeks: int = 52) -> list[Season]:
    """The last whole weeks of the largest categories. A peak is a week of at least 1.3 times the median week."""
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    first = sunday - timedelta(days=7 * weeks - 1)
    known = (
        DailyDemand.objects.filter(day__range=(first, sunday), units__gt=0)
        .order_by("day")
        .values_list("day", flat=True)
        .first()
    )
    if known is None:
        return []
    mondays = [first + timedelta(days=7 * number) for number in range(weeks)]
    mondays = [monday for monday in mondays if monday + timedelta(days=6) >= known]
    made, factors = [], factors_of_year()
    for one in demand.weeks_by_category(first=first, last=sunday)[:MOST_SEASONS]:
        told = [(monday, one.units.get(monday, 0)) for monday in mondays]
        usual = _median([units for _monday, units in told])
        peaks = [Peak(monday, units, units / usual) for monday, units in told if usual and units >= PEAK_FROM * usual]
        made.append(
            Season(
                one.key or 0,
                told,
                usual,
                sorted(peaks, key=lambda peak: -peak.units)[:MOST_PEAKS],
                factors.get(str(one.key), ()),
            )
        )
    return made


def _median(values: Sequence[int]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return 0.0
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
