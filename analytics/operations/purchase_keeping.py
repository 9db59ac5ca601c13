"""How far purchases and newcomers look back on visits, and which days stay as they were made because that is forgotten.

Nothing looks back further than `looks_back`. So a day's figures stay what a recount gives until the first visits they may rest
on forget whose they were, and are told as they were from then on.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction

_LOOKS_BACK = timedelta(days=180)

_KEEP = """
    UPDATE {table} AS known SET is_kept = true
    FROM (
        SELECT day FROM {table} WHERE day < %(before)s AND rebuilt_at IS NOT NULL AND NOT is_kept ORDER BY day FOR UPDATE
    ) AS due
    WHERE known.day = due.day
"""


def looks_back() -> timedelta:
    """Somebody who was not here for so long is new. At least half of the time as personal data is left to watch."""
    return min(_LOOKS_BACK, timedelta(days=settings.EVENTS_PERSONAL_DAYS // 2))


@transaction.atomic
def keep(*, before: date) -> None:
    """To be called before the visits of days before this one are forgotten."""
    with connection.cursor() as cursor:
        for table in ("analytics_purchaseday", "analytics_cohortday"):
            cursor.execute(_KEEP.format(table=table), {"before": before + looks_back()})
