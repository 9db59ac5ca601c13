"""Every page of the back-office and every address of the API that answers a GET, found where they are declared."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, reverse

from campaigns.models import Customer
from config.kernel.admin.buttons import ButtonsAdmin
from inventory.models import PurchaseOrder, TransferOrder, Variant
from orders.models import Order
from tests.budgets.world import World


def _asked_with(world: World) -> dict[str, dict[str, dict[str, str]]]:
    """Pages that show more, or something else, when they are asked with a query: what the query is called, and the query."""
    skus = "\n".join(one.sku for one in world.some_variants(world.size))
    basket = {"basket": skus, "at": f"{world.at:%Y-%m-%dT%H:%M:%S}", "codes": world.coupon.code}
    return {
        "admin:analytics_visit_journey": {"before": {"before": f"{world.at.isoformat()}~1~0"}},
        "admin:analytics_cohorts_csv": {"all": {"show": "net", "months": "24"}},
        "admin:analytics_purchase_changelist": {"cohort": {"cohort": f"{world.at - timedelta(days=2):%Y-%m}"}},
        "admin:analytics_time_to_buy_csv": {
            table: {"first": "2026-09-01", "last": f"{world.at:%Y-%m-%d}", "table": table} for table in ("curve", "responses")
        },
        "admin:analytics_dailyattribution_changelist": {"channel": {"channel": "web", "model": "position"}},
        "admin:analytics_hourlysales_changelist": {by: {"by": by} for by in ("hour", "channel", "category", "sku")},
        "admin:analytics_dailyfunnel_changelist": {"channel": {"channel": "web"}},
        "admin:analytics_dailyvisitpath_changelist": {"segment": {"segment": str(world.segment.pk)}},
        "admin:analytics_paths_csv": {"period": {"first": "2026-09-01", "last": f"{world.at:%Y-%m-%d}"}},
        "admin:analytics_visit_changelist": {"reason": {"reason": "viewed", "reached": "1", "slot": "4-12"}},
        "admin:analytics_customerrhythm_changelist": {"type": {"type": "DELIBERATE"}, "need": {"need": "due"}},
        "admin:analytics_slotrun_slots": {"channel": {"channel": "x"}},
        "admin:analytics_explorer": {
            "compared": {"against": "before", "beside": "margin"},
            "category": {"by": "category", "against": "year"},
            "weeks": {"form": "weeks", "metric": "shipped_units"},
        },
        "admin:analytics_forecastrun_sales": {"ahead": {"month": f"{world.at + timedelta(days=31):%Y-%m}"}},
        "admin:analytics_quarantinedevent_changelist": {"reason": {"reason": "bad_id"}},
        "admin:campaigns_promotion_try": {"basket": basket},
        "admin:inventory_projection": {by: {"by": by} for by in ("category_id", "supplier_id")},
        "admin:inventory_projection_csv": {"category": {"by": "category_id"}},
        "admin:inventory_expiring": {"far": {"days": "90"}},
        "admin:inventory_ageing": {"all": {"show": "all"}, "dismissed": {"show": "dismissed"}},
        "admin:inventory_valuation": {"before": {"day": f"{world.at - timedelta(days=1):%Y-%m-%d}"}},
        "admin:inventory_stockcount_count": {"skus": {"warehouse": str(world.warehouse.pk), "skus": skus}},
        "admin:orders_order_changelist": {
            "worklist": {"list": "late"},
            "customer": {"customer": world.customer.external_id},
            "number": {"q": world.order.number},
            "name": {"q": world.customer.name},
        },
        "admin:kernel_personalaccess_catalogue": {"all": {"all": "1"}},
        "admin:orders_order_picking": {"warehouse": {"warehouse": world.warehouse.code}},
    }


def _in_other_states(world: World) -> dict[str, dict[str, Model]]:
    """Rows whose pages look otherwise in another state than in the one that is opened first."""
    return {
        "admin:analytics_eventsource_change": {"server": world.server},
        "admin:inventory_purchaseorder_change": {"draft": world.draft, "sent": world.sent},
        "admin:inventory_transferorder_change": {"draft": world.moving["draft"], "shipped": world.moving["shipped"]},
        "admin:inventory_stockcount_change": {"counted": world.counted},
        "admin:orders_order_change": {"placed": world.placed, "short": world.short, "shipped": world.shipped},
    }


def of_the_admin(world: World) -> dict[str, str]:
    """Address by name. A name is the page's route; behind it stands which button is pressed, or what the page is asked with."""
    found: dict[str, str] = dict(_completions())
    for entry in admin.site.get_urls():
        if isinstance(entry, URLPattern):
            found |= _outside_of_models(entry)
        elif model := _models().get(str(entry.pattern)):
            for pattern in entry.url_patterns:
                if isinstance(pattern, URLPattern) and pattern.name:
                    found |= _of_a_model(world, model, pattern, f"/admin/{entry.pattern}{pattern.pattern}")
    return found


def _models() -> dict[str, type[Model]]:
    return {f"{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}


def _outside_of_models(pattern: URLPattern) -> Iterator[tuple[str, str]]:
    if pattern.name == "app_list":
        # One page for all apps.
        yield "/admin/<app_label>/", reverse("admin:app_list", args=["orders"])
    elif pattern.name and not pattern.pattern.converters:
        yield f"/admin/{pattern.pattern}", reverse(f"admin:{pattern.name}")


def _of_a_model(world: World, model: type[Model], pattern: URLPattern, route: str) -> Iterator[tuple[str, str]]:
    arguments = list(pattern.pattern.converters)
    if "button" in arguments:
        yield from _buttons(world, model, route)
        return
    if (pattern.name or "").endswith("_history") and model is not Order:
        return  # One page for all kinds of rows.
    # A page of a customer's may belong to a model of which it shows many, one of a lot to the orders that got it, and one of
    # proposals to a supplier and a warehouse.
    others: dict[str, Any] = {
        "customer_id": world.customer, "lot_id": world.lot, "supplier_id": world.supplier, "warehouse_id": world.warehouse
    }  # fmt: skip
    rows = [others.get(one) or world.row(model) for one in arguments]
    keys = [row.token_key if one == "token_key" else row.pk for one, row in zip(arguments, rows, strict=True)]
    address = reverse(f"admin:{pattern.name}", args=keys)
    yield route, address
    for state, other in _in_other_states(world).get(f"admin:{pattern.name}", {}).items():
        yield f"{route} {state}", reverse(f"admin:{pattern.name}", args=[other.pk])
    for name, query in _asked_with(world).get(f"admin:{pattern.name}", {}).items():
        yield f"{route}?{name}", f"{address}?{urlencode(query)}"


def _buttons(world: World, model: type[Model], route: str) -> Iterator[tuple[str, str]]:
    """The pages of buttons that ask before they act, each on a row that shows the button; no address where none does."""
    page: Any = admin.site._registry[model]
    assert isinstance(page, ButtonsAdmin)
    for button in page.declared_buttons().values():
        if button.form is None:
            continue
        rows = (page.get_queryset(HttpRequest()).get(pk=row.pk) for row in world.rows(model))
        row = next((row for row in rows if button.shown(row)), None)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_press"
        yield route.replace("<slug:button>", button.name), reverse(name, args=[row.pk, button.name]) if row else ""


def _completions() -> Iterator[tuple[str, str]]:
    """What fields suggest while somebody types."""
    for page in admin.site._registry.values():
        for part in (page, *(inline(page.model, admin.site) for inline in page.get_inlines(HttpRequest(), None))):
            for field in part.autocomplete_fields:
                options = part.model._meta
                asked = {"app_label": options.app_label, "model_name": options.model_name or "", "field_name": field}
                name = f"/admin/autocomplete/?{options.label}.{field}"
                yield name, f"{reverse('admin:autocomplete')}?{urlencode(asked)}"


def of_the_api(world: World, schema: dict[str, Any]) -> dict[str, str]:
    """Address by name for every GET of the published schema."""
    keys = {"customers": (Customer, "external_id"), "orders": (Order, "number"), "purchase-orders": (PurchaseOrder, "number"),
            "transfers": (TransferOrder, "number"), "variants": (Variant, "sku"), "metrics": (None, "code")}  # fmt: skip
    found = {}
    for route, operations in schema["paths"].items():
        if "get" not in operations:
            continue
        resource = route.split("/")[3]
        values = {}
        if resource in ("feeds", "odata"):
            values["name"] = "orders"
        elif "{" in route:
            model, key = keys[resource]
            values[key] = getattr(world.row(model), key) if model else "sales"
        found[f"GET {route}"] = route.format(**values) + _ASKED_OF_THE_API.get(route, "")
    return found


# What an operation of the API needs to be asked with.
_ASKED_OF_THE_API = {
    "/api/v1/events/proof/": "?customer=c-1",
    "/api/v1/metrics/{code}/": "?first=2026-10-01&last=2026-11-20&by=sku",
}


def entries(schema: dict[str, Any]) -> set[str]:
    """Every writing operation of the published schema."""
    return {
        f"{method.upper()} {route}"
        for route, operations in schema["paths"].items()
        for method in operations
        if method not in ("get", "parameters")
    }
