"""Every advisory lock of this app, each with a number of its own, held until the transaction ends.

Which are taken before which is in docs/algorithms/events.md.
"""

from collections.abc import Iterable
from datetime import date
from enum import IntEnum, unique

from django.db import connection


@unique
class Lock(IntEnum):
    """Those of days have a second key, the day's ordinal number."""

    ROLLUP_DAYS = 5_201  # days whose sales are being made
    EVENT_FIGURES = 5_202  # counting events
    VISIT_DAYS = 5_203  # days whose visits are being made
    KNOWN = 5_204  # which customer a visitor is: held in common by those who make days, alone by whoever changes it
    PURCHASES = 5_205  # making purchases and newcomers
    ATTRIBUTION_DAYS = 5_206  # days whose origins are being made
    SPEND = 5_207  # taking in what advertising costs
    OUTLETS = 5_209  # writing files, held by the session
    RECEIPT_DAYS = 5_210  # days of receipt whose batches are being summed up or written
    EVENT_KINDS = 5_211  # defining kinds of events
    TRENDING = 5_212  # ranking what is turned to at present
    RHYTHM = 5_213  # reading the rhythm of customers
    DECISIVE_SLOTS = 5_214  # searching for the hours that decide
    DEMAND_DAYS = 5_215  # days whose demand is being made
    FORECASTS = 5_216  # beginning and ending a night of forecasts
    EVENT_COPIES = 5_220  # days of events that are being copied or compared


def alone(lock: Lock) -> None:
    """Waits for whoever holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(lock)])


def in_common(lock: Lock) -> None:
    """Waits for whoever holds it alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [int(lock)])


def days_alone(lock: Lock, days: Iterable[date]) -> None:
    """Waits for whoever holds any of these days: two that replace the same rows would meet in a unique constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, ordinal) FROM unnest(%s::int[]) AS ordinal",
            [int(lock), sorted({day.toordinal() for day in days})],
        )


def day_if_free(lock: Lock, day: date) -> bool:
    """Takes the day unless somebody holds it, and says whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [int(lock), day.toordinal()])
        return bool(cursor.fetchone()[0])
