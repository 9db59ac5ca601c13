"""Stock counts: the page on which somebody counts, and the record of what was counted."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock, waits
from config.kernel.admin import slips, wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.errors import DomainError
from inventory.admin import counting_sheets, counting_variance, labels
from inventory.admin.counting_forms import AgainForm, ApproveForm, ChoiceForm, SheetForm
from inventory.models import CountDue, StockCount, StockCountEntry, Warehouse
from inventory.operations import counting
from inventory.operations.stock import MOST_UNITS
from inventory.queries import counting as query

MAY_COUNT = "inventory.count_stock"
MAY_APPROVE = "inventory.approve_stockcount"
MAY_EXCEED = "inventory.approve_large_stockcount"


@dataclass
class Row:
    """One line of the counting page: what the counter saw, and what was typed."""

    line: query.Line
    expected: int
    typed: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return labels.variant_name(self.line.variant)

    @property
    def counted(self) -> int | None:
        return int(self.typed) if self.typed.isdecimal() and int(self.typed) <= MOST_UNITS else None


def _typed(request: HttpRequest, lines: list[query.Line]) -> list[Row]:
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


STATES = {
    StockCount.State.OPEN: "info",
    StockCount.State.RECOUNT: "warning",
    StockCount.State.COUNTED: "primary",
    StockCount.State.POSTED: "success",
    StockCount.State.CANCELED: "",
}
WHYS = {CountDue.Why.NEVER: "warning", CountDue.Why.CORRECTED: "danger", CountDue.Why.INTERVAL: "info"}


def being_counted(count: StockCount) -> bool:
    return count.state in counting.BEING_COUNTED


def to_decide(count: StockCount) -> bool:
    return count.state == StockCount.State.COUNTED


@admin.register(StockCount)
class StockCountAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Each stock count, with what was expected and what was found.")
    list_display = ("number", "state_label", "opened", "counted", "warehouse", "what", "who", "note")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("counted_at", BusinessDaysFilter),
    )
    list_select_related = ("warehouse", "actor", "decided_by")
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("The whole number of the stock count")
    ordering = ("-opened_at", "-id")
    fields = (
        *("number", "state_label", "warehouse", "what", "is_blind", "opened", "counted", "who", "note"),
        *("decider", "reason"),
    )
    readonly_fields = fields
    change_form_outer_after_template = "admin/inventory/stockcount/_variance.html"

    opened = wording.moment_column("opened_at", pgettext_lazy("stock count", "opened at"))
    counted = wording.moment_column("counted_at", gettext_lazy("counted at"))

    @display(description=gettext_lazy("state"))
    def state_label(self, count: StockCount) -> str:
        return wording.label(count.get_state_display(), STATES[StockCount.State(count.state)])

    @display(description=pgettext_lazy("stock count", "counts what"))
    def what(self, count: StockCount) -> str:
        return f"{count.get_basis_display()} · {count.scope}" if count.scope else str(count.get_basis_display())

    @display(description=gettext_lazy("actor"))
    def who(self, count: StockCount) -> str:
        return wording.actor(count)

    @display(description=gettext_lazy("decided by"))
    def decider(self, count: StockCount) -> str:
        if not count.decided_at:
            return "-"
        who = str(count.decided_by) if count.decided_by else wording.actor(count)
        return f"{who} · {wording.plain_moment(count.decided_at)}"

    def version_of(self, count: StockCount) -> str:
        """What changes with each line that is counted and each decision."""
        last = StockCountEntry.objects.filter(line__count=count).order_by("-id").values_list("id", flat=True).first()
        return f"{count.state}:{count.round}:{last or 0}"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        count: StockCount = kwargs["obj"]
        context |= counting_variance.context(request, count)
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @operation_button(
        title=pgettext_lazy("stock count", "Approve and post"), permission=MAY_APPROVE, icon="verified", shown=to_decide,
        form=ApproveForm,
        explanation=gettext_lazy(
            "The differences go to the stock ledger at once. What moved since the count is kept. "
            "Where less remains than is reserved, the newest reservations are released."
        ),
    )  # fmt: skip
    def approve(self, request: HttpRequest, count: StockCount, values: dict[str, Any]) -> None:
        counting.approve(
            number=count.number, may_exceed=request.user.has_perm(MAY_EXCEED), reason=values["reason"], actor=actor(request),
            at=clock.now(),
        )  # fmt: skip

    @operation_button(
        title=pgettext_lazy("stock count", "Have it counted once more"), permission=MAY_APPROVE, icon="replay", shown=to_decide,
        form=AgainForm, quiet=lambda count: True,
        explanation=gettext_lazy("Whoever counts looks at these lines again; what was found before stays on record."),
    )  # fmt: skip
    def again(self, request: HttpRequest, count: StockCount, values: dict[str, Any]) -> None:
        counting.ask_again(
            number=count.number, variant_ids=[int(one) for one in values["lines"]], actor=actor(request), at=clock.now()
        )

    @operation_button(
        title=pgettext_lazy("stock count", "Give up the count"), permission=MAY_COUNT, icon="cancel", form=ReasonForm,
        danger=True, shown=lambda count: being_counted(count) or to_decide(count),
        explanation=gettext_lazy("Nothing is corrected. What was counted stays on record."),
    )  # fmt: skip
    def cancel(self, request: HttpRequest, count: StockCount, values: dict[str, Any]) -> None:
        counting.cancel(number=count.number, reason=values["reason"], actor=actor(request), at=clock.now())

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("count/", wrap(self.count_view), name="inventory_stockcount_count"),
            path("open/", wrap(self.open_view), name="inventory_stockcount_open"),
            path("<path:object_id>/sheet/", wrap(self.sheet_view), name="inventory_stockcount_sheet"),
            path("<path:object_id>/variance.csv", wrap(self.variance_view), name="inventory_stockcount_variance"),
            *super().get_urls(),
        ]

    def sheet_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return counting_sheets.view(request, self.admin_site, object_id)

    def variance_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        count = self.get_object(request, object_id)
        if count is None:
            raise Http404
        if not self.has_view_permission(request, count):
            raise PermissionDenied
        return counting_variance.file(request, count)

    def open_view(self, request: HttpRequest) -> HttpResponse:
        """Asks what the sheet is for, and opens it."""
        if not request.user.has_perm(MAY_COUNT):
            raise PermissionDenied
        asked = {name: value for name, value in request.GET.items() if name in ("warehouse", "due")}
        form = SheetForm(request.POST) if request.method == "POST" else SheetForm(initial=asked)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data

            def open_count() -> StockCount:
                return counting.open_count(
                    warehouse_id=given["warehouse"].pk, variant_ids=given["variants"], basis=given["basis"],
                    scope=given["scope"], is_blind=given["is_blind"], note=given["note"], actor=actor(request), at=clock.now(),
                )  # fmt: skip

            try:
                with waits.refusing():
                    opened = slips.spend(request, open_count)
            except slips.Spent as spent:
                return self._done_before(request, spent)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                return HttpResponseRedirect(reverse("admin:inventory_stockcount_sheet", args=[opened.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Open a count sheet"),
            "form": form,
            "hidden": {slips.FIELD: slips.kept(request)},
            "explanation": _("Choose what is to be counted. The narrowest choice counts: SKUs, bins, a category, what is due."),
            "submit": _("Open the sheet"),
            "back": reverse("admin:inventory_stockcount_changelist"),
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {}
        if request.user.has_perm(MAY_COUNT):
            more = {name: reverse(f"admin:inventory_stockcount_{name.split('_')[0]}") for name in ("count_url", "open_url")}
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
            return self._choose(request, form)
        warehouse: Warehouse = form.cleaned_data["warehouse"]
        lines = query.lines(warehouse_id=warehouse.pk, variant_ids=form.cleaned_data["variants"])
        if request.method != "POST":
            return self._show(request, form, [Row(line, line.expected) for line in lines])
        rows = _typed(request, lines)
        found = [(row.line.variant.pk, row.expected, row.counted) for row in rows if row.counted is not None]
        if any(row.error for row in rows) or not found:
            messages.error(request, _("Nothing was saved: look at the lines once more."))
            return self._show(request, form, rows)

        def count() -> StockCount:
            return counting.count(
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
        if taken.state == StockCount.State.COUNTED:
            messages.warning(request, _("The differences are worth so much that somebody has to approve them first."))
        return HttpResponseRedirect(reverse("admin:inventory_stockcount_change", args=[taken.pk]))

    def _done_before(self, request: HttpRequest, spent: slips.Spent) -> HttpResponse:
        messages.warning(request, str(spent))
        return HttpResponseRedirect(reverse("admin:inventory_stockcount_changelist"))

    def _choose(self, request: HttpRequest, form: ChoiceForm) -> HttpResponse:
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


@admin.register(CountDue)
class CountDueAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("What should be counted next, and why. The list is made every night.")
    list_display = ("sku", "product", "warehouse", "abc", "why_label", "due", "last", "reasons")
    list_filter: tuple[Any, ...] = (
        ("warehouse", RelatedDropdownFilter), ("abc", ChoicesDropdownFilter), ("why", ChoicesDropdownFilter),
    )  # fmt: skip
    list_select_related = ("variant__product", "warehouse")
    list_display_links = None
    search_fields = ("variant__sku__istartswith",)
    search_help_text = gettext_lazy("Search by SKU")
    ordering = ("due_on", "id")
    fields = ("sku", "product", "warehouse", "abc", "why_label", "due", "last", "reasons")
    readonly_fields = fields
    change_list_template = "admin/inventory/stockcount/change_list.html"

    last = wording.moment_column("last_counted_at", gettext_lazy("last counted at"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"open_url": reverse("admin:inventory_stockcount_open") + "?due=all"} if request.user.has_perm(MAY_COUNT) else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    @display(description=gettext_lazy("SKU"))
    def sku(self, one: CountDue) -> str:
        return labels.variant_link(one.variant)

    @display(description=gettext_lazy("product"))
    def product(self, one: CountDue) -> str:
        return labels.variant_name(one.variant)

    @display(description=pgettext_lazy("stock count", "why"))
    def why_label(self, one: CountDue) -> str:
        return wording.label(one.get_why_display(), WHYS[CountDue.Why(one.why)])

    @display(description=gettext_lazy("due on"), ordering="due_on")
    def due(self, one: CountDue) -> str:
        return f"{one.due_on:%Y-%m-%d}"

    @display(description=gettext_lazy("in numbers"))
    def reasons(self, one: CountDue) -> str:
        told = _("class %(abc)s, every %(days)s days") % {"abc": one.abc, "days": one.every_days}
        if one.corrections:
            told += " · " + ngettext("%(count)s correction", "%(count)s corrections", one.corrections) % {
                "count": one.corrections
            }
        return told
