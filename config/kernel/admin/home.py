"""The first page: whether the shop's parts are up, what waits, what ran last, what runs next."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from config.kernel import clock, health
from config.kernel.admin import schedule, wording
from config.kernel.models import JobRun

SHOWN_RUNS = 10
# Asking for unapplied migrations reads every migration file; open pages share one answer for this long.
REPORT_KEPT = timedelta(seconds=5)
COLORS = {
    JobRun.State.REQUESTED: "info",
    JobRun.State.RUNNING: "warning",
    JobRun.State.SUCCEEDED: "success",
    JobRun.State.FAILED: "danger",
    JobRun.State.LOST: "danger",
}

_kept: tuple[datetime, list[health.Part]] | None = None


def _report(at: datetime) -> list[health.Part]:
    global _kept
    if _kept is None or not timedelta(0) <= at - _kept[0] < REPORT_KEPT:
        _kept = (at, health.report(at=at))
    return _kept[1]


def _backlog(request: HttpRequest, at: datetime) -> list[dict[str, Any]]:
    numbers = health.backlog(at=at)
    events, runs = "admin:kernel_outboxdelivery_changelist", "admin:kernel_jobrun_changelist"
    entries = "admin:django_celery_beat_periodictask_changelist"
    since = (at - timedelta(days=1)).isoformat()
    rows: list[tuple[str, int, bool, str, str, dict[str, str]]] = [
        (_("Events due"), numbers.pending, False, "kernel.view_outboxdelivery", events, {"state__exact": "PENDING"}),
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


def _runs() -> list[dict[str, Any]]:
    """The latest runs that did something, failed, or were asked for by a person; without any, simply the latest."""
    latest = JobRun.objects.select_related("asked_by").order_by("-id")
    eventful = ~Q(state=JobRun.State.SUCCEEDED) | Q(rows__gt=0) | Q(asked_by__isnull=False)
    return [
        {
            "title": wording.job_title(run.name),
            "state": run.get_state_display(),
            "color": COLORS[JobRun.State(run.state)],
            "asker": run.asked_by.get_username() if run.asked_by else _("schedule"),
            "asked_at": run.asked_at,
            "rows": run.rows,
            "took": wording.duration(run.seconds),
            "url": reverse("admin:kernel_jobrun_change", args=[run.pk]),
        }
        for run in (latest.filter(eventful)[:SHOWN_RUNS] or latest[:SHOWN_RUNS])
    ]


def _schedule(at: datetime) -> list[dict[str, Any]]:
    last = JobRun.objects.filter(name=OuterRef("task"), finished_at__isnull=False).order_by("-id").values("finished_at")[:1]
    tasks = PeriodicTask.objects.select_related("crontab", "interval").annotate(ended_at=Subquery(last)).order_by("name")
    return [
        {
            "title": wording.job_title(task.task),
            "times": schedule.times(task),
            "enabled": task.enabled,
            "last": task.ended_at,
            "next": schedule.next_run(task, at),
            "url": reverse("admin:django_celery_beat_periodictask_change", args=[task.pk]),
        }
        for task in tasks
    ]


def state(request: HttpRequest) -> dict[str, Any]:
    """Everything the cards show, as finished values, down to what this person may see."""
    at = clock.now()
    parts = _report(at)
    running = parts[0].healthy
    sees_runs = running and request.user.has_perm("kernel.view_jobrun")
    sees_schedule = running and request.user.has_perm("django_celery_beat.view_periodictask")
    return {
        "parts": [{**vars(part), "is_moment": isinstance(part.detail, datetime)} for part in parts],
        "healthy": all(part.healthy for part in parts),
        "backlog": _backlog(request, at) if running else [],
        "runs": _runs() if sees_runs else [],
        "sees_runs": sees_runs,
        "runs_url": reverse("admin:kernel_jobrun_changelist"),
        "schedule": _schedule(at) if sees_schedule else [],
        "sees_schedule": sees_schedule,
        "schedule_url": reverse("admin:django_celery_beat_periodictask_changelist"),
        "seen_at": at,
    }


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What UNFOLD["DASHBOARD_CALLBACK"] asks for."""
    return context | {"title": _("Home"), "state": state(request), "state_url": reverse("admin:kernel_state")}


def state_view(request: HttpRequest) -> HttpResponse:
    """The cards alone, asked for every few seconds. Whoever was logged out meanwhile is sent to the login page."""
    if not admin.site.has_permission(request):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "admin/kernel/_state.html", {"state": state(request)})
