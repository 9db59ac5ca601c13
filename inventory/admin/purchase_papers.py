"""What of a purchase order leaves the house as a file: the document in either language, and its lines as a table."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from config.kernel import pdf
from config.kernel.admin import downloading
from config.kernel.admin.house import HouseAdmin
from inventory.admin import costs
from inventory.models import PurchaseOrder
from inventory.queries import purchases
from inventory.words import purchase_papers

PAPER = "inventory_purchaseorder_paper"
SEES = ("inventory.view_purchaseorder", costs.SEES)


class PapersOfOrders(HouseAdmin):
    """Both tell what goods cost, so both are for those who see it; each file is remembered in the audit."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            *(
                path(f"<path:object_id>/paper-{code}/", view(partial(self.paper_view, language=code)), name=f"{PAPER}_{code}")
                for code, _name in settings.LANGUAGES
            ),
            path("<path:object_id>/lines/", view(self.lines_view), name="inventory_purchaseorder_lines"),
            *super().get_urls(),
        ]

    def paper_view(self, request: HttpRequest, object_id: str, language: str) -> HttpResponse:
        order = self._order(request, object_id)
        if not pdf.is_there():
            raise Http404
        downloading.remember(request, of=order, called=self.title_of(order), narrowed=f"PDF {language}")
        answer = HttpResponse(purchase_papers.paper(order, language), content_type=pdf.CONTENT_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="{order.number}-{language}.pdf"'
        answer["Cache-Control"] = "no-store"
        return answer

    def lines_view(self, request: HttpRequest, object_id: str) -> Any:
        order = self._order(request, object_id)
        with override(order.supplier.language):
            heading, rows = purchase_papers.heading_of_table(), list(purchase_papers.rows_of_table(order))
        return downloading.as_csv(
            request, name=order.number, heading=heading, rows=rows, number=len(rows), of=order, called=self.title_of(order)
        )

    def _order(self, request: HttpRequest, object_id: str) -> PurchaseOrder:
        if not request.user.has_perms(SEES):
            raise PermissionDenied
        key = unquote(object_id)
        order = purchases.whole(int(key)) if key.isdecimal() else None
        if order is None:
            raise Http404
        return order


def links(order: PurchaseOrder) -> list[dict[str, str]]:
    """The ways to the files, for those who see what goods cost."""
    papers = [("ko", _("Document in Korean (PDF)")), ("en", _("Document in English (PDF)"))] if pdf.is_there() else []
    found = [{"title": title, "url": reverse(f"admin:{PAPER}_{language}", args=[order.pk])} for language, title in papers]
    lines = reverse("admin:inventory_purchaseorder_lines", args=[order.pk])
    return [*found, {"title": _("Lines as a table (CSV)"), "url": lines}]
