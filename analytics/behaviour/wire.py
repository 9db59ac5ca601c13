"""A batch that was read and still waits to be stored, as bytes that outlive the process. Pure.

Whatever can be said against a batch has been said before it is packed, so unpacking it needs no kinds, sources or customers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from analytics.behaviour.reading import Batch, Refused, Row

VERSION = 1


class Unreadable(ValueError):
    """Not one of our messages, or one of a version this release does not know."""


@dataclass(frozen=True)
class Received:
    """`batch` as it was read from `source`, whose `traffic` it is and `at` what moment it came."""

    batch: Batch
    source: int
    traffic: int
    at: datetime


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
        "rows": [
            [str(row.id), row.client_at.isoformat(), row.occurred_at.isoformat(), row.kind, row.sku, row.properties]
            for row in batch.rows
        ],
        "refused": [[one.index, one.reason, one.told, one.raw, one.digest.hex()] for one in batch.refused],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(message: bytes) -> Received:
    """Raises `Unreadable`, never anything else."""
    try:
        said = json.loads(message)
        if not isinstance(said, dict) or said["version"] != VERSION:
            raise Unreadable("version")
        return _received(said)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Unreadable(str(error)) from error


def _received(said: Mapping[str, Any]) -> Received:
    batch = Batch(
        visitor=_whole(said["visitor"]) if said["visitor"] is not None else None,
        customer=_text(said["customer"]) if said["customer"] is not None else None,
        ahead=timedelta(seconds=said["ahead"]),
        rows=[
            Row(
                UUID(name),
                _moment(client_at),
                _moment(occurred_at),
                _whole(kind),
                None if sku is None else _text(sku),
                None if properties is None else _text(properties),
            )
            for name, client_at, occurred_at, kind, sku, properties in said["rows"]
        ],
        refused=[
            Refused(_whole(index), _text(reason), _text(told), _text(raw), bytes.fromhex(digest))
            for index, reason, told, raw, digest in said["refused"]
        ],
    )
    return Received(batch, _whole(said["source"]), _whole(said["traffic"]), _moment(said["at"]))


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
    return said
