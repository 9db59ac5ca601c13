"""Runs of background jobs, and the page where staff ask for one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from config.kernel import clock, jobs
from config.kernel.admin import home, slips, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.models import JobRun

MAY_RUN = "kernel.change_jobrun"


def by_title() -> list[tuple[str, str]]:
    """Every job's name and title, in the order of the titles as this person reads them."""
    return sorted(((name, str(job.title)) for name, job in jobs.known().items()), key=lambda one: one[1])


class ByJob(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("job")
    parameter_name = "job"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return by_title()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(name=self.value()) if self.value() else queryset


class RunNowForm(forms.Form):
    job = forms.ChoiceField(label=gettext_lazy("Job"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The others belong to something, such as an import, and are asked for on its page.
        whole = [one for one in by_title() if not jobs.known()[one[0]].needs]
        self.fields["job"].choices = whole  # type: ignore[attr-defined]


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin, ButtonsAdmin):
    list_display = ("job", "state_label", "asker", "asked", "finished", "rows", "took", "excerpt")
    empty_hint = gettext_lazy("Each run of a job, by the schedule or asked for by staff.")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        ByJob,
        ("asked_at", RangeDateTimeFilter),
    )
    also_narrowed_by = ("state__in", "finished_at__gte")
    search_fields = ("name", "error")
    search_help_text = gettext_lazy("Search by job or error")
    list_select_related = ("asked_by",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("job", "state_label", "asker", "asked", "started", "finished")}),
        (gettext_lazy("Outcome"), {"fields": ("rows", "took", "attempts", "summary_facts", "error_text")}),
        (gettext_lazy("Request"), {"fields": ("argument_facts", "code", "message")}),
    )
    readonly_fields = (
        "job", "state_label", "asker", "asked", "started", "finished", "took", "summary_facts", "argument_facts", "error_text",
        "code", "message",
    )  # fmt: skip

    asked = wording.moment_column("asked_at", gettext_lazy("asked at"))
    started = wording.moment_column("started_at", gettext_lazy("started at"))
    finished = wording.moment_column("finished_at", gettext_lazy("finished at"))

    def title_of(self, run: JobRun) -> str:
        return f"{wording.job_title(run.name)} #{run.pk}"

    @display(description=gettext_lazy("job"), ordering="name")
    def job(self, run: JobRun) -> str:
        return wording.job_title(run.name)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, run: JobRun) -> str:
        return wording.label(run.get_state_display(), home.COLORS[JobRun.State(run.state)])

    @display(description=gettext_lazy("asked by"), ordering="asked_by")
    def asker(self, run: JobRun) -> str:
        return wording.asker(run)

    @display(description=gettext_lazy("took"), ordering="seconds")
    def took(self, run: JobRun) -> str:
        return wording.duration(run.seconds)

    @display(description=gettext_lazy("error"))
    def excerpt(self, run: JobRun) -> str:
        return wording.excerpt(wording.run_error(run))

    @display(description=gettext_lazy("summary"))
    def summary_facts(self, run: JobRun) -> str:
        return wording.facts(run.summary)

    @display(description=gettext_lazy("arguments"))
    def argument_facts(self, run: JobRun) -> str:
        return wording.facts(run.arguments)

    @display(description=gettext_lazy("error"))
    def error_text(self, run: JobRun) -> str:
        return wording.trace(wording.run_error(run))

    @display(description=gettext_lazy("code"))
    def code(self, run: JobRun) -> str:
        return run.name

    @display(description=gettext_lazy("message"))
    def message(self, run: JobRun) -> str:
        return run.task_id

    @operation_button(
        title=gettext_lazy("Run again"), permission=MAY_RUN, icon="replay", shown=lambda run: run.name in jobs.known()
    )
    def run_again(self, request: HttpRequest, run: JobRun) -> str:
        jobs.request(name=run.name, arguments=run.arguments, actor=actor(request), at=clock.now())
        return _("Asked for another run of “%(job)s”.") % {"job": wording.job_title(run.name)}

    def get_urls(self) -> list[URLPattern]:
        return [
            path("run/", self.admin_site.admin_view(self.run_now_view), name="kernel_jobrun_run"),
            path("state/", home.state_view, name="kernel_state"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"run_now_url": reverse("admin:kernel_jobrun_run")} if request.user.has_perm(MAY_RUN) else {}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def run_now_view(self, request: HttpRequest) -> HttpResponse:
        """Lists the jobs; asking for one leads to its run."""
        if not request.user.has_perm(MAY_RUN):
            raise PermissionDenied
        back = reverse("admin:kernel_jobrun_changelist")
        form = RunNowForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            name = form.cleaned_data["job"]
            try:
                asked = attempt(request, lambda: slips.spend(request, lambda: ask(request, name)))
            except slips.Spent as spent:
                messages.warning(request, str(spent))
                return HttpResponseRedirect(back)
            if asked is not None:
                messages.success(request, _("Asked for a run of “%(job)s”.") % {"job": wording.job_title(name)})
                return HttpResponseRedirect(reverse("admin:kernel_jobrun_change", args=[asked.value.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Run a job now"),
            "form": form,
            "explanation": _("A worker takes the job within seconds. Every job is safe to run at any time and more than once."),
            "submit": _("Run now"),
            "hidden": {slips.FIELD: slips.kept(request)},
            "back": back,
        }
        return TemplateResponse(request, "admin/_form_page.html", context)


def ask(request: HttpRequest, name: str) -> JobRun:
    return jobs.request(name=name, actor=actor(request), at=clock.now())
