"""Guessing passwords is slowed down: by name and address together (axes), and by either of them alone."""

from datetime import datetime, timedelta

import pytest
import redis
from axes.models import AccessFailureLog
from django.http import HttpResponse
from django.test import Client

from config.kernel import clock, throttling
from config.kernel.models import User

pytestmark = pytest.mark.django_db
WORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    User.objects.create_superuser("owner", password=WORD)


def log_in(name: str = "owner", word: str = WORD, address: str = "192.0.2.1") -> HttpResponse:
    answer: HttpResponse = Client().post(
        "/admin/login/?next=/admin/", {"username": name, "password": word}, REMOTE_ADDR=address
    )
    return answer


def let_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302


def test_one_address_may_try_so_many_names_a_minute(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    for number in range(throttling.LOGINS_PER_ADDRESS):
        log_in(f"guessed-{number}", "wrong")

    assert not let_in(log_in())
    assert let_in(log_in(address="192.0.2.2")), "another address is not slowed"
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=1))
    assert let_in(log_in())


def test_one_name_may_be_tried_so_often_a_minute_whatever_the_address(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    for number in range(throttling.LOGINS_PER_NAME):
        log_in(word="wrong", address=f"198.51.100.{number}")

    assert not let_in(log_in())
    User.objects.create_superuser("another", password=WORD)
    assert let_in(log_in("another")), "another name is not slowed"
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=1))
    assert let_in(log_in())


def test_the_refusal_reads_like_a_wrong_password_and_axes_counts_it() -> None:
    wrong = log_in(word="wrong", address="192.0.2.9")
    for number in range(throttling.LOGINS_PER_NAME):
        log_in(word="wrong", address=f"198.51.100.{number}")
    before = AccessFailureLog.objects.count()

    slowed = log_in(address="192.0.2.10")

    assert (slowed.status_code, told(slowed)) == (wrong.status_code, told(wrong))
    assert AccessFailureLog.objects.count() == before + 1


def told(answer: HttpResponse) -> list[str]:
    errors: list[str] = answer.context["form"].non_field_errors()  # type: ignore[attr-defined]  # of Django's test client
    assert errors
    return errors


def test_an_attempt_at_a_locked_pair_is_left_to_axes() -> None:
    for _ in range(5):
        log_in(word="wrong")

    assert log_in().status_code in (403, 429)


def test_without_redis_staff_still_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "_client", redis.Redis.from_url("unix:///tmp/nobody-listens-here.sock"))

    assert let_in(log_in())


@pytest.mark.parametrize("name", ["이름", "x" * 10_000, "a:b\nc", "\ud800"])
def test_odd_names_are_counted_like_others(name: str) -> None:
    assert [throttling.login_within(name, None) for _ in range(throttling.LOGINS_PER_NAME + 1)][-2:] == [True, False]
