"""The journey of one customer: everything the shop knows that happened, newest first, down to what this person may see."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from analytics import drawing
from analytics.admin import visit_events
from analytics.admin.visit_list import VisitList
from analytics.admin.wording import address
from analytics.behaviour import stages
from analytics.behaviour.stages import Stage
from analytics.models import Visit
from analytics.queries import identity, timeline
from analytics.queries.timeline import Entry, Kind
from analytics.words.figures import day, number
from campaigns.models import Consent, Customer, Redemption
from config.kernel import shop
from config.kernel.accesses import Deed
from config.kernel.admin import wording
from config.kernel.admin.row_links import RowLink, add_row_link
from config.kernel.admin.seeing import seen
from orders.admin import known

OPEN_TO = ("campaigns.view_customer", "analytics.view_visit")
# Which entries a person sees follows from the lists they may open.
SEES = {
    Kind.VISIT: "analytics.view_visit",
    Kind.CONSENT: "campaigns.view_consent",
    Kind.REDEMPTION: "campaigns.view_redemption",
    Kind.ORDER: "orders.view_order",
    Kind.RETURN: "orders.view_return",
    Kind.REFUND: "orders.view_refund",
}
TITLES = {
    Kind.VISIT: gettext_lazy("visit"),
    Kind.CONSENT: gettext_lazy("consent"),
    Kind.REDEMPTION: gettext_lazy("redemption"),
    Kind.ORDER: gettext_lazy("order"),
    Kind.RETURN: pgettext_lazy("journey", "return"),
    Kind.REFUND: gettext_lazy("refund"),
}
STAGES = {
    Stage.EXPLORE: pgettext_lazy("stage", "Explore"),
    Stage.COMPARE: pgettext_lazy("stage", "Compare"),
    Stage.DECIDE: pgettext_lazy("stage", "About to buy"),
    Stage.BOUGHT: pgettext_lazy("stage", "Bought"),
}
CLICK_IDS = {
    "gclid": gettext_lazy("Google ad"),
    "fbclid": gettext_lazy("Facebook ad"),
    "napm": gettext_lazy("Naver ad"),
    "kakao_click": gettext_lazy("Kakao ad"),
}


@admin.register(Visit)
class VisitAdmin(VisitList):
    """Visits are read where they belong to somebody, and behind the numbers they make; a visit has no page of its own."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="analytics_visit_changelist"),
            path("journey/<int:customer_id>/", wrap(self.journey_view), name="analytics_visit_journey"),
            path("<int:visit_id>/events/", wrap(self.events_view), name="analytics_visit_events"),
        ]

    def events_view(self, request: HttpRequest, visit_id: int) -> HttpResponse:
        return visit_events.page(request, visit_id, self.admin_site.each_context(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def journey_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        if not request.user.has_perms(OPEN_TO):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=customer_id)
        before = _asked_for(request)
        # The page tells what one person did, whether or not their name is masked.
        seen(request, Deed.OPENED, customer, details="journey")
        sees = [kind for kind, permission in SEES.items() if request.user.has_perm(permission)]
        page = timeline.page(customer_id=customer.pk, kinds=sees, before=before)
        devices = identity.devices(customer)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Journey of %(customer)s") % {"customer": customer.external_id},
            "customer": customer,
            "customer_url": reverse("admin:campaigns_customer_change", args=[customer.pk]),
            "devices": len(devices),
            "shared": sum(one.others > 0 for one in devices),
            "stages": [{"code": stage.value, "title": title} for stage, title in STAGES.items()],
            "days": [
                {"title": day(of), "entries": [_told(request, entry) for entry in entries]}
                for of, entries in groupby(page.entries, key=_day)
            ],
            "is_first": before is None,
            "further": f"?{urlencode({'before': str(page.further)})}" if page.further else "",
        }
        return TemplateResponse(request, "admin/analytics/visit/journey.html", context)


add_row_link(
    "campaigns.customer",
    RowLink(
        gettext_lazy("Journey"),
        "timeline",
        OPEN_TO,
        lambda customer: reverse("admin:analytics_visit_journey", args=[customer.pk]),
    ),
)


def _asked_for(request: HttpRequest) -> timeline.Place | None:
    text = request.GET.get("before", "")
    before = timeline.place(text)
    if text and before is None:
        raise BadRequest("before names no place of a journey")
    return before


def _day(entry: Entry) -> date:
    return shop.day(entry.place.at)


def _told(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    """An entry as finished values: `facts` are said after one another, `pills` stand out, `note` stands below."""
    told = {"code": entry.kind.name.lower(), "title": TITLES[entry.kind], "at": entry.place.at}
    return told | _TELL[entry.kind](request, entry.row)


def _visit(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    lasted = visit.ended_at - visit.started_at
    intervals = stages.intervals(visit)
    parts = drawing.bar([one.lasted.total_seconds() for one in intervals])
    return {
        "until": visit.ended_at if lasted else None,
        "name": str(visit.source),
        "facts": [duration(lasted), *_deeds(visit)],
        "pills": _missed(visit),
        "note": _origin(visit),
        "aside": "" if visit.is_named else _("Not named: told by the browser."),
        "stages": [
            {
                "code": one.stage.value,
                "title": f"{STAGES[one.stage]} {duration(one.lasted)}",
                "x": part.left,
                "width": part.width,
            }
            for one, part in zip(intervals, parts, strict=True)
        ],
    }


def _deeds(visit: Visit) -> Iterator[str]:
    counted = (
        (visit.pages, ngettext("%(count)s page", "%(count)s pages", visit.pages)),
        (visit.products, ngettext("%(count)s product viewed", "%(count)s products viewed", visit.products)),
        (visit.searches, ngettext("%(count)s search", "%(count)s searches", visit.searches)),
        (visit.added, ngettext("%(count)s unit into the cart", "%(count)s units into the cart", visit.added)),
    )
    for count, words in counted:
        if count:
            yield words % {"count": number(count)}
    if visit.active_seconds >= 1:
        yield _("active for %(time)s") % {"time": duration(timedelta(seconds=float(visit.active_seconds)))}
    if visit.orders:
        yield _("ordered %(numbers)s") % {"numbers": ", ".join(visit.orders)}


def _missed(visit: Visit) -> list[str]:
    if not visit.out_of_stock:
        return []
    words = ngettext("%(count)s product out of stock", "%(count)s products out of stock", visit.out_of_stock)
    return [words % {"count": number(visit.out_of_stock)}]


def _origin(visit: Visit) -> str:
    """Where it came from, and where it arrived."""
    campaign = " / ".join(part for part in (visit.utm_source, visit.utm_medium, visit.utm_campaign) if part)
    clicked = CLICK_IDS.get(visit.click_id, "")
    came = " · ".join(str(part) for part in (visit.referrer, campaign, clicked) if part)
    return f"{came or pgettext('visit', 'direct')} → {visit.landing}" if visit.landing else came


def _consent(request: HttpRequest, consent: Consent) -> dict[str, Any]:
    said = pgettext("consent", "given") if consent.is_given else pgettext("consent", "withdrawn")
    return {"name": f"{consent.get_channel_display()} · {consent.get_purpose_display()}", "facts": [said, consent.source]}


def _redemption(request: HttpRequest, use: Redemption) -> dict[str, Any]:
    released = [use.get_state_display()] if use.state == Redemption.State.RELEASED else []
    return {
        "name": use.promotion.name,
        "url": address(request, "campaigns_promotion_change", "campaigns.view_promotion", use.promotion_id),
        "facts": [*([use.coupon.code] if use.coupon else []), wording.amount(use.amount), use.document_number],
        "pills": released,
    }


def _order(request: HttpRequest, order: Any) -> dict[str, Any]:
    return {
        "name": order.number,
        "url": address(request, "orders_order_change", "orders.view_order", order.pk),
        "facts": [order.get_state_display(), wording.amount(order.total, order.currency), known.channel(order.channel)],
    }


def _return(request: HttpRequest, back: Any) -> dict[str, Any]:
    return {
        "name": back.number,
        "url": address(request, "orders_return_change", "orders.view_return", back.pk),
        "facts": [back.get_state_display(), wording.amount(back.refund, back.order.currency), back.reason],
    }


def _refund(request: HttpRequest, refund: Any) -> dict[str, Any]:
    return {
        "name": wording.amount(refund.amount, refund.order.currency),
        "facts": [refund.order.number, refund.reason],
    }


_TELL: dict[Kind, Callable[[HttpRequest, Any], dict[str, Any]]] = {
    Kind.VISIT: _visit,
    Kind.CONSENT: _consent,
    Kind.REDEMPTION: _redemption,
    Kind.ORDER: _order,
    Kind.RETURN: _return,
    Kind.REFUND: _refund,
}


def duration(lasted: timedelta) -> str:
    """As people say it: seconds up to a minute, else minutes, and hours with them."""
    seconds = round(lasted.total_seconds())
    if seconds < 60:
        return pgettext("duration", "%(seconds)s s") % {"seconds": seconds}
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return pgettext("duration", "%(minutes)s min") % {"minutes": minutes}
    return pgettext("duration", "%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
