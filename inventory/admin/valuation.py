"""The value of the stock at the end of any business day, and what was written off and why."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.money import Money
from inventory.admin import costs, reports
from inventory.admin.reports import Cell, NarrowForm, Table, Tile, Told
from inventory.models import StockMovement, Warehouse, WriteOffCause
from inventory.queries import valuation
from inventory.queries.valuation import Valued

LOOKED_BACK = 90


class ValuationForm(NarrowForm):
    day = reports.day_field(gettext_lazy("End of the day"))
    field_order = ("day", "warehouse", "category")

    def clean_day(self) -> date:
        chosen: date = self.cleaned_data["day"]
        if chosen > shop.day(clock.now()):
            raise forms.ValidationError(_("This day has not begun yet."))
        return chosen


def _form(request: HttpRequest) -> ValuationForm:
    return ValuationForm({"day": shop.day(clock.now()).isoformat(), **request.GET.dict()})


def page(request: HttpRequest) -> HttpResponse:
    reports.require(request)
    form = _form(request)
    told = _told(request, _asked(form)) if form.is_valid() else None
    return reports.page(
        request, title=_("Stock value"), form=form, told=told,
        explanation=_(
            "Units counted back from now by the stock ledger, at what each SKU cost at the end of that day, before tax."
        ),
    )  # fmt: skip


def file(request: HttpRequest, *, as_workbook: bool = False) -> HttpResponseBase:
    reports.require(request)
    form = _form(request)
    if not form.is_valid():
        return reports.refused(form)
    stores, paths = _places(), reports.category_paths()
    heading = [_("SKU"), _("product"), _("category"), _("warehouse"), _("units"), _("unit cost"), _("value at cost")]
    rows = (
        [
            one.sku,
            one.name,
            paths[one.category_id],
            stores[one.warehouse_id],
            one.units,
            _plain(one.unit_cost),
            _plain(one.value),
        ]
        for one in _asked(form)
    )
    return reports.file(
        request, name=f"stock-value-{form.cleaned_data['day']:%Y%m%d}", title=_("Stock value"),
        heading=reports.priced(request, heading, 5, 6), rows=(reports.priced(request, row, 5, 6) for row in rows),
        as_workbook=as_workbook,
    )  # fmt: skip


def _plain(value: Decimal) -> str:
    return Money(value, settings.SHOP_CURRENCY).as_text()


def _asked(form: ValuationForm) -> list[Valued]:
    """With what was between two warehouses, unless one of them is asked for: it lay in none."""
    day, category = form.cleaned_data["day"], form.category_id
    found = valuation.at_the_end_of(day=day, warehouse_id=form.warehouse_id, category_id=category)
    return found if form.warehouse_id else [*found, *valuation.between_at_the_end_of(day=day, category_id=category)]


def _places() -> dict[int | None, str]:
    return dict([(None, _("In transit")), *reports.names(Warehouse).items()])


def _told(request: HttpRequest, found: list[Valued]) -> Told:
    whole = valuation.total(found)
    stores, paths = _places(), reports.category_paths()
    tiles = [Tile(_("Units"), f"{whole.units:,}", _("%(count)s rows") % {"count": f"{len(found):,}"})]
    if costs.sees(request):
        tiles.insert(0, Tile(_("Value at cost"), wording.total(whole.value)))
        tiles.append(Tile(_("Units without a known cost"), f"{whole.without_cost:,}"))
    dearest = sorted(found, key=lambda one: (-one.value, one.sku, one.warehouse_id or 0))[: reports.MOST_ROWS]
    rows = [
        reports.priced(
            request,
            [
                reports.sku(one.variant_id, one.sku, one.name), Cell(stores[one.warehouse_id], looks="wide"),
                reports.number(one.units), reports.total(one.unit_cost, "number wide"), reports.total(one.value),
            ],
            3, 4,
        )
        for one in dearest
    ]  # fmt: skip
    heading = [(_("SKU"), ""), (_("warehouse"), "wide"), (_("units"), "number"), (_("unit cost"), "number wide"),
               (_("value at cost"), "number")]  # fmt: skip
    return Told(
        tiles=tiles,
        tables=[
            _by(request, _("By warehouse"), found, lambda one: stores[one.warehouse_id]),
            _by(request, _("By category"), found, lambda one: paths[one.category_id]),
            Table(
                _("By SKU"), reports.priced(request, heading, 3, 4), rows, nothing=_("Nothing lay there on that day."),
                note=reports.more(len(rows), len(found)),
            ),
        ],
        files=reports.files(request, "valuation", "csv", "xlsx"),
    )  # fmt: skip


def _by(request: HttpRequest, title: str, found: list[Valued], called: Callable[[Valued], str]) -> Table:
    units: defaultdict[str, int] = defaultdict(int)
    value: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        units[called(one)] += one.units
        value[called(one)] += one.value
    heading = [("", ""), (_("units"), "number"), (_("value at cost"), "number")]
    rows = [
        reports.priced(request, [Cell(name), reports.number(units[name]), reports.total(value[name])], 2)
        for name in sorted(units, key=lambda name: (-value[name], name))
    ]
    whole = [Cell(_("together")), reports.number(sum(units.values())), reports.total(sum(value.values(), Decimal(0)))]
    return Table(title, reports.priced(request, heading, 2), rows, whole=reports.priced(request, whole, 2) if rows else ())


class LossForm(forms.Form):
    first = reports.day_field(gettext_lazy("From"))
    last = reports.day_field(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            self.add_error("last", _("The period ends before it begins."))
        return cleaned


def _loss_form(request: HttpRequest) -> LossForm:
    today = shop.day(clock.now())
    usual = {"first": (today - timedelta(days=LOOKED_BACK - 1)).isoformat(), "last": today.isoformat()}
    return LossForm({**usual, **request.GET.dict()})


def losses_page(request: HttpRequest) -> HttpResponse:
    reports.require(request)
    form = _loss_form(request)
    told = _losses(request, form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else None
    return reports.page(
        request, title=_("Write-offs"), form=form, told=told,
        explanation=_("What left the shelves without being sold, by cause, at what it cost when it was written off."),
    )  # fmt: skip


def _losses(request: HttpRequest, first: date, last: date) -> Told:
    found = valuation.losses(first_on=first, last_on=last)
    stores = reports.names(Warehouse)
    heading = [(pgettext("write-off", "cause"), ""), (_("warehouse"), ""), (pgettext("write-off", "entries"), "number wide"),
               (_("units"), "number"), (_("value at cost"), "number")]  # fmt: skip
    rows = [
        reports.priced(
            request,
            [
                Cell(cause(one.cause)), Cell(stores[one.warehouse_id]), reports.number(one.entries, "number wide"),
                reports.number(one.units), reports.total(one.value),
            ],
            4,
        )
        for one in found
    ]  # fmt: skip
    units, value = sum(one.units for one in found), sum((one.value for one in found), Decimal(0))
    whole = [Cell(_("together")), Cell(""), reports.number(sum(one.entries for one in found), "number wide"),
             reports.number(units), reports.total(value)]  # fmt: skip
    return Told(
        tables=[
            Table(
                _("By cause and warehouse"), reports.priced(request, heading, 4), rows,
                whole=reports.priced(request, whole, 4) if rows else (), nothing=_("Nothing was written off in this period."),
            )
        ],
        files=reports.files(request, "losses", "csv"),
    )  # fmt: skip


def losses_file(request: HttpRequest) -> HttpResponseBase:
    reports.require(request)
    form = _loss_form(request)
    if not form.is_valid():
        return reports.refused(form)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    stores = reports.names(Warehouse)
    heading = [pgettext("write-off", "cause"), _("warehouse"), pgettext("write-off", "entries"), _("units"), _("value at cost")]
    rows = (
        [cause(one.cause), stores[one.warehouse_id], one.entries, one.units, _plain(one.value)]
        for one in valuation.losses(first_on=first, last_on=last)
    )
    return reports.file(
        request, name=f"write-offs-{first:%Y%m%d}-{last:%Y%m%d}", title=_("Write-offs"),
        heading=reports.priced(request, heading, 4), rows=(reports.priced(request, row, 4) for row in rows), of=StockMovement,
    )  # fmt: skip


def cause(code: str) -> str:
    return str(WriteOffCause(code).label) if code else pgettext("write-off", "no cause given")
