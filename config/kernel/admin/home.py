"""The first page: whether the shop's parts are up, what waits, what ran last, what runs next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from config.kernel import clock, health, overview
from config.kernel.admin import schedule, wording
from config.kernel.models import JobRun

COLORS = {
    JobRun.State.REQUESTED: "info",
    JobRun.State.RUNNING: "warning",
    JobRun.State.SUCCEEDED: "success",
    JobRun.State.FAILED: "danger",
    JobRun.State.LOST: "danger",
}


@dataclass(frozen=True)
class Section:
    """A part of the page that an app adds. `values(request)` is everything its template shows; None leaves it out."""

    template: str
    values: Callable[[HttpRequest], dict[str, Any] | None]
    order: int


_sections: list[Section] = []


def add_section(template: str, values: Callable[[HttpRequest], dict[str, Any] | None], *, order: int) -> None:
    """Stands above the state of the system. Apps declare it from their admin package; one that is unplugged shows nothing."""
    _sections.append(Section(template, values, order))


def _shown_sections(request: HttpRequest) -> list[dict[str, Any]]:
    filled = ((section.template, section.values(request)) for section in sorted(_sections, key=lambda one: one.order))
    return [{"template": template, "values": values} for template, values in filled if values is not None]


def _backlog(request: HttpRequest, at: datetime) -> list[dict[str, Any]]:
    numbers = health.backlog(at=at)
    events, runs = "admin:kernel_outboxdelivery_changelist", "admin:kernel_jobrun_changelist"
    entries = "admin:django_celery_beat_periodictask_changelist"
    since = (at - timedelta(days=1)).isoformat()
    rows: list[tuple[str, int, bool, str, str, dict[str, str]]] = [
        (
            _("Events due"),
            numbers.pending,
            False,
            "kernel.view_outboxdelivery",
            events,
            {"state__exact": "PENDING", "next_attempt_at__lte": at.isoformat()},
        ),
        (_("Events parked"), numbers.parked, True, "kernel.view_outboxdelivery", events, {"state__exact": "PARKED"}),
        (
            _("Jobs failed in 24 hours"),
            numbers.failed,
            True,
            "kernel.view_jobrun",
            runs,
            {"state__in": f"{JobRun.State.FAILED},{JobRun.State.LOST}", "finished_at__gte": since},
        ),
        (
            _("Schedule entries on"),
            numbers.scheduled,
            False,
            "django_celery_beat.view_periodictask",
            entries,
            {"enabled__exact": "1"},
        ),
    ]
    return [
        {
            "title": title,
            "number": number,
            "alarming": alarming and number > 0,
            "url": f"{reverse(address)}?{urlencode(query)}" if request.user.has_perm(permission) else "",
        }
        for title, number, alarming, permission, address, query in rows
    ]


def _run(run: JobRun) -> dict[str, Any]:
    return {
        "title": wording.job_title(run.name),
        "state": run.get_state_display(),
        "color": COLORS[JobRun.State(run.state)],
        "asker": wording.asker(run),
        "asked_at": run.asked_at,
        "rows": run.rows,
        "took": wording.duration(run.seconds),
        "url": reverse("admin:kernel_jobrun_change", args=[run.pk]),
    }


def _entry(entry: overview.Entry) -> dict[str, Any]:
    return {
        "title": wording.job_title(entry.task.task),
        "times": schedule.times(entry.task),
        "enabled": entry.task.enabled,
        "last": entry.ended_at,
        "next": entry.next_at,
        "url": reverse("admin:django_celery_beat_periodictask_change", args=[entry.task.pk]),
    }


def state(request: HttpRequest) -> dict[str, Any]:
    """Everything the cards show, as finished values, down to what this person may see."""
    at = clock.now()
    parts = health.report(at=at)
    sees_runs = request.user.has_perm("kernel.view_jobrun")
    sees_schedule = request.user.has_perm("django_celery_beat.view_periodictask")
    work = overview.work(at=at, runs=sees_runs, schedule=sees_schedule)
    return {
        "parts": [{**vars(part), "is_moment": isinstance(part.detail, datetime)} for part in parts],
        "healthy": all(part.healthy for part in parts),
        "backlog": _backlog(request, at),
        "runs": [_run(run) for run in work.runs],
        "sees_runs": sees_runs,
        "runs_url": reverse("admin:kernel_jobrun_changelist"),
        "schedule": [_entry(entry) for entry in work.schedule],
        "sees_schedule": sees_schedule,
        "schedule_url": reverse("admin:django_celery_beat_periodictask_changelist"),
        "seen_at": at,
    }


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What UNFOLD["DASHBOARD_CALLBACK"] asks for."""
    return context | {
        "title": _("Home"),
        "sections": _shown_sections(request),
        "state": state(request),
        "state_url": reverse("admin:kernel_state"),
    }


def state_view(request: HttpRequest) -> HttpResponse:
    """The cards alone, asked for every few seconds. Whoever was logged out meanwhile is sent to the login page."""
    if not admin.site.has_permission(request):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "admin/kernel/_state.html", {"state": state(request)})
