"""After a test that commits, the database is emptied as `manage.py flush` empties it, at a fraction of the cost.

Truncating makes a new file for each table and each of its indexes, more than a thousand, of which a test has touched few: here
rows are deleted, from the tables that hold any. What `migrate` writes (kinds of rows, permissions) stays; a flush would take it
away and write it again.
"""

from contextlib import suppress

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql

# Of more rows, each of which is looked for in all tables that may refer to it, truncating is the faster way.
MOST = 10_000
KEPT = (ContentType, Permission)


def empty() -> None:
    # Rows that somebody still holds, or too many of them: truncating also says who is in the way.
    emptied = False
    with suppress(DatabaseError):
        emptied = _delete()
    if not emptied:
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


def holding_rows() -> list[str]:
    """The tables that a test must leave empty and that are not."""
    kept = {model._meta.db_table for model in KEPT}
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - kept)
    holds = sql.SQL(", ").join(sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(one)) for one in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(holds))
        return [table for table, held in zip(tables, cursor.fetchone(), strict=True) if held]


@transaction.atomic
def _delete() -> bool:
    """Whether all rows are gone; where there are too many, all are still there."""
    deleted = 0
    with connection.cursor() as cursor:
        for table in holding_rows():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            deleted += cursor.rowcount
    if deleted > MOST:
        transaction.set_rollback(True)
    return deleted <= MOST
