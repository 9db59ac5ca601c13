"""A lock that does not come free and a database that goes away are told as such, on pages and in the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from config.kernel import installing
from config.kernel.admin.buttons import Answer, attempt
from config.kernel.admin.job_runs import JobRunAdmin
from config.kernel.models import TokenScope
from inventory.models import Supplier
from tests.config.kernel.pages import a_client, a_run, a_staff_member, text
from tests.config.kernel.test_api import a_token, assert_error
from tests.probe.urls import dawdle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.probe.urls")]

BUSY = "Others are at work on the same things. Nothing was changed; try again in a moment."
BUSY_IN_KOREAN = "다른 작업이 같은 자료를 처리하고 있습니다. 바뀐 내용은 없으니 잠시 후 다시 시도해 주세요."


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    connection.close()


@pytest.fixture
def api() -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token('partner', TokenScope.Scope.INTEGRATION)}")
    return client


@pytest.fixture
def desk() -> Client:
    installing.sync_roles()
    desk = a_client(a_staff_member())
    desk.raise_request_exception = False
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


@contextmanager
def held(table: str, pk: int) -> Iterator[None]:
    """Somebody else is at work on this row."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])  # noqa: S608  named by the test
    yield
    other.close()


@pytest.fixture
def shelf() -> Group:
    return Group.objects.create(name="shelf")


def take(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM auth_group WHERE name = %s FOR UPDATE", [name])


def test_an_integration_whose_lock_does_not_come_free_is_told_when_to_come_back(api: APIClient, shelf: Group) -> None:
    with held("auth_group", shelf.pk):
        answer = api.post("/api/v1/probe/takes/shelf/", {}, format="json")

    assert assert_error(answer, 409, "busy")["message"] == BUSY_IN_KOREAN
    assert answer["Retry-After"] == "2"
    assert api.post("/api/v1/probe/takes/shelf/", {}, format="json").status_code == 200


def test_a_button_whose_lock_does_not_come_free_says_so_on_the_page_it_stands_on(
    desk: Client, shelf: Group, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = replace(JobRunAdmin.run_again, press=lambda *_: take("shelf"))
    monkeypatch.setattr(JobRunAdmin, "run_again", pressed)
    run = a_run(at)

    with held("auth_group", shelf.pk):
        answer = desk.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]), follow=True)

    assert answer.status_code == 200
    assert BUSY in text(answer)


def test_what_staff_try_on_several_rows_stops_at_a_lock_with_a_message(rf: Any, shelf: Group) -> None:
    request = rf.post("/")
    request._messages = Told()

    with held("auth_group", shelf.pk), override("ko"):
        refused = attempt(request, lambda: take("shelf"))

    assert refused is None
    assert request._messages == [BUSY_IN_KOREAN]
    request._messages.clear()
    with held("auth_group", shelf.pk), override("en"):
        attempt(request, lambda: take("shelf"), row="261121-000001")
    # Of other rows that were tried something may have changed.
    assert request._messages == ["261121-000001: Others are at work on it; it is left as it was."]
    assert attempt(request, lambda: take("shelf")) == Answer(None)


class Told(list[str]):
    """Where a request without a session keeps its messages."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.append(message)


# What the form of a supplier asks besides.
TERMS = {"language": "ko", "minimum_order_value": "0", "under_tolerance": "0"}


def test_a_form_whose_row_is_held_elsewhere_gets_a_page_that_says_so(desk: Client) -> None:
    supplier = Supplier.objects.create(code="HB", name="한빛도매")
    page = reverse("admin:inventory_supplier_change", args=[supplier.pk])
    no_offers = {"offers-TOTAL_FORMS": "0", "offers-INITIAL_FORMS": "0"}

    with held("inventory_supplier", supplier.pk):
        answer = desk.post(page, {**TERMS, "code": "HB", "name": "한빛", "is_active": "on", **no_offers})

    assert answer.status_code == 409
    assert answer["Retry-After"] == "2"
    assert BUSY in text(answer)
    supplier.refresh_from_db()
    assert supplier.name == "한빛도매"


def test_a_database_that_goes_away_is_no_fault_of_the_request(api: APIClient, desk: Client) -> None:
    answer = api.get("/api/v1/probe/hangs-up/")
    assert_error(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"
    connection.close()

    page = desk.get("/probe/hangs-up/")
    assert page.status_code == 503
    assert "The database does not answer. Try again in a moment." in text(page)
    connection.close()

    assert api.get("/api/v1/probe/plain/").status_code == 200, "it is back, and so is the shop"


def test_a_statement_that_takes_too_long_is_a_fault_of_the_shop_and_not_busy(api: APIClient, desk: Client, rf: Any) -> None:
    with capture_logs() as logs:
        answer = api.get("/api/v1/probe/dawdles/")
    assert_error(answer, 503, "too_slow")
    assert not answer.has_header("Retry-After")
    assert [one["log_level"] for one in logs if one["event"] == "statement_too_slow"] == ["error"]

    page = desk.get("/probe/dawdles/")
    assert (page.status_code, page.has_header("Retry-After")) == (503, False)
    assert "This takes too long" in text(page)

    request = rf.post("/")
    request._messages = Told()
    with override("en"):
        assert attempt(request, dawdle) is None
    assert request._messages == ["This takes the database too long. Nothing was changed; ask for less at a time."]


def test_a_session_closed_for_lingering_in_a_transaction_is_a_database_away(api: APIClient) -> None:
    assert_error(api.get("/api/v1/probe/lingers/"), 503, "unavailable")
    connection.close()
