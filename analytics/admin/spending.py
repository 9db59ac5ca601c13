"""What advertising cost: the rows, each table that was taken in, and the page that takes one in."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from analytics.behaviour.spending import COLUMNS, MOST_ROWS, Mistake
from analytics.models import AdSpend, SpendImport
from analytics.models.attribution import Grouping
from analytics.operations import spend
from analytics.operations.spend import SpendRefused, Taken
from analytics.words import figures as words
from config.kernel import clock, exporting, waits
from config.kernel.admin import downloading, slips, wording
from config.kernel.admin.buttons import actor
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.errors import DomainError

MAY_IMPORT = "analytics.import_spend"
MOST_BYTES = 5_000_000
TITLES = dict(Grouping.choices)

# What each column says, with an example.
TOLD: dict[str, tuple[Any, str]] = {
    "day": (gettext_lazy("The day, or 날짜 as the heading."), "2026-11-19"),
    "source": (gettext_lazy("As utm_source of the links says, or 매체 as the heading."), "naver"),
    "medium": (gettext_lazy("As utm_medium of the links says, or 유형."), "cpc"),
    "campaign": (gettext_lazy("As utm_campaign of the links says, or 캠페인."), "brand"),
    "impressions": (gettext_lazy("How often it was shown, or 노출수. May be empty."), "12000"),
    "clicks": (gettext_lazy("How often it was clicked, or 클릭수. May be empty."), "340"),
    "cost": (gettext_lazy("What it cost on that day, or 비용, 광고비."), "51000"),
}
PROBLEMS: dict[str, Any] = {
    "not_text": pgettext_lazy("spend", "The file is no text in UTF-8 or Korean Windows letters."),
    "too_many_rows": pgettext_lazy("spend", "The file has too many rows."),
    "broken_row": pgettext_lazy("spend", "The row has not as many cells as the heading, or a quotation mark stands alone."),
    "empty": pgettext_lazy("spend", "The file has no rows."),
    "no_column": pgettext_lazy("spend", "This column is missing, or is there twice."),
    "twice": pgettext_lazy("spend", "The same campaign and day stand in an earlier row, too."),
    "not_a_day": pgettext_lazy("spend", "This is no day; write it as 2026-11-19."),
    "not_yet": pgettext_lazy("spend", "This day lies in the future."),
    "missing": pgettext_lazy("spend", "This must not be empty."),
    "not_a_name": pgettext_lazy("spend", "This is too long, or holds signs nobody can see."),
    "not_a_count": pgettext_lazy("spend", "This is no whole number."),
    "not_money": pgettext_lazy("spend", "This is no amount in the shop's currency."),
}


class SpendForm(forms.Form):
    upload = forms.FileField(
        label=pgettext_lazy("import", "File"),
        widget=forms.FileInput(attrs={"accept": ".csv", "class": "several-files"}),
        help_text=gettext_lazy("A CSV file with a heading, as Excel or the advertising platform saves it."),
    )
    is_dry_run = forms.BooleanField(
        label=gettext_lazy("Only check"),
        help_text=gettext_lazy("Everything is read, matched and counted, and nothing is kept."),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean_upload(self) -> "UploadedFile[Any]":
        upload: UploadedFile[Any] = self.cleaned_data["upload"]
        if (upload.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("At most %(most)s MB.") % {"most": MOST_BYTES // 1_000_000})
        return upload


@admin.register(AdSpend)
class AdSpendAdmin(ReadOnlyAdmin):
    list_display = ("on", "origin", "source", "medium", "campaign", "impressions", "clicks", "cost_words")
    list_filter: tuple[Any, ...] = (("day", RangeDateFilter), ("grouping", ChoicesDropdownFilter))
    also_narrowed_by = ("campaign_key",)
    ordering = ("-day", "-id")
    sortable_by = ()
    actions = None
    list_select_related = ("told_by",)
    fields = ("on", "origin", "source", "medium", "campaign", "impressions", "clicks", "cost_words", "told_by")
    readonly_fields = fields
    empty_hint = gettext_lazy("What campaigns showed and cost, day by day, from a file or by the API.")

    @display(description=gettext_lazy("business day"))
    def on(self, row: AdSpend) -> str:
        return words.day(row.day)

    @display(description=pgettext_lazy("visit", "origin"))
    def origin(self, row: AdSpend) -> str:
        return str(TITLES[row.grouping])

    @display(description=pgettext_lazy("advertising", "cost"))
    def cost_words(self, row: AdSpend) -> str:
        return words.money(row.cost)

    def title_of(self, row: AdSpend) -> str:
        return f"{words.day(row.day)} · {row.campaign or row.source}"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="analytics_adspend_import"),
            path("import/template.csv", wrap(self.template_view), name="analytics_adspend_template"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        url = reverse("admin:analytics_adspend_import") if request.user.has_perm(MAY_IMPORT) else ""
        page: HttpResponse = super().changelist_view(request, {"import_url": url, **(extra_context or {})})
        return page

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Takes a file in, or tells row by row what is wrong with it."""
        if not request.user.has_perm(MAY_IMPORT):
            raise PermissionDenied
        form = SpendForm(request.POST or None, request.FILES or None)
        told: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            try:
                taken = take(request, form.cleaned_data)
            except SpendRefused as refusal:
                told = {"refused": str(refusal), "mistakes": [_mistake(one) for one in refusal.mistakes[: spend.MOST_TOLD]]}
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(reverse("admin:analytics_adspend_changelist"))
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                if taken.run is not None:
                    messages.success(request, _in_words(taken))
                    return HttpResponseRedirect(reverse("admin:analytics_adspend_changelist"))
                told = {"checked": _in_words(taken)}
        if request.method == "POST" and "upload" not in form.errors:
            form.add_error("upload", _("Choose the files again; the browser has not kept them."))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import advertising spend"),
            "form": form,
            "explanation": _(
                "Takes in what campaigns showed and cost. All rows are taken in or none, and a campaign's day that is "
                "known already is replaced: the same file twice adds nothing. At most %(rows)s rows."
            )
            % {"rows": words.number(MOST_ROWS)},
            "submit": pgettext("import", "Begin"),
            "hidden": {slips.FIELD: slips.kept(request)},
            "back": reverse("admin:analytics_adspend_changelist"),
            "columns": TOLD.items(),
            "template_url": reverse("admin:analytics_adspend_template"),
            **told,
        }
        return TemplateResponse(request, "admin/analytics/adspend/import.html", context)

    def template_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAY_IMPORT):
            raise PermissionDenied
        heading = "".join(exporting.lines([list(COLUMNS)]))
        name = {"Content-Disposition": 'attachment; filename="spend.csv"'}
        return HttpResponse(exporting.MARK + heading, content_type=downloading.CSV, headers=name)


@admin.register(SpendImport)
class SpendImportAdmin(ReadOnlyAdmin):
    list_display = ("taken_in", "who", "file", "period", "added", "changed", "unchanged", "cost_words")
    list_filter: tuple[Any, ...] = (("imported_at", BusinessDaysFilter),)
    list_select_related = ("actor",)
    ordering = ("-imported_at", "-id")
    sortable_by = ()
    actions = None
    fields = list_display
    readonly_fields = fields
    empty_hint = gettext_lazy("Each table of spend that was taken in, with what became of its rows.")

    taken_in = wording.moment_column("imported_at", gettext_lazy("imported at"))

    def title_of(self, run: SpendImport) -> str:
        return f"{wording.plain_moment(run.imported_at)} · {run.name or 'API'}"

    @display(description=gettext_lazy("imported by"))
    def who(self, run: SpendImport) -> str:
        return str(run.actor) if run.actor else "-"

    @display(description=pgettext_lazy("import", "file"))
    def file(self, run: SpendImport) -> str:
        return run.name or "API"

    @display(description=pgettext_lazy("import", "days"))
    def period(self, run: SpendImport) -> str:
        return f"{run.first_day:%Y-%m-%d} – {run.last_day:%Y-%m-%d}"

    @display(description=pgettext_lazy("advertising", "cost"))
    def cost_words(self, run: SpendImport) -> str:
        return words.money(run.cost)


def take(request: HttpRequest, told: dict[str, Any]) -> Taken:
    upload: UploadedFile[Any] = told["upload"]
    given: dict[str, Any] = {"content": upload.read(), "name": upload.name or "", "actor": actor(request), "at": clock.now()}
    with waits.refusing():
        if told["is_dry_run"]:
            return spend.take_file(**given, is_dry_run=True)
        return slips.spend(request, lambda: spend.take_file(**given, is_dry_run=False))


def _in_words(taken: Taken) -> str:
    told = (
        _("Taken in: %(added)s rows added, %(changed)s changed, %(unchanged)s as before; %(cost)s in all.")
        if taken.run is not None
        else _(
            "Nothing is kept yet. Of this file %(added)s rows are new, %(changed)s changed, %(unchanged)s as before; "
            "%(cost)s in all."
        )
    )
    return told % {
        "added": words.number(taken.added),
        "changed": words.number(taken.changed),
        "unchanged": words.number(taken.unchanged),
        "cost": words.money(taken.cost),
    }


def _mistake(one: Mistake) -> dict[str, Any]:
    return {
        "row": words.number(one.row) if one.row else "-",
        "column": one.column or "-",
        "value": one.value or "-",
        "problem": PROBLEMS[one.problem],
    }
