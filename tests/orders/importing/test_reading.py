"""Bad files are refused with the row, the column and the remedy; good ones are read whatever their line ends and marks."""

import gzip
import os
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from orders.importing import reading
from orders.importing.reading import Source, rows
from orders.importing.refusals import FileRefused, shown
from tests.orders.importing.files import INVOICE_LINES, a_file, a_line, text

GOOD = text([a_line(), a_line(sku="71053", price="3.39")])


def refusal(source: Source) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        list(rows(source))
    assert caught.value.details["file"] == shown(source.name)
    return caught.value


def problem(source: Source) -> tuple[str, int | None]:
    details = refusal(source).details
    return details["problem"], details["row"]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "A.CSV"])
@pytest.mark.parametrize("content", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.rstrip("\n"), GOOD + "\n\n"])
def test_a_clean_file_is_read_row_by_row(tmp_path: Path, name: str, content: str) -> None:
    assert list(rows(a_file(tmp_path, content, name))) == [
        (1, list(INVOICE_LINES)),
        (2, a_line()),
        (3, a_line(sku="71053", price="3.39")),
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    content = 'a,b\n"two\nlines",1\n\n3,4\n'
    assert list(rows(a_file(tmp_path, content))) == [(1, ["a", "b"]), (2, ["two\nlines", "1"]), (4, ["3", "4"])]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD.replace("WHITE", "하얀").encode("cp949"), ("cp949", 2)),
        (b"a,b\n1,2\n3,\xff\xfe\xfd\n", ("encoding", 3)),
        (b"a,b\n1,\xc8\n", ("encoding", 2)),  # euc-kr, and then something else
        ("a,b\n하,나\n".encode() + "둘,셋\n".encode("cp949"), ("cp949", 3)),
        (GOOD.encode("utf-16"), ("utf16", 1)),
        (GOOD.encode("utf-16-le"), ("nul", 1)),
        (b"a,b\n1,2\n3,4\x00\n", ("nul", 3)),
        (b'a,b\n1,2\n3,"4\n5,6\n', ("unclosed_quote", 3)),
        (b'a,b\n1,"2" inch\n', ("stray_quote", 2)),
        (b"a,b\r1,2\r3,4\r", ("line_ends", 1)),
        (b"a,b\n1,2\n3\n", ("ragged", 3)),
        (b"a,b\n1,2,3\n", ("ragged", 2)),
        (b"", ("empty", None)),
        (b"\n\n\n", ("empty", None)),
        (b'a,b\n1,"' + b"x\n" * 100_000, ("too_long_cell", 2)),
        (b"a,b\n1," + b"x" * 10_000_000 + b"\n", ("too_long_line", 2)),
        (b"PK\x03\x04 and so on", ("excel", None)),
        (b"\xd0\xcf\x11\xe0 and so on", ("excel", None)),
    ],
)
def test_a_bad_file_is_refused_naming_the_row(tmp_path: Path, content: bytes, expected: tuple[str, int | None]) -> None:
    assert problem(a_file(tmp_path, content)) == expected


def test_the_refusal_says_where_what_and_how_to_mend_it(tmp_path: Path) -> None:
    source = a_file(tmp_path, GOOD.replace("WHITE", "하얀").encode("cp949"))
    assert str(refusal(source)) == (
        "invoices.csv, row 2: the text is stored in the old Korean encoding (cp949). In Excel choose “Save as” and “CSV UTF-8”."
    )


def test_a_file_that_is_not_there_or_called_otherwise_is_refused(tmp_path: Path) -> None:
    assert problem(Source(tmp_path / "a.csv", "a.csv")) == ("missing_file", None)
    assert problem(a_file(tmp_path, GOOD, "a.xls")) == ("wrong_name", None)
    assert problem(a_file(tmp_path, GOOD, "a.xlsx")) == ("broken_workbook", None)
    assert problem(a_file(tmp_path, GOOD, "a.csv.exe")) == ("wrong_name", None)


def test_a_workbook_with_another_name_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv", "w") as workbook:
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    assert problem(Source(tmp_path / "a.csv", "a.csv"))[0] == "excel"


def test_a_compressed_file_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(text([a_line(sku=f"{number:05}") for number in range(2000)]).encode())
    assert problem(a_file(tmp_path, packed[: len(packed) // 2], "a.csv.gz"))[0] == "truncated_gzip"


def test_a_damaged_compressed_file_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(50_000).hex().encode()))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "a.csv.gz").write_bytes(packed)
    assert problem(Source(tmp_path / "a.csv.gz", "a.csv.gz"))[0] in ("broken_gzip", "too_long_line", "encoding")
    (tmp_path / "b.csv.gz").write_text(GOOD)
    assert problem(Source(tmp_path / "b.csv.gz", "b.csv.gz"))[0] == "broken_gzip"


def a_bomb(folder: Path, line: bytes) -> Source:
    """Eight megabytes of the same line, packed into eight kilobytes."""
    with gzip.open(folder / "bomb.csv.gz", "wb") as bomb:
        bomb.write(b"a,b\n")
        for _megabyte in range(8):
            bomb.write(line * (1_000_000 // len(line)))
    return Source(folder / "bomb.csv.gz", "bomb.csv.gz")


@pytest.mark.parametrize("line", [b"1000000,2000000\n", b"\n"], ids=["rows", "blank lines"])
def test_a_bomb_is_refused_within_seconds(tmp_path: Path, line: bytes) -> None:
    bomb = a_bomb(tmp_path, line)
    began = time.process_time()
    assert problem(bomb)[0] in ("bomb", "too_many_rows")
    assert time.process_time() - began < 5


def test_a_bomb_of_one_line_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = a_bomb(tmp_path, b"0")
    tracemalloc.start()
    assert problem(bomb)[0] == "too_long_line"
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_the_number_of_rows_and_of_bytes_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    assert problem(a_file(tmp_path, GOOD)) == ("too_many_rows", 3)
    monkeypatch.setattr(reading, "MOST_BYTES", 100)
    assert problem(a_file(tmp_path, GOOD))[0] == "too_large"


def test_a_value_is_shown_short_and_visible(tmp_path: Path) -> None:
    source = a_file(tmp_path, "a,b\n1,2\n", "\u202e" + "long" * 20 + ".txt")
    assert "\u202e" not in str(refusal(source))
