"""How lists are counted, and where they end."""

import re
from datetime import datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from config.kernel.admin import pagination
from config.kernel.models import JobRun
from tests.config.kernel.pages import (
    PULSE,
    a_run,
    text,
    words_of,
)

pytestmark = pytest.mark.django_db


def test_a_long_list_is_estimated(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(30):
        a_run(at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE kernel_jobrun")
    monkeypatch.setattr(pagination, "COUNTED", 20)

    whole = pagination.EstimatedPaginator(JobRun.objects.order_by("-id"), 5)
    part = pagination.EstimatedPaginator(JobRun.objects.filter(name=PULSE).order_by("-id"), 5)

    assert (whole.is_estimate, whole.is_bounded, whole.count) == (True, False, 30)
    assert (part.is_estimate, part.is_bounded, part.count) == (False, True, 20)


@pytest.mark.parametrize(("number", "words"), [(1, "1 row"), (2, "2 rows")])
def test_one_row_is_told_from_several(client: Client, at: datetime, number: int, words: str) -> None:
    client.cookies["django_language"] = "en"
    for _ in range(number):
        a_run(at)

    said = words_of(client.get(reverse("admin:kernel_jobrun_changelist")))

    assert re.search(rf"\b{words}\b", said)


def test_a_bounded_count_says_that_there_are_more(client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        a_run(at)
    monkeypatch.setattr(pagination, "COUNTED", 3)

    assert "3건 초과" in words_of(client.get(reverse("admin:kernel_jobrun_changelist"), {"job": PULSE}))


def test_a_short_list_is_counted(at: datetime) -> None:
    a_run(at)
    pages = pagination.EstimatedPaginator(JobRun.objects.order_by("-id"), 5)

    assert (pages.is_estimate, pages.is_bounded, pages.is_cut, pages.count) == (False, False, False, 1)


@pytest.mark.parametrize(("language", "words"), [("ko", "범위를 좁혀 주세요"), ("en", "narrow the list")])
def test_beyond_the_hundredth_page_a_list_asks_to_be_narrowed(
    client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    client.cookies["django_language"] = language
    page = admin.site._registry[JobRun]
    monkeypatch.setattr(page, "list_per_page", 1)
    monkeypatch.setattr(page, "list_max_show_all", 1)
    JobRun.objects.bulk_create(JobRun(task_id=f"many-{number}", name=PULSE, asked_at=at) for number in range(105))
    address = reverse("admin:kernel_jobrun_changelist")

    first = client.get(address)
    beyond = client.get(address, {"p": "104"})

    assert first.context["cl"].paginator.num_pages == 100
    assert words in text(first)
    assert beyond.status_code == 200
    assert beyond.context["cl"].page_num == 100
    assert words in text(beyond)


@pytest.mark.parametrize(("language", "words"), [("ko", "여기에 기록됩니다"), ("en", "by the schedule or asked for by staff")])
def test_an_empty_list_says_what_will_come_here(client: Client, language: str, words: str) -> None:
    client.cookies["django_language"] = language
    address = reverse("admin:kernel_jobrun_changelist")

    assert words in text(client.get(address))
    assert words not in text(client.get(address, {"job": PULSE}))
