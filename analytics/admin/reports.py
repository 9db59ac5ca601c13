"""Report packs, and the reports made of them: on the page, as a PDF file, and as a workbook."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from analytics.admin.lines import LabeledForm
from analytics.metrics import METRICS
from analytics.models import Report, ReportPack
from analytics.operations import reports
from analytics.queries.measuring import May
from analytics.words import alerts, figures, mails, paper
from analytics.words import reports as words
from config.kernel import (
    clock,
    pdf,
    workbooks,
)
from config.kernel.admin import downloading, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import KeptAdmin, ReadOnlyAdmin
from config.kernel.models import User

MAY_CHANGE = "analytics.change_reportpack"


class PackForm(LabeledForm):
    metrics = forms.MultipleChoiceField(label=gettext_lazy("figures"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("weekday"), coerce=int, widget=UnfoldAdminSelectWidget, initial=0,
        help_text=gettext_lazy("Of packs that are sent once a week."),
    )  # fmt: skip

    class Meta:
        model = ReportPack
        fields = ("name", "metrics", "period", "rhythm", "weekday", "hour", "language", "files", "recipients", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "metrics" not in self.fields:
            return
        metrics: Any = self.fields["metrics"]
        metrics.choices = [(one.code, str(one.title)) for one in METRICS.values()]
        weekday: Any = self.fields["weekday"]
        weekday.choices = [(number, long) for number, (_short, long) in enumerate(figures.weekday_names())]
        people: Any = self.fields["recipients"]
        # Accounts are made on their own page.
        people.widget.can_add_related = False
        people.queryset = User.objects.filter(is_active=True, is_staff=True).order_by("username")


@admin.register(ReportPack)
class ReportPackAdmin(KeptAdmin, ButtonsAdmin):
    form = PackForm
    empty_hint = gettext_lazy("Put figures together here that are to be made and mailed regularly.")
    list_display = ("name", "period", "rhythm_label", "language", "is_active")
    ordering = ("name", "id")
    sortable_by = ()
    actions = None
    readonly_fields = ("reports_link",)

    def get_fieldsets(self, request: HttpRequest, obj: ReportPack | None = None) -> Any:
        told = () if obj is None else ("reports_link",)
        return (
            (pgettext_lazy("section", "What"), {"fields": ("name", "metrics", "period", "language", "files")}),
            (gettext_lazy("When and to whom"), {"fields": ("rhythm", "weekday", "hour", "recipients", "is_active", *told)}),
        )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> ReportPack:
        """The operation writes it."""
        pack: ReportPack = form.instance
        return pack

    def save_model(self, request: HttpRequest, obj: ReportPack, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in reports.WRITTEN}
        recipients = form.cleaned_data["recipients"]
        if change:
            reports.change(pack_id=obj.pk, values=values, recipients=recipients)
        else:
            obj.pk = reports.add(values=values, recipients=recipients, at=clock.now()).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Written with the pack."""

    @display(description=gettext_lazy("sent"))
    def rhythm_label(self, pack: ReportPack) -> str:
        told = str(pack.get_rhythm_display())
        if pack.rhythm == ReportPack.Rhythm.WEEKLY:
            told = f"{told} ({figures.weekday_names()[pack.weekday][1]})"
        return f"{told} {pack.hour:02}:00"

    @display(description=gettext_lazy("reports"))
    def reports_link(self, pack: ReportPack) -> str:
        address = f"{reverse('admin:analytics_report_changelist')}?pack__id__exact={pack.pk}"
        return format_html('<a href="{}">{}</a>', address, _("Show the reports"))

    @operation_button(title=gettext_lazy("Make and send now"), permission=MAY_CHANGE, icon="send")
    def send_now(self, request: HttpRequest, pack: ReportPack) -> str:
        reports.send_now(pack_id=pack.pk, actor=actor(request), at=clock.now())
        return _("The report is made. It is mailed to its recipients within a minute or two.")


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    change_form_outer_after_template = "admin/analytics/report/_report.html"
    empty_hint = gettext_lazy("Reports appear here when the hour of their pack has come, or when somebody asks for one.")
    list_display = ("name_label", "period_label", "made", "asked_by")
    list_select_related = ("pack", "actor")
    also_narrowed_by = ("pack__id__exact",)
    ordering = ("-made_at", "-id")
    sortable_by = ()
    actions = None
    fields = ("name_label", "period_label", "made", "asked_by", "mailed")
    readonly_fields = fields

    made = wording.moment_column("made_at", gettext_lazy("made at"))

    def title_of(self, row: Report) -> str:
        return f"{row.content['name']} · {words.period(row)}"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = [
            path("<path:object_id>/report.xlsx", view(self.workbook_view), name="analytics_report_workbook"),
            path("<path:object_id>/report.pdf", view(self.paper_view), name="analytics_report_paper"),
        ]
        return [*pages, *super().get_urls()]

    def workbook_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._file(request, object_id, words.workbook, workbooks.CONTENT_TYPE, "xlsx")

    def paper_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not pdf.is_there():
            messages.error(request, mails.paper_is_missing())
            return HttpResponseRedirect(reverse("admin:analytics_report_change", args=[unquote(object_id)]))
        return self._file(request, object_id, paper.written, pdf.CONTENT_TYPE, "pdf")

    def _file(
        self, request: HttpRequest, object_id: str, written: Callable[[Report, May], bytes], kind: str, ending: str
    ) -> HttpResponse:
        """Told down to what this person sees, and remembered."""
        report = self.get_object(request, unquote(object_id))
        if report is None:
            raise Http404
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        downloading.remember(request, of=report, called=self.title_of(report))
        with override(report.language):
            answer = HttpResponse(written(report, request.user.has_perm), content_type=kind)
        answer["Content-Disposition"] = f'attachment; filename="{words.file_name(report)}.{ending}"'
        answer["Cache-Control"] = "no-store"
        return answer

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        report: Report | None = kwargs.get("obj")
        if report is not None:
            may = request.user.has_perm
            context |= {
                "figures": words.figures(report, may),
                "before": words.before(report),
                "table": words.days(report, may),
                "freshness": words.freshness(report, may),
                "workbook_url": reverse("admin:analytics_report_workbook", args=[report.pk]),
                "paper_url": reverse("admin:analytics_report_paper", args=[report.pk]) if pdf.is_there() else "",
                "paper_is_missing": "" if pdf.is_there() else mails.paper_is_missing(),
                "definitions_url": reverse("admin:analytics_definitions"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=gettext_lazy("report pack"))
    def name_label(self, row: Report) -> str:
        return str(row.content["name"])

    @display(description=gettext_lazy("period"))
    def period_label(self, row: Report) -> str:
        return words.period(row)

    @display(description=gettext_lazy("asked by"))
    def asked_by(self, row: Report) -> str:
        return str(row.actor) if row.actor else _("schedule")

    @display(description=gettext_lazy("mailed to"))
    def mailed(self, row: Report) -> str:
        told = []
        for one in row.notices.select_related("recipient").order_by("pk"):
            state = " · ".join(filter(None, [str(one.get_state_display()), alerts.trouble(one)]))
            told.append(f"{one.recipient or '-'} ({state})")
        return ", ".join(told) or "-"
