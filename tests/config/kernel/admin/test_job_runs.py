"""Runs of jobs: what their pages tell, what their buttons do and refuse."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from config.kernel import jobs
from config.kernel.admin.buttons import Answer, attempt
from config.kernel.admin.job_runs import JobRunAdmin
from config.kernel.errors import Conflict
from config.kernel.models import JobRun, User
from config.kernel.roles import Role
from tests.config.kernel.pages import PULSE, a_client, a_run, a_staff_member, text

pytestmark = pytest.mark.django_db


def test_a_run_tells_its_job_who_asked_and_what_went_wrong(client: Client, owner: User, at: datetime) -> None:
    run = a_run(at, state=JobRun.State.FAILED, asked_by=owner, error="ValueError: <b>broken</b>", summary={"handled": 3})

    page = text(client.get(reverse("admin:kernel_jobrun_change", args=[run.pk])))

    assert "이벤트 전달" in page
    assert "실패" in page
    assert "&lt;b&gt;broken" in page
    assert "처리한 이벤트" in page


@pytest.mark.parametrize(
    ("last", "first", "signed"),
    [
        ("김", "하늘", "김하늘 (sky)"),
        ("", "주문 담당", "주문 담당 (sky)"),
        ("Smith", "Joan", "Joan Smith (sky)"),
        ("", "", "sky"),
    ],
)
def test_work_is_signed_with_the_name_and_the_login(client: Client, at: datetime, last: str, first: str, signed: str) -> None:
    sky = User.objects.create_user("sky", last_name=last, first_name=first)
    run = a_run(at, asked_by=sky)
    entry = LogEntry.objects.create(user=sky, object_repr="1", action_flag=ADDITION, action_time=at)

    for page in (
        reverse("admin:kernel_jobrun_changelist"),
        reverse("admin:kernel_jobrun_change", args=[run.pk]),
        reverse("admin:admin_logentry_changelist"),
        reverse("admin:admin_logentry_change", args=[entry.pk]),
    ):
        assert signed in text(client.get(page))


def test_run_again_makes_one_request_with_the_same_arguments(
    client: Client, owner: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(at, arguments={"day": "2026-11-20"})
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "request", lambda **values: asked.append(values))

    pressed = client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]))

    assert pressed.status_code == 302
    assert [(one["name"], one["arguments"], one["actor"]) for one in asked] == [(PULSE, {"day": "2026-11-20"}, owner)]


def test_a_button_is_pressed_by_post_only(client: Client, at: datetime) -> None:
    run = a_run(at)

    assert client.get(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"])).status_code == 405
    assert client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "delete"])).status_code == 404
    assert JobRun.objects.count() == 1


def test_a_button_needs_its_permission(at: datetime) -> None:
    run = a_run(at)
    onlooker = a_staff_member("onlooker", role=Role.VIEWER)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_jobrun"))
    client = a_client(onlooker)
    address = reverse("admin:kernel_jobrun_change", args=[run.pk])

    page = client.get(address)

    assert page.status_code == 200
    assert "run_again" not in text(page)
    assert client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"])).status_code == 403
    assert client.get(reverse("admin:kernel_jobrun_run")).status_code == 403


def test_a_refusal_becomes_a_message(client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**values: Any) -> None:
        raise Conflict("Not while the shop is counting.")

    run = a_run(at)
    monkeypatch.setattr(jobs, "request", refuse)

    page = client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]), follow=True)

    assert page.status_code == 200
    assert "Not while the shop is counting." in text(page)


def test_a_button_with_nothing_to_tell_still_tells_that_it_is_done(
    client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(at)
    silent = replace(JobRunAdmin.run_again, press=lambda page, request, row: None)
    monkeypatch.setattr(JobRunAdmin, "run_again", silent)

    page = client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]), follow=True)

    assert "‘다시 실행’ 처리를 마쳤습니다" in text(page)
    assert LogEntry.objects.get().object_id == str(run.pk)


def test_a_hidden_button_is_refused(client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(at, name="kernel.long_gone")
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "request", lambda **values: asked.append(values))

    page = client.post(reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"]), follow=True)

    assert "지금 상태에서는 ‘다시 실행’" in text(page)
    assert not asked
    assert not LogEntry.objects.exists()


def test_an_answer_of_nothing_is_told_from_a_refusal(client: Client) -> None:
    request = client.get("/admin/").wsgi_request

    def refuse() -> None:
        raise Conflict("No.")

    assert attempt(request, lambda: None) == Answer(None)
    assert attempt(request, refuse) is None


def test_any_other_error_is_not_swallowed(rf: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        attempt(rf.get("/"), lambda: 1 // 0)


def test_a_job_is_run_from_the_list_of_jobs(client: Client, owner: User) -> None:
    page = client.get(reverse("admin:kernel_jobrun_run"))
    assert "데이터 정합성 검사" in text(page)

    sent = client.post(reverse("admin:kernel_jobrun_run"), {"job": "kernel.prune"})

    run = JobRun.objects.get()
    assert sent.headers["Location"] == reverse("admin:kernel_jobrun_change", args=[run.pk])
    assert (run.name, run.asked_by, run.state) == ("kernel.prune", owner, JobRun.State.REQUESTED)


def test_a_second_click_asks_for_no_second_run(client: Client) -> None:
    sent = {"job": "kernel.prune", "slip": client.get(reverse("admin:kernel_jobrun_run")).context["hidden"]["slip"]}

    client.post(reverse("admin:kernel_jobrun_run"), sent)
    again = client.post(reverse("admin:kernel_jobrun_run"), sent, follow=True)

    assert JobRun.objects.count() == 1
    assert "두 번 처리하지 않았습니다" in text(again)


def test_an_unknown_job_is_not_run(client: Client) -> None:
    assert client.post(reverse("admin:kernel_jobrun_run"), {"job": "os.remove"}).status_code == 200
    assert JobRun.objects.count() == 0


def test_runs_are_filtered_by_state_and_job(client: Client, at: datetime) -> None:
    a_run(at)
    a_run(at, name="kernel.prune", state=JobRun.State.FAILED)
    address = reverse("admin:kernel_jobrun_changelist")

    assert client.get(address, {"state__exact": "FAILED"}).context["cl"].result_count == 1
    assert client.get(address, {"job": PULSE}).context["cl"].result_count == 1
    assert client.get(address, {"state__in": "FAILED,LOST"}).context["cl"].result_count == 1
