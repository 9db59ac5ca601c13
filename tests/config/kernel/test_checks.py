"""What the deployment check says about a database that forgets what it has acknowledged."""

from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    messages = run_checks(tags=[Tags.database], include_deployment_checks=True, databases=["default"])
    return [str(message.msg) for message in messages if message.id == "kernel.E001"]


@pytest.fixture(autouse=True)
def _a_shop_in_earnest(settings: Any) -> None:
    settings.HTTPS = True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")


def forgetful() -> set[str]:
    """What the servers of a test run leave out on purpose."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'")
        return {name for (name,) in cursor.fetchall()}


def test_a_database_that_may_lose_a_commit_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert "PostgreSQL runs with synchronous_commit = off." in found()


def test_each_setting_that_is_on_or_off_is_read_as_it_is() -> None:
    assert {message.split()[3] for message in found()} == forgetful()


def test_a_demo_may_be_forgetful(settings: Any) -> None:
    settings.HTTPS = False
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert found() == []
