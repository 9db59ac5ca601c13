"""What the report pages of stock share: a form that narrows, tiles, tables, and the same figures as a file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from config.kernel import workbooks
from config.kernel.admin import downloading, wording
from config.kernel.admin.buttons import DayInput
from inventory.admin import costs
from inventory.models import Category, StockLevel, Supplier, Warehouse

MAY_LOOK = "inventory.view_stocklevel"
PLAIN = "text/plain; charset=utf-8"
# Rows on the page; the file has them all.
MOST_ROWS = 200


@dataclass(frozen=True)
class Cell:
    text: Any
    small: str = ""
    url: str = ""
    # "number", "came", "left", "wide" and what else the stylesheet knows.
    looks: str = ""
    button: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    heading: Sequence[tuple[Any, str]]
    rows: Sequence[Sequence[Cell]]
    whole: Sequence[Cell] = ()
    nothing: str = ""
    note: str = ""


@dataclass(frozen=True)
class Tile:
    title: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Told:
    """What a report shows below its form."""

    tables: Sequence[Table]
    tiles: Sequence[Tile] = ()
    files: Sequence[tuple[str, str]] = field(default_factory=tuple)


class NarrowForm(forms.Form):
    """By warehouse, category and supplier, each report as far as it makes sense."""

    warehouse = forms.ModelChoiceField(
        label=gettext_lazy("warehouse"), queryset=Warehouse.objects.all(), required=False, empty_label=gettext_lazy("All"),
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=gettext_lazy("category"), queryset=Category.objects.select_related("parent__parent"), required=False,
        empty_label=gettext_lazy("All"), widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = category_choices(_("All"))  # type: ignore[attr-defined]
        for one in self.fields.values():
            one.label = capfirst(one.label)

    @property
    def warehouse_id(self) -> int | None:
        return self.cleaned_data["warehouse"].pk if self.cleaned_data["warehouse"] else None

    @property
    def category_id(self) -> int | None:
        return self.cleaned_data["category"].pk if self.cleaned_data["category"] else None


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput(attrs={"type": "date"}))


def choice_field(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget)


def supplier_field() -> forms.ModelChoiceField:  # type: ignore[type-arg]
    return forms.ModelChoiceField(
        label=gettext_lazy("supplier"), queryset=Supplier.objects.all(), required=False, empty_label=gettext_lazy("All"),
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip


def require(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied


def page(request: HttpRequest, *, title: str, form: forms.Form, explanation: str, told: Told | None) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "explanation": explanation,
        "told": told,
    }
    return TemplateResponse(request, "admin/inventory/report/report.html", context)


def files(request: HttpRequest, name: str, *endings: str) -> list[tuple[str, str]]:
    """Where the same figures are as files, narrowed as the page is."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return [(ending.upper(), reverse(f"admin:inventory_{name}_{ending}") + query) for ending in endings]


def refused(form: forms.Form) -> HttpResponse:
    words = "\n".join(f"{form.fields[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
    return HttpResponse(words, status=400, content_type=PLAIN)


def file(
    request: HttpRequest,
    *,
    name: str,
    title: str,
    heading: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    as_workbook: bool = False,
    of: type[Model] = StockLevel,
) -> HttpResponseBase:
    """As CSV or as an Excel workbook; each file is remembered in the audit."""
    table = [list(row) for row in rows]
    try:
        answer = downloading.as_csv(
            request, name=name, heading=heading, rows=table, number=len(table), of=of, called=name,
            narrowed=request.GET.urlencode(),
        )  # fmt: skip
    except downloading.TooManyRows as refusal:
        return HttpResponse(str(refusal), status=refusal.status, content_type=PLAIN)
    if not as_workbook:
        return answer
    book = workbooks.written(title=title, heading=heading, rows=table)
    made = HttpResponse(book, content_type=workbooks.CONTENT_TYPE)
    made["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    made["Cache-Control"] = "no-store"
    return made


def number(units: int | float, looks: str = "number") -> Cell:
    return Cell(f"{round(units):,}", looks=looks)


def amount(value: Decimal, looks: str = "number") -> Cell:
    return Cell(wording.amount(value), looks=looks)


def total(value: Decimal, looks: str = "number") -> Cell:
    return Cell(wording.total(value), looks=looks)


def sku(variant_id: int, code: str, name: str) -> Cell:
    return Cell(code, small=name, url=reverse("admin:inventory_variant_change", args=[variant_id]), looks="what")


def priced(request: HttpRequest, cells: Sequence[Any], *costly: int) -> list[Any]:
    """The row without the cells that tell what goods cost, for those who do not see it. `costly` are their places."""
    seen = costs.sees(request)
    return [cell for place, cell in enumerate(cells) if seen or place not in costly]


def names(model: type[Model]) -> dict[int, str]:
    """What warehouses and suppliers are called, by key."""
    return {row.pk: str(row) for row in model._default_manager.all()}


def category_paths() -> dict[int, str]:
    """By key, in the order in which people read them."""
    paths = {one.pk: one.path for one in Category.objects.select_related("parent__parent")}
    return dict(sorted(paths.items(), key=itemgetter(1)))


def category_choices(nothing: str) -> Callable[[], list[tuple[Any, str]]]:
    """Asked once where a form is drawn, and not where it is only read."""
    return cache(lambda: [("", nothing), *category_paths().items()])


def more(shown: int, whole: int) -> str:
    if whole <= shown:
        return ""
    return _("The first %(shown)s of %(all)s rows; the file has them all.") % {"shown": f"{shown:,}", "all": f"{whole:,}"}


def day(value: date) -> str:
    return f"{value:%Y-%m-%d}"
