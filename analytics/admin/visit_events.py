"""What a visit was made of, event by event, wherever its events lie by now."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from analytics import stores
from analytics.admin.event_words import KINDS
from analytics.models import Visit
from analytics.queries import event_kinds, visit_events
from analytics.stores.values import MOST_TOLD
from analytics.words.figures import number
from config.kernel.accesses import Deed
from config.kernel.admin import wording
from config.kernel.admin.seeing import seen
from config.kernel.errors import DomainError
from inventory.models import Variant


def page(request: HttpRequest, visit_id: int, site_context: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm("analytics.view_visit"):
        raise PermissionDenied
    visit = get_object_or_404(Visit.objects.select_related("customer", "source"), pk=visit_id)
    if visit.customer is not None:
        seen(request, Deed.OPENED, visit.customer, details="events")
    left, trouble, rows = visit_events.has_left(visit), "", []
    try:
        rows = visit_events.events_of(visit, has_left=left)
    except stores.TROUBLE as refusal:
        trouble = str(refusal) if isinstance(refusal, DomainError) else _("ClickHouse refuses what it is asked.")
    names = {kind.number: kind.name for kind in event_kinds.all_kinds()}
    skus = Variant.objects.in_bulk([row.variant_id for row in rows if row.variant_id])
    context = {
        **site_context,
        "title": _("Events of a visit"),
        "started": wording.plain_moment(visit.started_at),
        "source": visit.source.name,
        "customer": visit.customer.external_id if visit.customer else "",
        "has_left": left,
        "trouble": trouble,
        "rows": [
            {
                "at": row.occurred_at,
                "kind": str(KINDS.get(names.get(row.kind, ""), names.get(row.kind, row.kind))),
                "sku": skus[row.variant_id].sku if row.variant_id in skus else "",
                "said": [f"{name}: {_plain(value)}" for name, value in sorted((row.properties or {}).items())],
            }
            for row in rows
        ],
        "most": number(MOST_TOLD) if len(rows) == MOST_TOLD else "",
    }
    return TemplateResponse(request, "admin/analytics/visit/events.html", context)


def _plain(value: Any) -> str:
    """As it was told."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
