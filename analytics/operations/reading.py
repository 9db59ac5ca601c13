"""Makes the views for readers, their comments and the rights to them. Run after each migration; it can be repeated.

They are made anew in one transaction: whoever reads waits for a moment and never finds half of them.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from analytics.reading import SCHEMA, VIEWS, View

# Read everything but the personal views, and everything.
READER, PERSONAL_READER = "shop_reader", "shop_reader_personal"


@transaction.atomic
def sync_views(*, app_role: str) -> Sequence[str]:
    """The database roles that may read now. Roles that do not exist get nothing: making them is the server's business."""
    with connection.cursor() as cursor:
        schema = sql.Identifier(SCHEMA)
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        cursor.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
                schema, sql.Literal(f"Views for reading the shop. Days are business days in {settings.BUSINESS_TIME_ZONE}.")
            )
        )
        for view in VIEWS:
            _make(cursor, view)
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[app_role, READER, PERSONAL_READER]])
        roles = sorted(role for (role,) in cursor.fetchall())
        for role in roles:
            _grant(cursor, role)
    return roles


def _make(cursor: Any, view: View) -> None:
    name = sql.Identifier(SCHEMA, view.name)
    query = sql.SQL(view.select(settings.BUSINESS_TIME_ZONE))  # of texts of the product alone
    cursor.execute(sql.SQL("CREATE VIEW {} AS {}").format(name, query))
    cursor.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(name, sql.Literal(view.about)))
    for column in view.columns:
        cursor.execute(
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                sql.Identifier(SCHEMA, view.name, column.name), sql.Literal(column.about)
            )
        )


def _grant(cursor: Any, role: str) -> None:
    who = sql.Identifier(role)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), who))
    for view in VIEWS:
        if not view.is_personal or role == PERSONAL_READER:
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(SCHEMA, view.name), who))
