"""The record of who saw, took out or erased what is known of people: added to, never changed, and kept for two years.

Korean rules ask for the records of who accessed personal data for one year, and for two years of larger shops.
"""

from datetime import datetime

from django.db import connection

from config.kernel.models import PersonalAccess, User

Deed = PersonalAccess.Deed


def record(
    *,
    deed: Deed,
    subject: str,
    actor: User | None,
    at: datetime,
    row_key: object = "",
    people: int = 1,
    details: str = "",
    address: str | None = None,
) -> None:
    """One row, whatever the number of people; `subject` is the label of a model, `details` hold no personal data."""
    PersonalAccess.objects.create(
        deed=deed,
        subject=subject,
        row_key=str(row_key),
        people=people,
        details=details[:200],
        actor=actor,
        address=address,
        accessed_at=at,
    )


def prune(*, at: datetime) -> int:
    """The role that runs the shop may not delete these rows; a function of the database drops those older than two years."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_drop_accesses(%s)", [at])
        return int(cursor.fetchone()[0])
