"""The back-office pages of the kernel: who may open them, what they cost, what their buttons do and what they refuse."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from knox.models import AuthToken

from config.kernel import clock, health, jobs, outbox, tokens
from config.kernel.admin import navigation, pagination, wording
from config.kernel.admin.buttons import Answer, attempt
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.admin.job_runs import JobRunAdmin
from config.kernel.errors import Conflict
from config.kernel.models import JobRun, OutboxDelivery, OutboxEvent, TokenScope, User
from config.kernel.roles import Role

pytestmark = pytest.mark.django_db

PULSE = "kernel.deliver_due_events"
LISTS = [
    "kernel_jobrun",
    "kernel_outboxdelivery",
    "kernel_user",
    "auth_group",
    "knox_authtoken",
    "django_celery_beat_periodictask",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_intervalschedule",
    "axes_accessattempt",
    "axes_accesslog",
    "axes_accessfailurelog",
    "admin_logentry",
]
READ_ONLY = [JobRun, OutboxDelivery, AuthToken, AccessAttempt, AccessLog, AccessFailureLog, LogEntry]
HANGUL = re.compile(r"[가-힣]")


def a_staff_member(name: str = "owner", *, role: Role = Role.OWNER, superuser: bool | None = None) -> User:
    everything = role is Role.OWNER if superuser is None else superuser
    user = User.objects.create_user(name, password="a-long-enough-word", is_staff=True, is_superuser=everything)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def a_client(user: User) -> Client:
    """Logged in without the login page, which would leave a line in the lists under test."""
    client = Client()
    session: Any = client.session
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "config.kernel.accounts.StaffBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def a_run(at: datetime, *, name: str = PULSE, state: str = JobRun.State.SUCCEEDED, **values: Any) -> JobRun:
    number = JobRun.objects.count()
    return JobRun.objects.create(task_id=f"run-{number}", name=name, state=state, asked_at=at, **values)


def a_delivery(at: datetime, *, state: str = OutboxDelivery.State.PARKED, **values: Any) -> OutboxDelivery:
    event = OutboxEvent.objects.create(topic="orders.placed", payload={"order": "260101-000001"}, recorded_at=at)
    handled_at = at if state == OutboxDelivery.State.HANDLED else None
    return OutboxDelivery.objects.create(
        event=event, subscriber="stock", state=state, next_attempt_at=at, handled_at=handled_at, **values
    )


def a_token(account: str = "storefront", *scopes: TokenScope.Scope) -> str:
    return tokens.issue(
        account=account, scopes=scopes or [TokenScope.Scope.STOREFRONT], expires_in=None, actor=None, at=clock.now()
    )


@pytest.fixture
def owner() -> User:
    return a_staff_member()


@pytest.fixture
def client(owner: User) -> Client:
    return a_client(owner)


def text(response: Any) -> str:
    return str(response.content.decode())


class _Words(HTMLParser):
    """What a reader sees or hears of a page: its text and the words of its controls, without icons and scripts."""

    SILENT = ("script", "style", "code")
    EMPTY = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        silent = tag in self.SILENT or "material-symbols-outlined" in values.get("class", "")
        if tag not in self.EMPTY:
            self._open.append(silent)
        self.said += [values[name] for name in ("placeholder", "title", "aria-label", "alt") if values.get(name)]
        if tag == "input" and values.get("type") == "submit":
            self.said.append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.said.append(data)


def words_of(response: Any) -> str:
    page = _Words()
    page.feed(text(response))
    return " ".join(" ".join(page.said).split())


# What reads the same in both languages: names that people or programs gave, and each language's own name.
NAMES = [
    r"(?:user|service|group)[- ]\d+",
    r"orders\.placed|order 260101",
    r"\b(?:kernel|inventory|campaigns|orders|analytics)\.\w+|\brun-\d|\bdefault\b|\bslow\b",
    r"\b(?:md5\S*|pbkdf2\S*|\S+\*{6})",
    r"\bstock\b",
    "Asia/Seoul",
    *(rf"\b{role}\b" for role in Role.values),
    re.escape(settings.SHOP_NAME),
    "API|SKU|PostgreSQL|Redis",
    r"\b(?:IP|esc|ko|en|English|한국어)\b",
]


def foreign_words(said: str, language: str) -> list[str]:
    """Words of the other language. The jobs of tests/probe have English titles only."""
    for job in jobs.known().values():
        said = said.replace(str(job.title), "") if job.name.startswith("probe.") else said
    rest = re.sub("|".join(NAMES), " ", said)
    return re.findall(r"[A-Za-z]{2,}" if language == "ko" else r"[가-힣]+", rest)


# --- who may open what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_an_owner_opens_every_list(client: Client, name: str) -> None:
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


def _more_rows(name: str, at: datetime, start: int, count: int) -> None:
    for number in range(start, start + count):
        user = User.objects.create_user(f"user-{number}", is_staff=True)
        user.groups.add(Group.objects.get(name=Role.BUYER))
        if name == "kernel_jobrun":
            a_run(at, asked_by=user)
        elif name == "kernel_outboxdelivery":
            a_delivery(at)
        elif name == "auth_group":
            user.groups.add(Group.objects.create(name=f"group {number}"))
        elif name == "knox_authtoken":
            a_token(f"service-{number}", *TokenScope.Scope)
        elif name == "django_celery_beat_periodictask":
            crontab = CrontabSchedule.objects.create(minute=str(number), hour="1", timezone="Asia/Seoul")
            PeriodicTask.objects.create(name=f"task {number}", task=PULSE, crontab=crontab)
        elif name == "django_celery_beat_crontabschedule":
            CrontabSchedule.objects.create(minute=str(number), hour="1", timezone="Asia/Seoul")
        elif name == "django_celery_beat_intervalschedule":
            IntervalSchedule.objects.create(every=number + 1, period="minutes")
        elif name.startswith("axes"):
            values = {
                "username": user.username,
                "ip_address": "127.0.0.1",
                "user_agent": "x",
                "http_accept": "",
                "path_info": "/",
            }
            if name == "axes_accessattempt":
                AccessAttempt.objects.create(**values, get_data="", post_data="", failures_since_start=number)
            else:
                (AccessLog if name == "axes_accesslog" else AccessFailureLog).objects.create(**values)
        elif name == "admin_logentry":
            kind = ContentType.objects.get_for_model([User, JobRun, Group, OutboxDelivery][number % 4])
            LogEntry.objects.create(user=user, content_type=kind, object_repr="x", action_flag=ADDITION, action_time=at)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_list_speaks_both_languages(client: Client, at: datetime, name: str, language: str) -> None:
    _more_rows(name, at, 0, 2)
    client.cookies["django_language"] = language

    said = words_of(client.get(reverse(f"admin:{name}_changelist")))

    assert "로그인 시도" in said if language == "ko" else "Login attempts" in said
    assert foreign_words(said, language) == []


@pytest.mark.parametrize("name", [name for name in LISTS if name != "knox_authtoken"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_detail_page_speaks_both_languages(client: Client, at: datetime, name: str, language: str) -> None:
    _more_rows(name, at, 0, 2)
    row = client.get(reverse(f"admin:{name}_changelist")).context["cl"].result_list[0]
    client.cookies["django_language"] = language

    said = words_of(client.get(reverse(f"admin:{name}_change", args=[row.pk])))

    assert foreign_words(said, language) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
@pytest.mark.parametrize("name", LISTS)
def test_a_role_opens_only_what_it_was_granted(role: Role, name: str) -> None:
    user = a_staff_member(role.value, role=role)
    label, model = name.rsplit("_", 1)
    allowed = user.has_perm(f"{label}.view_{model}")

    page = a_client(user).get(reverse(f"admin:{name}_changelist"))

    assert page.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home_page(role: Role) -> None:
    page = a_client(a_staff_member(f"{role.value}-1", role=role)).get("/admin/")

    assert page.status_code == 200
    assert "시스템 상태" in text(page)


def test_a_visitor_is_sent_to_the_login_page() -> None:
    assert Client().get("/admin/").status_code == 302
    assert Client().get(reverse("admin:kernel_state")).status_code == 403


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_login_page_offers_both_languages(language: str) -> None:
    client = Client()
    client.cookies["django_language"] = language

    page = client.get("/admin/login/")

    said = words_of(page)
    assert "한국어" in said
    assert "English" in said
    assert foreign_words(said, language) == []
    assert ("비밀번호" if language == "ko" else "Password") in said
    assert re.findall(r'lang="(\w+)" aria-current', text(page)) == [language]


def test_the_language_is_switched_on_the_page_itself() -> None:
    client = Client()

    switched = client.post("/i18n/setlang/", {"language": "en", "next": "/admin/login/"})

    assert switched.headers["Location"] == "/admin/login/"
    assert "Log in" in text(client.get("/admin/login/"))


def test_a_login_leads_home() -> None:
    a_staff_member()

    entered = Client().post(
        "/admin/login/", {"username": "owner", "password": "a-long-enough-word", "next": "/admin/"}, REMOTE_ADDR="127.0.0.1"
    )

    assert entered.headers["Location"] == "/admin/"


def test_too_many_wrong_passwords_lock_the_name_for_a_while() -> None:
    a_staff_member()
    client = Client(REMOTE_ADDR="127.0.0.9")
    tries = [client.post("/admin/login/", {"username": "owner", "password": "wrong"}) for _ in range(6)]

    assert tries[0].status_code == 200
    assert tries[-1].status_code == 429
    assert "15분" in text(tries[-1])


def test_the_sidebar_shows_only_what_may_be_opened(owner: User, rf: Any) -> None:
    request = rf.get("/admin/")
    request.user = owner
    everything = [item["link"] for group in navigation.sidebar(request) for item in group["items"]]
    request.user = a_staff_member("viewer-1", role=Role.VIEWER)
    allowed = [item["link"] for group in navigation.sidebar(request) for item in group["items"]]

    assert len(everything) > len(allowed)
    assert all(a_client(request.user).get(link).status_code == 200 for link in allowed)


def test_every_model_of_other_packages_stands_on_our_base() -> None:
    from config.kernel.admin.house import HouseAdmin

    assert [model for model, page in admin.site._registry.items() if not isinstance(page, HouseAdmin)] == []
    assert SolarSchedule not in admin.site._registry
    assert ClockedSchedule not in admin.site._registry


def test_every_column_and_heading_reads_korean(owner: User, rf: Any) -> None:
    from django.contrib.admin.utils import label_for_field

    request = rf.get("/admin/")
    request.user = owner
    foreign = []
    with override("ko"):
        for model, page in admin.site._registry.items():
            if model._meta.app_label in {"inventory", "campaigns", "orders", "analytics"}:
                continue
            names = [str(page.opts.verbose_name), str(page.opts.verbose_name_plural)]
            for field in page.get_list_display(request):
                if field not in {"action_checkbox", "__str__"}:
                    names.append(str(label_for_field(field, model, model_admin=page)))
            foreign += [f"{model.__name__}: {name}" for name in names if name.strip() and not HANGUL.search(name)]
    assert foreign == []


# --- read-only ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", READ_ONLY)
def test_a_record_is_never_added_changed_or_deleted_by_hand(model: Any, owner: User, rf: Any) -> None:
    page = admin.site._registry[model]
    request = rf.get("/")
    request.user = owner

    assert isinstance(page, ReadOnlyAdmin)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_the_addresses_of_a_record_refuse_too(client: Client, at: datetime) -> None:
    run = a_run(at)
    address = reverse("admin:kernel_jobrun_change", args=[run.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "FAILED"}).status_code == 403
    assert client.get(reverse("admin:kernel_jobrun_add")).status_code == 403
    assert client.get(reverse("admin:kernel_jobrun_delete", args=[run.pk])).status_code == 403
    assert JobRun.objects.get(pk=run.pk).state == JobRun.State.SUCCEEDED


# --- job runs ----------------------------------------------------------------------------------------------------------


def test_a_run_tells_its_job_who_asked_and_what_went_wrong(client: Client, owner: User, at: datetime) -> None:
    run = a_run(at, state=JobRun.State.FAILED, asked_by=owner, error="ValueError: <b>broken</b>", summary={"handled": 3})

    page = text(client.get(reverse("admin:kernel_jobrun_change", args=[run.pk])))

    assert "이벤트 전달" in page
    assert "실패" in page
    assert "&lt;b&gt;broken" in page
    assert "handled" in page


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


# --- events ------------------------------------------------------------------------------------------------------------


def test_a_parked_event_is_tried_again(client: Client, at: datetime) -> None:
    delivery = a_delivery(at, attempts=10, last_error="boom")

    client.post(reverse("admin:kernel_outboxdelivery_press", args=[delivery.pk, "retry"]))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (OutboxDelivery.State.PENDING, 0)
    assert LogEntry.objects.filter(object_id=str(delivery.pk)).count() == 1


def test_trying_again_is_one_call(client: Client, owner: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [a_delivery(at), a_delivery(at)]
    called: list[tuple[list[int], User]] = []

    def retry(*, delivery_ids: list[int], actor: User, at: datetime) -> int:
        called.append((sorted(delivery_ids), actor))
        return len(delivery_ids)

    monkeypatch.setattr(outbox, "retry", retry)

    client.post(reverse("admin:kernel_outboxdelivery_press", args=[chosen[0].pk, "retry"]))
    selected = {"action": "retry_selected", "_selected_action": [str(one.pk) for one in chosen]}
    client.post(reverse("admin:kernel_outboxdelivery_changelist"), selected)

    assert called == [([chosen[0].pk], owner), ([one.pk for one in chosen], owner)]


def test_an_event_handled_meanwhile_says_so(client: Client, at: datetime) -> None:
    delivery = a_delivery(at, state=OutboxDelivery.State.HANDLED)

    pressed = client.post(reverse("admin:kernel_outboxdelivery_press", args=[delivery.pk, "retry"]), follow=True)
    selected = client.post(
        reverse("admin:kernel_outboxdelivery_changelist"),
        {"action": "retry_selected", "_selected_action": [str(delivery.pk)]},
        follow=True,
    )

    assert "지금 상태에서는" in text(pressed)
    assert "press/retry" not in text(pressed)
    assert "이미 처리된 이벤트" in text(selected)
    assert "전달하도록 했습니다" not in text(selected)
    assert LogEntry.objects.count() == 0


def test_several_events_are_tried_again_at_once(client: Client, at: datetime) -> None:
    parked = [a_delivery(at) for _ in range(3)]
    done = a_delivery(at, state=OutboxDelivery.State.HANDLED)
    chosen = [str(one.pk) for one in [*parked, done]]

    page = client.post(
        reverse("admin:kernel_outboxdelivery_changelist"),
        {"action": "retry_selected", "_selected_action": chosen},
        follow=True,
    )

    assert "3건" in text(page)
    assert OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING).count() == 3
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted(str(one.pk) for one in parked)


# --- tokens ------------------------------------------------------------------------------------------------------------


def ask_for_a_token(client: Client, **wanted: object) -> Any:
    """Opens the form, as a person does, and sends it."""
    address = reverse("admin:knox_authtoken_issue")
    slip = re.search(r'name="token_slip" value="([^"]+)"', text(client.get(address)))
    assert slip
    return client.post(address, {**wanted, "token_slip": slip.group(1)})


def test_a_page_with_a_new_token_that_is_loaded_again_issues_no_other(client: Client) -> None:
    page = ask_for_a_token(client, account="storefront", scopes=["STOREFRONT"])
    again = client.post(reverse("admin:knox_authtoken_issue"), page.wsgi_request.POST.dict() | {"scopes": ["STOREFRONT"]})

    assert again.status_code == 302
    assert AuthToken.objects.count() == 1


def test_a_new_token_is_shown_once(client: Client, owner: User) -> None:
    page = ask_for_a_token(client, account="storefront", scopes=["STOREFRONT"], days="30")

    shown = re.search(r'id="token">(\w+)<', text(page))
    assert shown
    assert tokens.is_valid(shown.group(1))
    assert "no-store" in page.headers["Cache-Control"]
    assert shown.group(1) not in text(client.get(reverse("admin:knox_authtoken_changelist")))
    assert shown.group(1) not in text(client.get(reverse("admin:admin_logentry_changelist")))
    assert AuthToken.objects.get().expiry is not None
    assert [(one.action_flag, one.user) for one in LogEntry.objects.all()] == [(ADDITION, owner)]


def test_no_page_shows_the_digest_of_a_token(client: Client) -> None:
    a_token()
    token = AuthToken.objects.get()
    page = text(client.get(reverse("admin:knox_authtoken_changelist")))
    asked = text(client.get(reverse("admin:knox_authtoken_revoke", args=[token.token_key])))

    assert token.token_key[:8] in page
    assert "스토어프런트" in page
    assert token.digest not in page + asked
    with pytest.raises(NoReverseMatch):
        reverse("admin:knox_authtoken_change", args=[token.digest])


def test_a_member_of_staff_gets_no_token(client: Client, owner: User) -> None:
    page = ask_for_a_token(client, account=owner.username, scopes=["READ_ONLY"])

    assert page.status_code == 200
    assert owner.username in text(page)
    assert AuthToken.objects.count() == 0


def test_a_deactivated_account_gets_no_token(client: Client) -> None:
    User.objects.create_user("partner", is_service=True, is_active=False)

    page = ask_for_a_token(client, account="partner", scopes=["READ_ONLY"])

    assert "사용이 중지되었습니다" in text(page)
    assert AuthToken.objects.count() == 0


def test_a_token_needs_a_scope(client: Client) -> None:
    assert client.post(reverse("admin:knox_authtoken_issue"), {"account": "partner"}).status_code == 200
    assert AuthToken.objects.count() == 0


def test_a_revoked_token_is_gone(client: Client, owner: User) -> None:
    token = a_token()
    address = reverse("admin:knox_authtoken_revoke", args=[AuthToken.objects.get().token_key])

    assert client.get(address).status_code == 200
    assert tokens.is_valid(token)
    client.post(address)

    assert not tokens.is_valid(token)
    assert [(one.action_flag, one.user) for one in LogEntry.objects.filter(user=owner)] == [(DELETION, owner)]
    assert client.get(address).status_code == 404


def test_tokens_need_their_permissions() -> None:
    a_token()
    onlooker = a_staff_member("onlooker", role=Role.VIEWER)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_authtoken"))
    client = a_client(onlooker)
    revoke = reverse("admin:knox_authtoken_revoke", args=[AuthToken.objects.get().token_key])

    page = client.get(reverse("admin:knox_authtoken_changelist"))

    assert page.status_code == 200
    assert revoke not in text(page)
    assert client.get(reverse("admin:knox_authtoken_issue")).status_code == 403
    assert client.post(revoke).status_code == 403
    assert AuthToken.objects.count() == 1


# --- staff and roles ---------------------------------------------------------------------------------------------------


def test_a_service_account_cannot_become_staff(client: Client) -> None:
    service = User.objects.create_user("robot", is_service=True)
    address = reverse("admin:kernel_user_change", args=[service.pk])

    page = client.post(address, {"username": "robot", "is_active": "on", "is_staff": "on", "is_superuser": "on"})

    assert page.status_code == 200
    assert "서비스 계정은 토큰으로만" in text(page)
    assert set(page.context["errors"].as_data() if hasattr(page.context["errors"], "as_data") else page.context["errors"])
    service.refresh_from_db()
    assert not service.is_staff


def test_a_new_member_of_staff_has_a_role(client: Client) -> None:
    buyer = Group.objects.get(name=Role.BUYER)
    password = "a-long-enough-word"
    wanted = {"username": "kim", "password1": password, "password2": password, "is_staff": "on", "groups": [buyer.pk]}

    sent = client.post(reverse("admin:kernel_user_add"), wanted)

    assert sent.status_code == 302
    made = User.objects.get(username="kim")
    assert made.is_staff
    assert list(made.groups.all()) == [buyer]


def test_staff_and_service_accounts_are_listed_apart(client: Client) -> None:
    User.objects.create_user("robot", is_service=True)
    address = reverse("admin:kernel_user_changelist")

    staff = client.get(address, {"is_service__exact": "0"}).context["cl"].queryset
    services = client.get(address, {"is_service__exact": "1"}).context["cl"].queryset

    assert [user.username for user in staff] == ["owner"]
    assert [user.username for user in services] == ["robot"]


def test_only_someone_with_all_rights_changes_someone_with_all_rights(owner: User) -> None:
    deputy = a_staff_member("deputy", role=Role.OWNER, superuser=False)
    client = a_client(deputy)
    address = reverse("admin:kernel_user_change", args=[owner.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"username": "mine"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[owner.pk])).status_code == 403
    client.post(reverse("admin:kernel_user_change", args=[deputy.pk]), {"username": "deputy", "is_superuser": "on"})
    deputy.refresh_from_db()
    assert not deputy.is_superuser


class TestNobodyRises:
    """A deputy edits accounts and groups, and sees job runs; no more."""

    PASSWORDS = {"usable_password": "true", "password1": "another-long-word", "password2": "another-long-word"}

    @pytest.fixture
    def deputy(self) -> User:
        deputy = User.objects.create_user("deputy", is_staff=True)
        names = [
            "view_user",
            "change_user",
            "add_user",
            "view_group",
            "change_group",
            "add_group",
            "delete_group",
            "view_jobrun",
        ]
        team = Group.objects.create(name="deputies")
        team.permissions.set(Permission.objects.filter(codename__in=names))
        deputy.groups.add(team)
        return deputy

    @pytest.fixture
    def client(self, deputy: User) -> Client:
        return a_client(deputy)

    def saved(self, client: Client, user: User, *groups: Group, **values: str) -> Any:
        wanted = {
            "username": user.username,
            "is_active": "on",
            "is_staff": "on",
            "groups": [one.pk for one in groups],
            **values,
        }
        return client.post(reverse("admin:kernel_user_change", args=[user.pk]), wanted)

    def test_by_taking_a_higher_role(self, client: Client, deputy: User) -> None:
        team, owners = deputy.groups.get(), Group.objects.get(name=Role.OWNER)
        form = client.get(reverse("admin:kernel_user_change", args=[deputy.pk])).context["adminform"].form

        refused = self.saved(client, deputy, team, owners)

        assert team in form.fields["groups"].queryset
        assert owners not in form.fields["groups"].queryset
        assert refused.status_code == 200
        assert list(deputy.groups.all()) == [team]
        assert self.saved(client, deputy, team, first_name="민수").status_code == 302
        assert list(deputy.groups.all()) == [team]

    def test_by_making_an_account_of_a_higher_role(self, client: Client) -> None:
        wanted = {"username": "twin", **self.PASSWORDS, "is_staff": "on", "groups": [Group.objects.get(name=Role.OWNER).pk]}

        assert client.post(reverse("admin:kernel_user_add"), wanted).status_code == 200
        assert not User.objects.filter(username="twin").exists()

    @pytest.mark.parametrize("active", [True, False])
    def test_by_taking_over_a_higher_account(self, client: Client, active: bool) -> None:
        higher = a_staff_member("higher", role=Role.OWNER, superuser=False)
        User.objects.filter(pk=higher.pk).update(is_active=active)
        word = reverse("admin:auth_user_password_change", args=[higher.pk])

        assert client.get(reverse("admin:kernel_user_change", args=[higher.pk])).status_code == 200
        assert self.saved(client, higher).status_code == 403
        assert client.get(word).status_code == 403
        assert client.post(word, self.PASSWORDS).status_code == 403
        higher.refresh_from_db()
        assert higher.is_active is active
        assert higher.check_password("a-long-enough-word")
        assert higher.groups.exists()

    def test_by_taking_over_an_account_with_a_permission_of_its_own(self, client: Client) -> None:
        other = User.objects.create_user("other", is_staff=True)
        assert self.saved(client, other).status_code == 302

        other.user_permissions.add(Permission.objects.get(codename="add_authtoken"))

        assert self.saved(client, other).status_code == 403

    def test_by_widening_the_own_group(self, client: Client, deputy: User) -> None:
        team, wanted = deputy.groups.get(), Permission.objects.get(codename="add_authtoken")
        held = [one.pk for one in team.permissions.all()]
        address = reverse("admin:auth_group_change", args=[team.pk])

        refused = client.post(address, {"name": "deputies", "permissions": [*held, wanted.pk]})

        assert refused.status_code == 200
        assert wanted not in team.permissions.all()
        assert client.post(address, {"name": "helpers", "permissions": held[:-1]}).status_code == 302
        assert team.permissions.count() == len(held) - 1

    def test_by_editing_a_group_that_may_more(self, client: Client) -> None:
        group = Group.objects.create(name="cashiers")
        group.permissions.add(Permission.objects.get(codename="add_authtoken"))

        page = client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "cashiers", "permissions": []})
        gone = client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

        assert (page.status_code, gone.status_code) == (403, 403)
        assert group.permissions.count() == 1


def test_an_account_is_switched_off_not_deleted(client: Client, owner: User) -> None:
    assert client.post(reverse("admin:kernel_user_delete", args=[owner.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()


def test_the_shops_own_roles_are_not_edited_by_hand(client: Client) -> None:
    role = Group.objects.get(name=Role.BUYER)
    address = reverse("admin:auth_group_change", args=[role.pk])

    page = client.get(address)

    assert page.status_code == 200
    assert "구매 담당" in text(page)
    assert client.post(address, {"name": "boss"}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[role.pk]), {"post": "yes"}).status_code == 403


def test_a_group_of_the_shops_making_is_editable(client: Client) -> None:
    permission = Permission.objects.get(codename="view_jobrun")
    client.post(reverse("admin:auth_group_add"), {"name": "야간 담당", "permissions": [permission.pk]})
    group = Group.objects.get(name="야간 담당")

    client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "주간 담당", "permissions": []})

    group.refresh_from_db()
    assert group.name == "주간 담당"


# --- the schedule ------------------------------------------------------------------------------------------------------


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


# --- the home page -----------------------------------------------------------------------------------------------------


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


# --- pages about errors ------------------------------------------------------------------------------------------------


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
