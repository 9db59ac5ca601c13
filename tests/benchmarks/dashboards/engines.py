"""The questions asked of every single event: in PostgreSQL as it stands, in DuckDB and in ClickHouse (chdb), each on a copy.

A copy holds the columns that the questions read: when, who, what, which SKU and whether a shopper; and the id unless the size
is lean. Seoul keeps no summer time, so a local hour is the moment and nine hours in every engine.
"""

import importlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from config.kernel import shop
from config.kernel.business_time import day_period
from tests.benchmarks.dashboards.shape import dial

QUESTIONS = {
    # Visits by the weekday and hour in which they began.
    "heat map": """
        SELECT {weekday}, {hour}, count(*)
        FROM (
            SELECT visitor, {day} AS day, min({local}) AS start FROM {events} WHERE {counts} GROUP BY visitor, {day}
        ) AS visits
        GROUP BY 1, 2
    """,
    # Visits that viewed a product, were about to buy, began a checkout, ordered.
    "funnel by day": """
        SELECT day, count(*), sum(viewed), sum(decided), sum(checkout), sum(ordered)
        FROM (
            SELECT {day} AS day, visitor, max(CASE WHEN kind = 2 THEN 1 ELSE 0 END) AS viewed,
                max(CASE WHEN kind IN (5, 7, 8, 9) THEN 1 ELSE 0 END) AS decided,
                max(CASE WHEN kind = 9 THEN 1 ELSE 0 END) AS checkout, max(CASE WHEN kind = 10 THEN 1 ELSE 0 END) AS ordered
            FROM {events} WHERE {counts} GROUP BY {day}, visitor
        ) AS visits
        GROUP BY day
    """,
    "views by SKU": "SELECT variant_id, count(*) FROM {events} WHERE {counts} AND kind = 2 GROUP BY variant_id",
}
Answers = dict[str, dict[Any, Any]]


@dataclass(frozen=True)
class Asked:
    """`size` is bytes for each event; a reason where the engine is not there."""

    answers: Answers
    seconds: dict[str, float]
    size: dict[str, float]
    absent: str = ""


_POSTGRES = {
    "events": "analytics_event",
    "local": "(occurred_at AT TIME ZONE 'UTC' + interval '9 hours')",
    "day": "(occurred_at AT TIME ZONE 'UTC' + interval '9 hours')::date",
    "weekday": "extract(isodow FROM start) - 1",
    "hour": "extract(hour FROM start)",
    "moment": "'{} UTC'::timestamptz",
}
_DUCKDB = {
    "events": "event",
    "local": "(occurred_at + INTERVAL 9 HOUR)",
    "day": "CAST(occurred_at + INTERVAL 9 HOUR AS DATE)",
    "weekday": "isodow(start) - 1",
    "hour": "hour(start)",
    "moment": "TIMESTAMP '{}'",
}
_CLICKHOUSE = {
    "events": "event",
    "local": "(occurred_at + INTERVAL 9 HOUR)",
    "day": "toDate(occurred_at + INTERVAL 9 HOUR)",
    "weekday": "toDayOfWeek(start) - 1",
    "hour": "toHour(start)",
    "moment": "toDateTime64('{}', 3, 'UTC')",
}
_COPIED = "occurred_at AT TIME ZONE 'UTC', visitor, variant_id, kind, traffic"


def postgres(events: int, first: date, last: date) -> Asked:
    with dial() as mine:
        answers, seconds = _ask(lambda text: mine.execute(text).fetchall(), _POSTGRES, first, last)
        sizes = mine.execute(
            "SELECT sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)) FROM pg_inherits "
            "WHERE inhparent = 'analytics_event'::regclass"
        ).fetchone()
    assert sizes is not None
    return Asked(answers, seconds, {"rows": round(float(sizes[0]) / events, 1), "indexes": round(float(sizes[1]) / events, 1)})


def duckdb(events: int, first: date, last: date, *, is_lean: bool) -> Asked:
    engine = _engine("duckdb")
    if engine is None:
        return Asked({}, {}, {}, "duckdb is not installed (group prove)")
    with _folder() as folder:
        database = engine.connect(str(folder / "events.duckdb"))
        database.execute("SET threads = 2; SET memory_limit = '3GB'")
        key = "" if is_lean else "id UUID, "
        database.execute(
            f"CREATE TABLE event ({key}occurred_at TIMESTAMP_MS, visitor BIGINT, variant_id BIGINT, kind UTINYINT, "
            "traffic UTINYINT)"
        )
        for file in _files(folder, is_lean=is_lean):
            database.execute(f"COPY event FROM '{file}' (FORMAT csv, HEADER false)")
        database.execute("CHECKPOINT")
        size = _bytes(folder) / events
        answers, seconds = _ask(lambda text: database.execute(text).fetchall(), _DUCKDB, first, last)
        database.close()
        return Asked(answers, seconds, {"all": round(size, 1)})


def clickhouse(events: int, first: date, last: date, *, is_lean: bool) -> Asked:
    engine = _engine("chdb.session")
    if engine is None:
        return Asked({}, {}, {}, "chdb is not installed (group prove)")
    with _folder() as folder:
        session = engine.Session(str(folder / "store"))
        # The embedded engine takes all cores and most of the memory unless it is told.
        settings = " SETTINGS max_threads = 2, max_memory_usage = 6000000000"
        key = "" if is_lean else "id UUID, "
        columns = (
            f"{key}occurred_at DateTime64(3, 'UTC'), visitor Nullable(Int64), variant_id Nullable(Int64), kind UInt8, "
            "traffic UInt8"
        )
        session.query("CREATE DATABASE shop")
        session.query(f"CREATE TABLE shop.event ({columns}) ENGINE = MergeTree ORDER BY occurred_at")
        structure = columns.replace("'", "\\'")
        for file in _files(folder, is_lean=is_lean):
            session.query(f"INSERT INTO shop.event SELECT * FROM file('{file}', 'CSV', '{structure}'){settings}")
        session.query("OPTIMIZE TABLE shop.event FINAL")
        told = str(
            session.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'event'", "TabSeparated")
        )
        size = int(told) / events

        def ask(text: str) -> list[Any]:
            found = str(session.query(text.replace("FROM event", "FROM shop.event") + settings, "TabSeparated"))
            return [line.split("\t") for line in found.splitlines()]

        answers, seconds = _ask(ask, _CLICKHOUSE, first, last)
        session.close()
        return Asked(answers, seconds, {"all": round(size, 1)})


def _ask(ask: Callable[[str], list[Any]], dialect: dict[str, str], first: date, last: date) -> tuple[Answers, dict[str, float]]:
    """Each question once to warm up, unless it takes long, and once more for its time."""
    answers: Answers = {}
    seconds: dict[str, float] = {}
    for name, question in QUESTIONS.items():
        text = question.format(**_said(dialect, first, last))
        rows, took = _timed(ask, text)
        if took < 10:
            rows, took = _timed(ask, text)
        answers[name], seconds[name] = _plain(name, rows), round(took, 2)
    return answers, seconds


def _timed(ask: Callable[[str], list[Any]], text: str) -> tuple[list[Any], float]:
    began = time.perf_counter()
    return ask(text), time.perf_counter() - began


def _said(dialect: dict[str, str], first: date, last: date) -> dict[str, str]:
    zone = shop.zone()
    bounds = (day_period(first, zone).starts_at, day_period(last, zone).ends_at)
    since, until = (dialect["moment"].format(f"{one.astimezone(UTC):%Y-%m-%d %H:%M:%S}") for one in bounds)
    counts = f"traffic = 0 AND visitor IS NOT NULL AND kind <> 14 AND occurred_at >= {since} AND occurred_at < {until}"
    return dialect | {"counts": counts}


def _plain(name: str, rows: list[Any]) -> dict[Any, Any]:
    if name == "heat map":
        return {(int(weekday), int(hour)): int(visits) for weekday, hour, visits in rows}
    if name == "funnel by day":
        return {str(day)[:10]: tuple(map(int, counts)) for day, *counts in rows}
    return {int(variant): int(views) for variant, views in rows}


def _files(folder: Path, *, is_lean: bool) -> Iterator[Path]:
    """The events as files, a month at a time, each gone before the next one comes."""
    with dial() as mine:
        months = mine.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics_event'::regclass ORDER BY 1"
        ).fetchall()
        columns = _COPIED if is_lean else f"id, {_COPIED}"
        for (month,) in months:
            file = folder / "month.csv"
            with (
                file.open("wb") as out,
                mine.cursor().copy(f"COPY (SELECT {columns} FROM {month}) TO STDOUT (FORMAT csv)") as copy,
            ):
                for block in copy:
                    out.write(block)
            if file.stat().st_size:
                yield file
            file.unlink()


def _engine(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _bytes(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="dashboards-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
