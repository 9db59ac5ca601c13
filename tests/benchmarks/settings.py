"""The shop's settings as in production, with the addresses of the benchmarks beside its own."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
