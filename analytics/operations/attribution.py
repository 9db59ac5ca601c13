"""Makes the origins of business days: which visits led to the orders, what is owed to them, and how many visits there were.

A day is replaced as a whole, never counted up; the open day too, every few minutes. See docs/algorithms/attribution.md.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DataError, connection, transaction
from django.db.models import Min

from analytics import closing
from analytics.behaviour import crediting, origins
from analytics.behaviour.crediting import Model
from analytics.behaviour.origins import UNKNOWN, Origin
from analytics.models import AdSpend, AttributionDay, DailyAttribution, DailyPath, EventSource, OrderTouch, VisitDay
from analytics.operations import attribution_days, locks, visits
from config.kernel import shop
from config.kernel.business_time import day_period
from config.kernel.money import Money

log = logging.getLogger(__name__)

_DERIVED = (DailyAttribution, DailyPath, OrderTouch)
# What figures of a day can fail by that no other day has.
_UNMAKEABLE = (DataError, ArithmeticError, ValueError)


@dataclass(frozen=True)
class Rebuilt:
    days: int = 0
    orders: int = 0
    source_rows: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Rebuilt") -> "Rebuilt":
        return Rebuilt(
            self.days + other.days,
            self.orders + other.orders,
            self.source_rows + other.source_rows,
            self.seconds + other.seconds,
        )


# What stays of an order: goods after discounts without canceled units, as the sales count them, less what came back of it
# until now. New is who has no earlier order that stands.
_SOLD = """
    WITH sold AS (
        SELECT o.id, o.number, o.placed_at, o.customer_id, o.channel
        FROM orders_order AS o
        WHERE o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s AND o.state NOT IN ('CANCELED', 'EXPIRED')
    ),
    goods AS (
        SELECT
            l.order_id, sum(
                CASE WHEN l.canceled = 0 THEN l.gross - l.discount ELSE
                    round(l.gross * (l.quantity - l.canceled) / l.quantity, 4)
                    - round(l.discount * (l.quantity - l.canceled) / l.quantity, 4)
                END
            ) AS amount
        FROM sold JOIN orders_orderline AS l ON l.order_id = sold.id GROUP BY l.order_id
    ),
    back AS (
        SELECT r.order_id, sum(b.refund) AS amount
        FROM sold JOIN orders_return AS r ON r.order_id = sold.id AND r.state = 'RECEIVED'
        JOIN orders_returnline AS b ON b.parent_id = r.id GROUP BY r.order_id
    )"""

_ORDERS = f"""
    {_SOLD}
    SELECT
        sold.id, sold.placed_at, sold.channel, coalesce(goods.amount, 0) - coalesce(back.amount, 0),
        sold.customer_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM orders_order AS o
            WHERE o.customer_id = sold.customer_id AND (o.placed_at, o.id) < (sold.placed_at, sold.id)
                AND o.state NOT IN ('CANCELED', 'EXPIRED')
        )
    FROM sold LEFT JOIN goods ON goods.order_id = sold.id LEFT JOIN back ON back.order_id = sold.id
    ORDER BY sold.id
"""  # noqa: S608  put together from texts of this file

# The visits of the customer, on any device; and of the browser in which the order was told, as far as they are nobody else's.
_TOUCHES = f"""
    {_SOLD},
    told AS (
        SELECT DISTINCT
            sold.id AS order_id, v.visitor, v.customer_id,
            (
                SELECT count(*) FROM analytics_knownvisitor AS k WHERE k.visitor = v.visitor AND NOT k.is_new
            ) <= 1 AS is_one_person
        FROM analytics_visit AS v, unnest(v.orders) AS said (number) JOIN sold ON sold.number = said.number
        WHERE v.day BETWEEN %(day)s - 1 AND %(day)s + 1 AND v.ordered_at IS NOT NULL
    ),
    theirs AS (
        SELECT sold.id AS order_id, v.id
        FROM sold JOIN analytics_visit AS v
            ON v.customer_id = sold.customer_id AND v.started_at <= sold.placed_at
            AND v.started_at >= sold.placed_at - %(window)s
        UNION
        SELECT sold.id, v.id
        FROM told JOIN sold ON sold.id = told.order_id JOIN analytics_visit AS v
            ON v.visitor = told.visitor AND v.started_at <= sold.placed_at AND v.started_at >= sold.placed_at - %(window)s
        WHERE sold.number = ANY(v.orders)
            OR v.customer_id = told.customer_id
            OR (v.customer_id IS NULL AND told.customer_id IS NULL AND told.is_one_person)
    )
    SELECT
        theirs.order_id, v.started_at, s.channel, v.referrer, v.utm_source, v.utm_medium, v.utm_campaign, v.click_id
    FROM theirs JOIN analytics_visit AS v ON v.id = theirs.id JOIN analytics_eventsource AS s ON s.id = v.source_id
    ORDER BY theirs.order_id, v.started_at, v.visitor
"""  # noqa: S608  put together from texts of this file

_VISITS = """
    SELECT s.channel, v.referrer, v.utm_source, v.utm_medium, v.utm_campaign, v.click_id, count(*)
    FROM analytics_visit AS v JOIN analytics_eventsource AS s ON s.id = v.source_id
    WHERE v.day = %(day)s GROUP BY 1, 2, 3, 4, 5, 6
"""

_SETTLE = """
    INSERT INTO analytics_attributionday (day, state, marks, rebuilt_at, source_rows, seconds, is_kept)
    VALUES (%(day)s, 'CLEAN', %(marks)s, %(at)s, %(source_rows)s, %(seconds)s, %(is_kept)s)
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN analytics_attributionday.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE
            WHEN analytics_attributionday.marks = excluded.marks THEN NULL ELSE analytics_attributionday.dirtied_at
        END,
        rebuilt_at = excluded.rebuilt_at, source_rows = excluded.source_rows, seconds = excluded.seconds,
        is_kept = excluded.is_kept
"""


@dataclass(frozen=True)
class _Touch:
    at: datetime
    channel: str
    origin: Origin


@dataclass(frozen=True)
class _Sold:
    id: int
    placed_at: datetime
    channel: str
    net: Decimal
    is_new: bool


@dataclass
class _Line:
    """One row of `DailyAttribution` on its way."""

    origin: Origin
    visits: int = 0
    touched: int = 0
    assists: int = 0
    owed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    lags: list[int] = field(default_factory=list)


class _Day:
    """What one day's orders and visits come to."""

    def __init__(self, day: date, currency: str) -> None:
        self.day, self._currency = day, currency
        self._lines: dict[tuple[str, str], _Line] = {}
        self._paths: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self.touches: list[OrderTouch] = []

    def visited(self, channel: str, origin: Origin, number: int) -> None:
        self._line(channel, origin).visits += number

    def ordered(self, sold: _Sold, touches: Sequence[_Touch]) -> None:
        told = [one.origin for one in touches]
        places = crediting.counted(told)
        counting = [told[place] for place in places] or [UNKNOWN]
        net = Money(sold.net, self._currency).quantized()
        for model in Model:
            shares = crediting.of_an_order(model, len(counting))
            amounts = crediting.of_money(model, len(counting), net)
            for origin, share, amount in zip(counting, shares, amounts, strict=True):
                owed = self._line(sold.channel, origin).owed
                owed[f"{model.value}_orders"] += share
                owed[f"{model.value}_net"] += amount
                owed[f"{model.value}_new"] += share if sold.is_new else 0
        first_at: dict[str, tuple[Origin, datetime]] = {}
        for place in places:
            first_at.setdefault(told[place].key, (told[place], touches[place].at))
        for origin, since in first_at.values():
            line = self._line(sold.channel, origin)
            line.touched += 1
            line.lags.append(int((sold.placed_at - since).total_seconds()))
        for key in {one.key for one in crediting.assisting(told)}:
            self._lines[sold.channel, key].assists += 1
        path = sold.channel, crediting.path(told)
        orders, amount = self._paths.get(path, (0, Decimal(0)))
        self._paths[path] = orders + 1, amount + net.amount
        self.touches += self._kept(sold, touches, places)

    def lines(self) -> list[DailyAttribution]:
        return [
            DailyAttribution(
                day=self.day, channel=channel, grouping=one.origin.grouping.value, source=one.origin.source,
                campaign=one.origin.campaign, campaign_key=key, visits=one.visits, touched=one.touched, assists=one.assists,
                lags=sorted(one.lags), **one.owed,
            )
            for (channel, key), one in sorted(self._lines.items())
        ]  # fmt: skip

    def paths(self) -> list[DailyPath]:
        found = sorted(self._paths.items())
        return [DailyPath(day=self.day, channel=at[0], path=at[1], orders=told[0], net=told[1]) for at, told in found]

    def _kept(self, sold: _Sold, touches: Sequence[_Touch], places: list[int]) -> list[OrderTouch]:
        return [
            OrderTouch(
                day=self.day, order_id=sold.id, position=place + 1, at=one.at, channel=one.channel,
                grouping=one.origin.grouping.value, source=one.origin.source, medium=one.origin.medium,
                campaign=one.origin.campaign, campaign_key=one.origin.key, counts=place in places,
                is_first=place == places[0], is_last=place == places[-1],
            )
            for place, one in enumerate(touches)
        ]  # fmt: skip

    def _line(self, channel: str, origin: Origin) -> _Line:
        return self._lines.setdefault((channel, origin.key), _Line(origin))


def rebuild_due(*, at: datetime, seconds: float = 240) -> Rebuilt:
    """Makes every day that is marked, was never made, or was last made while it was open, and today. The latest day first."""
    done = Rebuilt()
    for day in _due(at):
        if done.seconds >= seconds:
            break
        try:
            done += _rebuild_day(day, at)
        except _UNMAKEABLE:
            # It stays due, and the others are made whatever it holds.
            log.exception("the origins of %s cannot be made", day)
    return done


def rebuild_days(*, first: date | None, last: date | None, at: datetime) -> Rebuilt:
    """Makes business days anew, both included; without bounds all of them, and drops what lies outside."""
    known = _first_day()
    begins, ends = first or known, last or shop.day(at)
    wanted = closing.days(begins, ends) if begins else []
    if first is None and last is None:
        _drop_outside(wanted)
        _group_spend_anew()
    return sum((_rebuild_day(day, at) for day in wanted), Rebuilt())


def own_hosts() -> frozenset[str]:
    """The shop's own addresses, as its event sources say."""
    told = EventSource.objects.values_list("origins", flat=True)
    return frozenset(address.split("://")[-1].split(":")[0] for addresses in told for address in addresses)


def _first_day() -> date | None:
    """The first day of which visits are known. Orders before it have no origin that could be told."""
    least: date | None = VisitDay.objects.aggregate(least=Min("day"))["least"]
    return least


def _whole_from(at: datetime) -> date:
    """The first day whose orders look back on visits alone that may still tell whose they are. Before it what is made stays."""
    return visits.personal_from(at) + attribution_days.window()


def _due(at: datetime) -> list[date]:
    zone, today, first = shop.zone(), shop.day(at), _first_day()
    if first is None:
        return []
    known = {day: (state, rebuilt_at, is_kept) for day, state, rebuilt_at, is_kept in AttributionDay.objects.values_list(
        "day", "state", "rebuilt_at", "is_kept"
    )}  # fmt: skip
    closed = closing.last_closed(at, zone)
    due = {day for day in closing.days(first, closed) if day not in known} | {today}
    for day, (state, rebuilt_at, is_kept) in known.items():
        was_open = rebuilt_at is not None and day <= closed and rebuilt_at < closing.morning(day + timedelta(days=1), zone)
        is_whole = not is_kept and (day >= _whole_from(at) or not rebuilt_at)
        if is_whole and (state == AttributionDay.State.DIRTY or was_open):
            due.add(day)
    return sorted(due, reverse=True)


@transaction.atomic
def _rebuild_day(day: date, at: datetime) -> Rebuilt:
    """Readers see the former origins of this day or the new ones, never a part of either."""
    began = time.monotonic()
    _one_at_a_time(day)
    # Read before the source is: a mark that is not in here yet belongs to a change that may not be in the figures either.
    state = AttributionDay.objects.filter(day=day).values_list("marks", "is_kept", "rebuilt_at").first()
    marks, is_kept, rebuilt_at = state or (0, False, None)
    is_kept = is_kept or day < _whole_from(at)
    if is_kept and rebuilt_at:
        return Rebuilt()
    made, orders, source_rows = _read(day)
    for table in _DERIVED:
        table._default_manager.filter(day=day).delete()
    DailyAttribution.objects.bulk_create(made.lines(), batch_size=1_000)
    DailyPath.objects.bulk_create(made.paths(), batch_size=1_000)
    if not is_kept:
        OrderTouch.objects.bulk_create(made.touches, batch_size=1_000)
    seconds = time.monotonic() - began
    told: dict[str, Any] = {
        "day": day, "marks": marks, "at": at, "source_rows": source_rows, "seconds": seconds, "is_kept": is_kept,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, told)
    return Rebuilt(1, orders, source_rows, seconds)


def _read(day: date) -> tuple[_Day, int, int]:
    period, own = day_period(day, shop.zone()), own_hosts()
    asked: dict[str, Any] = {
        "day": day, "starts_at": period.starts_at, "ends_at": period.ends_at, "window": attribution_days.window(),
    }  # fmt: skip
    made, touches, rows = _Day(day, settings.SHOP_CURRENCY), defaultdict[int, list[_Touch]](list), 0
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, asked)
        for channel, *said, number in cursor.fetchall():
            made.visited(channel, _origin(said, own), number)
            rows += number
        cursor.execute(_TOUCHES, asked)
        for order, started_at, channel, *said in cursor.fetchall():
            touches[order].append(_Touch(started_at, channel, _origin(said, own)))
        cursor.execute(_ORDERS, asked)
        sold = [_Sold(*row) for row in cursor.fetchall()]
    for one in sold:
        made.ordered(one, touches[one.id][-crediting.MOST_TOUCHES :])
    return made, len(sold), rows + len(sold)


def _origin(said: Sequence[str], own: frozenset[str]) -> Origin:
    referrer, source, medium, campaign, click_id = said
    return origins.of(referrer=referrer, source=source, medium=medium, campaign=campaign, click_id=click_id, own=own)


def _one_at_a_time(day: date) -> None:
    """Waits for whoever makes this day: two that replace the same rows would meet in the unique constraint."""
    locks.days_alone(locks.Lock.ATTRIBUTION_DAYS, [day])


@transaction.atomic
def _drop_outside(wanted: list[date]) -> None:
    kept = {*wanted, *AttributionDay.objects.filter(is_kept=True).values_list("day", flat=True)}
    for table in (*_DERIVED, AttributionDay):
        table._default_manager.exclude(day__in=kept).delete()


def _group_spend_anew() -> None:
    """Spend is grouped when it comes in; the rule may have been made better since."""
    changed = []
    for one in AdSpend.objects.iterator():
        origin = origins.of(source=one.source, medium=one.medium, campaign=one.campaign)
        if (one.grouping, one.campaign_key) != (origin.grouping.value, origin.key):
            one.grouping, one.campaign_key = origin.grouping.value, origin.key
            changed.append(one)
    AdSpend.objects.bulk_update(changed, ["grouping", "campaign_key"], batch_size=1_000)
