"""The first page: what is wrong, what waits, and what a role may see of it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from config.kernel import clock, health
from config.kernel.models import JobRun, OutboxDelivery
from config.kernel.roles import Role
from tests.config.kernel.pages import a_client, a_delivery, a_run, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db


def test_the_home_page_tells_what_is_wrong(client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [health.Part("database", "Database", True, "PostgreSQL"), health.Part("redis", "Redis", False, "does not answer")]
    monkeypatch.setattr(health, "report", lambda *, at: parts)
    a_delivery(at)

    page = text(client.get(reverse("admin:kernel_state")))

    assert "확인 필요" in page
    assert 'href="/admin/kernel/outboxdelivery/?state__exact=PARKED"' in page
    assert "alarming" in page


def test_every_number_links_to_the_rows_it_counts(client: Client) -> None:
    now = clock.now()
    a_delivery(now)
    due = a_delivery(now - timedelta(minutes=1), state=OutboxDelivery.State.PENDING)
    a_delivery(now + timedelta(hours=1), state=OutboxDelivery.State.PENDING)
    a_delivery(now, state=OutboxDelivery.State.HANDLED)
    for state in JobRun.State:
        a_run(now, state=state, finished_at=now - timedelta(hours=1))
        a_run(now, state=state, finished_at=now - timedelta(hours=25))
    PeriodicTask.objects.filter(name="kernel.prune").update(enabled=False)

    shown = client.get(reverse("admin:kernel_state")).context["state"]["backlog"]

    counted = [client.get(entry["url"]).context["cl"].result_count for entry in shown]
    assert counted == [entry["number"] for entry in shown]
    assert counted[:3] == [1, 1, 2]
    assert [row.pk for row in client.get(shown[0]["url"]).context["cl"].queryset] == [due.pk]


def test_the_home_page_speaks_the_language_of_each_reader(client: Client) -> None:
    for language in ("ko", "en"):
        client.cookies["django_language"] = language
        assert foreign_words(words_of(client.get(reverse("admin:kernel_state"))), language) == []


def test_the_home_page_hides_what_a_role_may_not_see(at: datetime) -> None:
    a_run(at)

    shown = a_client(a_staff_member("clerk", role=Role.WAREHOUSE)).get(reverse("admin:kernel_state")).context["state"]

    assert not shown["sees_runs"]
    assert not shown["runs"]
    assert not any(entry["url"] for entry in shown["backlog"])
