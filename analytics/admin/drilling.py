"""Which list holds the rows behind a figure, narrowed to the days it is about."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest

from analytics.admin.wording import address
from analytics.metrics import Cut, Metric
from analytics.models import DailyStock
from analytics.queries import measuring
from analytics.queries.facts import source_of

ORDERS = ("orders_order_changelist", "orders.view_order")
RETURNS = ("orders_return_changelist", "orders.view_return")
MOVEMENTS = ("inventory_stockmovement_changelist", "inventory.view_stockmovement")
SKU = ("inventory_variant_change", "inventory.view_variant")
KINDS = {"received": "RECEIPT", "shipped": "SHIPMENT"}

# Where the rows of other figures lie, by the model of the rollup: address and permission of the list, how its days are asked.
Lists = tuple[str, str, Callable[[date, date], dict[str, str]]]
OTHERS: dict[type[Any], Lists] = {}


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
    source = source_of(metric.facts, [cut for cut in told if measuring.can_cut(metric, [cut])]) if metric.facts else None
    model = source.model if source else None
    if model in OTHERS:
        page, permission, asked = OTHERS[model]
        return address(request, page, permission, **asked(first, last))
    if model is DailyStock:
        query = _days("occurred_at", first, last)
        if len(metric.facts) == 1 and metric.facts[0] in KINDS:
            query["kind__exact"] = KINDS[metric.facts[0]]
        if isinstance(told.get(Cut.WAREHOUSE), int):
            query["warehouse__id__exact"] = str(told[Cut.WAREHOUSE])
        return address(request, *MOVEMENTS, **query)
    if metric.facts and all(name.startswith("returned") for name in metric.facts):
        return address(request, *RETURNS, **_days("received_at", first, last), state__exact="RECEIVED")
    if model is None or not model._meta.model_name or not model._meta.model_name.endswith("sales"):
        return ""
    query = _days("placed_at", first, last)
    if isinstance(told.get(Cut.CHANNEL), str) and told[Cut.CHANNEL]:
        query["channel"] = told[Cut.CHANNEL]
    return address(request, *ORDERS, **query)


def _days(field: str, first: date, last: date) -> dict[str, str]:
    return {f"{field}_from": first.isoformat(), f"{field}_to": last.isoformat()}
