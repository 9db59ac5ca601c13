"""Goods that lie too long or are too many: how old, how much too much, and what might be done."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, shop, waits
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import ReasonForm, actor
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.errors import DomainError
from inventory.admin import costs, labels, reports
from inventory.admin.reports import Cell, NarrowForm, Table, Tile, Told
from inventory.ageing import BORDERS, HARDLY_ANY, Action
from inventory.models import ExcessDismissal, StockLevel, Warehouse
from inventory.operations import excess
from inventory.queries import ageing
from inventory.queries.ageing import Aged

MAY_DECIDE = "inventory.add_excessdismissal"
PAGE = "admin:inventory_ageing"
ACTIONS: Mapping[str, Any] = {
    Action.STOP_BUYING: pgettext_lazy("excess", "stop buying"),
    Action.TRANSFER: pgettext_lazy("excess", "transfer"),
    Action.RETURN: pgettext_lazy("excess", "return to the supplier"),
    Action.MARKDOWN: pgettext_lazy("excess", "mark down"),
    Action.WRITE_OFF: pgettext_lazy("excess", "write off"),
}
DAYS = [(str(days), gettext_lazy("%s days") % days) for days in (30, 60, 90, 180, 365)]
SHOWN = [
    ("open", pgettext_lazy("excess", "too much of it")),
    ("all", pgettext_lazy("excess", "everything in stock")),
    ("dismissed", pgettext_lazy("excess", "dismissed")),
]


class AgeingForm(NarrowForm):
    days = reports.choice_field(gettext_lazy("Demand of the coming"), DAYS)
    show = reports.choice_field(gettext_lazy("Show"), SHOWN)
    field_order = ("show", "days", "warehouse", "category")


def _form(request: HttpRequest) -> AgeingForm:
    return AgeingForm({"days": str(ageing.COVER_DAYS), "show": "open", **request.GET.dict()})


def _asked(form: AgeingForm) -> list[Aged]:
    return ageing.aged(
        today=shop.day(clock.now()), days=int(form.cleaned_data["days"]), warehouse_id=form.warehouse_id,
        category_id=form.category_id,
    )  # fmt: skip


def _chosen(form: AgeingForm, found: Sequence[Aged]) -> list[Aged]:
    show = form.cleaned_data["show"]
    return [
        one
        for one in found
        if show == "all" or (one.excess and bool(one.dismissed) is (show == "dismissed"))
    ]  # fmt: skip


def page(request: HttpRequest) -> HttpResponse:
    reports.require(request)
    form = _form(request)
    told = _told(request, form, _asked(form)) if form.is_valid() else None
    return reports.page(
        request, title=_("Excess and ageing"), form=form, told=told,
        explanation=_(
            "Ages are told first in, first out, from the day on which goods came to the warehouse. Too much is what exceeds "
            "reservations and the demand expected in the days chosen, by the forecast or, without one, by what was "
            "shipped in the last weeks."
        ),
    )  # fmt: skip


def file(request: HttpRequest, *, as_workbook: bool = False) -> HttpResponseBase:
    reports.require(request)
    form = _form(request)
    if not form.is_valid():
        return reports.refused(form)
    stores, days = reports.names(Warehouse), int(form.cleaned_data["days"])
    heading = [
        _("SKU"), _("product"), _("warehouse"), _("on hand"), _("reserved"), *_bucket_titles(), _("mean age in days"),
        _("expected demand"), pgettext("excess", "too much"), _("on order"), pgettext("excess", "suggestion"), _("units"),
        pgettext("stock count", "why"), pgettext("excess", "dismissed because"), _("value at cost"), _("value of the excess"),
    ]  # fmt: skip
    costly = (len(heading) - 2, len(heading) - 1)
    rows = (
        [
            one.sku, one.name, stores[one.warehouse_id], one.on_hand, one.reserved, *one.buckets, one.mean_age,
            round(one.expected, 1), one.excess, one.incoming, ACTIONS[one.suggestion.action] if one.suggestion else "",
            one.suggestion.units if one.suggestion else 0, why(one, days, stores), one.dismissed,
            round(one.value, 2), round(one.excess_value, 2),
        ]
        for one in _chosen(form, _asked(form))
    )  # fmt: skip
    return reports.file(
        request, name=f"excess-{shop.day(clock.now()):%Y%m%d}", title=_("Excess and ageing"),
        heading=reports.priced(request, heading, *costly), rows=(reports.priced(request, row, *costly) for row in rows),
        as_workbook=as_workbook,
    )  # fmt: skip


def _bucket_titles() -> list[str]:
    first = 0
    found = []
    for border in BORDERS:
        found.append(_("%(first)s–%(last)s days") % {"first": first, "last": border})
        first = border + 1
    return [*found, _("older or unknown")]


def why(one: Aged, days: int, stores: Mapping[int, str]) -> str:
    """The suggestion in numbers."""
    if one.suggestion is None:
        return ""
    told = {
        "excess": f"{one.excess:,}", "days": days, "expected": f"{one.expected:,.0f}", "incoming": f"{one.incoming:,}",
        "free": f"{one.on_hand - one.reserved:,}", "lacking": f"{one.lacking:,}", "ago": one.last_receipt_days,
        "age": one.youngest_days, "warehouse": stores.get(one.suggestion.warehouse or 0, ""),
        "cover": f"{(one.on_hand - one.reserved) / one.per_day:,.0f}" if one.per_day else "∞",
    }  # fmt: skip
    match one.suggestion.action:
        case Action.STOP_BUYING:
            text = _(
                "%(incoming)s more are on order, though %(free)s are free and %(expected)s expected to sell in %(days)s days."
            )
        case Action.TRANSFER:
            text = _("%(warehouse)s will lack %(lacking)s within %(days)s days; here %(excess)s are too many.")
        case Action.RETURN:
            text = _("The supplier delivered %(ago)s days ago; %(expected)s are expected to sell in %(days)s days.")
        case Action.WRITE_OFF if one.youngest_days is None:
            text = _("Hardly any is expected to sell, and nobody knows when they came.")
        case Action.WRITE_OFF:
            text = _("Hardly any is expected to sell, and the newest came %(age)s days ago.")
        case _ if one.per_day >= HARDLY_ANY:
            text = _("What is free lasts for %(cover)s days at the present pace.")
        case _:
            text = _("Hardly any is expected to sell.")
    return text % told


def _told(request: HttpRequest, form: AgeingForm, found: list[Aged]) -> Told:
    chosen, stores, days = _chosen(form, found), reports.names(Warehouse), int(form.cleaned_data["days"])
    tiles = [Tile(pgettext("excess", "SKUs and warehouses with too much"), f"{sum(1 for one in found if one.excess):,}")]
    if costs.sees(request):
        tied = sum((one.value for one in found), Decimal(0))
        beyond = sum((one.excess_value for one in found), Decimal(0))
        tiles += [Tile(_("Value of the excess"), wording.amount(beyond)), Tile(_("Value at cost"), wording.amount(tied))]
    return Told(
        tiles=tiles,
        tables=[_ages(request, found), _rows(request, chosen, stores, days)],
        files=reports.files(request, "ageing", "csv", "xlsx"),
    )


def _ages(request: HttpRequest, found: list[Aged]) -> Table:
    heading = [(_("age"), ""), (_("units"), "number"), (_("value at cost"), "number")]
    rows = [
        reports.priced(
            request,
            [
                Cell(title), reports.number(sum(one.buckets[place] for one in found)),
                reports.amount(sum((one.buckets[place] * one.unit_cost for one in found), Decimal(0))),
            ],
            2,
        )
        for place, title in enumerate(_bucket_titles())
    ]  # fmt: skip
    return Table(_("How long it has lain there"), reports.priced(request, heading, 2), rows if found else [])


def _rows(request: HttpRequest, chosen: list[Aged], stores: Mapping[int, str], days: int) -> Table:
    shown = chosen[: reports.MOST_ROWS]
    places = StockLevel.objects.filter(variant_id__in={one.variant_id for one in shown})
    levels = {(variant, store): pk for pk, variant, store in places.values_list("pk", "variant_id", "warehouse_id")}
    may = request.user.has_perm(MAY_DECIDE)
    rows = []
    for one in shown:
        url = ""
        if may and one.suggestion and not one.dismissed:
            key = levels[one.variant_id, one.warehouse_id]
            url = f"{reverse('admin:inventory_ageing_dismiss', args=[key])}?days={days}"
        told = why(one, days, stores)
        suggestion = f"{ACTIONS[one.suggestion.action]} · {one.suggestion.units:,}" if one.suggestion else "-"
        cells = [
            reports.sku(one.variant_id, one.sku, one.name), Cell(stores[one.warehouse_id], looks="wide"),
            reports.number(one.on_hand, "number wide"),
            Cell("-" if one.mean_age is None else f"{one.mean_age:,}", looks="number wide"),
            reports.number(one.expected, "number wide"), reports.number(one.excess), reports.amount(one.excess_value),
            Cell(suggestion, small=one.dismissed or told, looks="why"),
            Cell("", url=url, button=_("Dismiss") if url else ""),
        ]  # fmt: skip
        rows.append(reports.priced(request, cells, 6))
    heading = [
        (_("SKU"), ""), (_("warehouse"), "wide"), (_("on hand"), "number wide"), (_("mean age"), "number wide"),
        (_("expected demand"), "number wide"), (pgettext("excess", "too much"), "number"), (_("value of the excess"), "number"),
        (pgettext("excess", "suggestion"), ""), ("", ""),
    ]  # fmt: skip
    return Table(
        _("SKU by SKU"), reports.priced(request, heading, 6), rows, nothing=_("There is nothing too much of."),
        note=reports.more(len(rows), len(chosen)),
    )  # fmt: skip


def dismiss(request: HttpRequest, level_id: int) -> HttpResponse:
    """Asks why nothing is done about it, and remembers it."""
    if not request.user.has_perms((reports.MAY_LOOK, MAY_DECIDE)):
        raise PermissionDenied
    level = StockLevel.objects.select_related("variant__product", "warehouse").filter(pk=level_id).first()
    if level is None:
        raise Http404
    asked = request.POST.get("days") or request.GET.get("days", "")
    days = int(asked) if asked in dict(DAYS) else ageing.COVER_DAYS
    back = f"{reverse(PAGE)}?days={days}"
    found = ageing.one(variant_id=level.variant_id, warehouse_id=level.warehouse_id, today=shop.day(clock.now()), days=days)
    form = ReasonForm(request.POST or None, row=level)
    if request.method == "POST" and form.is_valid():

        def decide() -> ExcessDismissal:
            return excess.dismiss(
                variant_id=level.variant_id, warehouse_id=level.warehouse_id, action=request.POST.get("action", ""), days=days,
                reason=form.cleaned_data["reason"], actor=actor(request), at=clock.now(),
            )  # fmt: skip

        try:
            with waits.refusing():
                slips.spend(request, decide)
        except slips.Spent as spent:
            messages.warning(request, str(spent))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The suggestion stays away until half as much again is too much."))
        return HttpResponseRedirect(back)
    suggestion = found.suggestion if found else None
    told = f"{ACTIONS[suggestion.action]}: {why(found, days, reports.names(Warehouse))}" if found and suggestion else ""
    context = {
        **admin.site.each_context(request),
        "title": f"{level.variant.sku} · {level.warehouse.name} · {pgettext('excess', 'Dismiss')}",
        "form": form,
        "hidden": {"days": days, "action": suggestion.action if suggestion else "", slips.FIELD: slips.kept(request)},
        "explanation": told or _("Nothing of the kind is suggested there any more."),
        "submit": _("Dismiss"),
        "back": back,
    }
    return TemplateResponse(request, "admin/_form_page.html", context)


@admin.register(ExcessDismissal)
class ExcessDismissalAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Suggestions for goods that lie too long which somebody turned down, and why.")
    list_display = ("dismissed", "sku", "product", "warehouse", "suggested", "units", "reason", "who")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter),)
    list_select_related = ("variant__product", "warehouse", "actor")
    list_display_links = None
    search_fields = ("variant__sku__istartswith",)
    search_help_text = gettext_lazy("Search by SKU")
    ordering = ("-id",)
    fields = ("dismissed", "sku", "product", "warehouse", "suggested", "units", "reason", "who")
    readonly_fields = fields

    dismissed = wording.moment_column("dismissed_at", gettext_lazy("dismissed at"))

    @display(description=gettext_lazy("SKU"))
    def sku(self, one: ExcessDismissal) -> str:
        return labels.variant_link(one.variant)

    @display(description=gettext_lazy("product"))
    def product(self, one: ExcessDismissal) -> str:
        return labels.variant_name(one.variant)

    @display(description=pgettext_lazy("excess", "suggestion"))
    def suggested(self, one: ExcessDismissal) -> str:
        return str(ACTIONS.get(one.action, one.action))

    @display(description=gettext_lazy("actor"))
    def who(self, one: ExcessDismissal) -> str:
        return wording.actor(one)
