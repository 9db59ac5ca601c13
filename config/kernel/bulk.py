"""Many rows at once, through COPY: for histories, where one insert for each story would take hours.

Rows go in as plain tuples. The database checks them like any others: constraints, foreign keys, rights of the role.
"""

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models
from psycopg import sql


def unhurried() -> None:
    """Until the present transaction ends: no limit on time, for a history takes longer than any request may; and foreign keys
    are checked as rows come, for a million of them kept until the end would fill the memory.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def take_ids(model: type[models.Model], number: int) -> list[int]:
    """So many new primary keys, ascending, that nobody else will get: rows may name each other before they are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, number],
        )
        return [row[0] for row in cursor.fetchall()]


def take_numbers(sequence: str, number: int) -> list[int]:
    """So many numbers of a sequence of documents, ascending."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, number])
        return [row[0] for row in cursor.fetchall()]


def copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Writes the rows, each with the values of `columns` (names of fields as in `attname`), and tells how many.

    Fields that are not named get the model's own defaults, as they would from `create`. JSON goes in as text.
    """
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    rest = [field for field in model._meta.concrete_fields if field.attname not in columns and not field.primary_key]
    fields = [*(by_name[name] for name in columns), *rest]
    same = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
    names = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as target:
        for row in rows:
            target.write_row(row + same)
            written += 1
    return written


def put(rows: Sequence[models.Model], *, unique: Sequence[str], replace: bool = True) -> None:
    """Writes rows of one model by one statement; what is known by the fields of `unique` (as in `attname`) is told anew, or
    left as it is without `replace`. Rows that were written have their keys then.

    All of them go as one value. A value for each field, as `bulk_create` sends, costs several times as much to put together.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    told = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    columns = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
    types = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(str(field.column)), sql.SQL(str(field.db_type(connection)))) for field in fields
    )
    by_name = {field.attname: sql.Identifier(str(field.column)) for field in fields}
    keys = sql.SQL(", ").join([by_name[name] for name in unique])
    anew = [sql.SQL("{0} = excluded.{0}").format(column) for name, column in by_name.items() if name not in unique]
    settled = sql.Composed([sql.SQL("UPDATE SET "), sql.SQL(", ").join(anew)]) if replace else sql.SQL("NOTHING")
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_to_recordset(%s::json) AS told ({types}) ORDER BY {keys}"
        " ON CONFLICT ({keys}) DO {settled} RETURNING {key}, {keys}"
    ).format(
        table=sql.Identifier(meta.db_table), columns=columns, types=types, keys=keys, settled=settled,
        key=sql.Identifier(str(meta.pk.column)),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(), [json.dumps(told, default=_text, allow_nan=False, ensure_ascii=False)])
        written = {tuple(found): key for key, *found in cursor.fetchall()}
    known_by = attrgetter(*unique)
    for row in rows:
        found = known_by(row)
        row.pk = written.get(found if isinstance(found, tuple) else (found,))


def _text(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
