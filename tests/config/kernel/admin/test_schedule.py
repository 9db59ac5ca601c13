"""The schedule: the hour may be changed, the pulse may not."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config.kernel.admin import wording
from tests.config.kernel.pages import PULSE, text

pytestmark = pytest.mark.django_db


def test_staff_change_the_time_of_an_entry_and_switch_it_off(client: Client) -> None:
    task = PeriodicTask.objects.get(name="kernel.prune")
    earlier = CrontabSchedule.objects.create(minute="5", hour="2", timezone="Asia/Seoul")
    address = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])

    sent = client.post(address, {"crontab": earlier.pk, "task": "os.remove"})

    assert sent.status_code == 302
    task.refresh_from_db()
    assert (task.crontab, task.enabled, task.task) == (earlier, False, "kernel.prune")


def test_the_pulse_is_neither_switched_off_nor_moved(client: Client) -> None:
    task = PeriodicTask.objects.get(name=PULSE)
    earlier = CrontabSchedule.objects.create(minute="5", hour="2", timezone="Asia/Seoul")
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    address = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])

    for wanted in [
        {"crontab": task.crontab_id},
        {"crontab": earlier.pk, "enabled": "on"},
        {"interval": every.pk, "enabled": "on"},
    ]:
        refused = client.post(address, wanted)
        assert refused.status_code == 200
        assert "작업 처리기가 살아 있는지 확인하는 일정입니다" in text(refused)
    assert client.post(address, {"crontab": task.crontab_id, "enabled": "on"}).status_code == 302
    assert PeriodicTask.objects.filter(pk=task.pk, enabled=True, crontab=task.crontab, interval=None).exists()


def test_an_entry_needs_exactly_one_time(client: Client) -> None:
    task = PeriodicTask.objects.get(name="kernel.prune")
    address = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])

    sent = client.post(address, {"crontab": "", "enabled": "on"})

    assert sent.status_code == 200
    task.refresh_from_db()
    assert task.crontab is not None


def test_entries_and_times_that_others_rely_on_are_not_removed(client: Client) -> None:
    task = PeriodicTask.objects.get(name="kernel.prune")

    assert client.get(reverse("admin:django_celery_beat_periodictask_add")).status_code == 403
    for name, pk in [("periodictask", task.pk), ("crontabschedule", task.crontab_id)]:
        assert client.post(reverse(f"admin:django_celery_beat_{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403


def test_a_new_time_of_day_can_be_added(client: Client) -> None:
    wanted = {
        "minute": "15", "hour": "3", "day_of_week": "*", "day_of_month": "*", "month_of_year": "*", "timezone": "Asia/Seoul",
    }  # fmt: skip

    assert client.post(reverse("admin:django_celery_beat_crontabschedule_add"), wanted).status_code == 302
    assert CrontabSchedule.objects.filter(minute="15", hour="3").exists()


@pytest.mark.parametrize(
    ("minute", "hour", "weekday", "words"),
    [
        ("*", "*", "*", "매분"),
        ("*/10", "*", "*", "10분마다"),
        ("5", "*", "*", "매시 5분"),
        ("30", "4", "*", "매일 04:30"),
        ("30", "4", "1", "매주 월요일 04:30"),
        ("0,30", "4-6", "*", "0,30 4-6 * * * (Asia/Seoul)"),
    ],
)
def test_times_are_told_in_words(minute: str, hour: str, weekday: str, words: str) -> None:
    crontab = CrontabSchedule(minute=minute, hour=hour, day_of_week=weekday, timezone="Asia/Seoul")
    with override("ko"):
        assert wording.crontab_title(crontab) == words
