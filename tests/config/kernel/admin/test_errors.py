"""Pages about errors."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from config.kernel.roles import Role
from tests.config.kernel.pages import a_client, a_run, a_staff_member, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "words"), [("ko", "없는 페이지입니다"), ("en", "There is no such page")])
def test_an_unknown_address_is_told_in_the_house_style(language: str, words: str) -> None:
    client = Client()
    client.cookies["django_language"] = language

    page = client.get("/nothing/here/")

    assert page.status_code == 404
    assert words in text(page)


def test_the_page_about_an_error_needs_neither_database_nor_request(rf: Any) -> None:
    from django.views.defaults import server_error

    with CaptureQueriesContext(connection) as queries, override("ko"):
        page = server_error(rf.get("/"))

    assert page.status_code == 500
    assert "문제가 발생했습니다" in text(page)
    assert len(queries) == 0


def test_a_page_out_of_bounds_says_whom_to_ask() -> None:
    page = a_client(a_staff_member("viewer-2", role=Role.VIEWER)).get(reverse("admin:knox_authtoken_changelist"))

    assert page.status_code == 403
    assert "대표에게" in text(page)


@pytest.mark.parametrize(("language", "words"), [("ko", "없는 페이지입니다"), ("en", "There is no such page")])
@pytest.mark.parametrize("page", ["kernel_jobrun", "kernel_user", "django_celery_beat_periodictask", "admin_logentry"])
@pytest.mark.parametrize("part", ["change", "history"])
def test_a_row_that_is_not_there_is_no_page_of_the_shop(language: str, words: str, page: str, part: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language

    answer = client.get(reverse(f"admin:{page}_{part}", args=["999999999"]))

    assert answer.status_code == 404
    assert words in text(answer)


def test_a_row_that_is_not_there_is_not_deleted_either() -> None:
    answer = a_client(a_staff_member()).get(reverse("admin:auth_group_delete", args=["999999999"]))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("language", "of_list", "of_row", "of_history"),
    [
        ("ko", "작업 실행 기록 |", "작업 실행 기록 보기 |", "변경 기록:"),
        ("en", "Job runs |", "View job run |", "Change history:"),
    ],
)
def test_the_browsers_tab_says_what_is_looked_at(
    at: datetime, language: str, of_list: str, of_row: str, of_history: str
) -> None:
    client, run = a_client(a_staff_member()), a_run(at)
    client.cookies["django_language"] = language

    def tab(part: str, *keys: int) -> str:
        page = text(client.get(reverse(f"admin:kernel_jobrun_{part}", args=keys)))
        return " ".join(page.split("<title>")[1].split("</title>")[0].split())

    assert tab("changelist").startswith(of_list)
    assert of_row in tab("change", run.pk)
    assert tab("history", run.pk).startswith(of_history)


def test_the_history_of_a_row_is_read_newest_first(at: datetime) -> None:
    owner, group = a_staff_member(), Group.objects.get(name=Role.VIEWER.value)
    for message in ("first", "second"):
        LogEntry.objects.log_actions(owner.pk, [group], CHANGE, message)

    page = a_client(owner).get(reverse("admin:auth_group_history", args=[group.pk]))

    assert [entry.change_message for entry in page.context["action_list"]] == ["second", "first"]
