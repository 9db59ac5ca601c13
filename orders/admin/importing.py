"""Imports of an old shop's history: the list, the report of each, the rows it left out, and the page that begins one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from config.kernel import clock, exporting
from config.kernel.admin import downloading, slips, wording
from config.kernel.admin.buttons import actor, attempt
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from inventory.admin.documents import declare
from inventory.models import Warehouse
from orders.importing import refusals
from orders.importing.profiles import PROFILES
from orders.importing.report import FIGURES, OUTCOMES
from orders.models import ImportRun
from orders.models.importing import IMPORT_WAREHOUSE
from orders.operations import importing

MAY_IMPORT = "orders.import_history"
COLORS = {
    ImportRun.State.REQUESTED: "info",
    ImportRun.State.READING: "warning",
    ImportRun.State.WRITING: "warning",
    ImportRun.State.IMPORTED: "success",
    ImportRun.State.CHECKED: "success",
    ImportRun.State.REFUSED: "danger",
    ImportRun.State.FAILED: "danger",
}

# What a row of one's own orders says, column by column, with an example.
COLUMNS: dict[str, tuple[Any, str]] = {
    "order_number": (gettext_lazy("Number of the order; the same in each of its rows."), "20260105-0001"),
    "ordered_at": (gettext_lazy("When it was ordered, or when the goods came back."), "2026-01-05 14:30"),
    "sku": (gettext_lazy("The shop's own code of the product. One that is not known is made."), "CUP-01"),
    "product_name": (gettext_lazy("As it is called in a new row of the catalog and on the order."), "머그컵"),
    "quantity": (gettext_lazy("Units, above zero, for returns as well."), "2"),
    "unit_price": (gettext_lazy("What was paid for one unit, discounts taken off."), "12000"),
    "customer_id": (
        gettext_lazy("The storefront's own key of the customer. The column may be missing, a cell empty."),
        "c-1024",
    ),
    "kind": (
        gettext_lazy("sale, or return for goods that came back to this order. The column may be missing; empty is a sale."),
        "sale",
    ),
}

declare("IMPORT", pgettext_lazy("document", "stock correction of the old shop"))


class SeveralFilesWidget(forms.FileInput):
    """The browser's own: it says how many files were chosen, where the theme's shows the first one's name."""

    allow_multiple_selected = True

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        # The theme's script writes the file's name into a text field beside each file field, and stumbles where there is none.
        return format_html('{}<input type="text" hidden disabled>', super().render(*args, **kwargs))


class SeveralFiles(forms.FileField):
    """Every file that was chosen, none of them empty; each ends as the reader wants it."""

    widget = SeveralFilesWidget(attrs={"multiple": True, "accept": ".xlsx,.csv,.gz", "class": "several-files"})

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        # Nothing chosen is judged like one file that is missing.
        chosen = data if isinstance(data, list) and data else [None]
        files = [super(SeveralFiles, self).clean(one, initial) for one in chosen]
        for one in files:
            if not one.name.lower().endswith((".xlsx", ".csv", ".csv.gz")):
                raise ValidationError(_("“%(name)s”: only .xlsx, .csv and .csv.gz files are read.") % {"name": one.name})
        return files


class ImportForm(forms.Form):
    profile = forms.ChoiceField(
        label=pgettext_lazy("import", "Shop"),
        widget=UnfoldAdminSelectWidget,
    )
    uploads = SeveralFiles(
        label=pgettext_lazy("import", "Files"),
        help_text=gettext_lazy(
            "Excel workbooks (.xlsx, their first sheet) or CSV files in UTF-8, packed by gzip if you like. Choose all together."
        ),
    )
    is_dry_run = forms.BooleanField(
        label=gettext_lazy("Only check"),
        help_text=gettext_lazy("Everything is read, matched and counted, and nothing is kept."),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )
    shift_to_today = forms.BooleanField(
        label=gettext_lazy("Move dates to today"),
        help_text=gettext_lazy(
            "For trials: all dates move by whole weeks, so that the last day falls on today or in the week before."
        ),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    warehouse = forms.ChoiceField(
        label=pgettext_lazy("import", "Warehouse"),
        help_text=gettext_lazy("Where the goods left from. The one of its own is made where needed and serves no new orders."),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = settings.SHOP_CURRENCY
        offered = [one for one in PROFILES.values() if one.money(ours) == ours]
        others = [f"{one.title} ({one.money(ours)})" for one in PROFILES.values() if one not in offered]
        self._offer("profile", [(one.name, f"{one.title} ({ours})") for one in offered])
        told = [_("Where the files come from; their amounts are in %(currency)s, as this shop's.") % {"currency": ours}]
        if others:
            told.append(_("For shops of another currency (SHOP_CURRENCY): %(profiles)s.") % {"profiles": ", ".join(others)})
        self.fields["profile"].help_text = " ".join(told)
        codes = Warehouse.objects.exclude(code=IMPORT_WAREHOUSE).values_list("code", "name")
        made = IMPORT_WAREHOUSE
        own = _("A warehouse of its own for the past (%(code)s)") % {"code": made}
        self._offer("warehouse", [(made, own), *((code, f"{name} ({code})") for code, name in codes)])

    def ask_for_files_again(self) -> None:
        """Browsers send files once: a form that is shown again has lost them."""
        if "uploads" not in self.errors:
            self.add_error("uploads", _("Choose the files again; the browser has not kept them."))

    def _offer(self, field: str, choices: Sequence[tuple[str, str]]) -> None:
        chosen = self.fields[field]
        assert isinstance(chosen, forms.ChoiceField)  # noqa: S101
        chosen.choices = choices


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("asked", "shop", "state_label", "period", "rows", "imported", "left_out", "took", "who")
    empty_hint = gettext_lazy("Each file of past orders that is read, with what became of every row.")
    list_filter: tuple[Any, ...] = (("state", ChoicesDropdownFilter), ("requested_at", BusinessDaysFilter))
    list_select_related = ("actor",)
    ordering = ("-id",)
    readonly_fields = fields = ("shop", "asked", "who", "warehouse")
    change_form_outer_after_template = "admin/orders/importrun/_standing.html"

    asked = wording.moment_column("requested_at", gettext_lazy("asked at"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The report tells the shop's whole turnover, and its file names customers."""
        return bool(request.user.has_perm(MAY_IMPORT))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def title_of(self, run: ImportRun) -> str:
        return f"{title(run)} #{run.pk}"

    @display(description=pgettext_lazy("import", "shop"), ordering="profile")
    def shop(self, run: ImportRun) -> str:
        return title(run)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, run: ImportRun) -> str:
        return wording.label(run.get_state_display(), COLORS[ImportRun.State(run.state)])

    @display(description=pgettext_lazy("import", "months"))
    def period(self, run: ImportRun) -> str:
        months = [one["month"] for one in run.report.get("months", [])]
        return f"{months[0]} – {months[-1]}" if months else "-"

    @display(description=pgettext_lazy("import", "rows read"), ordering="rows_read")
    def rows(self, run: ImportRun) -> int:
        return run.rows_read if run.finished_at else run.rows_so_far

    @display(description=pgettext_lazy("import", "imported"), ordering="rows_imported")
    def imported(self, run: ImportRun) -> int:
        return run.rows_imported

    @display(description=pgettext_lazy("import", "left out"), ordering="rows_skipped")
    def left_out(self, run: ImportRun) -> int:
        return run.rows_skipped

    @display(description=gettext_lazy("took"), ordering="seconds")
    def took(self, run: ImportRun) -> str:
        return wording.duration(run.seconds)

    @display(description=gettext_lazy("asked by"))
    def who(self, run: ImportRun) -> str:
        return str(run.actor) if run.actor else pgettext("asked by", "command")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, context | shown(kwargs["obj"]), *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("import/", self.admin_site.admin_view(self.import_view), name="orders_importrun_import"),
            path("import/template.csv", self.admin_site.admin_view(self.template_view), name="orders_importrun_template"),
            path("<int:pk>/standing/", self.admin_site.admin_view(self.standing_view), name="orders_importrun_standing"),
            path("<int:pk>/rejects/", self.admin_site.admin_view(self.rejects_view), name="orders_importrun_rejects"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page: HttpResponse = super().changelist_view(
            request, {"import_url": reverse("admin:orders_importrun_import"), **(extra_context or {})}
        )
        return page

    def standing_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The report alone, asked for every two seconds while the import runs."""
        return TemplateResponse(request, "admin/orders/importrun/_standing.html", shown(self._found(request, pk)))

    def rejects_view(self, request: HttpRequest, pk: int) -> FileResponse:
        run = self._found(request, pk)
        if not run.rejects:
            raise Http404
        name = f"left-out-{run.profile}-{run.pk}.csv"
        downloading.remember(request, of=run, called=str(run))
        return FileResponse(run.rejects.open("rb"), as_attachment=True, filename=name, content_type=downloading.CSV)

    def _found(self, request: HttpRequest, pk: int) -> ImportRun:
        if not request.user.has_perm(MAY_IMPORT):
            raise PermissionDenied
        run = ImportRun.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        return run

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Takes the files and asks for the import; the page of the run shows how it goes."""
        if not request.user.has_perm(MAY_IMPORT):
            raise PermissionDenied
        back = reverse("admin:orders_importrun_changelist")
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                asked = attempt(request, lambda: slips.spend(request, lambda: begin(request, form.cleaned_data)))
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(back)
            if asked is not None:
                return HttpResponseRedirect(reverse("admin:orders_importrun_change", args=[asked.value.pk]))
        if request.method == "POST":
            form.ask_for_files_again()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Imports of history"),
            "form": form,
            "explanation": _(
                "Reads past orders, returns and stock. All of it is written or nothing, and the same "
                "files twice add nothing. At most %(most)s MB together; larger files are read by the command import_history."
            )
            % {"most": settings.UPLOAD_MOST_MB},
            "submit": pgettext("import", "Begin"),
            "hidden": {slips.FIELD: slips.kept(request)},
            "back": back,
            "columns": COLUMNS.items(),
            "template_url": reverse("admin:orders_importrun_template"),
        }
        return TemplateResponse(request, "admin/orders/importrun/import.html", context)

    def template_view(self, request: HttpRequest) -> HttpResponse:
        """An empty table of one's own orders, to be filled in by a spreadsheet."""
        if not request.user.has_perm(MAY_IMPORT):
            raise PermissionDenied
        heading = "".join(exporting.lines([list(COLUMNS)]))
        name = {"Content-Disposition": 'attachment; filename="orders.csv"'}
        return HttpResponse(exporting.MARK + heading, content_type=downloading.CSV, headers=name)


def begin(request: HttpRequest, told: dict[str, Any]) -> ImportRun:
    return importing.request(**told, actor=actor(request), at=clock.now())


def title(run: ImportRun) -> str:
    return str(PROFILES[run.profile].title) if run.profile in PROFILES else run.profile


def shown(run: ImportRun) -> dict[str, Any]:
    """Everything the page of a run shows, as finished values."""
    report = run.report
    return {
        "run": run,
        "state_label": wording.label(run.get_state_display(), COLORS[ImportRun.State(run.state)]),
        "refused": refusals.told(run.refusal) if run.refusal else run.error,
        "is_over": run.finished_at is not None,
        "url": reverse("admin:orders_importrun_standing", args=[run.pk]),
        "rejects_url": reverse("admin:orders_importrun_rejects", args=[run.pk]) if run.rejects else "",
        "rows": run.rows_read if run.finished_at else run.rows_so_far,
        "took": wording.duration(run.seconds),
        "files": report.get("files", []),
        "file_names": [one.name for one in run.files.order_by("id")],
        "outcomes": [{**one, "title": OUTCOMES[one["outcome"]]} for one in report.get("outcomes", [])],
        "months": report.get("months", []),
        "currency": report.get("currency", ""),
        "figures": [(FIGURES[name], value) for name, value in report.get("figures", {}).items() if name in FIGURES],
    }
