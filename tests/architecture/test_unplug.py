"""Analytics observes and nobody knows it: without it the shop starts, and the three lower apps pass their own tests."""

import os
import subprocess
import sys

import pytest

from tests.architecture.trees import ROOT, environment

LOWER_APPS = ("inventory", "campaigns", "orders")


def unplugged(*command: str) -> tuple[int, str]:
    """Runs a Python command in a fresh process without analytics; its exit code and what it said."""
    surroundings = environment("tests.architecture.unplugged")
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_shop_passes_its_checks_without_analytics() -> None:
    code, said = unplugged("manage.py", "check")
    assert code == 0, said


def test_analytics_is_really_gone() -> None:
    code, said = unplugged(
        "-c", "import django; django.setup(); from django.apps import apps; print(apps.is_installed('analytics'))"
    )
    assert (code, said.split()[-1:]) == (0, ["False"]), said


def test_a_shop_that_needs_analytics_would_be_seen() -> None:
    code, said = unplugged(
        "-c", "import django; django.setup(); from django.apps import apps; apps.get_app_config('analytics')"
    )
    assert code != 0
    assert "LookupError" in said


def passes(*folders: str) -> None:
    """Runs tests beside the servers of this run. The folders hold neither browser nor concurrency tests; options of the outer
    run stay outside.
    """
    if "DATABASE_URL" not in os.environ:
        pytest.skip("needs a PostgreSQL server in DATABASE_URL")
    code, said = unplugged("-m", "pytest", "-q", "-x", "-o", "addopts=", "-p", "no:cacheprovider", "--create-db", *folders)
    assert code == 0, said[-6000:]


def test_the_api_of_orders_which_stand_on_all_the_others_passes_its_tests_on_a_database_without_analytics() -> None:
    passes("tests/orders/api")


@pytest.mark.prove
def test_the_lower_apps_pass_all_their_tests_on_a_database_without_analytics() -> None:
    passes(*(f"tests/{app}" for app in LOWER_APPS))
