"""Rows as a Parquet file, by DuckDB (extra `analytics`): whole numbers, decimals, days and moments keep their types.

The same rows make the same bytes as long as the library stays the same. They pass through a file, so that a day may have more
of them than the memory has room for.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.kernel.errors import Invalid

_NOTHING = r"\N"
# By the type's name in the database; amounts without a declared precision keep six places.
_TYPES = {
    "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT", "double precision": "DOUBLE", "real": "REAL",
    "boolean": "BOOLEAN", "date": "DATE", "timestamp with time zone": "TIMESTAMPTZ", "uuid": "UUID",
    "numeric": "DECIMAL(38,6)",
}  # fmt: skip
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)\Z")


class ParquetRefused(Invalid):
    code = "parquet_not_possible"


def kind(of: str) -> str:
    """The type of a column by what the database calls it; what is none of those is text."""
    if declared := _NUMERIC.match(of):
        return f"DECIMAL({declared[1]},{declared[2]})"
    return _TYPES.get(of, "VARCHAR")


def pack(part: Path, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> int:
    """Writes the rows, of columns by name and type of the database, and tells how many."""
    library = _library()
    between = part.with_name(f"{part.name}.rows.part")
    kinds = [kind(of) for _name, of in columns]
    count = 0
    try:
        with between.open("w", encoding="utf-8", newline="") as text:
            for row in rows:
                text.write(",".join(_cell(value, of) for value, of in zip(row, kinds, strict=True)) + "\n")
                count += 1
        told = ", ".join(f"'{name}': '{of}'" for (name, _of), of in zip(columns, kinds, strict=True))
        with library.connect(config={"threads": 1, "memory_limit": "512MB"}) as database:
            database.execute("SET TimeZone = 'UTC'")
            database.execute(
                f"COPY (SELECT * FROM read_csv({_text(str(between))}, header = false, auto_detect = false, delim = ',', "  # noqa: S608
                f"quote = '\"', escape = '\"', nullstr = '{_NOTHING}', allow_quoted_nulls = false, parallel = false, "
                # Told, not found out: a line that ends inside of quotes in the first row would pass for the kind of all.
                f"new_line = '\\n', "
                f"max_line_size = 20000000, columns = {{{told}}})) TO {_text(str(part))} (FORMAT parquet, COMPRESSION zstd)"
            )
    finally:
        between.unlink(missing_ok=True)
    return count


def _cell(value: Any, of: str) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        _require_places(value, of)
        return format(value, "f")
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
    if of == "VARCHAR":
        return '"' + str(value).replace('"', '""') + '"'
    return str(value)


def _require_places(value: Decimal, of: str) -> None:
    """Nothing is rounded on its way."""
    places = int(of.rstrip(")").rsplit(",", 1)[1]) if of.startswith("DECIMAL") else 0
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > places:
        raise ParquetRefused(f"{value} has more places than {of} keeps.")


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _library() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise ParquetRefused("duckdb is not installed: pip install '.[analytics]' brings what Parquet needs.") from error
    return duckdb
