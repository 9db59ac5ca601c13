"""Counts purchases, what follows from them by day, and newcomers once more, in plain Python over orders, visits and events.

It shares what is published with the statements that fill the tables (steps, classes, how long something counts), and no SQL.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q

from analytics.behaviour.kinds import numbers
from analytics.models import (
    CohortDay,
    CohortMonth,
    DailyBuying,
    DailyCustomer,
    DailyReturn,
    DailyTiming,
    Event,
    Newcomer,
    Purchase,
    PurchaseDay,
    Visit,
    VisitDay,
)
from analytics.operations.purchase_keeping import looks_back
from analytics.operations.purchase_statements import CLICKS, KINDS
from analytics.operations.purchases import WATCHED
from analytics.survival import DAYS_SINCE, step
from campaigns.models import Promotion, PromotionChange
from campaigns.pricing.schedule import in_force
from config.kernel import shop
from config.kernel.business_time import day_period
from orders.models import Order, OrderLine, ReturnLine

WEEK = timedelta(days=7)
_OVER = (Order.State.CANCELED, Order.State.EXPIRED)
_TO_FOUR = Decimal("0.0001")
_PURCHASE = ("day", "hour", "channel", "customer_id", "visitor", "placed_at", "units", "sales", "is_first_order", "gap_seconds",
             "first_seen_at", "visit_started_at", "carted_at", "touch_kind", "touch_code", "touched_at")  # fmt: skip
# What rests on visits is not told anew of a day that stays as it was made.
_OF_ORDERS = _PURCHASE[:4] + _PURCHASE[5:10]
_CUSTOMER = ("orders", "units", "gross", "discounts", "returned", "visits", "since")
_BUYING = ("new_orders", "new_sales", "repeat_orders", "repeat_sales", "guest_orders", "guest_sales")
_TIMING = ("number", "planned", "steps", "counts")
_NEWCOMER = ("persons", "bought_steps", "bought_counts", "left_steps", "left_counts")
_MONTH = ("customers", "orders", "sales", "returned")

Figures = Mapping[Any, Mapping[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One figure that differs; of a row that one side lacks there is one for all of it."""

    table: str
    day: date
    key: Any
    column: str
    stored: Any
    recounted: Any


@dataclass(frozen=True)
class _Seen:
    visitor: int
    customer_id: int | None
    channel: str
    started_at: datetime
    ended_at: datetime
    orders: tuple[str, ...]

    @property
    def person(self) -> tuple[str, int]:
        return ("visitor", self.visitor) if self.customer_id is None else ("customer", self.customer_id)


def clean_days() -> list[date]:
    return list(PurchaseDay.objects.filter(state=PurchaseDay.State.CLEAN).order_by("day").values_list("day", flat=True))


def clean_cohorts() -> list[date]:
    return list(CohortDay.objects.filter(state=CohortDay.State.CLEAN).order_by("day").values_list("day", flat=True))


def differences(day: date) -> list[Cell]:
    """Every differing figure of a day that still claims to be clean when the comparison ends."""
    claim = _claim(PurchaseDay, day)
    return _compare_day(day, claim["rebuilt_at"], claim["is_kept"]) if claim and claim == _claim(PurchaseDay, day) else []


def cohort_differences(day: date) -> list[Cell]:
    claim = _claim(CohortDay, day)
    if not claim:
        return []
    found = _compare_cohort(day, claim["seen_until"], claim["is_kept"])
    return found if claim == _claim(CohortDay, day) else []


def _claim(model: Any, day: date) -> dict[str, Any] | None:
    told: dict[str, Any] | None = model.objects.filter(pk=day, state="CLEAN").values().first()
    return told


# --- what a day is compared with


def _compare_day(day: date, rebuilt_at: datetime, is_kept: bool) -> list[Cell]:
    world = _World(day)
    told = _OF_ORDERS if is_kept else _PURCHASE
    purchases = {key: {name: one[name] for name in told} for key, one in world.purchases().items()}
    found = list(_differing("purchase", day, _stored(Purchase, day, ("order_id",), told), purchases))
    found += _differing("customer", day, _stored(DailyCustomer, day, ("customer_id",), _CUSTOMER), world.customers())
    found += _differing("buying", day, _stored(DailyBuying, day, ("channel",), _BUYING), world.buying())
    if is_kept:
        return found
    found += _differing("return", day, _stored(DailyReturn, day, ("channel", "since"), ("visits", "orders")), world.returns())
    timings = world.timings()
    columns: tuple[str, ...] = _TIMING
    if PromotionChange.objects.filter(changed_at__gt=rebuilt_at).exists():
        columns = tuple(one for one in _TIMING if one != "planned")
        timings = {key: {name: told[name] for name in columns} for key, told in timings.items()}
    return found + list(_differing("timing", day, _stored(DailyTiming, day, ("since", "channel", "code"), columns), timings))


def _compare_cohort(day: date, until: datetime, is_kept: bool) -> list[Cell]:
    stored, counted = _stored(Newcomer, day, ("since", "channel", "had_bought"), _NEWCOMER), newcomers(day, until)
    if is_kept:
        stored, counted = ({key: one for key, one in told.items() if key[0] != "VISIT"} for told in (stored, counted))
    found = list(_differing("newcomer", day, stored, counted))
    months = _stored(CohortMonth, day, ("channel", "months"), _MONTH)
    return found + list(_differing("cohort", day, months, cohort_months(day, until)))


def _stored(model: Any, day: date, key: Sequence[str], columns: Sequence[str]) -> Figures:
    rows = model.objects.filter(day=day).values(*key, *columns)
    return {_key(tuple(row[name] for name in key)): {name: row[name] for name in columns} for row in rows}


def _key(parts: tuple[Any, ...]) -> Any:
    return parts[0] if len(parts) == 1 else parts


def _differing(table: str, day: date, stored: Figures, recounted: Figures) -> Iterator[Cell]:
    for key in sorted({*stored, *recounted}, key=str):
        one, other = stored.get(key), recounted.get(key)
        if one is None or other is None:
            yield Cell(table, day, key, "row", one, other)
            continue
        for name in one:
            if one[name] != other[name]:
                yield Cell(table, day, key, name, one[name], other[name])


# --- orders, visits and events


def _standing(**narrowed: Any) -> list[Order]:
    return [one for one in Order.objects.filter(**narrowed).order_by("placed_at", "pk") if one.state not in _OVER]


def _between(day: date) -> dict[str, datetime]:
    period = day_period(day, shop.zone())
    return {"gte": period.starts_at, "lt": period.ends_at or period.starts_at}


def _visits(narrowed: Q) -> list[_Seen]:
    return [
        _Seen(one.visitor, one.customer_id, one.source.channel, one.started_at, one.ended_at, tuple(one.orders))
        for one in Visit.objects.filter(narrowed).select_related("source").order_by("started_at", "visitor")
    ]


def _kept(line: OrderLine, amount: Decimal) -> Decimal:
    if not line.canceled:
        return amount
    return (amount * (line.quantity - line.canceled) / line.quantity).quantize(_TO_FOUR, ROUND_HALF_UP)


def _goods(order: Order) -> tuple[int, Decimal, Decimal]:
    lines = list(order.lines.all())
    return (
        sum(line.quantity - line.canceled for line in lines),
        sum((_kept(line, line.gross) for line in lines), Decimal(0)),
        sum((_kept(line, line.discount) for line in lines), Decimal(0)),
    )


def _after(later: datetime, earlier: datetime) -> float:
    return max((later - earlier).total_seconds(), 0)


class _World:
    """What one day's figures are counted from."""

    def __init__(self, day: date) -> None:
        self.day = day
        bounds = _between(day)
        self.orders = _standing(**{f"placed_at__{name}": moment for name, moment in bounds.items()})
        around = Visit.objects.filter(day__gte=day - timedelta(days=1), day__lte=day + timedelta(days=1))
        forgotten = set(VisitDay.objects.filter(is_forgotten=True).values_list("day", flat=True))
        self.told: dict[str, _Seen] = {}
        for seen in _visits(Q(pk__in=around.exclude(orders=[]).values("pk"))):
            for number in seen.orders:
                if shop.day(seen.started_at) not in forgotten:
                    self.told.setdefault(number, seen)
        self.theirs = {one.pk: self._theirs(one) for one in self.orders}
        self.touched = {one.pk: self._touched(one) for one in self.orders}
        self._purchases: dict[int, dict[str, Any]] = {}

    def _theirs(self, order: Order) -> list[_Seen]:
        """The person's visits until the order."""
        seen = self.told.get(order.number)
        narrowed = Q(pk__in=[])
        if order.customer_id is not None:
            narrowed |= Q(customer=order.customer_id)
        if seen:
            narrowed |= Q(customer=None, visitor=seen.visitor)
        return [one for one in _visits(narrowed) if order.placed_at - looks_back() <= one.started_at <= order.placed_at]

    def _touched(self, order: Order) -> dict[tuple[str, str], datetime]:
        """By kind and code: the last click, the first time it was seen, within a week."""
        found: dict[tuple[str, str], datetime] = {}
        for visit in self.theirs[order.pk]:
            if visit.ended_at <= order.placed_at - WEEK:
                continue
            events = Event.objects.filter(
                visitor=visit.visitor, traffic=0, occurred_at__gte=visit.started_at, occurred_at__lte=visit.ended_at
            )
            for event in events:
                kind = next((name for name, told in KINDS.items() if event.kind in told), None)
                if kind is None:
                    continue
                said = event.properties or {}
                code = said.get("promotion", said.get("message", ""))
                at = event.occurred_at
                if not order.placed_at - WEEK < at <= order.placed_at:
                    continue
                latest = kind in CLICKS
                found[kind, code] = (max if latest else min)(found.get((kind, code), at), at)
        return found

    def purchases(self) -> Mapping[int, Mapping[str, Any]]:
        found = self._purchases
        if found:
            return found
        for order in self.orders:
            seen = self.told.get(order.number)
            units, gross, discounts = _goods(order)
            earlier = [
                one for one in _standing(customer=order.customer_id) if (one.placed_at, one.pk) < (order.placed_at, order.pk)
            ] if order.customer_id is not None else []  # fmt: skip
            clicks = sorted(
                ((at, kind, code) for (kind, code), at in self.touched[order.pk].items() if kind in CLICKS),
                key=lambda one: (-one[0].timestamp(), one[1], one[2]),
            )
            at, kind, code = clicks[0] if clicks else (None, "", "")
            found[order.pk] = {
                "day": self.day,
                "hour": order.placed_at.astimezone(shop.zone()).hour,
                "channel": order.channel,
                "customer_id": order.customer_id,
                "visitor": seen.visitor if seen else None,
                "placed_at": order.placed_at,
                "units": units,
                "sales": gross - discounts,
                "is_first_order": None if order.customer_id is None else not earlier,
                "gap_seconds": int(_after(order.placed_at, earlier[-1].placed_at)) if earlier else None,
                "first_seen_at": min((one.started_at for one in self.theirs[order.pk]), default=None),
                "visit_started_at": seen.started_at if seen else None,
                "carted_at": self._carted(order, seen),
                "touch_kind": kind,
                "touch_code": code,
                "touched_at": at,
            }
        return found

    def _carted(self, order: Order, seen: _Seen | None) -> datetime | None:
        if seen is None:
            return None
        events = Event.objects.filter(
            visitor=seen.visitor, kind__in=numbers("product_added"), traffic=0, occurred_at__gte=seen.started_at
        )
        moments = [one.occurred_at for one in events if one.occurred_at <= min(seen.ended_at, order.placed_at)]
        return min(moments, default=None)

    def customers(self) -> Figures:
        found: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_CUSTOMER, 0))
        for order in self.orders:
            if order.customer_id is not None:
                units, gross, discounts = _goods(order)
                one = found[order.customer_id]
                one["orders"] += 1
                one["units"] += units
                one["gross"] += gross
                one["discounts"] += discounts
        bounds = {f"parent__received_at__{name}": moment for name, moment in _between(self.day).items()}
        for line in ReturnLine.objects.filter(parent__state="RECEIVED", **bounds).select_related("parent__order"):
            if line.parent.order is not None and line.parent.order.customer_id is not None:
                found[line.parent.order.customer_id]["returned"] += line.refund
        for customer in Visit.objects.filter(day=self.day, customer__isnull=False).values_list("customer_id", flat=True):
            assert customer is not None  # noqa: S101  asked for
            found[customer]["visits"] += 1
        for customer, one in found.items():
            days = DailyCustomer.objects.filter(customer=customer, day__lt=self.day).values_list("day", flat=True)
            one["since"] = (self.day - max(days)).days if days else None
        return found

    def buying(self) -> Figures:
        found: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_BUYING, 0))
        for one in self.purchases().values():
            word = {True: "new", False: "repeat", None: "guest"}[one["is_first_order"]]
            found[one["channel"]][f"{word}_orders"] += 1
            found[one["channel"]][f"{word}_sales"] += one["sales"]
        return found

    def timings(self) -> Figures:
        spans: dict[tuple[str, str, str], Counter[int]] = defaultdict(Counter)
        planned: Counter[tuple[str, str, str]] = Counter()
        promotions = {str(one.pk): one for one in Promotion.objects.all()}
        purchases = self.purchases()
        for order in self.orders:
            carted = purchases[order.pk]["carted_at"]
            if carted:
                spans["CART", order.channel, ""][step(_after(order.placed_at, carted))] += 1
            for (kind, code), at in self.touched[order.pk].items():
                key = kind, order.channel, code
                spans[key][step(_after(order.placed_at, at))] += 1
                promotion = promotions.get(code)
                if kind.startswith("PROMOTION") and promotion and in_force(promotion, order.placed_at, shop.zone()):
                    planned[key] += 1
        return {
            key: {
                "number": sum(counts.values()),
                "planned": planned[key] if key[0].startswith("PROMOTION") else None,
                "steps": sorted(counts),
                "counts": [counts[one] for one in sorted(counts)],
            }
            for key, counts in spans.items()
        }

    def returns(self) -> Figures:
        found: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: {"visits": 0, "orders": 0})
        for seen in _visits(Q(day=self.day)):
            same = Q(customer=seen.customer_id) if seen.customer_id is not None else Q(customer=None, visitor=seen.visitor)
            earlier = [
                one
                for one in Visit.objects.filter(same).values_list("day", flat=True)
                if self.day - looks_back() <= one < self.day
            ]
            if not earlier:
                continue
            since = (self.day - max(earlier)).days
            one = found[seen.channel, max(least for least in DAYS_SINCE if least <= since)]
            one["visits"] += 1
            one["orders"] += Purchase.objects.filter(visitor=seen.visitor, visit_started_at=seen.started_at).count()
        return found


# --- newcomers


def newcomers(day: date, until: datetime) -> Figures:
    """Those of a day, as far as purchases are made."""
    spans: dict[tuple[str, str, bool], tuple[Counter[int], Counter[int]]] = defaultdict(lambda: (Counter(), Counter()))
    for since, channel, had_bought, began_at, bought_at in (*_first_visits(day, until), *_first_orders(day, until)):
        watched = WATCHED[Newcomer.Since(since)]
        bought, left = spans[since, channel, had_bought]
        if bought_at is not None and bought_at - began_at <= watched:
            bought[step(_after(bought_at, began_at))] += 1
        else:
            left[step(_after(min(until, began_at + watched), began_at))] += 1
    return {
        key: {
            "persons": sum(bought.values()) + sum(left.values()),
            "bought_steps": sorted(bought),
            "bought_counts": [bought[one] for one in sorted(bought)],
            "left_steps": sorted(left),
            "left_counts": [left[one] for one in sorted(left)],
        }
        for key, (bought, left) in spans.items()
    }


_Newcomer = tuple[str, str, bool, datetime, datetime | None]


def _first_visits(day: date, until: datetime) -> Iterator[_Newcomer]:
    persons: dict[tuple[str, int], _Seen] = {}
    for seen in _visits(Q(day=day)):
        persons.setdefault(seen.person, seen)
    for (kind, number), seen in persons.items():
        before = {"started_at__lt": seen.started_at, "started_at__gte": seen.started_at - looks_back()}
        if kind == "customer":
            if Visit.objects.filter(customer=number, **before).exists():
                continue
            placed = list(Purchase.objects.filter(customer=number).values_list("placed_at", flat=True))
        else:
            theirs = Visit.objects.filter(visitor=number, customer=None)
            if theirs.filter(**before).exists():
                continue
            own = set(theirs.values_list("started_at", flat=True))
            told = Purchase.objects.filter(visitor=number).values_list("placed_at", "visit_started_at")
            placed = [at for at, visit in told if visit in own]
        had_bought = kind == "customer" and any(at < seen.started_at for at in placed)
        after = [at for at in placed if seen.started_at <= at < until]
        yield "VISIT", seen.channel, had_bought, seen.started_at, min(after, default=None)


def _first_orders(day: date, until: datetime) -> Iterator[_Newcomer]:
    for first in Purchase.objects.filter(day=day, customer__isnull=False):
        theirs = sorted(Purchase.objects.filter(customer=first.customer_id).values_list("placed_at", "pk"))
        if theirs[0] == (first.placed_at, first.pk):
            after = [at for at, _pk in theirs[1:] if at < until]
            yield "ORDER", first.channel, False, first.placed_at, min(after, default=None)


def cohort_months(day: date, until: datetime) -> Figures:
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_MONTH, 0))
    bought: dict[tuple[str, int], set[int]] = defaultdict(set)
    for first in Purchase.objects.filter(day=day, is_first_order=True):
        for one in DailyCustomer.objects.filter(customer=first.customer_id, day__gte=day, day__lt=shop.day(until)):
            if not one.orders and not one.returned:
                continue
            months = (one.day.year - day.year) * 12 + one.day.month - day.month
            cell = found[first.channel, months]
            if one.orders:
                bought[first.channel, months].add(one.customer_id)
            cell["customers"] = len(bought[first.channel, months])
            cell["orders"] += one.orders
            cell["sales"] += one.gross - one.discounts
            cell["returned"] += one.returned
    return found
