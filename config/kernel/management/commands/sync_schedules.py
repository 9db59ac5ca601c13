"""Copies the schedule that code proposes into the database, where staff may change it."""

from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks


class Command(BaseCommand):
    help = "Adds new entries of the schedule, drops those whose job is gone, and leaves what staff changed as it is."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        current_app.loader.import_default_modules()
        proposed = current_app.conf.proposed_schedule
        added = 0
        for entry in proposed:
            crontab = CrontabSchedule.from_schedule(entry.every)
            crontab.timezone = settings.BUSINESS_TIME_ZONE
            same = {name: getattr(crontab, name) for name in ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")}
            every, _made = CrontabSchedule.objects.get_or_create(timezone=settings.BUSINESS_TIME_ZONE, **same)
            queue = current_app.tasks[entry.task].queue
            _row, made = PeriodicTask.objects.get_or_create(
                name=entry.task, defaults={"task": entry.task, "crontab": every, "queue": queue}
            )
            PeriodicTask.objects.filter(name=entry.task).update(description=entry.reason, queue=queue)
            added += made
        ours = [entry.task for entry in proposed]
        dropped = PeriodicTask.objects.exclude(task__in=list(current_app.tasks)).exclude(name__in=ours).delete()[0]
        # A running beat reads the schedule again when it is told that something changed.
        PeriodicTasks.update_changed()
        self.stdout.write(f"Schedule: {len(proposed)} entries, {added} added, {dropped} dropped.")
