"""Batches as bytes: what is packed comes out the same, and nothing else passes for it."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from analytics.behaviour.reading import Batch, Refused, Row
from analytics.behaviour.wire import Columns, Received, Unreadable, packed, told, unpacked
from tests.builders import AT

WHOLE = Received(
    Batch(
        visitor=-(2**63),
        customer="고객-1",
        ahead=timedelta(seconds=-7.5),
        rows=[
            Row(uuid4(), AT, AT - timedelta(microseconds=1), 2, "컵-1", '{"in_stock":false}'),
            Row(uuid4(), AT, AT, 1, None, None),
        ],
        refused=[Refused(1, "bad_id", "", '{"id":1}', b"\x00" * 16)],
    ),
    source=3,
    traffic=1,
    at=AT,
)
ID, MOMENT = str(uuid4()), AT.isoformat()


def test_what_is_packed_comes_out_the_same() -> None:
    assert unpacked(packed(WHOLE)) == told(WHOLE)
    assert unpacked(packed(Received(Batch(), 1, 0, AT))) == told(Received(Batch(), 1, 0, AT))
    assert told(Received(Batch(), 1, 0, AT)).columns == Columns()


def test_events_are_columns_of_one_statement() -> None:
    one, other = (str(row.id) for row in WHOLE.batch.rows)

    columns = told(WHOLE).columns

    assert (columns.number, columns.ids, columns.kinds) == (2, f"{one},{other}", "2,1")
    assert columns.skus == '"컵-1",""'
    assert columns.properties == r'"{\"in_stock\":false}",""'


@pytest.mark.parametrize("message", [b"", b"[]", b"7", b"{}", b"\xff", b'{"version":2}', b'{"version":1}'])
def test_what_is_none_of_ours_is_refused(message: bytes) -> None:
    with pytest.raises(Unreadable):
        unpacked(message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source", "3"),
        ("traffic", True),
        ("at", "2026-11-22T10:00:00"),
        ("visitor", 1.5),
        ("customer", 7),
        ("ahead", "soon"),
        ("rows", [["no id", "", "", 1, None, None]]),
        ("rows", [[1, 2, 3]]),
        ("rows", [[ID, MOMENT, MOMENT, True, None, None]]),
        ("rows", [[ID, MOMENT, MOMENT, 1, None, 7]]),
        ("rows", [[f"{ID},{ID}", MOMENT, MOMENT, 1, None, None]]),
        ("rows", [[ID, f"{MOMENT},{MOMENT}", MOMENT, 1, None, None]]),
        ("rows", [[ID, MOMENT, "2026-11-22T10:00:00", 1, None, None]]),
        ("rows", [[ID, MOMENT, MOMENT, 1, "NUL\0", None]]),
        ("rows", [[ID, MOMENT, MOMENT, 1, "\ud800", None]]),
        ("rows", [[ID, MOMENT, MOMENT, 1, None, None], [ID, MOMENT, MOMENT, 1, None]]),
        ("refused", [[0, "bad_id", "", "", "zz"]]),
        ("rows", None),
    ],
)
def test_a_message_with_one_wrong_value_is_refused(name: str, value: Any) -> None:
    said = json.loads(packed(WHOLE)) | {name: value}
    with pytest.raises(Unreadable):
        unpacked(json.dumps(said).encode())


def test_what_is_nested_beyond_reading_or_half_a_letter_is_refused() -> None:
    said = json.loads(packed(WHOLE))
    torn = ({"customer": "\ud800"}, *({"refused": [[1, "bad_id", *one, "00"]]} for one in (("", "\udc00"), ("\ud800", ""))))
    half = [json.dumps(said | one).encode() for one in torn]
    for message in (b"[" * 100_000, b'{"version":1,"rows":' + b"[" * 100_000, *half):
        with pytest.raises(Unreadable):
            unpacked(message)
