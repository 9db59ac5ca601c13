"""Stock counts: the page on which somebody counts, and the record of what was counted."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, waits
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import ButtonForm, actor
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.errors import DomainError
from inventory.admin import labels
from inventory.models import Category, StockCount, StockCountLine, Warehouse
from inventory.operations import stock
from inventory.queries import counting

MAY_COUNT = "inventory.count_stock"


class ChoiceForm(ButtonForm):
    """Where to count, and what."""

    warehouse = forms.ModelChoiceField(label=gettext_lazy("warehouse"), queryset=Warehouse.objects.all(), empty_label=None)
    category = forms.ModelChoiceField(
        label=gettext_lazy("category"),
        queryset=Category.objects.select_related("parent__parent"),
        required=False,
        help_text=gettext_lazy("Every SKU of it that ever lay in this warehouse."),
    )
    skus = forms.CharField(
        label=gettext_lazy("SKUs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Instead of a category: one SKU in each line, pasted or scanned."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, row=None, **kwargs)
        self.fields["category"].label_from_instance = lambda category: category.path  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        warehouse, category = cleaned.get("warehouse"), cleaned.get("category")
        skus = list(dict.fromkeys(line.strip() for line in cleaned.get("skus", "").splitlines() if line.strip()))
        chosen: list[int] = []
        if skus:
            chosen, unknown = counting.by_sku(skus)
            if unknown:
                self.add_error("skus", _("There is no such SKU: %(skus)s.") % {"skus": ", ".join(unknown[:10])})
        elif category and warehouse:
            chosen = counting.in_category(category_id=category.pk, warehouse_id=warehouse.pk)
            if not chosen:
                self.add_error("category", _("Nothing of this category ever lay in this warehouse."))
        else:
            self.add_error("skus", _("Choose a category or enter SKUs."))
        if len(chosen) > counting.MOST:
            self.add_error(None, _("Count at most %(most)s SKUs at once.") % {"most": counting.MOST})
        cleaned["variants"] = chosen
        return cleaned


@dataclass
class Row:
    """One line of the counting page: what the counter saw, and what was typed."""

    line: counting.Line
    expected: int
    typed: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return labels.variant_name(self.line.variant)

    @property
    def counted(self) -> int | None:
        return int(self.typed) if self.typed.isdecimal() and int(self.typed) <= stock.MOST_UNITS else None


def _typed(request: HttpRequest, lines: list[counting.Line]) -> list[Row]:
    """The rows as they came back. An empty field was not counted, which is no mistake."""
    rows = []
    for line in lines:
        expected = request.POST.get(f"expected-{line.variant.pk}", "")
        row = Row(line, int(expected) if expected.isdecimal() else line.expected)
        row.typed = request.POST.get(f"counted-{line.variant.pk}", "").strip()
        if row.typed and row.counted is None:
            row.error = _("Enter a whole number of units, zero or more.")
        rows.append(row)
    return rows


def _moved(rows: list[Row]) -> None:
    """What moved meanwhile is counted again, against what lies there now; the other rows keep what was typed."""
    for row in rows:
        if row.expected != row.line.expected:
            row.error = _("It moved while you counted: %(before)s before, %(now)s now. Count it again.") % {
                "before": row.expected,
                "now": row.line.expected,
            }
            row.expected, row.typed = row.line.expected, ""


class CountLineInline(TabularInline):  # type: ignore[misc]
    model = StockCountLine
    fields = ("sku", "product", "expected", "counted", "difference")
    readonly_fields = fields
    extra = 0
    hide_title = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant__product").order_by("variant__sku")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("SKU"))
    def sku(self, line: StockCountLine) -> str:
        return labels.variant_link(line.variant)

    @display(description=gettext_lazy("product"))
    def product(self, line: StockCountLine) -> str:
        return labels.variant_name(line.variant)

    @display(description=gettext_lazy("difference"))
    def difference(self, line: StockCountLine) -> str:
        return labels.signed(line.counted - line.expected) if line.counted != line.expected else "-"


@admin.register(StockCount)
class StockCountAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Each stock count, with what was expected and what was found.")
    list_display = ("number", "counted", "warehouse", "who", "note")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), ("counted_at", BusinessDaysFilter))
    list_select_related = ("warehouse", "actor")
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("The whole number of the stock count")
    ordering = ("-counted_at", "-id")
    fields = ("number", "counted", "warehouse", "who", "note")
    readonly_fields = fields
    inlines = (CountLineInline,)

    counted = wording.moment_column("counted_at", gettext_lazy("counted at"))

    @display(description=gettext_lazy("actor"))
    def who(self, count: StockCount) -> str:
        return wording.actor(count)

    def get_urls(self) -> list[URLPattern]:
        count = path("count/", self.admin_site.admin_view(self.count_view), name="inventory_stockcount_count")
        return [count, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"count_url": reverse("admin:inventory_stockcount_count")} if request.user.has_perm(MAY_COUNT) else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Asks what to count, shows it, and records what was found."""
        if not request.user.has_perm(MAY_COUNT):
            raise PermissionDenied
        try:
            slips.require_unspent(request)
        except slips.Spent as spent:
            return self._done_before(request, spent)
        chosen = request.POST if request.method == "POST" else request.GET
        form = ChoiceForm(chosen if "warehouse" in chosen else None)
        if not form.is_bound or not form.is_valid():
            return self._ask(request, form)
        warehouse: Warehouse = form.cleaned_data["warehouse"]
        lines = counting.lines(warehouse_id=warehouse.pk, variant_ids=form.cleaned_data["variants"])
        if request.method != "POST":
            return self._show(request, form, [Row(line, line.expected) for line in lines])
        rows = _typed(request, lines)
        found = [(row.line.variant.pk, row.expected, row.counted) for row in rows if row.counted is not None]
        if any(row.error for row in rows) or not found:
            messages.error(request, _("Nothing was saved: look at the lines once more."))
            return self._show(request, form, rows)

        def count() -> StockCount:
            return stock.count(
                warehouse_id=warehouse.pk,
                lines=found,
                note=request.POST.get("note", ""),
                actor=actor(request),
                at=clock.now(),
            )

        try:
            with waits.refusing():
                taken = slips.spend(request, count)
        except slips.Spent as spent:
            return self._done_before(request, spent)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            _moved(rows)
            return self._show(request, form, rows)
        told = ngettext("%(count)s SKU was counted.", "%(count)s SKUs were counted.", len(found))
        messages.success(request, told % {"count": len(found)})
        return HttpResponseRedirect(reverse("admin:inventory_stockcount_change", args=[taken.pk]))

    def _done_before(self, request: HttpRequest, spent: slips.Spent) -> HttpResponse:
        messages.warning(request, str(spent))
        return HttpResponseRedirect(reverse("admin:inventory_stockcount_changelist"))

    def _ask(self, request: HttpRequest, form: ChoiceForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Count stock"),
            "form": form,
            "method": "get",
            "explanation": _("Choose what you are going to count. Then count, and enter what you have found."),
            "submit": _("Show the SKUs"),
            "back": reverse("admin:inventory_stockcount_changelist"),
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def _show(self, request: HttpRequest, form: ChoiceForm, rows: list[Row]) -> HttpResponse:
        warehouse: Warehouse = form.cleaned_data["warehouse"]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Count stock in %(warehouse)s") % {"warehouse": warehouse.name},
            "rows": rows,
            "warehouse": warehouse,
            "skus": "\n".join(row.line.variant.sku for row in rows),
            "note": request.POST.get("note", ""),
            "again": reverse("admin:inventory_stockcount_count"),
            slips.FIELD: slips.kept(request),
        }
        return TemplateResponse(request, "admin/inventory/stockcount/count.html", context)
