"""A batch that was read and still waits to be stored: as bytes that outlive the process, and as columns for the database. Pure.

Whatever can be said against a batch has been said before it is packed, so unpacking it needs no kinds, sources or customers.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.behaviour.reading import Batch, Refused, Row

VERSION = 1

_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:,[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})*")
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?[+-]\d\d:\d\d"
_MOMENTS = re.compile(f"{_MOMENT}(?:,{_MOMENT})*", re.ASCII)
# Between texts while they are escaped; no text that the database keeps holds it.
_NUL = "\0"


class Unreadable(ValueError):
    """Not one of our messages, or one of a version this release does not know."""


@dataclass(frozen=True)
class Received:
    """`batch` as it was read from `source`, whose `traffic` it is and `at` what moment it came."""

    batch: Batch
    source: int
    traffic: int
    at: datetime


@dataclass(frozen=True)
class Columns:
    """So many events by column, each the inside of an array as PostgreSQL reads it. No SKU, and no properties, are an empty
    text.

    Ten thousand events go into one statement: made into objects and back into text one by one, they would cost more than the
    statement does.
    """

    number: int = 0
    ids: str = ""
    client_at: str = ""
    occurred_at: str = ""
    kinds: str = ""
    skus: str = ""
    properties: str = ""


@dataclass(frozen=True)
class Told:
    """What is stored of a batch: the one it was received as, with its events in columns."""

    source: int
    traffic: int
    at: datetime
    visitor: int | None = None
    customer: str | None = None
    ahead: timedelta = timedelta(0)
    columns: Columns = Columns()
    refused: list[Refused] = field(default_factory=list)


def told(received: Received) -> Told:
    batch = received.batch
    return Told(
        source=received.source,
        traffic=received.traffic,
        at=received.at,
        visitor=batch.visitor,
        customer=batch.customer,
        ahead=batch.ahead,
        columns=_columns([_said(row) for row in batch.rows]),
        refused=batch.refused,
    )


def packed(received: Received) -> bytes:
    batch = received.batch
    said = {
        "version": VERSION,
        "source": received.source,
        "traffic": received.traffic,
        "at": received.at.isoformat(),
        "visitor": batch.visitor,
        "customer": batch.customer,
        "ahead": batch.ahead.total_seconds(),
        "rows": [_said(row) for row in batch.rows],
        "refused": [[one.index, one.reason, one.told, one.raw, one.digest.hex()] for one in batch.refused],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(message: bytes) -> Told:
    """Raises `Unreadable`, never anything else. What looks like an id or a moment and is none, the database refuses."""
    try:
        said = json.loads(message)
        if not isinstance(said, dict) or said["version"] != VERSION:
            raise Unreadable("version")
        return _told(said)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def _said(row: Row) -> Sequence[Any]:
    return str(row.id), row.client_at.isoformat(), row.occurred_at.isoformat(), row.kind, row.sku, row.properties


def _told(said: Mapping[str, Any]) -> Told:
    return Told(
        source=_whole(said["source"]),
        traffic=_whole(said["traffic"]),
        at=_moment(said["at"]),
        visitor=_whole(said["visitor"]) if said["visitor"] is not None else None,
        customer=_text(said["customer"]) if said["customer"] is not None else None,
        ahead=timedelta(seconds=said["ahead"]),
        columns=_columns(said["rows"]),
        refused=[
            Refused(_whole(index), _text(reason), _text(told), _text(raw), bytes.fromhex(digest))
            for index, reason, told, raw, digest in said["refused"]
        ],
    )


def _columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Raises a ValueError or TypeError where a row is none."""
    if len(rows) == 0:
        return Columns()
    ids, client_at, occurred_at, kinds, skus, properties = zip(*rows, strict=True)
    if set(map(type, kinds)) != {int}:
        raise Unreadable("a kind that is no number")
    return Columns(
        number=len(rows),
        ids=_matching(_IDS, ids),
        client_at=_matching(_MOMENTS, client_at),
        occurred_at=_matching(_MOMENTS, occurred_at),
        kinds=",".join(map(str, kinds)),
        skus=_quoted(skus),
        properties=_quoted(properties),
    )


def _matching(pattern: re.Pattern[str], values: Sequence[Any]) -> str:
    # Neither an id nor a moment holds what would have to be escaped, or a comma, so none of them can pass for two.
    joined = ",".join(values)
    if not pattern.fullmatch(joined) or joined.count(",") != len(values) - 1:
        raise Unreadable("no id, or a moment without its zone")
    return joined


def _quoted(texts: Iterable[Any]) -> str:
    """Escaped all at once."""
    values = ["" if one is None else one for one in texts]
    joined = _NUL.join(values)
    if joined.count(_NUL) != len(values) - 1:
        raise Unreadable("NUL")
    joined.encode()  # half of a surrogate pair is no text
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"').replace(_NUL, '","')
    return f'"{escaped}"'


def _moment(said: Any) -> datetime:
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise Unreadable("a moment without its zone")
    return moment


def _whole(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool):
        raise Unreadable("not a whole number")
    return said


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise Unreadable("not a text")
    said.encode()  # half of a surrogate pair is no text
    return said
