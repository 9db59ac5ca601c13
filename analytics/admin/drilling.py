"""Which list holds the rows behind a figure, narrowed to the days and the part it is about."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest

from analytics.admin.wording import address
from analytics.behaviour.funnel import Step
from analytics.metrics import Cut, Metric
from analytics.models import (
    AdSpend,
    DailyAttribution,
    DailyBuying,
    DailyInterest,
    DailyOutcomes,
    DailyParcels,
    DailyReturn,
    DailySales,
    DailyStock,
    HourlySales,
    HourlyVisits,
)
from analytics.queries import measuring
from analytics.queries.facts import Source, source_of

ORDERS = ("orders_order_changelist", "orders.view_order")
RETURNS = ("orders_return_changelist", "orders.view_return")
SHIPMENTS = ("orders_fulfillment_changelist", "orders.view_fulfillment")
MOVEMENTS = ("inventory_stockmovement_changelist", "inventory.view_stockmovement")
SKU = ("inventory_variant_change", "inventory.view_variant")
VISITS = ("analytics_visit_changelist", "analytics.view_visit")
PURCHASES = ("analytics_purchase_changelist", "analytics.view_purchase")
TOUCHES = ("analytics_ordertouch_changelist", "analytics.view_ordertouch")
SPEND = ("analytics_adspend_changelist", "analytics.view_adspend")
KINDS = {"received": "RECEIPT", "shipped": "SHIPMENT"}

Query = dict[str, str]
Told = Mapping[Cut, Any]
# A list with its permission, and how it is narrowed: by the days as it asks for them, and by what else it knows.
Found = tuple[tuple[str, str], Query]


def rows_of(
    request: HttpRequest,
    metric: Metric,
    *,
    first: date,
    last: date,
    chosen: Mapping[Cut, Any],
    by: Cut | None = None,
    key: Any = None,
) -> str:
    """The address of the rows behind a figure; empty for who may not see them, or where there is no list."""
    if by is Cut.SKU and isinstance(key, int):
        return address(request, *SKU, key)
    told = {**chosen, **({by: key} if by else {})}
    if metric.asked:
        find = OF_ASKED.get(metric.asked)
    else:
        source = _source(metric, told)
        find = OF_ROLLUPS.get(source.model) if source else None
    found = find(metric, told, first, last) if find else None
    if found is None:
        return ""
    page, query = found
    return address(request, *page, **query)


def _source(metric: Metric, told: Told) -> Source | None:
    """Where the metric's facts lie; of a figure from several places the first, which it is named by."""
    cuts = [cut for cut in told if measuring.can_cut(metric, [cut])]
    return source_of(metric.facts, cuts) or source_of(metric.facts[:1], cuts)


def _days(field: str, first: date, last: date) -> Query:
    return {f"{field}_from": first.isoformat(), f"{field}_to": last.isoformat()}


def _channel(told: Told) -> Query:
    channel = told.get(Cut.CHANNEL)
    return {"channel": channel} if channel and isinstance(channel, str) else {}


def _warehouse(told: Told) -> Query:
    warehouse = told.get(Cut.WAREHOUSE)
    return {"warehouse__id__exact": str(warehouse)} if isinstance(warehouse, int) else {}


def _origin(told: Told) -> Query:
    if Cut.CAMPAIGN in told:
        return {"campaign_key": str(told[Cut.CAMPAIGN])}
    return {"grouping__exact": str(told[Cut.GROUPING])} if Cut.GROUPING in told else {}


def _sold(metric: Metric, told: Told, first: date, last: date) -> Found:
    if all(name.startswith("returned") for name in metric.facts):
        return RETURNS, {**_days("received_at", first, last), "state__exact": "RECEIVED"}
    return ORDERS, {**_days("placed_at", first, last), **_channel(told)}


def _moved(metric: Metric, told: Told, first: date, last: date) -> Found:
    kind = KINDS.get(metric.facts[0]) if len(metric.facts) == 1 else None
    return MOVEMENTS, {
        **_days("occurred_at", first, last),
        **({"kind__exact": kind} if kind else {}),
        **_warehouse(told),
    }


def _left(metric: Metric, told: Told, first: date, last: date) -> Found:
    return SHIPMENTS, {**_days("shipped_at", first, last), **_warehouse(told)}


def _became(metric: Metric, told: Told, first: date, last: date) -> Found:
    """Of orders placed on the days their list; of those begun to ship on them the parcels that left."""
    if "placed" not in metric.facts:
        return _left(metric, told, first, last)
    return ORDERS, {**_days("placed_at", first, last), **_channel(told)}


def _visited(metric: Metric, told: Told, first: date, last: date) -> Found:
    slot, category = told.get(Cut.SLOT), told.get(Cut.CATEGORY)
    return VISITS, {
        **_days("started_at", first, last),
        **_channel(told),
        **({"slot": f"{slot[0]}-{slot[1]}"} if isinstance(slot, tuple) else {}),
        **({"category": str(category)} if isinstance(category, int) else {}),
    }


def _looked(metric: Metric, told: Told, first: date, last: date) -> Found:
    page, query = _visited(metric, told, first, last)
    return page, {**query, "reached": str(Step.VIEW.value)}


def _bought(metric: Metric, told: Told, first: date, last: date) -> Found:
    """First orders, further ones, or both: as the figure's facts say."""
    kinds = {name.partition("_")[0] for name in metric.facts}
    only = "1" if kinds == {"new"} else "0" if kinds == {"repeat"} else ""
    return PURCHASES, {**_days("placed_at", first, last), **_channel(told), **({"first": only} if only else {})}


def _first_bought(metric: Metric, told: Told, first: date, last: date) -> Found:
    page, query = _bought(metric, told, first, last)
    return page, {**query, "first": "1"}


def _of_anybody(metric: Metric, told: Told, first: date, last: date) -> Found | None:
    """No list tells who belongs to a segment."""
    return None if Cut.SEGMENT in told else (PURCHASES, _days("placed_at", first, last))


def _owed(metric: Metric, told: Told, first: date, last: date) -> Found | None:
    if metric.facts == ("origin_visits",):
        # The list of visits is not told apart by origin.
        return None if _origin(told) else _visited(metric, told, first, last)
    return TOUCHES, {**_days("day", first, last), **_origin(told)}


def _spent(metric: Metric, told: Told, first: date, last: date) -> Found:
    return SPEND, {**_days("day", first, last), **_origin(told)}


OF_ROLLUPS: Mapping[type[Any], Callable[[Metric, Told, date, date], Found | None]] = {
    HourlySales: _sold,
    DailySales: _sold,
    DailyStock: _moved,
    DailyParcels: _left,
    DailyOutcomes: _became,
    DailyBuying: _bought,
    DailyReturn: _visited,
    HourlyVisits: _visited,
    DailyInterest: _looked,
    DailyAttribution: _owed,
    AdSpend: _spent,
}
# By the name in `Metric.asked`. Who is told from when they first came or first bought leads to that; who was away has no list.
OF_ASKED: Mapping[str, Callable[[Metric, Told, date, date], Found | None]] = {
    "daily_visitors": _visited,
    "lead_time": _visited,
    "timing": _bought,
    "planned": _bought,
    "repeat": _first_bought,
    "retention": _first_bought,
    "buyers": _of_anybody,
    "click_to_order": _owed,
}
