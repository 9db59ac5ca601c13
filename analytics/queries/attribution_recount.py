"""Counts the origins of a day again, in plain Python and in fractions, from orders and visits row by row. The audit's other
half, shared with the statements of operations/attribution in nothing but the published rule of groupings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Q

from analytics import closing
from analytics.behaviour import origins
from analytics.behaviour.origins import Origin
from analytics.models import (
    AttributionDay,
    DailyAttribution,
    DailyPath,
    EventSource,
    KnownVisitor,
    OrderTouch,
    Visit,
)
from config.kernel import shop
from config.kernel.business_time import day_period
from config.kernel.models import OutboxDelivery
from config.kernel.money import DEFAULT_EXPONENT, EXPONENTS
from orders.models import Order, OrderLine, Return

# Of a day with more orders, some of them are looked at: their touches, not the sums.
MOST_ORDERS = 3_000
_GONE = (Order.State.CANCELED, Order.State.EXPIRED)
_MOST = 100


@dataclass(frozen=True)
class Cell:
    subject: str
    column: str
    stored: Any
    recounted: Any


Table = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class _Order:
    row: Order
    net: Fraction
    is_new: bool
    visits: list[tuple[Visit, Origin]]


def clean_days() -> list[date]:
    """Days that claim to be what a recount gives: made after they closed, and not kept for what is forgotten since."""
    zone = shop.zone()
    rows = AttributionDay.objects.filter(state=AttributionDay.State.CLEAN, is_kept=False).order_by("day")
    made = rows.values_list("day", "rebuilt_at")
    return [day for day, at in made if at and at >= closing.morning(day + timedelta(days=1), zone)]


def differences(day: date, *, chance: int = 0) -> list[Cell]:
    """Every differing figure of a day that still claims to be clean when the comparison ends."""
    before = _claim(day)
    found = _compare(day, chance) if before else []
    if found:
        # Visits may have been made anew between two readings. What is really wrong is wrong once more.
        again = set(map(repr, _compare(day, chance)))
        found = [one for one in found if repr(one) in again]
    return found if found and not _on_its_way(day) and before == _claim(day) else []


def lines_of(day: date) -> tuple[Table, Table, Table]:
    """Lines, paths and touches of a day, as they should be stored."""
    orders = _orders(day, 1, 0)
    return _lines(day, orders), _paths(orders), _touches(orders)


def _compare(day: date, chance: int) -> list[Cell]:
    period = day_period(day, shop.zone())
    number = Order.objects.filter(placed_at__gte=period.starts_at, placed_at__lt=period.ends_at).count()
    share = 1 + number // MOST_ORDERS
    orders = _orders(day, share, chance)
    pairs = [("touch", _stored_touches(day, share, chance), _touches(orders))]
    if share == 1:
        pairs += [("origin", _stored_lines(day), _lines(day, orders)), ("path", _stored_paths(day), _paths(orders))]
    found = []
    for name, stored, recounted in pairs:
        for key in sorted(stored.keys() | recounted.keys(), key=str):
            one, other = stored.get(key, {}), recounted.get(key, {})
            for column in sorted(one.keys() | other.keys()):
                if one.get(column) != other.get(column):
                    found.append(Cell(f"{name} {key}", column, one.get(column), other.get(column)))
    return found


def _orders(day: date, share: int, chance: int) -> list[_Order]:
    period = day_period(day, shop.zone())
    own = frozenset(
        address.split("://")[-1].split(":")[0] for source in EventSource.objects.all() for address in source.origins
    )
    rows = Order.objects.filter(placed_at__gte=period.starts_at, placed_at__lt=period.ends_at).exclude(state__in=_GONE)
    telling: dict[str, list[Visit]] = defaultdict(list)
    for visit in Visit.objects.filter(day__in=(day - timedelta(days=1), day, day + timedelta(days=1))).exclude(orders=[]):
        for number in visit.orders:
            telling[number].append(visit)
    return [
        _Order(row, _net(row), _is_new(row), [(one, _origin(one, own)) for one in _visits_before(row, telling[row.number])])
        for row in rows.order_by("pk")
        if row.pk % share == chance % share
    ]


def _net(order: Order) -> Fraction:
    def kept(line: OrderLine, amount: Any) -> Fraction:
        if not line.canceled:
            return Fraction(amount)
        exact = Fraction(amount) * (line.quantity - line.canceled) / line.quantity
        return Fraction(int(exact * 10_000 + Fraction(1, 2)), 10_000)

    sold = sum((kept(line, line.gross) - kept(line, line.discount) for line in order.lines.all()), Fraction(0))
    received = Return.objects.filter(order=order, state=Return.State.RECEIVED).prefetch_related("lines")
    return sold - sum((Fraction(line.refund) for one in received for line in one.lines.all()), Fraction(0))


def _is_new(order: Order) -> bool:
    if order.customer_id is None:
        return False
    earlier = Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk)
    return not Order.objects.filter(earlier, customer_id=order.customer_id).exclude(state__in=_GONE).exists()


def _visits_before(order: Order, telling: Iterable[Visit]) -> list[Visit]:
    since = order.placed_at - timedelta(days=settings.ATTRIBUTION_DAYS)
    found: dict[int, Visit] = {}
    if order.customer_id is not None:
        for visit in Visit.objects.filter(customer_id=order.customer_id, started_at__range=(since, order.placed_at)):
            found[visit.pk] = visit
    for told in telling:
        people = KnownVisitor.objects.filter(visitor=told.visitor, is_new=False).count()
        for visit in Visit.objects.filter(visitor=told.visitor, started_at__range=(since, order.placed_at)):
            same = visit.customer_id == told.customer_id and (told.customer_id is not None or people <= 1)
            if same or order.number in visit.orders:
                found[visit.pk] = visit
    return sorted(found.values(), key=lambda visit: (visit.started_at, visit.visitor))[-_MOST:]


def _origin(visit: Visit, own: frozenset[str]) -> Origin:
    return origins.of(
        referrer=visit.referrer, source=visit.utm_source, medium=visit.utm_medium, campaign=visit.utm_campaign,
        click_id=visit.click_id, own=own,
    )  # fmt: skip


def _counting(order: _Order) -> list[tuple[datetime, Origin]]:
    told = [(visit.started_at, origin) for visit, origin in order.visits]
    return [one for one in told if one[1].grouping != "direct"] or told


def _parts(model: str, number: int) -> list[Fraction]:
    if model == "last":
        return [Fraction(int(place == number - 1)) for place in range(number)]
    if model == "first":
        return [Fraction(int(place == 0)) for place in range(number)]
    if model == "linear" or number < 3:
        return [Fraction(1, number)] * number
    return [Fraction(2, 5), *[Fraction(1, 5) / (number - 2)] * (number - 2), Fraction(2, 5)]


def _whole_parts(units: int, parts: list[Fraction]) -> list[int]:
    """Whole units by the largest remainder."""
    if units < 0:
        return [-one for one in _whole_parts(-units, parts)]
    exact = [units * part for part in parts]
    given = [int(one) for one in exact]
    waiting = sorted(range(len(parts)), key=lambda place: (given[place] - exact[place], place))
    for place in waiting[: units - sum(given)]:
        given[place] += 1
    return given


def _lines(day: date, orders: list[_Order]) -> Table:
    lines: Table = {}

    def line(channel: str, origin: Origin) -> dict[str, Any]:
        empty: dict[str, Any] = {"visits": 0, "touched": 0, "assists": 0, "lags": [], "grouping": origin.grouping.value}
        empty |= {f"{model}_{what}": Fraction(0) for model in ("last", "first", "position", "linear") for what in _OWED}
        return lines.setdefault((channel, origin.key), empty)

    own = frozenset(one.split("://")[-1].split(":")[0] for source in EventSource.objects.all() for one in source.origins)
    for visit in Visit.objects.filter(day=day).select_related("source"):
        line(visit.source.channel, _origin(visit, own))["visits"] += 1
    smallest = _smallest()
    for order in orders:
        touches = _counting(order)
        owing = [origin for _at, origin in touches] or [origins.UNKNOWN]
        channel = order.row.channel
        units = _rounded(order.net / smallest)
        for model in ("last", "first", "position", "linear"):
            parts = _parts(model, len(owing))
            for origin, orders_part, net_part in zip(
                owing, _whole_parts(1_000_000, parts), _whole_parts(units, parts), strict=True
            ):
                one = line(channel, origin)
                one[f"{model}_orders"] += Fraction(orders_part, 1_000_000)
                one[f"{model}_net"] += net_part * smallest
                one[f"{model}_new"] += Fraction(orders_part, 1_000_000) if order.is_new else 0
        for key in {origin.key for _at, origin in touches}:
            one = lines[channel, key]
            since = min(at for at, origin in touches if origin.key == key)
            one["touched"] += 1
            one["lags"] = sorted([*one["lags"], int((order.row.placed_at - since).total_seconds())])
            one["assists"] += key != touches[-1][1].key
    return lines


_OWED = ("orders", "net", "new")


def _paths(orders: list[_Order]) -> Table:
    found: Table = {}
    for order in orders:
        steps: list[str] = []
        for _at, origin in _counting(order):
            if steps[-1:] != [origin.grouping.value]:
                steps.append(origin.grouping.value)
        if len(steps) > 6:
            steps = [*steps[:2], "...", *steps[-3:]]
        one = found.setdefault((order.row.channel, ">".join(steps) or "unknown"), {"orders": 0, "net": Fraction(0)})
        one["orders"] += 1
        one["net"] += _rounded(order.net / _smallest()) * _smallest()
    return found


def _touches(orders: list[_Order]) -> Table:
    found: Table = {}
    for order in orders:
        counting = [at for at, _origin in _counting(order)]
        only_direct = all(origin.grouping == "direct" for _visit, origin in order.visits)
        places = [place for place, (_visit, origin) in enumerate(order.visits, 1) if only_direct or origin.grouping != "direct"]
        for place, (visit, origin) in enumerate(order.visits, 1):
            found[order.row.pk, place] = {
                "at": visit.started_at, "campaign_key": origin.key, "medium": origin.medium, "counts": place in places,
                "is_first": place == places[0], "is_last": place == places[-1],
            }  # fmt: skip
        assert len(counting) == len(places)  # noqa: S101  two ways to say which count
    return found


def _stored_lines(day: date) -> Table:
    owed = [f"{model}_{what}" for model in ("last", "first", "position", "linear") for what in _OWED]
    columns = ("visits", "touched", "assists", "lags", "grouping", *owed)
    rows = DailyAttribution.objects.filter(day=day).values("channel", "campaign_key", *columns)
    return {
        (row["channel"], row["campaign_key"]): {name: Fraction(row[name]) if name in owed else row[name] for name in columns}
        for row in rows
    }


def _stored_paths(day: date) -> Table:
    rows = DailyPath.objects.filter(day=day)
    return {(one.channel, one.path): {"orders": one.orders, "net": Fraction(one.net)} for one in rows}


def _stored_touches(day: date, share: int, chance: int) -> Table:
    columns = ("at", "campaign_key", "medium", "counts", "is_first", "is_last")
    rows: Iterable[Mapping[str, Any]] = OrderTouch.objects.filter(day=day).values("order_id", "position", *columns)
    return {
        (row["order_id"], row["position"]): {name: row[name] for name in columns}
        for row in rows
        if row["order_id"] % share == chance % share
    }


def _smallest() -> Fraction:
    return Fraction(1, 10 ** EXPONENTS.get(settings.SHOP_CURRENCY, DEFAULT_EXPONENT))


def _rounded(value: Fraction) -> int:
    """Half away from zero."""
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


def _claim(day: date) -> tuple[Any, ...] | None:
    state = AttributionDay.objects.filter(pk=day, state=AttributionDay.State.CLEAN, is_kept=False)
    return state.values_list("marks", "rebuilt_at").first()


def _on_its_way(day: date) -> bool:
    """Whether an event about an order of this day, or of one before it, has been recorded and not been delivered yet."""
    told = str(day)
    about = Q(event__payload__on__lte=told) | Q(event__payload__first_on__lte=told)
    pending = OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING, subscriber__startswith="analytics.origin")
    return pending.filter(about).exists()
