"""The schedule: code proposes it, staff may change the hour or switch an entry off."""

from typing import Any

import django_celery_beat.admin  # noqa: F401  registers five models, which are taken over below
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.decorators import display

from config.kernel import clock, health, overview
from config.kernel.admin import wording
from config.kernel.admin.house import HouseAdmin

for model in (PeriodicTask, CrontabSchedule, IntervalSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


HELP = {
    "crontab": gettext_lazy("At which time of day. Choose either this or an interval."),
    "interval": gettext_lazy("How often, whatever the time of day. Choose either this or a time of day."),
    "minute": gettext_lazy("0 to 59, * for every minute; several with commas, steps as */5."),
    "hour": gettext_lazy("0 to 23, * for every hour; several with commas."),
    "day_of_week": gettext_lazy("0 (Sunday) to 6 (Saturday), * for every day."),
    "day_of_month": gettext_lazy("1 to 31, * for every day."),
    "month_of_year": gettext_lazy("1 to 12, * for every month."),
    "timezone": gettext_lazy("The zone in which the hour is meant."),
}


def times(task: PeriodicTask) -> str:
    """When an entry runs, in words."""
    if task.crontab:
        return wording.crontab_title(task.crontab)
    return str(task.interval) if task.interval else "-"


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.task == health.PULSE:
            moved = {"crontab", "interval"} & set(self.changed_data)
            for name in [*sorted(moved), *([] if cleaned.get("enabled") else ["enabled"])]:
                self.add_error(
                    name, _("This entry is the worker's pulse: it stays on, every minute, or a dead worker would go unnoticed.")
                )
        self.instance.expire_seconds = overview.seconds_between(
            crontab=cleaned.get("crontab"), interval=cleaned.get("interval")
        )
        return cleaned


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(HouseAdmin):
    form = EntryForm
    called = (gettext_lazy("schedule entry"), gettext_lazy("schedule"))
    list_display = ("job", "enabled", "at_times", "upcoming", "last_run", "reason")
    empty_hint = gettext_lazy("Jobs that run by themselves, and when.")
    list_filter = ("enabled",)
    search_fields = ("name", "task")
    list_select_related = ("crontab", "interval")
    ordering = ("name",)
    actions = None
    fieldsets = (
        (None, {"fields": ("job", "reason", "enabled")}),
        (gettext_lazy("Time"), {"fields": ("crontab", "interval", "upcoming", "last_run")}),
        (gettext_lazy("Task"), {"fields": ("code", "queue_name", "total_run_count")}),
    )
    readonly_fields = ("job", "reason", "upcoming", "last_run", "code", "queue_name", "total_run_count")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries are declared in code, beside the job they run."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("job"), ordering="task")
    def job(self, task: PeriodicTask) -> str:
        return wording.job_title(task.task)

    @display(description=gettext_lazy("time"))
    def at_times(self, task: PeriodicTask) -> str:
        return format_html('<span class="moment">{}</span>', times(task))

    @display(description=gettext_lazy("next run"))
    def upcoming(self, task: PeriodicTask) -> str:
        return wording.moment(overview.next_run(task, clock.now()))

    @display(description=pgettext_lazy("schedule", "reason"))
    def reason(self, task: PeriodicTask) -> str:
        return format_html('<span class="reason">{}</span>', _(task.description) if task.description else "-")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.help_text = HELP.get(db_field.name, "")
        if field is not None and db_field.name == "crontab":
            field.label_from_instance = wording.crontab_title
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        return overview.with_last_end(super().get_queryset(request))

    last_run = wording.moment_column("ended_at", gettext_lazy("last run"))

    def title_of(self, task: PeriodicTask) -> str:
        return wording.job_title(task.task)

    @display(description=gettext_lazy("code"))
    def code(self, task: PeriodicTask) -> str:
        return str(task.task)

    @display(description=gettext_lazy("queue"))
    def queue_name(self, task: PeriodicTask) -> str:
        return str(task.queue or settings.CELERY_TASK_DEFAULT_QUEUE)


class TimesAdmin(HouseAdmin):
    """Several entries may share a time, so a time is never changed or deleted: entries are given another one."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CrontabSchedule)
class CrontabAdmin(TimesAdmin):
    called = (gettext_lazy("time of day"), gettext_lazy("times of day"))
    list_display = ("title", "minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone")
    fields = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year", "timezone")
    ordering = ("pk",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"help_texts": HELP, **kwargs})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"timezone": settings.BUSINESS_TIME_ZONE, **super().get_changeform_initial_data(request)}

    def title_of(self, crontab: CrontabSchedule) -> str:
        return capfirst(wording.crontab_title(crontab))

    @display(description=gettext_lazy("time"))
    def title(self, crontab: CrontabSchedule) -> str:
        return wording.crontab_title(crontab)


@admin.register(IntervalSchedule)
class IntervalAdmin(TimesAdmin):
    list_display = ("__str__", "every", "period")
    ordering = ("pk",)
