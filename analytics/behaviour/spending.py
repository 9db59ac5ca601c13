"""What a table of advertising spend says, row by row; every mistake is named, so that a file is put right in one go. Pure."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.behaviour import origins
from analytics.behaviour.origins import Origin
from config.kernel.money import Money

COLUMNS = ("day", "source", "medium", "campaign", "impressions", "clicks", "cost")
MOST_ROWS = 20_000
MOST_COUNT = 2_000_000_000
LONGEST = 100
EARLIEST = date(2000, 1, 1)
_KOREAN = {
    "날짜": "day", "일자": "day", "매체": "source", "유형": "medium", "캠페인": "campaign", "노출": "impressions",
    "노출수": "impressions", "클릭": "clicks", "클릭수": "clicks", "비용": "cost", "광고비": "cost",
}  # fmt: skip
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT = re.compile(r"[0-9]{1,10}|[0-9]{1,3}(,[0-9]{3})+")
_AMOUNT = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Spent:
    day: date
    origin: Origin
    impressions: int
    clicks: int
    cost: Decimal

    @property
    def key(self) -> tuple[date, str, str, str]:
        return self.day, self.origin.source, self.origin.medium, self.origin.campaign


@dataclass(frozen=True)
class Mistake:
    """`row` is the file's own number, the heading being 1; of the API the row's place, from 1. 0 is the file as a whole."""

    row: int
    column: str
    problem: str
    value: str = ""


@dataclass(frozen=True)
class Read:
    rows: tuple[Spent, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def of_file(content: bytes, *, today: date, currency: str) -> Read:
    """A CSV file with a heading, in UTF-8 or as a Korean Excel writes it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp949")
        except UnicodeDecodeError:
            return Read(mistakes=(Mistake(0, "", "not_text"),))
    if "\0" in text:
        return Read(mistakes=(Mistake(0, "", "not_text"),))
    ends = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = csv.reader((f"{line}\n" for line in ends), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell.strip() for cell in cells):
                lines.append((number, cells))
            if len(lines) > MOST_ROWS + 1:
                return Read(mistakes=(Mistake(number, "", "too_many_rows", str(MOST_ROWS)),))
    except csv.Error:
        return Read(mistakes=(Mistake(len(lines) + 1, "", "broken_row"),))
    if not lines:
        return Read(mistakes=(Mistake(0, "", "empty"),))
    heading = [_KOREAN.get(cell.strip(), cell.strip().casefold()) for cell in lines[0][1]]
    missing = [name for name in COLUMNS if heading.count(name) != 1]
    if missing:
        return Read(mistakes=tuple(Mistake(1, name, "no_column") for name in missing))
    if len(lines) == 1:
        return Read(mistakes=(Mistake(0, "", "empty"),))
    ragged = [Mistake(number, "", "broken_row") for number, cells in lines[1:] if len(cells) != len(heading)]
    if ragged:
        return Read(mistakes=tuple(ragged))
    told = ((number, dict(zip(heading, cells, strict=True))) for number, cells in lines[1:])
    return of_rows(told, today=today, currency=currency)


def of_rows(told: Iterable[tuple[int, Mapping[str, str]]], *, today: date, currency: str) -> Read:
    """Rows by their numbers, each cell as text. A cost has no smaller part than the currency has."""
    rows: list[Spent] = []
    mistakes: list[Mistake] = []
    seen: dict[tuple[date, str, str, str], int] = {}
    for number, cells in told:
        read, wrong = _row(number, cells, today, currency)
        mistakes += wrong
        if read is None:
            continue
        if read.key in seen:
            mistakes.append(Mistake(number, "campaign", "twice", str(seen[read.key])))
            continue
        seen[read.key] = number
        rows.append(read)
    return Read((), tuple(mistakes)) if mistakes else Read(tuple(rows))


def _row(number: int, cells: Mapping[str, str], today: date, currency: str) -> tuple[Spent | None, Sequence[Mistake]]:
    told = {name: cells.get(name, "").strip() for name in COLUMNS}
    wrong: list[Mistake] = []

    def refuse(column: str, problem: str) -> None:
        wrong.append(Mistake(number, column, problem, told[column][:60]))

    day = _day(told["day"])
    if day is None:
        refuse("day", "not_a_day")
    elif not EARLIEST <= day <= today:
        refuse("day", "not_yet" if day > today else "not_a_day")
    if not told["source"]:
        refuse("source", "missing")
    for name in ("source", "medium", "campaign"):
        if len(told[name]) > LONGEST or not told[name].isprintable():
            refuse(name, "not_a_name")
    counts = {}
    for name in ("impressions", "clicks"):
        text = told[name] or "0"
        counts[name] = int(text.replace(",", "")) if _COUNT.fullmatch(text) else -1
        if not 0 <= counts[name] <= MOST_COUNT:
            refuse(name, "not_a_count")
    cost = Decimal(0)
    if not _AMOUNT.fullmatch(told["cost"]):
        refuse("cost", "not_money")
    else:
        cost = Decimal(told["cost"].replace(",", ""))
        if cost != Money(cost, currency).quantized().amount:
            refuse("cost", "not_money")
    if wrong or day is None:
        return None, wrong
    origin = origins.of(source=told["source"], medium=told["medium"], campaign=told["campaign"])
    return Spent(day, origin, counts["impressions"], counts["clicks"], cost), ()


def _day(text: str) -> date | None:
    text = text.replace(".", "-").rstrip("-") if re.fullmatch(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2}\.?", text) else text
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
