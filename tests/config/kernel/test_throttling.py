"""Each token and each address has its own allowance a minute; without Redis nobody is held back."""

import time
import uuid
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from config.kernel import clock, throttling


@pytest.fixture(autouse=True)
def a_fresh_throttle(monkeypatch: pytest.MonkeyPatch, settings: Any, at: datetime) -> None:
    settings.API_RATE_PER_TOKEN = 5
    settings.API_RATE_PER_ADDRESS = 3
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 0}
    monkeypatch.setattr(throttling, "_silent_until", 0.0)
    monkeypatch.setattr(clock, "now", lambda: at)


def passes(token: str | None = None, address: str = "192.0.2.1", **headers: str) -> bool:
    request = Request(APIRequestFactory().get("/", REMOTE_ADDR=address, headers=headers))
    request.auth = SimpleNamespace(pk=token) if token else None  # type: ignore[assignment]  # all that the throttle asks for
    return throttling.TokenThrottle().allow_request(request, None)  # type: ignore[arg-type]  # the view is not asked


def test_a_token_passes_up_to_its_allowance_and_then_waits_for_the_next_minute(
    monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    token = uuid.uuid4().hex

    assert [passes(token) for _ in range(7)] == [True] * 5 + [False] * 2
    assert passes(uuid.uuid4().hex), "another token has its own"

    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=1))
    assert passes(token)


def test_who_shows_no_token_is_counted_by_address_whatever_a_header_claims() -> None:
    address = f"2001:db8::{uuid.uuid4().hex[:4]}"

    assert [passes(address=address, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(4)] == [True] * 3 + [False]


def test_the_wait_is_told_in_seconds_to_the_next_minute(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(seconds=12))
    throttle = throttling.TokenThrottle()
    request = Request(APIRequestFactory().get("/"))
    request.auth = SimpleNamespace(pk=uuid.uuid4().hex)  # type: ignore[assignment]  # all that the throttle asks for
    throttle.allow_request(request, None)  # type: ignore[arg-type]  # the view is not asked

    assert throttle.wait() == 48


def test_without_redis_requests_pass_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("unix:///tmp/nobody-listens-here.sock")
    monkeypatch.setattr(throttling, "_client", away)
    began = time.monotonic()

    assert all(passes("somebody") for _ in range(50))

    assert time.monotonic() - began < 0.7
