"""Reads a batch of events: which of them can be stored, as what, and why the others cannot.

An envelope that makes no sense is refused as a whole, naming the field. A single event that makes no sense never costs its
neighbours anything: it goes to the quarantine with a reason.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from config.kernel.errors import Invalid

MOST_EVENTS = 500
LONGEST_NAME = 100
LONGEST_RAW = 4_000
LONGEST_TOLD = 200
# A clock is wrong only when it is off by more than a request may take.
TOLERANCE = timedelta(seconds=5)
# What waited longer than this in a client is no news of a moment any more.
LATEST = timedelta(days=30)
_EARLIEST_CLOCK = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST_CLOCK = datetime(2199, 1, 1, tzinfo=UTC)

# Codes of what keeps an event in quarantine, see analytics/admin/event_words.py for their words.
NOT_AN_OBJECT = "not_an_object"
BAD_ID = "bad_id"
BAD_TIME = "bad_time"
TOO_OLD = "too_old"
UNKNOWN_KIND = "unknown_kind"
UNKNOWN_FIELD = "unknown_field"
BAD_PROPERTIES = "bad_properties"
BAD_TEXT = "bad_text"


class BadBatch(Invalid):
    """The envelope cannot be read; nothing of it is stored. `details` names the field."""

    code = "invalid_batch"
    status = 400


@dataclass(frozen=True)
class KnownKind:
    """`complaint` says in a few words what is wrong with an event's properties, or nothing."""

    number: int
    complaint: Callable[[Any], str | None]


@dataclass(frozen=True)
class Kinds:
    """Kinds by name and version; `latest` is what an event means that names no version."""

    by_version: Mapping[tuple[str, int], KnownKind]
    latest: Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """One event as it is stored. `client_at` is the client's own time as sent, `occurred_at` the same moment by our clock."""

    id: UUID
    client_at: datetime
    occurred_at: datetime
    kind: int
    sku: str | None
    properties: str | None


@dataclass(frozen=True)
class Refused:
    """One event that is kept apart. `digest` tells a repetition of the same event from another one."""

    index: int
    reason: str
    told: str
    raw: str
    digest: bytes


@dataclass
class Batch:
    """`visitor` is None where the shopper did not agree to be known again, or nobody was named. `ahead` is by how much the
    client's clock is ahead of ours.
    """

    visitor: int | None = None
    customer: str | None = None
    ahead: timedelta = timedelta(0)
    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


_VISITORS, _CUSTOMERS = b"visitor", b"customer"


def visitor_key(name: str, *, space: bytes = _VISITORS) -> int:
    """A visitor's 64-bit number. The name that a browser keeps is stored nowhere; two of ten million share a number with a
    chance of 1 to 370,000. A customer told of without a visitor has a number in a space of their own: whatever a browser
    calls itself, it is never taken for one.
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=8, person=space).digest(), "big", signed=True)


def read(body: Any, *, kinds: Kinds, received_at: datetime) -> Batch:
    """The batch in storable form. Raises `BadBatch` where the envelope is wrong."""
    events = _events(body)
    ahead = _ahead(body, received_at)
    batch = Batch(ahead=ahead)
    if _consent(body):
        batch.customer = _text(body, "customer", 64)
        name = _text(body, "visitor", 64)
        if name is not None:
            batch.visitor = visitor_key(name)
        elif batch.customer is not None:
            batch.visitor = visitor_key(batch.customer, space=_CUSTOMERS)
    for index, event in enumerate(events):
        read_one = _read_event(event, kinds, ahead, received_at)
        if isinstance(read_one, Row):
            batch.rows.append(read_one)
        else:
            reason, told = read_one
            batch.refused.append(_refusal(index, event, reason, told))
    return batch


def number_of_events(body: Any) -> int:
    """How many events a batch holds. Raises `BadBatch` where it holds none, or too many."""
    return len(_events(body))


def is_whole(raw: str, digest: bytes | memoryview) -> bool:
    """Whether a refused event was kept in full; one that was too long has been cut."""
    return _digest(raw) == bytes(digest)


def _events(body: Any) -> Sequence[Any]:
    if not isinstance(body, Mapping):
        raise BadBatch("The body must be a JSON object.", details={"events": "missing"})
    events = body.get("events")
    if not isinstance(events, list) or not events:
        raise BadBatch("Send a list of events.", details={"events": "missing"})
    if len(events) > MOST_EVENTS:
        raise BadBatch(f"Send at most {MOST_EVENTS} events at once.", details={"events": "too_many", "most": MOST_EVENTS})
    return events


def _consent(body: Mapping[str, Any]) -> bool:
    consent = body.get("consent", False)
    if not isinstance(consent, bool):
        raise BadBatch("consent is true or false.", details={"consent": "not_a_boolean"})
    return consent


def _text(body: Mapping[str, Any], name: str, longest: int) -> str | None:
    text = body.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not 0 < len(text) <= longest or not text.isprintable():
        raise BadBatch(f"{name} is 1 to {longest} printable characters.", details={name: "bad_text", "most": longest})
    return text


def _ahead(body: Mapping[str, Any], received_at: datetime) -> timedelta:
    """By how much the client's clock is ahead of ours, told by when it says it sent the batch; none where it does not say."""
    if body.get("sent_at") is None:
        return timedelta(0)
    sent_at = _moment(body["sent_at"])
    if sent_at is None:
        raise BadBatch("sent_at is a moment with its time zone, or milliseconds since 1970.", details={"sent_at": "bad_time"})
    ahead = sent_at - received_at
    return ahead if abs(ahead) > TOLERANCE else timedelta(0)


def _moment(said: Any) -> datetime | None:
    try:
        if isinstance(said, str):
            moment = datetime.fromisoformat(said)
            if moment.tzinfo is None:
                return None
            moment = moment.astimezone(UTC)
        elif isinstance(said, int) and not isinstance(said, bool):
            moment = datetime.fromtimestamp(said / 1000, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EARLIEST_CLOCK <= moment < _LATEST_CLOCK else None


def _read_event(event: Any, kinds: Kinds, ahead: timedelta, received_at: datetime) -> Row | tuple[str, str]:
    if not isinstance(event, Mapping):
        return NOT_AN_OBJECT, ""
    if unknown := sorted(str(name)[:LONGEST_NAME] for name in event if name not in _FIELDS):
        return UNKNOWN_FIELD, ", ".join(unknown[:3])
    try:
        id = UUID(event.get("id"))
    except (ValueError, TypeError, AttributeError):
        return BAD_ID, ""
    client_at = _moment(event.get("at"))
    if client_at is None:
        return BAD_TIME, ""
    # Nothing that is told has still to happen: a clock that jumped while the event waited counts as now.
    occurred_at = min(client_at - ahead, received_at)
    if received_at - occurred_at > LATEST:
        return TOO_OLD, ""
    kind = _kind(event.get("kind"), event.get("version"), kinds)
    if kind is None:
        return UNKNOWN_KIND, f"{event.get('kind')} {event.get('version', '')}".strip()[:LONGEST_NAME]
    properties = event.get("properties", {})
    if complaint := kind.complaint(properties):
        return BAD_PROPERTIES, complaint[:200]
    rest = {name: value for name, value in properties.items() if name != "sku"}
    try:
        kept = _storable(rest) if rest else None
        sku = properties.get("sku")
        if sku is not None:
            _storable(sku)
    except ValueError:
        return BAD_TEXT, ""
    return Row(id, client_at, occurred_at, kind.number, sku, kept)


_FIELDS = frozenset({"id", "at", "kind", "version", "properties"})


def _kind(name: Any, version: Any, kinds: Kinds) -> KnownKind | None:
    if version is None and isinstance(name, str):
        version = kinds.latest.get(name)
    if not isinstance(name, str) or not isinstance(version, int) or isinstance(version, bool):
        return None
    return kinds.by_version.get((name, version))


def _storable(value: Any) -> str:
    """As JSON that the database can keep; a ValueError where it holds a NUL, half of a surrogate pair or no number."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()
    if "\\u0000" in text:
        raise ValueError("NUL")
    return text


def _refusal(index: int, event: Any, reason: str, told: str) -> Refused:
    # In ASCII, whatever it holds; what is too long is cut, its digest is of the whole.
    raw = json.dumps(event, separators=(",", ":"), sort_keys=True)
    told = told.encode("utf-8", "replace").decode().replace("\0", "")[:LONGEST_TOLD]
    return Refused(index, reason, told, raw[:LONGEST_RAW], _digest(raw))


def _digest(raw: str) -> bytes:
    return blake2b(raw.encode(), digest_size=16).digest()
