"""The time to buy: how long newcomers take to order, and what orders took from the cart, from a click, after a return."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics import cohorts, drawing, survival
from analytics.admin import periods
from analytics.admin.periods import PLAIN, PeriodForm
from analytics.admin.wording import address
from analytics.models import DailyTiming, Newcomer
from analytics.queries import purchase_times
from analytics.survival import DAY, HOUR, MINUTE, Counts
from analytics.words.figures import number, share, short_span
from campaigns.models import Promotion
from config.kernel import clock, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known

ROWS = "analytics_purchase_changelist", "analytics.view_purchase"
# Where the curve is told, evenly spaced: time to buy is told in minutes as well as in weeks.
MARKS = (
    *(one * MINUTE for one in (1, 2, 5, 10, 20, 40)),
    *(one * HOUR for one in (1, 2, 4, 8, 12)),
    *(one * DAY for one in (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90)),
)
LABELS = 7
FILES = ("curve", "newcomers", "carts", "responses", "returns")


class TimingForm(PeriodForm):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted({*purchase_times.channels(), *purchase_times.channels_of_orders()})
        channels = [("", _("All")), *((one, known.channel(one)) for one in codes)]
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]


@admin.register(Newcomer)
class NewcomerAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        """Their rows are sums: there is no page of one."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="analytics_newcomer_changelist"),
            path("time-to-buy.csv", wrap(self.csv_view), name="analytics_time_to_buy_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        # Only closed days are told.
        last = shop.day(clock.now()) - timedelta(days=1)
        form = TimingForm({**periods.usual(last, days=90), **request.GET.dict()})
        shown: dict[str, Any] = {}
        if form.is_valid():
            given = form.cleaned_data
            chosen = {"first": given["first"].isoformat(), "last": given["last"].isoformat(), "channel": given["channel"]}
            shown = told(request, **given)
            shown["files"] = {
                one: f"{reverse('admin:analytics_time_to_buy_csv')}?{urlencode({**chosen, 'table': one})}" for one in FILES
            }
        context = {
            **self.admin_site.each_context(request),
            "title": _("Time to buy"),
            "opts": self.opts,
            "form": form,
            "periods": periods.links(periods.spans(last), form),
            "fresh": purchase_times.freshness(),
            "few": cohorts.FEW,
            "definitions_url": reverse("admin:analytics_definitions"),
            **shown,
        }
        return TemplateResponse(request, "analytics/time_to_buy.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form, table = TimingForm(request.GET), request.GET.get("table")
        if not form.is_valid() or table not in FILES:
            return HttpResponse(_("Choose what is to be told."), status=400, content_type=PLAIN)
        heading, rows = as_table(table, **form.cleaned_data)
        name = f"time-to-buy-{table}-{form.cleaned_data['first']:%Y%m%d}-{form.cleaned_data['last']:%Y%m%d}"
        return downloading.as_csv(request, name=name, heading=heading, rows=rows, number=len(rows), of=Newcomer, called=name)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def told(request: HttpRequest, *, first: date, last: date, channel: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"first": first, "last": last, "channel": channel}
    period = {"placed_at_from": first.isoformat(), "placed_at_to": last.isoformat()}
    narrowed = period | ({"channel": channel} if channel else {})
    groups = _groups(**asked)
    everybody = survival.merged(counts for _channel, _had_bought, counts in groups)
    found = purchase_times.responses(**asked)
    names = _promotions(one.code for one in found)
    return {
        "chart": _chart(groups) if everybody.number else None,
        "groups": [
            {
                "name": name,
                **_lead(counts),
                "url": address(request, *ROWS, **(period | ({"channel": code} if code else {}))),
            }
            for name, code, counts in _named(groups)
        ],
        "carts": [
            {
                "name": known.channel(code),
                **_timed(counts),
                "url": address(request, *ROWS, **(period | {"channel": code})),
            }
            for code, counts in purchase_times.carts(**asked).items()
        ],
        "responses": [
            {
                "name": names.get(one.code, one.code),
                "since": DailyTiming.Since(one.since).label,
                "planned": "-" if one.planned is None else share(Decimal(one.planned) / one.number),
                **_timed(one.counts),
                "url": address(request, *ROWS, **(narrowed | {"touch": one.since}))
                if one.since in purchase_times.CLICKS
                else "",
            }
            for one in found
        ],
        "returns": [
            {
                "since": _since(one.since),
                "visits": number(one.visits),
                "orders": number(one.orders),
                "share": share(Decimal(one.orders) / one.visits),
                "is_small": one.visits < cohorts.FEW,
            }
            for one in purchase_times.returned(**asked)
        ],
        "rows_url": address(request, *ROWS, **narrowed),
    }


def as_table(table: str, *, first: date, last: date, channel: str) -> tuple[list[Any], list[list[Any]]]:
    """A table as a file tells it: seconds and shares as plain numbers."""
    asked: dict[str, Any] = {"first": first, "last": last, "channel": channel}
    heading: list[Any]
    if table == "curve":
        everybody = survival.merged(counts for _channel, _had_bought, counts in _groups(**asked))
        heading = [_("Seconds"), _("Watched so long"), pgettext_lazy("time to buy", "Ordered"), _("Share who ordered")]
        points = survival.curve(everybody)
        return heading, [[survival.ends(p.step), p.at_risk, p.happened, round(1 - p.remaining, 6)] for p in points]
    of_orders: list[Any] = [pgettext_lazy("figure", "Orders"), _("Median (s)"), _("90 % (s)")]
    if table == "newcomers":
        heading = [_("Newcomers"), _("Persons"), pgettext_lazy("time to buy", "Ordered"), _("Still watched"), *of_orders[1:]]
        return heading, [
            [name, counts.number, counts.number - counts.censored, counts.censored, *_quantiles(counts)]
            for name, _code, counts in _named(_groups(**asked))
        ]
    if table == "carts":
        return [_("Channel"), *of_orders], [
            [known.channel(code), sum(counts.values()), *_quantiles(Counts(counts, {}))]
            for code, counts in purchase_times.carts(**asked).items()
        ]
    if table == "responses":
        heading = [_("Code"), _("Since"), *of_orders, _("At their planned time")]
        return heading, [
            [one.code, DailyTiming.Since(one.since).label, one.number, *_quantiles(Counts(one.counts, {})), one.planned]
            for one in purchase_times.responses(**asked, most=10_000)
        ]
    heading = [_("Days since the visit before"), pgettext_lazy("figure", "Return visits"), pgettext_lazy("figure", "Orders")]
    return heading, [[one.since, one.visits, one.orders] for one in purchase_times.returned(**asked)]


Group = tuple[str, bool, Counts]


def _groups(*, first: date, last: date, channel: str) -> list[Group]:
    parts: dict[tuple[str, bool], list[Counts]] = {}
    since = Newcomer.Since.VISIT
    for _day, code, had_bought, counts in purchase_times.newcomers(since=since, first=first, last=last, channel=channel):
        parts.setdefault((code, had_bought), []).append(counts)
    return [(*key, survival.merged(found)) for key, found in sorted(parts.items())]


def _named(groups: list[Group]) -> list[tuple[str, str, Counts]]:
    """Everybody, those who are new and those who had bought before, and each channel."""
    found = [(_("Everybody"), "", survival.merged(counts for _code, _had, counts in groups))]
    for had_bought, title in ((False, _("New")), (True, _("Had ordered before the first visit known"))):
        theirs = [counts for _code, had, counts in groups if had is had_bought]
        if theirs:
            found.append((title, "", survival.merged(theirs)))
    codes = sorted({code for code, _had, _counts in groups})
    if len(codes) > 1:
        found += [(known.channel(one), one, survival.merged(c for code, _h, c in groups if code == one)) for one in codes]
    return found


def _lead(counts: Counts) -> dict[str, Any]:
    points = survival.curve(counts)
    median, most = (survival.quantile_of_those(points, share) for share in (survival.HALF, survival.NINE_TENTHS))
    return {
        "persons": number(counts.number),
        "bought": number(counts.number - counts.censored),
        "censored": share(Decimal(counts.censored) / counts.number if counts.number else None),
        "within": [share(survival.by(counts, seconds), 2) for seconds in (HOUR, DAY, 7 * DAY)],
        "median": short_span(_delta(median)),
        "most": short_span(_delta(most)),
        "is_small": counts.number - counts.censored < cohorts.FEW,
    }


def _timed(counts: Mapping[int, int]) -> dict[str, Any]:
    all_of_them = sum(counts.values())
    return {
        "number": number(all_of_them),
        "median": short_span(_delta(survival.plain_quantile(counts, survival.HALF))),
        "most": short_span(_delta(survival.plain_quantile(counts, survival.NINE_TENTHS))),
        "is_small": all_of_them < cohorts.FEW,
    }


def _quantiles(counts: Counts) -> list[int | None]:
    points = survival.curve(counts)
    return [survival.quantile_of_those(points, share) for share in (survival.HALF, survival.NINE_TENTHS)]


def _chart(groups: list[Group]) -> dict[str, Any]:
    """The share who ordered by each mark, of new people and of those who had ordered before; as far as anybody was watched."""
    series = []
    for had_bought, title in ((False, _("New")), (True, _("Had ordered before the first visit known"))):
        counts = survival.merged(found for _code, had, found in groups if had is had_bought)
        if counts.number:
            series.append((title, [survival.by(counts, mark) for mark in MARKS]))
    drawn = drawing.chart(*([None if one is None else one * 100 for one in values] for _title, values in series))
    return {
        "title": _("Share who have ordered, by time since the first visit"),
        "drawn": drawn,
        "series": [
            {"title": title, "line": line, "kind": kind}
            for (title, _values), line, kind in zip(series, drawn.lines, ("mean", "line"), strict=False)
        ],
        "slots": [
            {
                "left": slot.left,
                "width": slot.width,
                "words": " · ".join(
                    [short_span(_delta(mark)), *(f"{title} {share(values[place], 2)}" for title, values in series)]
                ),
            }
            for place, (slot, mark) in enumerate(zip(drawn.slots, MARKS, strict=True))
        ],
        "ticks": [f"{number(tick, 1 if tick % 1 else 0)}%" for tick in drawn.ticks],
        "labels": [short_span(_delta(MARKS[place])) for place in drawing.evenly(len(MARKS), LABELS)],
        "words": _("To the right of each mark stands who took longer."),
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }


def _promotions(codes: Iterable[str]) -> dict[str, str]:
    keys = {int(code) for code in codes if code.isdecimal() and len(code) < 10}
    return {str(pk): name for pk, name in Promotion.objects.filter(pk__in=keys).values_list("pk", "name")}


def _since(days: int) -> str:
    classes = purchase_times.SINCE
    following = next((one for one in classes if one > days), None)
    if following is None:
        return _("%(days)s days and more") % {"days": days}
    return (
        pgettext("span of days", "%(days)s d") % {"days": days}
        if following == days + 1
        else _("%(first)s to %(last)s days") % {"first": days, "last": following - 1}
    )


def _delta(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
