"""The coming weeks: what will lie where, what comes and leaves, when it will be short, and what the receiving desks expect."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.kernel import clock, shop
from inventory import projecting
from inventory.admin import reports
from inventory.admin.reports import Cell, NarrowForm, Table, Tile, Told
from inventory.models import Supplier, Warehouse
from inventory.projecting import Week
from inventory.queries import projection
from inventory.queries.projection import Projected

BY = [
    ("sku", gettext_lazy("SKU and warehouse")),
    ("category_id", gettext_lazy("category")),
    ("supplier_id", gettext_lazy("supplier")),
    ("warehouse_id", gettext_lazy("warehouse")),
]
MOST_SKUS = 100


class ProjectionForm(NarrowForm):
    by = reports.choice_field(gettext_lazy("By"), BY)
    supplier = reports.supplier_field()
    field_order = ("by", "warehouse", "category", "supplier")


def _form(request: HttpRequest) -> ProjectionForm:
    return ProjectionForm({"by": "sku", **request.GET.dict()})


def _asked(form: ProjectionForm) -> list[Projected]:
    supplier = form.cleaned_data["supplier"]
    return projection.projected(
        today=shop.day(clock.now()), warehouse_id=form.warehouse_id, category_id=form.category_id,
        supplier_id=supplier.pk if supplier else None,
    )  # fmt: skip


def page(request: HttpRequest) -> HttpResponse:
    reports.require(request)
    form = _form(request)
    told = _told(request, form, _asked(form)) if form.is_valid() else None
    return reports.page(
        request, title=_("Projected stock"), form=form, told=told,
        explanation=_(
            "Units at the end of each week: what lies there, what purchase orders and transfers bring on the day they are "
            "expected, less what is expected to leave, by the forecast or, without one, by what was shipped in the last weeks. "
            "What is overdue is expected this week."
        ),
    )  # fmt: skip


def file(request: HttpRequest) -> HttpResponseBase:
    reports.require(request)
    form = _form(request)
    if not form.is_valid():
        return reports.refused(form)
    found = _asked(form)
    by = form.cleaned_data["by"]
    heading = [_("week from"), _("opening"), _("comes"), _("leaves"), _("short"), _("closing")]
    if by == "sku":
        stores = reports.names(Warehouse)
        heading = [_("SKU"), _("product"), _("warehouse"), *heading]
        rows = [
            [one.sku, one.name, stores[one.warehouse_id], *_figures(week)] for one in found for week in one.weeks
        ]  # fmt: skip
    else:
        called = _called(by)
        heading = [str(dict(BY)[by]), *heading]
        rows = [
            [called(key), *_figures(week)] for key, weeks in projection.grouped(found, by).items() for week in weeks
        ]  # fmt: skip
    return reports.file(
        request, name=f"projected-stock-{shop.day(clock.now()):%Y%m%d}", title=_("Projected stock"), heading=heading, rows=rows
    )


def _figures(week: Week) -> list[Any]:
    told = (week.opening, week.comes, week.leaves, week.short, week.closing)
    return [reports.day(week.starts_on), *(round(one, 1) for one in told)]


def _called(by: str) -> Any:
    names: dict[Any, str]
    if by == "category_id":
        names = dict(reports.category_paths())
    else:
        names = dict(reports.names(Supplier if by == "supplier_id" else Warehouse))
    return lambda key: names.get(key) or _("no supplier")


def _told(request: HttpRequest, form: ProjectionForm, found: list[Projected]) -> Told:
    today = shop.day(clock.now())
    starts = projecting.weeks(today, projection.WEEKS)
    by, stores = form.cleaned_data["by"], reports.names(Warehouse)
    short = [one for one in found if one.short_on]
    tiles = [
        Tile(_("Will be short"), f"{len(short):,}", _("of %(all)s SKUs and warehouses") % {"all": f"{len(found):,}"}),
        Tile(_("This week already"), f"{sum(1 for one in short if one.short_on == starts[0]):,}"),
    ]
    weeks = [(f"{start:%m-%d}", "number") for start in starts]
    if by == "sku":
        shown = found[:MOST_SKUS]
        rows = [
            [
                reports.sku(one.variant_id, one.sku, f"{one.name} · {stores[one.warehouse_id]}"),
                Cell(f"{one.short_on:%m-%d}" if one.short_on else "-", looks="number left" if one.short_on else "number"),
                *_cells(one.weeks),
            ]
            for one in shown
        ]
        table = Table(
            _("By SKU and warehouse, the first to run short first"), [(_("SKU"), ""), (_("short from"), "number"), *weeks],
            rows, nothing=_("Nothing lies there, and nothing comes."), note=reports.more(len(rows), len(found)),
        )  # fmt: skip
    else:
        called = _called(by)
        groups = sorted(((called(key), weeks) for key, weeks in projection.grouped(found, by).items()), key=lambda one: one[0])
        table = Table(
            str(dict(BY)[by]), [("", ""), *weeks], [[Cell(name), *_cells(line)] for name, line in groups],
            nothing=_("Nothing lies there, and nothing comes."),
        )  # fmt: skip
    return Told(tiles=tiles, tables=[table, _load(form, stores)], files=reports.files(request, "projection", "csv"))


def _cells(weeks: Sequence[Week]) -> list[Cell]:
    return [
        Cell(
            f"{round(week.closing):,}",
            small=" ".join(
                f"{sign}{round(units):,}" for sign, units in (("+", week.comes), ("−", week.leaves)) if round(units)
            ),
            looks="number left" if week.short >= 0.5 else "number",
        )
        for week in weeks
    ]


def _load(form: ProjectionForm, stores: dict[int, str]) -> Table:
    """Units, and below them how many deliveries; of all goods, whatever the page is narrowed to besides the warehouse."""
    load = projection.receiving_load(today=shop.day(clock.now()))
    if form.warehouse_id:
        load = {key: weeks for key, weeks in load.items() if key == form.warehouse_id}
    first = next(iter(load.values()), [])
    rows = [
        [
            Cell(stores[key]),
            *(
                Cell(
                    f"{one.units:,}" if one.units else "-", looks="number",
                    small=pgettext("deliveries", "%s due") % one.orders if one.orders else "",
                )
                for one in weeks
            ),
        ]
        for key, weeks in sorted(load.items(), key=lambda pair: stores[pair[0]])
    ]  # fmt: skip
    return Table(
        _("What the receiving desks expect, week by week"),
        [(_("warehouse"), ""), *((f"{one.starts_on:%m-%d}", "number") for one in first)],
        rows, nothing=_("No delivery is awaited."),
    )  # fmt: skip
