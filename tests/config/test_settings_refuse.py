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


def reading(said: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | GOOD | changes
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings; print({said})"],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_good_variables_are_read() -> None:
    assert reading().returncode == 0


def test_mails_may_go_to_a_folder() -> None:
    """As in the demo, where nobody has a mail server and the link in a mail is still wanted."""
    done = reading(EMAIL_URL="filemail:////a/folder%20of/mails", said="settings.MAIL_IS_ON, settings.EMAIL_FILE_PATH")

    assert done.stdout.split("\n") == ["True /a/folder of/mails", ""]


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


@pytest.mark.parametrize(
    "url",
    [
        "https://shop:hush#hush@events.example/shop",
        "https://shop:hush/hush@events.example/shop",
        "https://shop:8/hush@events.example/shop",
        "https://shop:hush?hush@events.example/shop",
        "https://shop:hush[hush@events.example/shop",
        "clickhouse://shop:hush@events.example/shop",
        "http://shop:hush@events.example/shop",
        "http://shop:hush@8.8.8.8/shop",
    ],
)
def test_an_address_of_clickhouse_that_would_tell_its_password_is_refused_without_telling_it(url: str) -> None:
    done = reading(EVENTS_STORE="clickhouse", CLICKHOUSE_URL=url)
    assert done.returncode != 0
    assert "CLICKHOUSE_URL" in done.stderr.splitlines()[-1]
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "https://shop:h%23sh@events.example/shop", "http://shop:hush@clickhouse:8123/shop", "http://shop:hush@10.0.0.7/shop",
        "http://shop:hush@[::1]:8123/shop", "/var/lib/shop/clickhouse", "http://events.example/shop",
    ],
)  # fmt: skip
def test_an_address_of_clickhouse_is_read(url: str) -> None:
    assert reading(EVENTS_STORE="clickhouse", CLICKHOUSE_URL=url).returncode == 0
