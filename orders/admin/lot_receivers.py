"""To whom units of a lot went, as a page and as a file: the list for a recall. Without personal data: the orders have them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.kernel.admin import downloading, wording
from inventory.admin import labels, reports
from inventory.admin import lots as lot_pages
from inventory.admin.documents import declare_receivers
from inventory.models import Lot
from orders.queries import lots

PAGE = "orders_order_lot"
MAY_LOOK = ("orders.view_order", "inventory.view_lot")

declare_receivers(f"admin:{PAGE}")


def _lot(request: HttpRequest, lot_id: int) -> Lot:
    if not request.user.has_perms(MAY_LOOK):
        raise PermissionDenied
    lot = Lot.objects.select_related("variant__product").filter(pk=lot_id).first()
    if lot is None:
        raise Http404
    return lot


def page(request: HttpRequest, lot_id: int) -> HttpResponse:
    lot = _lot(request, lot_id)
    found = lots.receivers(lot.pk)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{lot.variant.sku} · {pgettext('stock', 'lot')} {labels.lot_code(lot.code)} · {_('Who got it')}",
        "code": labels.lot_code(lot.code),
        "state": lot_pages.state(lot),
        "lot_url": reverse("admin:inventory_lot_change", args=[lot.pk]),
        "file": reverse(f"admin:{PAGE}_csv", args=[lot.pk]),
        "orders": f"{len({one.order for one in found}):,}",
        "units": f"{sum(one.units for one in found):,}",
        "rows": [
            {"row": one, "url": reverse("admin:orders_order_change", args=[one.order_id]),
             "shipped": wording.moment(one.shipped_at)}
            for one in found[: reports.MOST_ROWS]
        ],
        "more": reports.more(min(len(found), reports.MOST_ROWS), len(found)),
    }  # fmt: skip
    return TemplateResponse(request, "admin/orders/lot.html", context)


def file(request: HttpRequest, lot_id: int) -> HttpResponseBase:
    lot = _lot(request, lot_id)
    found = lots.receivers(lot.pk)
    heading = [
        _("SKU"), pgettext("stock", "lot"), _("order"), _("shipment"), _("warehouse"), _("shipped at"), _("units"),
        pgettext("lot", "came back"),
    ]  # fmt: skip
    rows = (
        [lot.variant.sku, labels.lot_code(lot.code), one.order, one.parcel, one.warehouse,
         wording.plain_moment(one.shipped_at), one.units, one.returned]
        for one in found
    )  # fmt: skip
    return downloading.as_csv(
        request, name=f"lot-{lot.pk}", heading=heading, rows=rows, number=len(found), of=lot, called=str(lot)
    )
