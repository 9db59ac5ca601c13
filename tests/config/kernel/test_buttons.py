"""Buttons that ask before they act: the form's page, what it refuses, and what becomes of a form that was shown too early."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django import forms
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.kernel.admin.buttons import ButtonForm, DayInput
from config.kernel.admin.job_runs import JobRunAdmin
from config.kernel.errors import Conflict
from config.kernel.models import JobRun, User
from config.kernel.roles import Role
from tests.config.kernel.pages import a_client, a_run, a_staff_member, text

pytestmark = pytest.mark.django_db


class WhyForm(ButtonForm):
    why = forms.CharField(label="Why", max_length=20)
    how = forms.ChoiceField(label="How", choices=[("fast", "Fast"), ("slow", "Slow")])
    on = forms.DateField(label="On", required=False)

    def prepare(self, row: JobRun) -> None:
        self.fields["why"].initial = f"because of {row.pk}"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("why") == "never":
            raise forms.ValidationError("Never is no reason.")
        return values


class Pressed:
    """Stands for an operation: remembers its calls, and refuses while told to."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.refuses = ""

    def __call__(self, page: Any, request: Any, row: JobRun, values: dict[str, Any]) -> str | None:
        if self.refuses:
            raise Conflict(self.refuses)
        self.calls.append(values)
        return None


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> Pressed:
    """Gives the page of a job run a button with a form."""
    operation = Pressed()
    asking = replace(JobRunAdmin.run_again, press=operation, form=WhyForm, explanation="Say why.", danger=True)
    monkeypatch.setattr(JobRunAdmin, "run_again", asking)
    return operation


@pytest.fixture
def owner() -> User:
    return a_staff_member()


@pytest.fixture
def client(owner: User) -> Client:
    return a_client(owner)


@pytest.fixture
def run(at: datetime) -> JobRun:
    return a_run(at)


def address(run: JobRun) -> str:
    return reverse("admin:kernel_jobrun_press", args=[run.pk, "run_again"])


def detail(run: JobRun) -> str:
    return reverse("admin:kernel_jobrun_change", args=[run.pk])


FILLED = {"why": "it was late", "how": "fast", "on": "2026-11-21"}


def test_a_button_with_a_form_leads_to_a_page_that_asks(client: Client, run: JobRun, pressed: Pressed) -> None:
    row_page = text(client.get(detail(run)))
    asked = client.get(address(run))

    assert re.search(rf'<a class="danger" href="{address(run)}"', row_page)
    assert asked.status_code == 200
    assert "Say why." in text(asked)
    assert f"because of {run.pk}" in text(asked)
    assert pressed.calls == []


def test_a_filled_form_calls_the_operation_once_and_leads_back(client: Client, run: JobRun, pressed: Pressed) -> None:
    sent = client.post(address(run), FILLED)

    assert sent.headers["Location"] == detail(run)
    assert pressed.calls == [{"why": "it was late", "how": "fast", "on": date(2026, 11, 21)}]
    assert LogEntry.objects.get().object_id == str(run.pk)


def test_the_deed_and_its_entry_in_the_audit_are_there_together_or_not_at_all(
    client: Client, run: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request's process dies between the two."""

    def dies(*args: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(JobRunAdmin, "log_change", dies)
    with pytest.raises(SystemExit):
        client.post(address(run))

    assert JobRun.objects.get() == run
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"why": "", "how": "fast"}, "필수"),
        ({"why": "x" * 21, "how": "fast"}, "20"),
        ({"why": "so", "how": "sideways"}, "sideways"),
        ({"why": "never", "how": "fast"}, "Never is no reason."),
    ],
)
def test_a_badly_filled_form_is_shown_again_with_its_errors(
    client: Client, run: JobRun, pressed: Pressed, typed: dict[str, str], told: str
) -> None:
    page = client.post(address(run), typed)

    assert page.status_code == 200
    assert told in text(page)
    assert pressed.calls == []
    assert not LogEntry.objects.exists()


def test_a_refusal_keeps_what_was_typed(client: Client, run: JobRun, pressed: Pressed) -> None:
    pressed.refuses = "Not while the shop is counting."

    page = client.post(address(run), FILLED)

    assert page.status_code == 200
    assert "Not while the shop is counting." in text(page)
    assert 'value="it was late"' in text(page)
    assert not LogEntry.objects.exists()


def test_a_form_needs_the_permission_of_its_button_also_to_be_seen(run: JobRun, pressed: Pressed) -> None:
    client = a_client(a_staff_member("viewer-1", role=Role.VIEWER))

    assert client.get(address(run)).status_code == 403
    assert client.post(address(run), FILLED).status_code == 403
    assert pressed.calls == []


def test_a_form_whose_button_is_gone_leads_back_with_a_message(
    client: Client, run: JobRun, pressed: Pressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobRunAdmin, "run_again", replace(JobRunAdmin.run_again, shown=lambda row: False))

    for page in (client.get(address(run), follow=True), client.post(address(run), FILLED, follow=True)):
        assert page.redirect_chain[-1][0] == detail(run)
        assert "지금 상태에서는" in text(page)
    assert pressed.calls == []


def seen_on(page: Any) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', text(page))
    assert found
    return found[1]


def slip_on(page: Any) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', text(page))
    assert found
    return found[1]


def test_a_form_acts_once_however_often_it_is_sent(client: Client, run: JobRun, pressed: Pressed) -> None:
    slip = slip_on(client.get(address(run)))

    first = client.post(address(run), FILLED | {"slip": slip}, follow=True)
    again = client.post(address(run), FILLED | {"slip": slip, "why": "typed anew on the way back"}, follow=True)

    assert "두 번 처리하지 않았습니다" not in text(first)
    assert "두 번 처리하지 않았습니다" in text(again)
    assert again.redirect_chain[-1][0] == detail(run)
    assert len(pressed.calls) == 1
    assert LogEntry.objects.count() == 1


def test_a_double_click_is_told_so_also_where_the_button_has_gone_meanwhile(
    client: Client, run: JobRun, pressed: Pressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip = slip_on(client.get(address(run)))
    client.post(address(run), FILLED | {"slip": slip})
    monkeypatch.setattr(JobRunAdmin, "run_again", replace(JobRunAdmin.run_again, shown=lambda row: False))

    assert "두 번 처리하지 않았습니다" in text(client.post(address(run), FILLED | {"slip": slip}, follow=True))


def test_a_refused_form_keeps_its_slip_and_may_be_sent_again(client: Client, run: JobRun, pressed: Pressed) -> None:
    slip = slip_on(client.get(address(run)))
    pressed.refuses = "Not while the shop is counting."
    refused = client.post(address(run), FILLED | {"slip": slip})
    pressed.refuses = ""

    client.post(address(run), FILLED | {"slip": slip_on(refused)})

    assert slip_on(refused) == slip
    assert len(pressed.calls) == 1


def test_every_page_that_is_opened_has_a_slip_of_its_own(client: Client, run: JobRun, pressed: Pressed) -> None:
    for _ in range(2):
        client.post(address(run), FILLED | {"slip": slip_on(client.get(address(run)))})

    assert len(pressed.calls) == 2


@pytest.mark.parametrize("slip", ["\0", "x" * 500])
def test_a_slip_that_no_page_gave_out_harms_nothing(client: Client, run: JobRun, pressed: Pressed, slip: str) -> None:
    assert client.post(address(run), FILLED | {"slip": slip}).status_code == 302


@pytest.fixture
def versioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobRunAdmin, "version_of", lambda page, run: f"{run.state}-{run.attempts}")


@pytest.mark.usefixtures("versioned")
def test_a_form_shown_before_somebody_else_acted_does_nothing(client: Client, run: JobRun, pressed: Pressed) -> None:
    seen = seen_on(client.get(address(run)))
    JobRun.objects.filter(pk=run.pk).update(attempts=7)

    page = client.post(address(run), FILLED | {"seen": seen}, follow=True)

    assert page.redirect_chain[-1][0] == detail(run)
    assert "다른 직원이 먼저 처리했습니다" in text(page)
    assert pressed.calls == []
    assert not LogEntry.objects.exists()


@pytest.mark.usefixtures("versioned")
def test_a_form_shown_again_after_an_error_still_carries_what_was_seen_at_first(
    client: Client, run: JobRun, pressed: Pressed
) -> None:
    seen = seen_on(client.get(address(run)))
    JobRun.objects.filter(pk=run.pk).update(attempts=7)

    again = client.post(address(run), {"seen": seen})

    assert again.status_code == 200
    assert seen_on(again) == seen


@pytest.mark.usefixtures("versioned")
def test_a_form_that_is_still_fresh_acts(client: Client, run: JobRun, pressed: Pressed) -> None:
    client.post(address(run), FILLED | {"seen": seen_on(client.get(address(run)))})

    assert len(pressed.calls) == 1


@pytest.mark.usefixtures("versioned")
def test_a_plain_button_on_an_old_page_is_refused_too(client: Client, run: JobRun, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[JobRun] = []
    plain = replace(JobRunAdmin.run_again, press=lambda page, request, row: called.append(row))
    monkeypatch.setattr(JobRunAdmin, "run_again", plain)
    seen = seen_on(client.get(detail(run)))
    JobRun.objects.filter(pk=run.pk).update(attempts=7)

    late = client.post(address(run), {"seen": seen}, follow=True)
    fresh = client.post(address(run), {"seen": seen_on(late)})

    assert "다른 직원이 먼저 처리했습니다" in text(late)
    assert fresh.status_code == 302
    assert called == [run]


def test_plain_form_fields_are_dressed_in_the_theme(run: JobRun) -> None:
    form = WhyForm(row=run)

    assert isinstance(form.fields["why"].widget, UnfoldAdminTextInputWidget)
    assert isinstance(form.fields["how"].widget, UnfoldAdminSelectWidget)
    assert isinstance(form.fields["on"].widget, DayInput)
    assert ">Fast<" in str(form["how"]).replace("\n", "").replace(" ", "")
    assert 'maxlength="20"' in str(form["why"])
    assert 'type="date"' in str(form["on"])
