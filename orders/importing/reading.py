"""Files of an old shop, row by row, in memory that does not grow with them. What is not a clean table is refused.

Reads .csv and .csv.gz in UTF-8, and the first sheet of an .xlsx. Nothing is guessed: another encoding, another delimiter or a
damaged file is named with its remedy, since a wrong guess would write wrong history. Rows are numbered as a spreadsheet shows
them: the heading is row 1.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from orders.importing import workbook
from orders.importing.refusals import FileRefused, refused

MOST_BYTES = 1_000_000_000
# Ordinary sales data packs ten times; a bomb packs a thousand times. Small files may pack as well as they like.
MOST_RATIO = 200
RATIO_MATTERS_FROM = 5_000_000
# What fits into one gigabyte, at about 1.2 KB for each row.
MOST_ROWS = 800_000
MOST_LINE = 1_000_000

_GZIP, _ZIP, _OLD_EXCEL = b"\x1f\x8b", b"PK", b"\xd0\xcf\x11\xe0"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PROBLEMS = {
    "unexpected end of data": "unclosed_quote",
    "field larger": "too_long_cell",
    "new-line character": "line_ends",
    "expected after": "stray_quote",
}


@dataclass(frozen=True)
class Source:
    """One file: where it lies, and the name staff know it by."""

    path: Path
    name: str


def rows(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The heading, then every row that is not blank, each as long as the heading; with its number."""
    return _of_workbook(source) if source.name.lower().endswith(".xlsx") else _of_csv(source)


def _of_workbook(source: Source) -> Iterator[tuple[int, list[str]]]:
    if not source.path.is_file():
        raise refused("missing_file", file=source.name)
    with source.path.open("rb") as peeked:
        if peeked.read(4) == _OLD_EXCEL:
            raise refused("excel", file=source.name)
    packed = source.path.stat().st_size
    most = min(MOST_BYTES, max(RATIO_MATTERS_FROM, packed * MOST_RATIO))
    width = 0
    try:
        for number, cells in workbook.rows(source.path, most_bytes=most):
            if number > MOST_ROWS:
                raise refused("too_many_rows", file=source.name, row=number, most=MOST_ROWS)
            width = width or len(cells)
            if len(cells) > width:
                raise refused("ragged", file=source.name, row=number, found=len(cells), expected=width)
            # A sheet does not say how often nothing follows.
            yield number, cells + [""] * (width - len(cells))
    except workbook.Broken:
        raise refused("broken_workbook", file=source.name) from None
    except workbook.TooLarge:
        raise refused("bomb", file=source.name, most=MOST_RATIO) from None
    except workbook.CellError as error:
        raise refused("formula_error", file=source.name, row=error.row, value=error.value) from None
    if not width:
        raise refused("empty", file=source.name)


def _of_csv(source: Source) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(source)
    reader = csv.reader(lines, strict=True)
    width = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problem = next((word for sign, word in _PROBLEMS.items() if sign in str(error)), "stray_quote")
            raise refused(problem, file=source.name, row=lines.row, most=csv.field_size_limit()) from None
        number = lines.row
        lines.row += 1
        if number > MOST_ROWS:
            raise refused("too_many_rows", file=source.name, row=number, most=MOST_ROWS)
        if not cells:
            continue
        if not width:
            width = len(cells)
        elif len(cells) != width:
            raise refused("ragged", file=source.name, row=number, found=len(cells), expected=width)
        yield number, cells
    if not width:
        raise refused("empty", file=source.name)


class _Lines:
    """The lines of one file as text. `row` is the row being read, kept by the reader, for what is refused here."""

    def __init__(self, source: Source) -> None:
        self.row = 1
        self._source = source

    def __iter__(self) -> Iterator[str]:
        name = self._source.name
        try:
            with _opened(self._source) as stream:
                yield from self._lines(stream)
        except EOFError:
            raise refused("truncated_gzip", file=name, row=self.row) from None
        except (gzip.BadGzipFile, zlib.error):
            raise refused("broken_gzip", file=name, row=self.row) from None

    def _lines(self, stream: IO[bytes]) -> Iterator[str]:
        packed = self._source.path.stat().st_size
        unpacked = 0
        while line := stream.readline(MOST_LINE):
            if not unpacked:
                line = self._without_mark(line)
            unpacked += len(line)
            if unpacked > RATIO_MATTERS_FROM and unpacked > packed * MOST_RATIO:
                raise self._refused("bomb", most=MOST_RATIO)
            if unpacked > MOST_BYTES:
                raise self._refused("too_large", most=MOST_BYTES // 1_000_000)
            if b"\0" in line:
                raise self._refused("nul")
            if len(line) >= MOST_LINE:
                raise self._refused("too_long_line", most=MOST_LINE)
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise self._refused(_encoding_problem(line)) from None

    def _without_mark(self, line: bytes) -> bytes:
        if line.startswith(_UTF16_MARKS):
            raise self._refused("utf16")
        return line.removeprefix(_UTF8_MARK)

    def _refused(self, problem: str, **facts: Any) -> FileRefused:
        return refused(problem, file=self._source.name, row=self.row, **facts)


def _opened(source: Source) -> IO[bytes]:
    if not source.name.lower().endswith((".csv", ".csv.gz")):
        raise refused("wrong_name", file=source.name)
    if not source.path.is_file():
        raise refused("missing_file", file=source.name)
    with source.path.open("rb") as peeked:
        begin = peeked.read(4)
    if begin.startswith((_ZIP, _OLD_EXCEL)):
        raise refused("excel", file=source.name)
    if begin.startswith(_GZIP):
        # Buffered, or each line would pass through Python code of its own.
        return io.BufferedReader(gzip.GzipFile(source.path, "rb"), 1 << 16)
    if source.name.lower().endswith(".gz"):
        raise refused("broken_gzip", file=source.name)
    return source.path.open("rb", buffering=1 << 16)


def _encoding_problem(line: bytes) -> str:
    """Whether the bytes are Hangul in the old Korean encoding, which Korean Excel writes unless told otherwise."""
    try:
        text = line.decode("cp949")
    except UnicodeDecodeError:
        return "encoding"
    return "cp949" if any("가" <= sign <= "힣" for sign in text) else "encoding"
