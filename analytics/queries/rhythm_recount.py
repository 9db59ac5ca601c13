"""Reads the rhythm of some customers once more, straight from their orders and visits, and compares it with what is stored.

Written for itself, in plain Python over the rows: it shares the published thresholds with the rules, and none of their code.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from analytics.models import CustomerRhythm, Visit
from analytics.operations.visits import personal_from
from analytics.queries import rhythm_sources
from analytics.queries.rhythm_sources import ORDERS_BACK, VISITS_BACK
from analytics.rhythm import buyers, cycles, decline
from config.kernel import shop
from orders.models import Order

# So many customers are recounted each night, other ones each time.
SOME = 200


@dataclass(frozen=True)
class Cell:
    customer: int
    column: str
    stored: Any
    recounted: Any


def differences(*, at: datetime, chance: int = 0, most: int = SOME) -> Iterator[Cell]:
    """Figures that differ, of customers about whom nothing new was told since they were read."""
    every = list(CustomerRhythm.objects.order_by("pk").values_list("pk", flat=True))
    chosen = every if len(every) <= most else random.Random(chance).sample(every, most)  # noqa: S311  a sample, no secret
    for row in CustomerRhythm.objects.filter(pk__in=chosen).select_related("run").order_by("pk"):
        recounted = figures(row.pk, row.read_on, frozenset(row.run.left_out), at=row.run.began_at)
        found = [(name, getattr(row, name), value) for name, value in recounted.items() if getattr(row, name) != value]
        if found and not _forgotten(row, at) and not _news(row):
            yield from (Cell(row.pk, *one) for one in found)


def figures(customer: int, on: date, left_out: frozenset[date], *, at: datetime) -> dict[str, Any]:
    """What can be counted by hand: orders, visits, cycle, decline and the type found."""
    orders = _orders(customer, on)
    visits = _visits(customer, on, at)
    days = sorted({shop.day(one) for one in orders})
    told: dict[str, Any] = {
        "orders": len(orders),
        "visits": len(visits),
        "last_bought_on": days[-1] if days else None,
        "cycle_days": None,
        "expected_on": None,
        "declines": _declines(visits, on, left_out),
    }
    between = [(days[place + 1] - days[place]).days for place in range(len(days) - 1)][-cycles.MOST_GAPS :]
    near = 0
    if len(between) >= cycles.LEAST_GAPS:
        usual = _middle(between)
        near = sum(abs(one - usual) <= max(usual * cycles.FITS_WITHIN, cycles.FITS_DAYS) for one in between)
        told["cycle_days"], told["expected_on"] = usual, days[-1] + timedelta(days=round(usual))
    told["found_type"] = _type(orders, visits, between, near)
    return told


def _orders(customer: int, on: date) -> list[datetime]:
    moments = Order.objects.filter(customer_id=customer).exclude(state__in=["CANCELED", "EXPIRED"])
    first = datetime.combine(on + timedelta(days=1), datetime.min.time(), tzinfo=shop.zone()) - ORDERS_BACK
    return sorted(one for one in moments.values_list("placed_at", flat=True) if first <= one and shop.day(one) <= on)


def _visits(customer: int, on: date, at: datetime) -> list[Visit]:
    first = max(on + timedelta(days=1) - VISITS_BACK, personal_from(at))
    rows = Visit.objects.filter(customer_id=customer).order_by("started_at", "visitor")
    return [one for one in rows if first <= one.day <= on]


def _type(orders: list[datetime], visits: list[Visit], between: list[int], near: int) -> str:
    if len(between) >= buyers.REPEATING_GAPS and near / len(between) >= buyers.REPEATING_SHARE and _sure(near, len(between)):
        return buyers.BuyerType.REPEATING.value
    kept: list[datetime] = []
    for moment in orders:
        if not kept or moment - kept[-1] >= timedelta(hours=1):
            kept.append(moment)
    manners: list[str] = []
    for place, moment in enumerate(kept):
        since = moment - buyers.LOOKED_BACK
        if place and kept[place - 1] > since:
            since = kept[place - 1]
        led = [one for one in visits if one.viewed_at and since < one.started_at <= moment]
        if not led:
            continue
        gap = moment - min(one.viewed_at for one in led if one.viewed_at)
        products = sum(one.products for one in led)
        if gap <= buyers.QUICK_GAP and len(led) <= buyers.QUICK_VISITS and products <= buyers.QUICK_PRODUCTS:
            manners.append("quick")
        elif (
            (gap >= buyers.DELIBERATE_GAP) + (len(led) >= buyers.DELIBERATE_VISITS) + (products >= buyers.DELIBERATE_PRODUCTS)
        ) >= 2:
            manners.append("slow")
        else:
            manners.append("between")
    latest = manners[-buyers.MOST_PURCHASES :]
    quick, slow = latest.count("quick"), latest.count("slow")
    if 2 * (quick + slow) < len(latest):
        return buyers.BuyerType.UNKNOWN.value
    if quick > slow and _sure(quick, quick + slow):
        return buyers.BuyerType.IMMEDIATE.value
    return buyers.BuyerType.DELIBERATE.value if _sure(slow, quick + slow) else buyers.BuyerType.UNKNOWN.value


def _sure(hits: int, trials: int) -> bool:
    """Whether most are such, counted out: every row of heads and tails one longer, of which so few have more heads."""
    if not trials:
        return False
    row = [1]
    for _ in range(trials + 1):
        row = [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]
    return sum(row[: hits + 1]) >= buyers.GIVEN_FROM * 2.0 ** (trials + 1)


def _declines(visits: list[Visit], on: date, left_out: frozenset[date]) -> bool:
    """By adding up chances one by one from the first."""
    by_age: dict[int, list[Visit]] = defaultdict(list)
    for one in visits:
        if one.day not in left_out:
            by_age[(on - one.day).days + 1].append(one)
    recent = [one for age in by_age if age <= decline.RECENT_DAYS for one in by_age[age]]
    ages = [age for age in by_age if decline.RECENT_DAYS < age <= decline.RECENT_DAYS + decline.BASELINE_DAYS]
    past = [one for age in ages for one in by_age[age]]
    bad = {(on - one).days + 1 for one in left_out}
    during = len([age for age in range(decline.RECENT_DAYS + 1, max(ages, default=0) + 1) if age not in bad])
    ahead = len([age for age in range(1, decline.RECENT_DAYS + 1) if age not in bad])
    if len(past) - 1 < decline.LEAST_VISITS or during < decline.LEAST_DAYS or not ahead:
        return False
    shape, rate = len(past) - 1 + decline.PRIOR_VISITS, during + decline.PRIOR_DAYS
    term = (rate / (rate + ahead)) ** shape
    tail = term
    for count in range(1, len(recent) + 1):
        term *= (shape + count - 1) / count * ahead / (rate + ahead)
        tail += term
    if tail < decline.FEWER_CHANCE and len(recent) <= decline.AT_MOST * shape / rate * ahead:
        return True
    then = sorted(float(one.active_seconds) for one in past if one.active_seconds > 0)
    now = sorted(float(one.active_seconds) for one in recent if one.active_seconds > 0)
    if min(len(then), len(now)) < decline.LEAST_TIMED or _middle(now) > decline.AT_MOST * _middle(then):
        return False
    below = sum(one < _middle(then) for one in now)
    row = [1]
    for _ in range(len(now)):
        row = [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]
    return sum(row[below:]) < decline.SHORTER_CHANCE * 2.0 ** len(now)


def _middle(values: list[Any]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def _forgotten(row: CustomerRhythm, at: datetime) -> bool:
    """Whether visits that were read then tell no more whose they are."""
    return row.visits > 0 and row.read_on + timedelta(days=1) - VISITS_BACK < personal_from(at) != personal_from(
        row.run.began_at
    )


def _news(row: CustomerRhythm) -> bool:
    """Whether something was told about the customer since: then the next reading says otherwise, rightly."""
    return row.pk in rhythm_sources.changed(since=row.run.began_at, on=row.read_on)
