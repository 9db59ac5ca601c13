"""A burst passes the throttle up to its limit, and not one more."""

import time
import uuid
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import SimpleRateThrottle

from config.kernel import clock, throttling
from tests.probe.together import together

LIMIT, BURST = 10, 200


def a_request(token: str) -> Request:
    request = Request(APIRequestFactory().get("/"))
    request.auth = SimpleNamespace(pk=token)  # type: ignore[assignment]  # all that the throttle asks for
    return request


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch, at: datetime, settings: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    monkeypatch.setattr(throttling, "_silent_until", 0.0)
    # As in a process that has just come up: the burst makes the first connection, too.
    monkeypatch.setattr(throttling, "_client", None)
    settings.API_RATE_PER_TOKEN = LIMIT


def passed(throttle: type, token: str) -> int:
    requests = [a_request(token) for _ in range(BURST)]
    return sum(together(BURST, lambda index: bool(throttle().allow_request(requests[index], None))))


@pytest.mark.usefixtures("one_minute")
def test_exactly_the_limit_of_a_burst_passes() -> None:
    assert passed(throttling.TokenThrottle, uuid.uuid4().hex) == LIMIT


@pytest.mark.redis_server
def test_control_reading_and_then_writing_a_history_lets_more_through() -> None:
    class ReadThenWrite(SimpleRateThrottle):
        """What DRF ships."""

        rate = f"{LIMIT}/min"

        def throttle_success(self) -> bool:
            # The moment between reading the history and writing it, held open, so that the race does not hang on luck.
            time.sleep(0.05)
            return bool(super().throttle_success())

        def get_cache_key(self, request: Request, view: Any) -> str:
            return f"history:{request.auth.pk}"

    assert passed(ReadThenWrite, uuid.uuid4().hex) > LIMIT, "not powered: the burst was held back without an atomic counter"
