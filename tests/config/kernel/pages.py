"""What the tests of all back-office pages share: who sits before them, rows to show, and how a page is read."""

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from knox.models import AuthToken

from config.kernel import clock, jobs, tokens
from config.kernel.models import JobRun, OutboxDelivery, OutboxEvent, TokenScope, User
from config.kernel.roles import Role

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
    "API|SKU|PostgreSQL|Redis|ClickHouse",
    r"\b(?:IP|esc|ko|en|English|한국어)\b",
]


def foreign_words(said: str, language: str) -> list[str]:
    """Words of the other language. The jobs of tests/probe have English titles only."""
    for job in jobs.known().values():
        said = said.replace(str(job.title), "") if job.name.startswith("probe.") else said
    rest = re.sub("|".join(NAMES), " ", said)
    return re.findall(r"[A-Za-z]{2,}" if language == "ko" else r"[가-힣]+", rest)


def more_rows(name: str, at: datetime, start: int, count: int) -> None:
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
