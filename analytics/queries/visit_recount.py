"""Counts the visits of a business day once more, in plain Python over the raw events, and compares them with those stored.

Written for itself: it shares the published thresholds and stages with the statement that fills the table, and no SQL. It is
slow, so of a large day it counts some of the visitors only.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from analytics.behaviour import stages
from analytics.behaviour.kinds import numbers
from analytics.behaviour.stages import Seen
from analytics.models import Event, KnownVisitor, Visit, VisitDay
from analytics.queries import event_recount
from config.kernel import shop
from config.kernel.business_time import Period, day_period
from inventory.models import Variant

# About so many events of a day are counted one by one.
MOST_EVENTS = 50_000
COUNTED: tuple[str, ...] = (
    "customer_id", "is_named", "source_id", "ended_at", "events", "pages", "products", "out_of_stock", "searches", "added",
    "active_seconds", "landing", "referrer", "utm_source", "utm_medium", "utm_campaign", "click_id", "viewed_at",
    "compared_at", "decided_at", "checkout_at", "ordered_at", "orders", "dry_searches", "is_bounce", "categories",
)  # fmt: skip
# What depends on which SKU is of which product and category. Visits keep what held when their day was made.
OF_THE_CATALOG = ("products", "out_of_stock", "compared_at", "categories")
_CLICK_IDS = ("gclid", "fbclid", "napm", "kakao_click")
_ORIGIN = ("referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", *_CLICK_IDS)
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Cell:
    """One figure of one visit that differs. A visit that one side lacks differs in all of its events."""

    visitor: int
    started_at: datetime
    column: str
    stored: Any
    recounted: Any


Key = tuple[int, datetime]
Figures = Mapping[str, Any]


def clean_days() -> list[date]:
    clean = VisitDay.objects.filter(state=VisitDay.State.CLEAN).order_by("day")
    return list(clean.values_list("day", flat=True))


def differences(day: date, *, chance: int = 0) -> list[Cell]:
    """Every differing figure of a day that still claims to be clean when the comparison ends. `chance` chooses the
    visitors where the day has too many.
    """
    before = claim_of(day)
    if before is None:
        return []
    found = _compare(day, before, chance)
    if found:
        # A visitor may have become known between the two readings. What is really wrong is wrong once more.
        again = set(map(repr, _compare(day, before, chance)))
        found = [one for one in found if repr(one) in again]
    # First what is on its way, then what the day claims: who counts a batch marks its days in the same moment.
    return found if found and not event_recount.is_pending(day) and before == claim_of(day) else []


def visits_of(day: date, *, is_forgotten: bool, share: int = 1, chance: int = 0) -> dict[Key, Figures]:
    """What the events of a day say, by visitor and start."""
    period = day_period(day, shop.zone())
    events = (
        Event.objects.filter(
            occurred_at__gte=period.starts_at, occurred_at__lt=period.ends_at, traffic=0, visitor__isnull=False
        )
        .exclude(kind__in=stages.ELSEWHERE)
        .extra(where=["mod(abs(hashint8(visitor)::bigint), %s) = %s"], params=[share, chance % share])
        .order_by("visitor", "occurred_at", "client_at", "id")
    )
    catalog = _catalog(period)
    known = _known(events)
    found: dict[Key, Figures] = {}
    for visitor, theirs in groupby(events.iterator(chunk_size=5_000), key=lambda event: event.visitor):
        assert visitor is not None  # noqa: S101  asked for
        for visit in _split(theirs):
            found[visitor, visit[0].occurred_at] = _figures(visit, catalog, known.get(visitor), is_forgotten)
    return found


def _compare(day: date, claim: tuple[Any, ...], chance: int) -> list[Cell]:
    _marks, _rebuilt_at, source_rows, made_by, is_forgotten = claim
    share = 1 + (source_rows or 0) // MOST_EVENTS
    columns = COUNTED
    if mark_of_the_catalog(day) != made_by:
        columns = tuple(one for one in COUNTED if one not in OF_THE_CATALOG)
    recounted = visits_of(day, is_forgotten=is_forgotten, share=share, chance=chance)
    stored = _stored(day, share, chance)
    found = []
    for key in sorted(stored.keys() | recounted.keys()):
        one, other = stored.get(key), recounted.get(key)
        if one is None or other is None:
            found.append(Cell(*key, "events", one and one["events"], other and other["events"]))
            continue
        found += [Cell(*key, name, one[name], other[name]) for name in columns if one[name] != other[name]]
    return found


def _stored(day: date, share: int, chance: int) -> dict[Key, Figures]:
    rows = Visit.objects.filter(day=day).extra(
        where=["mod(abs(hashint8(visitor)::bigint), %s) = %s"], params=[share, chance % share]
    )
    return {(row["visitor"], row["started_at"]): row for row in rows.values("visitor", "started_at", *COUNTED)}


def _split(events: Iterable[Event]) -> Iterator[list[Event]]:
    visit: list[Event] = []
    for event in events:
        if visit and event.occurred_at - visit[-1].occurred_at >= stages.VISIT_ENDS_AFTER:
            yield visit
            visit = []
        visit.append(event)
    if visit:
        yield visit


def _figures(
    visit: list[Event], catalog: Mapping[int, tuple[int, int]], known: list[int | None] | None, is_forgotten: bool
) -> Figures:
    seen, out_of_stock, orders = [], set(), []
    added, active, landing = 0, Decimal(0), ""
    origin: dict[str, str] = {}
    for event in visit:
        said = event.properties or {}
        product, category = None, None
        if event.kind in stages.VIEWED:
            product, category = f"sku {said.get('sku')}", None
            if event.variant_id is not None and event.variant_id in catalog:
                product, category = f"product {catalog[event.variant_id][0]}", catalog[event.variant_id][1]
            if said.get("in_stock") is False:
                out_of_stock.add(product)
        seen.append(Seen(event.occurred_at, event.kind, product, category))
        if event.kind in numbers("product_added"):
            added += int(said.get("quantity", 1))
        if event.kind in numbers("dwelled"):
            active += Decimal(str(said["seconds"]))
        if event.kind in stages.ORDERED and said["order"] not in orders:
            orders.append(said["order"])
        landing = landing or said.get("path", "")
        origin = origin or {name: said[name] for name in _ORIGIN if said.get(name)}
    named = {event.customer_id for event in visit} - {None}
    moments = stages.moments(seen)
    return {
        "customer_id": None if is_forgotten else _whose(named, known),
        "is_named": bool(named) and not is_forgotten,
        "source_id": visit[0].source_id,
        "ended_at": visit[-1].occurred_at,
        "events": len(visit),
        "pages": sum(event.kind in numbers("page_viewed") for event in visit),
        "products": len({one.product for one in seen if one.product is not None}),
        "out_of_stock": len(out_of_stock),
        "searches": sum(event.kind in numbers("products_searched") for event in visit),
        "added": added,
        "active_seconds": active.quantize(_THOUSANDTH, ROUND_HALF_UP),
        "landing": landing,
        **{name: origin.get(name, "") for name in ("referrer", "utm_source", "utm_medium", "utm_campaign")},
        "click_id": next((name for name in _CLICK_IDS if name in origin), ""),
        **vars(moments),
        "orders": orders,
        "dry_searches": sum(
            event.kind in numbers("products_searched") and (event.properties or {}).get("results") == 0 for event in visit
        ),
        "is_bounce": sorted({event.kind for event in visit} - {*numbers("dwelled")}) == numbers("page_viewed")
        and sum(event.kind in numbers("page_viewed") for event in visit) == 1,
        "categories": sorted({one.category for one in seen if one.category is not None}),
    }


def _whose(named: set[int | None], known: list[int | None] | None) -> int | None:
    """Who was named in the visit, else the one customer the visitor is known as. Of several, nobody."""
    candidates = list(named) if named else known or []
    return candidates[0] if len(candidates) == 1 else None


def _known(events: QuerySet[Event]) -> dict[int, list[int | None]]:
    found: dict[int, list[int | None]] = {}
    theirs = KnownVisitor.objects.filter(is_new=False, visitor__in=events.order_by().values("visitor"))
    for visitor, customer_id in theirs.values_list("visitor", "customer_id"):
        found.setdefault(visitor, []).append(customer_id)
    return found


def _catalog(period: Period) -> dict[int, tuple[int, int]]:
    viewed = Event.objects.filter(
        occurred_at__gte=period.starts_at, occurred_at__lt=period.ends_at, kind__in=stages.VIEWED, variant__isnull=False
    ).values_list("variant_id", flat=True)
    rows = Variant.objects.filter(pk__in=set(viewed.distinct()))
    return {pk: (product, category) for pk, product, category in rows.values_list("pk", "product_id", "product__category_id")}


def mark_of_the_catalog(day: date) -> int:
    """What `VisitDay.catalog` would be if the day were made now."""
    period = day_period(day, shop.zone())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(bit_xor(hashtextextended(concat_ws(' ', v.id, v.product_id, p.category_id), 0)), 0)
            FROM (
                SELECT DISTINCT variant_id FROM analytics_event
                WHERE occurred_at >= %s AND occurred_at < %s AND traffic = 0 AND visitor IS NOT NULL AND kind = ANY(%s)
            ) AS viewed
            JOIN inventory_variant AS v ON v.id = viewed.variant_id JOIN inventory_product AS p ON p.id = v.product_id
            """,
            [period.starts_at, period.ends_at, stages.VIEWED],
        )
        (told,) = cursor.fetchone()
        return int(told)


def claim_of(day: date) -> tuple[Any, ...] | None:
    state = VisitDay.objects.filter(pk=day, state=VisitDay.State.CLEAN)
    return state.values_list("marks", "rebuilt_at", "source_rows", "catalog", "is_forgotten").first()
