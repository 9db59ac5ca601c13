"""What shoppers search for: the top terms, those that surge, those that found nothing, and what followed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analytics.admin import periods
from analytics.admin.periods import PeriodForm
from analytics.behaviour import surging, terms
from analytics.models import DailySearch
from analytics.queries import funnel, searches
from analytics.queries.funnel import share as part
from analytics.queries.searches import Surging, Term
from analytics.words import figures
from analytics.words.figures import share
from config.kernel import clock, exporting, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin

TOP, DRY, SURGES = 50, 30, 20


@admin.register(DailySearch)
class SearchesAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        file = path("searches.csv", self.admin_site.admin_view(self.csv_view), name="analytics_searches_csv")
        return [file, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        today = shop.day(clock.now())
        form = PeriodForm({**periods.usual(today), **request.GET.dict()})
        context = {
            **self.admin_site.each_context(request),
            "title": _("Searches"),
            "opts": self.opts,
            "form": form,
            "periods": periods.near(today, form),
            "fresh": funnel.freshness(),
            "definitions_url": reverse("admin:analytics_definitions"),
            **(_shown(form) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/analytics/dailysearch/searches.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form = PeriodForm(request.GET)
        if not form.is_valid():
            return periods.refused(form)
        given = form.cleaned_data
        found = searches.every(**given, most=exporting.MOST_ROWS + 1)
        name = f"searches-{given['first']:%Y%m%d}-{given['last']:%Y%m%d}"
        heading = [
            _("search term"), _("searches"), _("visits"), _("searches without a result"),
            _("visits that then viewed a product"), _("visits that then put something in the cart"),
        ]  # fmt: skip
        rows: Sequence[Sequence[Any]] = [(one.term, one.searches, one.visits, one.dry, one.viewed, one.added) for one in found]
        try:
            return downloading.as_csv(
                request, name=name, heading=heading, rows=rows, number=len(rows), of=DailySearch, called=name
            )
        except downloading.TooManyRows as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type=periods.PLAIN)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _shown(form: PeriodForm) -> dict[str, Any]:
    given = form.cleaned_data
    window, risen = searches.surging_terms(**given, most=SURGES)
    whole = searches.whole(**given)
    return {
        "top": [_term(one) for one in searches.top(**given, most=TOP)],
        "dry": [_term(one) for one in searches.without_result(**given, most=DRY)],
        "surging": [_surge(one) for one in risen],
        "whole": _term(whole) if whole.searches else None,
        "window": {"days": f"{figures.day(window.first)} – {figures.day(window.last)}", "weeks": window.weeks},
        "rule": {
            "weeks": surging.WEEKS, "at_least": surging.AT_LEAST, "chance": f"1/{round(1 / surging.CHANCE):,}",
            "fewest": terms.FEWEST_VISITORS,
        },
        "csv_url": f"{reverse('admin:analytics_searches_csv')}?{form.asked()}",
    }  # fmt: skip


def _term(one: Term) -> dict[str, Any]:
    return {
        "term": _("(withheld)") if one.term == terms.WITHHELD else one.term,
        "searches": figures.number(one.searches),
        "visits": figures.number(one.visits),
        "dry": figures.number(one.dry),
        "dry_share": share(part(one.dry, one.searches)),
        "viewed": share(part(one.viewed, one.visits)),
        "added": share(part(one.added, one.visits)),
    }


def _surge(one: Surging) -> dict[str, Any]:
    return {
        "term": one.term,
        "now": figures.number(one.surge.now),
        "usual": number_format(Decimal(str(round(one.surge.usual, 1))), decimal_pos=1),
        "ratio": _("new") if one.surge.ratio is None else f"×{number_format(round(one.surge.ratio, 1), decimal_pos=1)}",
    }
