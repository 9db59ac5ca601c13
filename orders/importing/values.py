"""What a cell of an old shop's file means, and what one document of its past is once its rows are put together.

Pure. A cell that means nothing raises `Unreadable` with the word for its problem; the reader adds file and row.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

ZERO = Decimal(0)
# The money column holds twelve digits before the point, for a document's total as well.
MOST_MONEY = Decimal(10) ** 12
MOST_UNITS = 9_999_999
# Positions of lines are small integers.
MOST_LINES = 30_000
# Bytes of a row's own name.
DIGEST = 8

_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_UNITS = re.compile(r"-?[0-9]{1,9}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DAMAGED = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Unreadable(Exception):
    """A cell or a row that cannot be meant. `problem` is a key of `refusals.PROBLEMS`; `column` is empty for a whole row.

    `ref` names the row where it is not the one being read.
    """

    def __init__(self, problem: str, column: str = "", value: str = "", *, ref: int = 0, **facts: object) -> None:
        super().__init__(problem)
        self.problem, self.column, self.value, self.ref, self.facts = problem, column, value, ref, facts


@lru_cache(maxsize=100_000)
def amount(text: str, column: str) -> Decimal:
    """`19.9`, with at most four decimals and no thousands separator: what is guessed wrong would be wrong money."""
    if not _AMOUNT.fullmatch(text):
        raise Unreadable("amount", column, text)
    return Decimal(text)


@lru_cache(maxsize=100_000)
def units(text: str, column: str) -> int:
    if not _UNITS.fullmatch(text):
        raise Unreadable("units", column, text)
    number = int(text)
    if abs(number) > MOST_UNITS:
        raise Unreadable("too_many_units", column, text, most=MOST_UNITS)
    return number


@lru_cache(maxsize=100_000)
def moment(text: str, column: str) -> datetime:
    """`2011-01-31 09:05:00`, without a zone: the wall clock of the shop."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable("moment", column, text)


def moment_or_none(text: str, column: str) -> datetime | None:
    return moment(text, column) if text else None


@lru_cache(maxsize=200_000)
def words(text: str, column: str, most: int = 200) -> str:
    """Text as people wrote it, in one form of Unicode. What a spreadsheet would run or nobody could see is refused."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text)
        if not text.isprintable():
            raise Unreadable("invisible", column, text)
    if text.startswith(_FORMULA):
        raise Unreadable("formula", column, text)
    text = " ".join(text.split())
    if len(text) > most:
        raise Unreadable("too_long", column, text, most=most)
    return text


def code(pattern: re.Pattern[str]) -> Callable[[str, str], str]:
    """A reader of codes that fit the pattern whole; one that a spreadsheet turned into 1.23E+12 is told apart."""

    @lru_cache(maxsize=200_000)
    def read(text: str, column: str) -> str:
        if not pattern.fullmatch(text):
            raise Unreadable("damaged_code" if _DAMAGED.fullmatch(text) else "code", column, text)
        return text

    return read


def digest(cells: Sequence[str]) -> bytes:
    """A row's own name: the same cells give the same, whatever file or place they stand in."""
    return hashlib.blake2b("\x1f".join(cells).encode(), digest_size=DIGEST).digest()


def weeks_between(last: date, today: date) -> int:
    """By how many days a past that ended on `last` moves to end on the same weekday, today or in the week before."""
    return (today - last).days // 7 * 7


class Line(NamedTuple):
    """Units of one SKU at one price: of a sale, of a credit note, or of a correction of stock (then signed)."""

    ref: int  # which row of which file says so: see `accounting.Account`
    sku: str
    name: str
    quantity: int
    price: Decimal


class Payment(NamedTuple):
    ref: int
    provider: str
    reference: str
    amount: Decimal


class Charge(NamedTuple):
    """Money for sending the goods, or money for it given back."""

    ref: int
    sku: str
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price


SALE = "SALE"
CREDIT = "CREDIT"
CORRECTION = "CORRECTION"


@dataclass(slots=True)
class Document:
    """One document of the past: a sale, a credit note (`lines` are what came back) or a correction of stock.

    Moments are the file's own wall clock. `digests` has an entry for each row it is made of, by which a second import
    recognizes the row; rows that are left out for a reason of their own are no part of it.
    """

    number: str
    kind: str
    at: datetime
    customer: str = ""
    place: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    freight: Decimal = ZERO  # money for sending that stands in no row of its own
    payments: list[Payment] | None = None  # None: the file has no payments, so each sale was paid in full at once
    others: list[tuple[int, str]] = field(default_factory=list)  # rows without money of their own, and what they become
    digests: dict[int, bytes] = field(default_factory=dict)
    state: str = "SHIPPED"
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    ship_due_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str = ""
    order: str = ""  # the order that a sale is or a credit note names, where the files know it

    @property
    def whose(self) -> str:
        """By what returns find their sale: the order, else the customer."""
        return self.order or self.customer

    @property
    def month(self) -> str:
        return f"{self.at:%Y-%m}"

    def sold(self) -> Iterator[tuple[str, Decimal]]:
        """SKU and price of everything the document names."""
        yield from ((line.sku, line.price) for line in self.lines)
        yield from ((charge.sku, charge.price) for charge in self.charges)

    def rows(self) -> Iterator[tuple[int, bytes, Decimal]]:
        """Each row with its own name and its money as the file states it: negative where money was given back."""
        sign = -1 if self.kind == CREDIT else 1
        money = {line.ref: sign * line.quantity * line.price for line in self.lines}
        money |= {charge.ref: sign * charge.amount for charge in self.charges}
        if self.freight:
            money[self.others[0][0]] = self.freight
        for ref, digest in self.digests.items():
            yield ref, digest, money.get(ref, ZERO)


class Goods(NamedTuple):
    """What the catalog learns of a SKU."""

    name: str
    category: str
    list_price: Decimal
    ref: int = 0  # the row of the catalog, where the files have one
