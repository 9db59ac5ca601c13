"""Pages to print: the picking list of a warehouse and the packing slip of an order. Staff reach them through the admin."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import translation

from campaigns.models.customer import SEES_PERSONAL
from config.kernel import clock
from config.kernel.accesses import Deed
from config.kernel.admin.seeing import seen
from inventory.models import Warehouse
from orders.models import Fulfillment, Order
from orders.queries import picking


def picking_view(request: HttpRequest) -> HttpResponse:
    """What waits to be picked, of one warehouse when `?warehouse=` names it by code."""
    if not request.user.has_perm("orders.view_order"):
        raise PermissionDenied
    code = request.GET.get("warehouse", "")
    warehouse = get_object_or_404(Warehouse, code=code) if code else None
    return picking_sheet(request, numbers=picking.waiting(warehouse=warehouse), warehouse=warehouse)


def picking_sheet(request: HttpRequest, *, numbers: Collection[str], warehouse: Warehouse | None = None) -> HttpResponse:
    """The picking list for these orders, a page per warehouse, in the language of whoever prints it."""
    context = {
        "lists": picking.picking_lists(numbers=numbers, warehouse=warehouse),
        "warehouses": Warehouse.objects.filter(is_active=True),
        "warehouse": warehouse,
        "is_whole_round": len(numbers) >= picking.ROUND,
        "most": picking.ROUND,
    }
    return _sheet("orders/picking_list.html", context, translation.get_language() or settings.LANGUAGE_CODE)


def packing_slip_view(request: HttpRequest, object_id: str) -> HttpResponse:
    """`?language=en` prints in another language, `?prices=1` with prices, `?parcel=` the contents of one shipment.

    A slip without its address is none, so roles that do not see addresses do not get one.
    """
    if not request.user.has_perms(("orders.view_order", SEES_PERSONAL)):
        raise PermissionDenied
    order = get_object_or_404(Order.objects.select_related("customer"), pk=_key(object_id))
    parcel = request.GET.get("parcel", "")
    fulfillment = get_object_or_404(Fulfillment, number=parcel, order=order) if parcel else None
    seen(request, Deed.OPENED, order, details="packing slip")
    known = dict(settings.LANGUAGES)
    language = request.GET.get("language", settings.LANGUAGE_CODE)
    if language not in known:
        raise Http404
    context = {
        "slip": picking.packing_slip(order=order, fulfillment=fulfillment),
        "order": order,
        "shop": settings.SHOP_NAME,
        # A parcel holds parts of lines, which have no price of their own.
        "shows_prices": request.GET.get("prices") == "1" and fulfillment is None,
        "language": language,
        "languages": known.items(),
        "parcel": parcel,
    }
    return _sheet("orders/packing_slip.html", context, language)


def _sheet(template: str, context: dict[str, Any], language: str) -> HttpResponse:
    with translation.override(language):
        shown = context | {"printed_at": clock.now(), "LANGUAGE_CODE": language, "site_title": settings.UNFOLD["SITE_TITLE"]}
        page = render_to_string(template, shown)
    return HttpResponse(page, headers={"Cache-Control": "no-store"})


def _key(object_id: str) -> int:
    if not object_id.isdecimal() or len(object_id) > 18:
        raise Http404
    return int(object_id)
