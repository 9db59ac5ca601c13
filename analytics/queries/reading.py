"""The views for readers, as the database describes them."""

from collections.abc import Iterator
from itertools import groupby

from django.db import connection

from analytics.reading import SCHEMA, VIEWS

OPENING = (
    f"Made by `manage.py describe_views` from the database's own comments. They lie in the schema `{SCHEMA}`; the role",
    "`shop_reader` reads all but those called personal, `shop_reader_personal` reads all. Neither reads a table nor writes,",
    "and their statements end after a minute. A column may be added at the end of a view; one that goes or changes its meaning",
    "makes `reading_v2`, and both stand for one release. `manage.py prepare` brings the views up to date after each migration;",
    "what others have built on them stays.",
    "",
    "Days are business days in the shop's time zone, moments carry their zone, amounts are in the order's currency with tax.",
    "Figures by day are replaced as a whole when something late arrives: `days` says which ones are final.",
)

_DESCRIBED = """
    SELECT c.relname, obj_description(c.oid), a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = %s AND c.relkind = 'v'
    ORDER BY c.relname, a.attnum
"""


def document() -> str:
    """docs/sql-views.md: what stands in the database's own comments."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_DESCRIBED, [SCHEMA])
        found = cursor.fetchall()
    keys = {view.name: ", ".join(view.key) for view in VIEWS}
    yield "# Views for reading the shop with SQL"
    yield ""
    yield from OPENING
    for (name, about), columns in groupby(found, key=lambda row: (row[0], row[1])):
        yield ""
        yield f"## {name}"
        yield ""
        yield f"{about} Key: {keys[name]}."
        yield ""
        yield "| Column | Type | Meaning |"
        yield "| --- | --- | --- |"
        for _name, _about, column, kind, meaning in columns:
            yield f"| `{column}` | {kind} | {meaning} |"
