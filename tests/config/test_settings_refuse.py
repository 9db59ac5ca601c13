"""A malformed variable stops the start, and the message names it."""

import os
import subprocess
import sys

import pytest

from config.local.place import PROJECT

GOOD = {
    "SECRET_KEY": "a-long-random-word",
    "DATABASE_URL": "postgres://user:password@localhost/shop",
    "REDIS_URL": "redis://localhost:6379",
    "ENV_FILE": "",
    "HTTPS": "off",
}


def reading(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | GOOD | changes
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_good_variables_are_read() -> None:
    assert reading().returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///shop.db"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:6379/0"),
        ("SHOP_CURRENCY", "won"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "many"),
        ("LOG_FORMAT", "xml"),
        ("CLOCK_OFFSET", "60"),
        ("EVENTS_STORE", "files"),
        ("EVENTS_IN_DATABASE_DAYS", "100"),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str) -> None:
    done = reading(**{name: value})

    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert name in done.stderr.splitlines()[-1]
