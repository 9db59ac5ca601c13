"""The first sheet of an Excel workbook (.xlsx), row by row, as the text a CSV file of it would hold.

Read with what Python brings along. Numbers and dates are told as they are shown: 19.9 and not the binary fraction behind it,
2026-01-05 14:30:00 and not the days since 1900. What would have to be guessed is refused.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.parsers import expat

CHUNK = 1 << 16
# A number of more digits was rounded by the spreadsheet before it was saved.
MOST_DIGITS = 15
MOST_COLUMNS = 200

_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
# What a format shows as it stands: quoted, bracketed, after a backslash or an underscore.
_AS_IT_STANDS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
_DATE_SIGNS = re.compile("[ymdhs]", re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
_LAST_SERIAL = 2_958_465  # the last day of the year 9999

# A start or an end, the name of the element, and its attributes or its text.
Event = tuple[bool, str, Any]


class Broken(Exception):
    """This is no workbook, or a damaged one."""


class TooLarge(Exception):
    """It unpacks to more than it may."""


class CellError(Exception):
    """A formula of the sheet came to an error. `row` and `value` say where and which."""

    def __init__(self, row: int, value: str) -> None:
        super().__init__(value)
        self.row, self.value = row, value


def rows(path: Path, *, most_bytes: int) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row that is not blank; a row ends with its last cell that holds anything."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield from _Book(packed, most_bytes).rows()
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError, RuntimeError):
        # RuntimeError: it asks for a password, or is packed in a way that Python does not know.
        raise Broken from None


class _Book:
    def __init__(self, packed: zipfile.ZipFile, most_bytes: int) -> None:
        self._packed, self._left = packed, most_bytes
        self._names = set(packed.namelist())
        self._sheet, self._begins = self._first_sheet()
        self._texts = self._shared_texts()
        self._dates = self._date_styles()

    def _events(self, name: str) -> Iterator[Event]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        waiting: list[Event] = []
        told: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            told.clear()
            waiting.append((True, tag.rpartition(":")[2], attributes))

        def end(tag: str) -> None:
            waiting.append((False, tag.rpartition(":")[2], "".join(told)))
            told.clear()

        def refuse(*_declared: Any) -> None:
            # No spreadsheet writes one, and only with one can a small file become a large one here.
            raise Broken

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = told.append
        parser.StartDoctypeDeclHandler = refuse
        with self._packed.open(name) as stream:
            while chunk := stream.read(CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise TooLarge
                parser.Parse(chunk, False)
                yield from waiting
                waiting.clear()
            parser.Parse(b"", True)
        yield from waiting

    def _first_sheet(self) -> tuple[str, datetime]:
        """Where the first sheet lies, and the day from which the workbook counts days."""
        begins, wanted = datetime(1899, 12, 30), ""  # noqa: DTZ001  the sheet's own wall clock
        for is_start, tag, told in self._events("xl/workbook.xml"):
            if is_start and tag == "workbookPr" and told.get("date1904") in ("1", "true"):
                begins = datetime(1904, 1, 1)  # noqa: DTZ001
            if is_start and tag == "sheet" and not wanted:
                wanted = next((value for name, value in told.items() if name.endswith(":id")), "")
        for is_start, tag, told in self._events("xl/_rels/workbook.xml.rels"):
            if is_start and tag == "Relationship" and told.get("Id") == wanted:
                target: str = told["Target"]
                return (target[1:] if target.startswith("/") else f"xl/{target}"), begins
        raise Broken

    def _shared_texts(self) -> list[str]:
        texts: list[str] = []
        if "xl/sharedStrings.xml" not in self._names:
            return texts
        parts: list[str] = []
        reads_aloud = False
        for is_start, tag, told in self._events("xl/sharedStrings.xml"):
            if tag == "rPh":  # how a text is read aloud, which is no part of it
                reads_aloud = is_start
            elif tag == "t" and not is_start and not reads_aloud:
                parts.append(told)
            elif tag == "si" and not is_start:
                texts.append("".join(parts))
                parts.clear()
        return texts

    def _date_styles(self) -> frozenset[int]:
        """The styles by which a number is shown as a date or a time."""
        if "xl/styles.xml" not in self._names:
            return frozenset()
        formats, styles, in_cells = set(_DATE_FORMATS), set(), False
        number = 0
        for is_start, tag, told in self._events("xl/styles.xml"):
            if tag == "cellXfs":
                in_cells = is_start
            elif is_start and tag == "numFmt" and _DATE_SIGNS.search(_AS_IT_STANDS.sub("", told["formatCode"])):
                formats.add(int(told["numFmtId"]))
            elif is_start and tag == "xf" and in_cells:
                if int(told.get("numFmtId", 0)) in formats:
                    styles.add(number)
                number += 1
        return frozenset(styles)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        number, value = 0, ""
        cells: dict[int, str] = {}
        cell: dict[str, str] = {}
        for is_start, tag, told in self._events(self._sheet):
            if is_start and tag == "row":
                number, cells = int(told.get("r", number + 1)), {}
            elif is_start and tag == "c":
                cell, value = told, ""
            elif not is_start and tag in ("v", "t"):
                value += told
            elif not is_start and tag == "c" and value:
                cells[self._column(cell, cells)] = self._text(cell, value, number)
            elif not is_start and tag == "row" and any(text.strip() for text in cells.values()):
                last = max(column for column, text in cells.items() if text.strip())
                yield number, [cells.get(column, "") for column in range(last + 1)]

    def _column(self, cell: dict[str, str], cells: dict[int, str]) -> int:
        fits = _REFERENCE.fullmatch(cell.get("r", ""))
        if fits is None:
            return max(cells, default=-1) + 1
        column = 0
        for letter in fits[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        if column > MOST_COLUMNS:
            raise Broken
        return column - 1

    def _text(self, cell: dict[str, str], value: str, row: int) -> str:
        match cell.get("t", "n"):
            case "s":
                return self._texts[int(value)] if 0 <= int(value) < len(self._texts) else ""
            case "e":
                raise CellError(row, value)
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "n":
                is_date = int(cell.get("s", 0)) in self._dates
                return self._moment(value) if is_date else _number(value)
        return value

    def _moment(self, value: str) -> str:
        days = float(value)
        if not 1 <= days <= _LAST_SERIAL:
            return _number(value)
        moment = self._begins + timedelta(seconds=round(days * 86_400))
        return f"{moment:%Y-%m-%d}" if days.is_integer() else f"{moment:%Y-%m-%d %H:%M:%S}"


def _number(value: str) -> str:
    """As a person typed it; with an exponent where digits were lost, so that no code is taken for whole."""
    number = float(value)
    told = Decimal(repr(number))
    if abs(told) >= Decimal(10) ** MOST_DIGITS:
        return f"{number:.5E}"
    return str(int(number)) if number.is_integer() else f"{told:f}"
