"""A connection that died while it lay in the pool is replaced before anybody uses it, and one that lives is not asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config.kernel.postgresql import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled() -> Iterator[base.DatabaseWrapper]:
    options = connection.settings_dict["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}
    told = connection.settings_dict | {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    wrapper = base.DatabaseWrapper(told, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def session(wrapper: base.DatabaseWrapper) -> int:
    """The server's number of the session that serves one request."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        number = int(cursor.fetchone()[0])
    wrapper.close()
    return number


def end(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
        assert cursor.fetchone() == (True,)


def test_a_session_that_the_server_ended_costs_nobody_a_request(pooled: base.DatabaseWrapper) -> None:
    ended = session(pooled)
    end(ended)

    assert session(pooled) != ended


def test_without_the_look_the_next_request_would_fail(pooled: base.DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    end(session(pooled))
    monkeypatch.setattr(base, "lives", lambda _connection: True)

    with pytest.raises(Exception, match=r"terminat|closed"):
        session(pooled)


def test_a_connection_that_answered_just_now_is_not_asked(
    pooled: base.DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = session(pooled)

    def ask(_connection: Any) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(base.ConnectionPool, "check_connection", ask)

    assert session(pooled) == first


def test_a_connection_that_has_been_silent_for_long_is_asked(
    pooled: base.DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(pooled)
    asked: list[Any] = []
    monkeypatch.setattr(base, "TRUSTED_SECONDS", 0.0)
    monkeypatch.setattr(base.ConnectionPool, "check_connection", asked.append)

    session(pooled)

    assert len(asked) == 1
