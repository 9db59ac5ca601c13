"""Pages about errors."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from config.kernel.roles import Role
from tests.config.kernel.pages import a_client, a_staff_member, text

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
