"""The questions about events, asked of ClickHouse; and what brings business days there and back.

A business day is a partition. It is put together in a table of its own and takes its place in one step.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from analytics.behaviour import stages
from analytics.stores.engines import Engine
from analytics.stores.postgres import ADDED, MODULUS
from analytics.stores.values import MOST_TOLD, FunnelDay, Slot, Sum, Told, Turned

_COLUMNS = (
    ("day", "Date"),
    ("id", "UUID"),
    ("client_at", "DateTime64(6, 'UTC')"),
    ("occurred_at", "DateTime64(6, 'UTC')"),
    ("received_at", "DateTime64(6, 'UTC')"),
    ("visitor", "Nullable(Int64)"),
    ("customer_id", "Nullable(Int64)"),
    ("variant_id", "Nullable(Int64)"),
    ("source_id", "Int16"),
    ("kind", "Int16"),
    ("traffic", "Int8"),
    ("properties", "Nullable(String)"),
)
# As the database's own table has them.
COLUMNS = tuple(name for name, _kind in _COLUMNS[1:])
_MOMENTS = ("client_at", "occurred_at", "received_at")

# The same bits that the database makes of the same event, see postgres.DIGEST.
DIGEST = """bitShiftRight(reinterpretAsUInt64(reverse(substring(MD5(concatWithSeparator('|',
    toString(id), toString(toUnixTimestamp64Micro(client_at)), toString(toUnixTimestamp64Micro(occurred_at)),
    toString(toUnixTimestamp64Micro(received_at)), ifNull(toString(visitor), ''), ifNull(toString(customer_id), ''),
    ifNull(toString(variant_id), ''), toString(source_id), toString(kind), toString(traffic), ifNull(properties, '')
)), 1, 8))), 4)"""


class ClickHouseStore:
    """See `values.EventStore`. Texts are put together from names of this file, numbers, dates and the zone of the settings."""

    def __init__(self, engine: Engine, zone: str) -> None:
        self.engine, self.zone = engine, zone
        self.table = f"{engine.prefix}shop_event"

    # --- the questions ---

    def hours(self, first: date, last: date) -> dict[tuple[int, int], Slot]:
        rows = self.engine.rows(
            f"SELECT toDayOfWeek(day) - 1, toHour(toTimeZone(occurred_at, '{self.zone}')), count(), uniqExact(visitor) "  # noqa: S608
            f"FROM {self.table} WHERE {_of_shoppers(first, last)} GROUP BY 1, 2"
        )
        return {(weekday, hour): Slot(events, visitors) for weekday, hour, events, visitors in rows}

    def funnel(self, first: date, last: date) -> dict[date, FunnelDay]:
        steps = (stages.VIEWED, ADDED, stages.CHECKOUT, stages.ORDERED)
        counts = ", ".join(f"uniqExactIf(visitor, kind IN {_numbers(one)})" for one in steps)
        rows = self.engine.rows(
            f"SELECT day, uniqExact(visitor), {counts} "  # noqa: S608
            f"FROM {self.table} WHERE {_of_shoppers(first, last)} AND visitor IS NOT NULL GROUP BY day"
        )
        return {date.fromisoformat(day): FunnelDay(*counted) for day, *counted in rows}

    def turned_to(self, first: date, last: date) -> dict[tuple[date, int], Turned]:
        quantity = "ifNull(JSONExtract(ifNull(properties, '{}'), 'quantity', 'Nullable(Int64)'), 1)"
        rows = self.engine.rows(
            f"SELECT day, variant_id, countIf(kind IN {_numbers(stages.VIEWED)}), "  # noqa: S608
            f"sumIf({quantity}, kind IN {_numbers(ADDED)}) "
            f"FROM {self.table} WHERE {_of_shoppers(first, last)} AND visitor IS NOT NULL AND variant_id IS NOT NULL "
            f"AND kind IN {_numbers([*stages.VIEWED, *ADDED])} GROUP BY day, variant_id"
        )
        return {(date.fromisoformat(day), variant): Turned(views, added) for day, variant, views, added in rows}

    def visitors(self, first: date, last: date) -> int:
        query = f"SELECT uniqExact(visitor) FROM {self.table} WHERE {_of_shoppers(first, last)}"  # noqa: S608
        return int(self.engine.rows(query)[0][0])

    def of_visitor(self, visitor: int, *, begins: datetime, ends: datetime) -> list[Told]:
        rows = self.engine.rows(
            f"SELECT toUnixTimestamp64Micro(occurred_at), kind, source_id, variant_id, properties FROM {self.table} "  # noqa: S608
            f"WHERE visitor = {int(visitor)} AND occurred_at >= {_moment(begins)} AND occurred_at <= {_moment(ends)} "
            f"AND traffic = 0 ORDER BY occurred_at, client_at, toString(id) LIMIT {MOST_TOLD}"
        )
        return [Told(_read_moment(at), kind, source, sku, json.loads(said) if said else None)
                for at, kind, source, sku, said in rows]  # fmt: skip

    def sum_of(self, day: date) -> Sum:
        return self._sum(self.table, day)

    # --- days there and back ---

    def make(self) -> None:
        told = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        self.engine.run(
            f"CREATE TABLE IF NOT EXISTS {self.table} ({told}) ENGINE = MergeTree PARTITION BY day ORDER BY (occurred_at, id)"
        )

    def gather(self, day: date, file: Path, *, keeping: bool) -> tuple[Sum, Sum]:
        """Puts a day together beside the table; with what lies there already and is not among it, where `keeping`. Tells what
        came, and what is kept of the former day.
        """
        aside = self._aside(day)
        self.engine.run(f"DROP TABLE IF EXISTS {aside}")
        self.engine.run(f"CREATE TABLE {aside} AS {self.table}")
        if file.stat().st_size:
            self.engine.put(aside, file)
        came = self._sum(aside, day)
        if not keeping:
            return came, Sum(0, 0)
        others = f"(id, client_at) NOT IN (SELECT id, client_at FROM {aside})"  # noqa: S608
        kept = self._sum(self.table, day, others)
        self.engine.run(f"INSERT INTO {aside} SELECT * FROM {self.table} WHERE day = {_day(day)} AND {others}")  # noqa: S608
        return came, kept

    def gathered(self, day: date) -> Sum:
        """What was put together beside the table."""
        return self._sum(self._aside(day), day)

    def replace(self, day: date) -> None:
        """What was put together takes the place of the day, as a whole."""
        aside = self._aside(day)
        self.engine.run(f"ALTER TABLE {self.table} REPLACE PARTITION {_day(day)} FROM {aside}")
        self.engine.run(f"DROP TABLE {aside}")

    def drop(self, day: date) -> None:
        self.engine.run(f"DROP TABLE IF EXISTS {self._aside(day)}")
        self.engine.run(f"ALTER TABLE {self.table} DROP PARTITION {_day(day)}")

    def take_out(self, day: date) -> Iterator[bytes]:
        """Rows of `COLUMNS`, as the database reads them."""
        told = ", ".join(f"concat(toString({name}), '+00')" if name in _MOMENTS else name for name in COLUMNS)
        return self.engine.get(f"SELECT {told} FROM {self.table} WHERE day = {_day(day)}")  # noqa: S608

    def _sum(self, table: str, day: date, which: str = "true") -> Sum:
        query = (
            f"SELECT count(), sum(toUInt128({DIGEST})) % toUInt128({MODULUS}) FROM {table} "  # noqa: S608
            f"WHERE day = {_day(day)} AND {which}"
        )
        rows, checksum = self.engine.rows(query)[0]
        return Sum(int(rows), int(checksum))

    def _aside(self, day: date) -> str:
        return f"{self.table}_{day:%Y%m%d}"


def _of_shoppers(first: date, last: date) -> str:
    return f"day >= {_day(first)} AND day <= {_day(last)} AND traffic = 0"


def _day(day: date) -> str:
    return f"'{day.isoformat()}'"


def _numbers(kinds: Sequence[int]) -> str:
    return f"({', '.join(str(int(kind)) for kind in kinds)})"


def _moment(at: datetime) -> str:
    return f"toDateTime64('{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}', 6, 'UTC')"


def _read_moment(micros: Any) -> datetime:
    seconds, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
