"""Makes the views for readers, their comments and the rights to them. Run after each migration; it can be repeated.

It is one transaction: whoever reads waits for a moment and never finds half of them. A view that has only got columns at its
end is replaced where it stands, and what others have built on it stays. One that has changed otherwise is made anew, unless
somebody has built on it: then nothing is done, and they are named.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import DependentObjectsStillExist, InvalidTableDefinition

from analytics.reading import SCHEMA, VIEWS, View
from config.kernel.errors import Conflict

# Read everything but the personal views, and everything.
READER, PERSONAL_READER = "shop_reader", "shop_reader_personal"


class BuiltUpon(Conflict):
    """`details` name the views that cannot be made anew, and what others have built on them."""

    code = "view_built_upon"


@transaction.atomic
def sync_views(*, app_role: str, views: Sequence[View] = VIEWS) -> Sequence[str]:
    """The database roles that may read now. Roles that do not exist get nothing: making them is the server's business."""
    with connection.cursor() as cursor:
        schema = sql.Identifier(SCHEMA)
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        cursor.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
                schema, sql.Literal(f"Views for reading the shop. Days are business days in {settings.BUSINESS_TIME_ZONE}.")
            )
        )
        changed = [view for view in views if not _replaced(cursor, view)]
        if changed:
            _drop(cursor, changed)
        for view in changed:
            _make(cursor, view)
        for view in views:
            _describe(cursor, view)
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[app_role, READER, PERSONAL_READER]])
        roles = sorted(role for (role,) in cursor.fetchall())
        for role in roles:
            _grant(cursor, role, views)
    return roles


def _replaced(cursor: Any, view: View) -> bool:
    """Whether the view stands as it should: it was new, the same, or has got columns at its end."""
    try:
        with transaction.atomic():
            _make(cursor, view)
    except ProgrammingError as error:
        if isinstance(error.__cause__, InvalidTableDefinition):
            return False
        raise
    return True


def _drop(cursor: Any, changed: Sequence[View]) -> None:
    names = [sql.Identifier(SCHEMA, view.name) for view in changed]
    try:
        with transaction.atomic():
            cursor.execute(sql.SQL("DROP VIEW {}").format(sql.SQL(", ").join(names)))
    except DatabaseError as error:
        cause = error.__cause__
        if not isinstance(cause, DependentObjectsStillExist):
            raise
        built = cause.diag.message_detail or ""
        raise BuiltUpon(
            _("These views have changed and others have built on them. Drop what they built, or move it: %(built)s")
            % {"built": built},
            details={"views": [view.name for view in changed], "built": built.splitlines()},
        ) from error


def _make(cursor: Any, view: View) -> None:
    name = sql.Identifier(SCHEMA, view.name)
    query = sql.SQL(view.select(settings.BUSINESS_TIME_ZONE))  # of texts of the product alone
    cursor.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(name, query))


def _describe(cursor: Any, view: View) -> None:
    name = sql.Identifier(SCHEMA, view.name)
    cursor.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(name, sql.Literal(view.about)))
    for column in view.columns:
        cursor.execute(
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                sql.Identifier(SCHEMA, view.name, column.name), sql.Literal(column.about)
            )
        )


def _grant(cursor: Any, role: str, views: Sequence[View]) -> None:
    """These and no others; what was granted to roles that are not ours is left to who did it."""
    who = sql.Identifier(role)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), who))
    for view in views:
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(SCHEMA, view.name), who))
        if not view.is_personal or role == PERSONAL_READER:
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(SCHEMA, view.name), who))
