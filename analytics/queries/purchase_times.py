"""How long it takes to buy, who buys again and who comes back: the figures that sums cannot make, from counts by step.

Read from rollups by day alone; a day holds at most some hundred steps for each channel.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, DateField, F, Max, Min, QuerySet
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth, TruncWeek
from django.utils.translation import gettext as _

from analytics import closing, cohorts, survival
from analytics.metrics import Cut, Metric
from analytics.models import (
    CohortDay,
    CohortMonth,
    DailyBuying,
    DailyCustomer,
    DailyReturn,
    DailyTiming,
    Newcomer,
    PurchaseDay,
)
from analytics.queries import making
from analytics.queries.measuring import ASKED, CutRefused, Part, Question
from analytics.survival import Counts

DORMANT_DAYS = 60
# Days since the visit before: each class holds what is at least as much, up to the next.
SINCE = survival.DAYS_SINCE
AGAIN_WITHIN = 90 * survival.DAY
CLICKS = (DailyTiming.Since.PROMOTION_CLICKED, DailyTiming.Since.MESSAGE_CLICKED)

Figures = Mapping[Any, Decimal | None]


@dataclass(frozen=True)
class Freshness:
    """`until` is the last day that is made; `waiting` are days of purchases or newcomers to be made anew."""

    until: date | None
    made_at: datetime | None
    waiting: int


@dataclass(frozen=True)
class Response:
    """What one promotion or message was answered with."""

    since: str
    code: str
    number: int
    planned: int | None
    counts: Mapping[int, int]


@dataclass(frozen=True)
class Returned:
    """Visits by how many days ago, at least, the person had been here before."""

    since: int
    visits: int
    orders: int


def freshness() -> Freshness:
    made = PurchaseDay.objects.filter(rebuilt_at__isnull=False).aggregate(until=Max("day"), at=Max("rebuilt_at"))
    waiting = PurchaseDay.objects.filter(state="DIRTY", day__lte=made["until"]).count() if made["until"] else 0
    waiting += CohortDay.objects.filter(state="DIRTY", day__lte=made["until"]).count() if made["until"] else 0
    return Freshness(made["until"], made["at"], waiting)


def newcomers(
    *, since: Newcomer.Since, first: date, last: date, channel: str = "", had_bought: bool | None = None
) -> list[tuple[date, str, bool, Counts]]:
    """By day, channel and whether they had bought before."""
    rows = Newcomer.objects.filter(since=since, day__gte=first, day__lte=last)
    if channel:
        rows = rows.filter(channel=channel)
    if had_bought is not None:
        rows = rows.filter(had_bought=had_bought)
    return [
        (
            one.day,
            one.channel,
            one.had_bought,
            Counts(
                dict(zip(one.bought_steps, one.bought_counts, strict=True)),
                dict(zip(one.left_steps, one.left_counts, strict=True)),
            ),
        )
        for one in rows.order_by("day", "channel", "had_bought")
    ]


def carts(*, first: date, last: date, channel: str = "") -> dict[str, Counter[int]]:
    """Time from the cart to the order, by channel."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for one in _timings([DailyTiming.Since.CART], first, last, channel):
        found[one.channel] += Counter(dict(zip(one.steps, one.counts, strict=True)))
    return dict(sorted(found.items()))


def responses(*, first: date, last: date, channel: str = "", most: int = 50) -> list[Response]:
    """Each promotion and message with orders that followed it, the most answered first."""
    steps: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    numbers: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    kinds = [one for one in DailyTiming.Since if one != DailyTiming.Since.CART]
    for one in _timings(kinds, first, last, channel):
        steps[one.since, one.code] += Counter(dict(zip(one.steps, one.counts, strict=True)))
        numbers[one.since, one.code].append(one.planned)
    found = [
        Response(*key, sum(counts.values()), _sum(numbers[key]), counts)
        for key, counts in sorted(steps.items(), key=lambda told: (-sum(told[1].values()), told[0]))
    ]
    return found[:most]


def returned(*, first: date, last: date, channel: str = "") -> list[Returned]:
    rows = DailyReturn.objects.filter(day__gte=first, day__lte=last)
    if channel:
        rows = rows.filter(channel=channel)
    counted: dict[int, tuple[int, int]] = {}
    for one in rows:
        visits, orders = counted.get(one.since, (0, 0))
        counted[one.since] = visits + one.visits, orders + one.orders
    return [Returned(since, *told) for since, told in sorted(counted.items())]


def channels() -> list[str]:
    """Those that have newcomers."""
    return sorted(Newcomer.objects.order_by().values_list("channel", flat=True).distinct())


def channels_of_orders() -> list[str]:
    return sorted(DailyBuying.objects.order_by().values_list("channel", flat=True).distinct())


def cohort_months(*, most: int) -> list[date]:
    """Months in which somebody first ordered, the latest first."""
    first = CohortMonth.objects.aggregate(least=Min("day"), latest=Max("day"))
    if first["least"] is None:
        return []
    latest, number = first["latest"].replace(day=1), cohorts.months_between(first["least"], first["latest"])
    return [cohorts.month_after(latest, -back) for back in range(min(number + 1, most))]


def cohort_table(*, first: date, last: date, channel: str = "") -> list[cohorts.Cohort]:
    """Cohorts whose first orders lie in the span, in whole, up to the last day that is made."""
    until = freshness().until
    return cohorts.table(_cells(_cohort_rows(first, last, channel).iterator()), until) if until else []


def _cohort_rows(first: date, last: date, channel: str) -> QuerySet[CohortMonth]:
    rows = CohortMonth.objects.filter(day__gte=first, day__lte=last)
    return rows.filter(channel=channel) if channel else rows


def _cells(rows: Iterable[CohortMonth]) -> Iterable[tuple[date, int, cohorts.Cell]]:
    return (
        (one.day.replace(day=1), one.months, cohorts.Cell(one.customers, one.orders, one.sales - one.returned)) for one in rows
    )


# --- as metrics


def _sum(values: Iterable[int | None]) -> int | None:
    known = [one for one in values if one is not None]
    return sum(known) if known else None


def _timings(kinds: Iterable[str], first: date, last: date, channel: str) -> QuerySet[DailyTiming]:
    rows = DailyTiming.objects.filter(since__in=list(kinds), day__gte=first, day__lte=last)
    return (rows.filter(channel=channel) if channel else rows).order_by("day", "pk")


_TIME = frozenset({Cut.DAY, Cut.WEEK, Cut.MONTH, Cut.WEEKDAY})


def _channel(metric: Metric, by: Cut | None, of: Part) -> str:
    """Of which channel; refuses what these figures cannot be told apart by."""
    _only(metric, by, of, _TIME | {Cut.CHANNEL}, {Cut.CHANNEL})
    return str(of.chosen.get(Cut.CHANNEL, ""))


def _only(metric: Metric, by: Cut | None, of: Part, cuts: AbstractSet[Cut], parts: AbstractSet[Cut]) -> None:
    refused = ({by} if by and by not in cuts else set()) | (set(of.chosen) - parts)
    if refused:
        raise CutRefused(
            _("%(metric)s cannot be told apart by %(cuts)s.")
            % {"metric": metric.title, "cuts": ", ".join(sorted(cut.value for cut in refused))},
            details={"metric": metric.code, "cuts": sorted(cut.value for cut in refused)},
        )


def _key(by: Cut | None, day: date, channel: str) -> Any:
    keys: dict[Cut | None, Any] = {
        None: None,
        Cut.DAY: day,
        Cut.WEEK: day - timedelta(days=day.weekday()),
        Cut.MONTH: day.replace(day=1),
        Cut.WEEKDAY: day.weekday(),
        Cut.CHANNEL: channel,
    }
    return keys[by]


def _number(seconds: int | None) -> Decimal | None:
    return None if seconds is None else Decimal(seconds)


def _told(code: str, counts: Counts) -> Decimal | None:
    """The figure of one metric by how long it took."""
    quantiles = {"lead_time_median": survival.HALF, "lead_time_p90": survival.NINE_TENTHS}
    if code in quantiles:
        return _number(survival.quantile_of_those(survival.curve(counts), quantiles[code]))
    within = {
        "bought_within_hour": survival.HOUR,
        "bought_within_day": survival.DAY,
        "bought_within_week": 7 * survival.DAY,
        "repeat_rate": AGAIN_WITHIN,
    }
    return survival.by(counts, within[code])


def _of_newcomers(since: Newcomer.Since, had_bought: bool | None) -> Callable[..., Figures]:
    def asked(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
        channel = _channel(metric, by, of)
        parts: dict[Any, list[Counts]] = defaultdict(list)
        for day, theirs, _had_bought, counts in newcomers(
            since=since, first=first, last=last, channel=channel, had_bought=had_bought
        ):
            parts[_key(by, day, theirs)].append(counts)
        return {key: _told(metric.code, survival.merged(found)) for key, found in parts.items()}

    return asked


def _timing(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
    kinds: dict[str, Iterable[str]] = {
        "cart_to_purchase": (DailyTiming.Since.CART,),
        "click_to_purchase": CLICKS,
        "response_time": (DailyTiming.Since.PROMOTION_VIEWED,),
    }
    found: dict[Any, Counter[int]] = defaultdict(Counter)
    for one in _timings(kinds[metric.code], first, last, _channel(metric, by, of)):
        found[_key(by, one.day, one.channel)] += Counter(dict(zip(one.steps, one.counts, strict=True)))
    return {key: _number(survival.plain_quantile(counts, survival.HALF)) for key, counts in found.items()}


def _planned(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for one in _timings([DailyTiming.Since.PROMOTION_CLICKED], first, last, _channel(metric, by, of)):
        sums = found[_key(by, one.day, one.channel)]
        sums[0] += one.planned or 0
        sums[1] += one.number
    return {key: Decimal(planned) / number for key, (planned, number) in found.items()}


def _retention(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
    _only(metric, by, of, {Cut.MONTH, Cut.CHANNEL}, {Cut.CHANNEL})
    until = freshness().until
    if until is None:
        return {}
    chosen = str(of.chosen.get(Cut.CHANNEL, ""))
    if by == Cut.CHANNEL:
        parts: dict[str, list[CohortMonth]] = defaultdict(list)
        for one in _cohort_rows(first, last, chosen):
            parts[one.channel].append(one)
        return {
            channel: cohorts.retention(cohorts.table(_cells(rows), until), 1, until + timedelta(days=1))
            for channel, rows in parts.items()
        }
    found = cohort_table(first=first, last=last, channel=chosen)
    groups: dict[Any, list[cohorts.Cohort]] = {one.month: [one] for one in found} if by == Cut.MONTH else {None: found}
    return {key: cohorts.retention(theirs, 1, until + timedelta(days=1)) for key, theirs in groups.items()}


# Who was known before a span, without those who did something lately, is dormant; of these, who came or ordered in the span.
_REACTIVATED = """
    SELECT span.first,
        (SELECT count(*) FROM analytics_dailycustomer AS d WHERE d.since IS NULL AND d.day < span.first),
        (
            SELECT count(DISTINCT d.customer_id) FROM analytics_dailycustomer AS d
            WHERE d.day > span.first - %(days)s AND d.day < span.first
        ),
        (
            SELECT count(*) FROM analytics_dailycustomer AS d
            WHERE d.day BETWEEN span.first AND span.last AND d.since >= %(days)s AND d.day - d.since <= span.first - %(days)s
                -- Goods that come back are nobody who comes back.
                AND EXISTS (
                    SELECT FROM analytics_dailycustomer AS c
                    WHERE c.customer_id = d.customer_id AND c.day BETWEEN d.day AND span.last AND (c.orders > 0 OR c.visits > 0)
                )
        )
    FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS span (first, last)
"""


def _reactivation(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
    _only(metric, by, of, {Cut.WEEK, Cut.MONTH}, set())
    spans: dict[Any, list[date]] = defaultdict(list)
    for day in closing.days(first, last):
        spans[_key(by, day, "")].append(day)
    firsts, lasts = ([days[place] for days in spans.values()] for place in (0, -1))
    with connection.cursor() as cursor:
        cursor.execute(_REACTIVATED, {"firsts": firsts, "lasts": lasts, "days": DORMANT_DAYS})
        found = {first: Decimal(back) / (known - lately) if known > lately else None
                 for first, known, lately, back in cursor.fetchall()}  # fmt: skip
    return {key: found[days[0]] for key, days in spans.items()}


def _buyers(*, metric: Metric, first: date, last: date, by: Cut | None, of: Part, at: datetime) -> Figures:
    groups: dict[Cut, Any] = {
        Cut.DAY: F("day"),
        Cut.WEEK: TruncWeek("day", output_field=DateField()),
        Cut.MONTH: TruncMonth("day", output_field=DateField()),
        Cut.WEEKDAY: ExtractIsoWeekDay("day") - 1,
        Cut.SEGMENT: F("customer__memberships__segment_id"),
    }
    _only(metric, by, of, set(groups), {Cut.SEGMENT})
    rows = DailyCustomer.objects.filter(day__gte=first, day__lte=last, orders__gt=0)
    if Cut.SEGMENT in of.chosen:
        rows = rows.filter(customer__memberships__segment_id=of.chosen[Cut.SEGMENT])
    number = Count("customer", distinct=True)
    if by is None:
        return {None: Decimal(rows.aggregate(number=number)["number"])}
    grouped = rows.annotate(cut=groups[by]).order_by().values("cut").annotate(number=number)
    found = {one["cut"]: Decimal(one["number"]) for one in grouped if one["cut"] is not None}
    return found if by == Cut.SEGMENT else _nobody(by, first, last, at) | found


def _nobody(by: Cut, first: date, last: date, at: datetime) -> dict[Any, Decimal]:
    """Of days that are made and on which nobody bought it is known that it was nobody."""
    unmade = making.unmade_from(PurchaseDay, at=at)
    known = min(last, unmade - timedelta(days=1)) if unmade else last
    return {_key(by, day, ""): Decimal(0) for day in closing.days(first, known)}


_BY_CHANNEL = _TIME | {Cut.CHANNEL}
ASKED |= {
    "lead_time": Question(_of_newcomers(Newcomer.Since.VISIT, False), _BY_CHANNEL, "analytics.view_newcomer", PurchaseDay),
    "repeat": Question(_of_newcomers(Newcomer.Since.ORDER, None), _BY_CHANNEL, "analytics.view_newcomer", PurchaseDay),
    "timing": Question(_timing, _BY_CHANNEL, "analytics.view_newcomer", PurchaseDay),
    "planned": Question(_planned, _BY_CHANNEL, "analytics.view_newcomer", PurchaseDay),
    "retention": Question(_retention, frozenset({Cut.MONTH, Cut.CHANNEL}), "analytics.view_cohortmonth", PurchaseDay),
    "reactivation": Question(_reactivation, frozenset({Cut.WEEK, Cut.MONTH}), "analytics.view_cohortmonth", PurchaseDay),
    "buyers": Question(_buyers, _TIME | {Cut.SEGMENT}, "analytics.view_cohortmonth", PurchaseDay),
}
