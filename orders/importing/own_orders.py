"""The profile of a shop's own orders: one plain table, a row for each line of an order or of a return. Pure.

A return names the order it belongs to, so it finds its sale by that, with a customer or without.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from orders.importing import accounting, values
from orders.importing.accounting import Account, RawSums
from orders.importing.books import Table, Take
from orders.importing.gathering import Gathered
from orders.importing.values import CREDIT, MOST_LINES, MOST_MONEY, SALE, ZERO, Document, Goods, Line, Unreadable

TABLES = (
    Table(
        "order lines",
        ("order_number", "ordered_at", "sku", "product_name", "quantity", "unit_price", "customer_id", "kind"),
        optional=frozenset({"customer_id", "kind"}),
    ),
)
CATEGORY = "Imported goods"
# An empty cell is a sale.
KINDS = {"": SALE, "sale": SALE, "판매": SALE, "return": CREDIT, "반품": CREDIT}

_read_number = values.code(re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,49}"))
_read_sku = values.code(re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}"))
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{1,2}:[0-9]{2})(:[0-9]{2})?")


class _Row(NamedTuple):
    ref: int
    sku: str
    name: str
    quantity: int
    at: datetime
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price


class OwnOrdersBook:
    def __init__(self) -> None:
        self.account, self.sums = Account(), RawSums()
        self.goods: dict[str, Goods] = {}
        self._sales: dict[str, Gathered[_Row]] = {}
        # By order and moment: an order may come back in parts.
        self._returns: dict[tuple[str, datetime], Gathered[_Row]] = {}
        self._told_at: dict[str, tuple[bool, datetime]] = {}

    def taker(self, table: Table, file: int) -> Take:
        def take(ref: int, digest: bytes, cells: Sequence[str]) -> None:
            number = _read_number(cells[0], "order_number")
            kind = KINDS.get(cells[7].strip().lower())
            if kind is None:
                raise Unreadable("kind", "kind", cells[7])
            at = _moment(cells[1], "ordered_at", is_return=kind == CREDIT)
            quantity = values.units(cells[4], "quantity")
            if quantity < 0:
                raise Unreadable("negative_units", "quantity", cells[4])
            row = _Row(
                ref,
                _read_sku(cells[2], "sku"),
                _named(cells[3]),
                quantity,
                at,
                values.amount(cells[5], "unit_price"),
            )
            customer = values.words(cells[6], "customer_id", 64)
            gathered = self._gathered(kind, number, customer, at, file)
            if len(gathered.rows) >= MOST_LINES:
                raise Unreadable("too_many_lines", "order_number", document=number, most=MOST_LINES)
            self._take(gathered, row, digest, file, is_return=kind == CREDIT)

        return take

    def _gathered(self, kind: str, number: str, customer: str, at: datetime, file: int) -> Gathered[_Row]:
        if kind == CREDIT:
            back = self._returns.get((number, at))
            if back is None:
                back = self._returns[number, at] = Gathered(_name_of_return(number, at), customer, file)
            return back
        sale = self._sales.get(number)
        if sale is None:
            sale = self._sales[number] = Gathered(number, customer, file)
        if sale.customer != customer:
            raise Unreadable("two_customers", "customer_id", customer, document=number, other=sale.customer or "-")
        if sale.rows and sale.rows[0].at != at:
            raise Unreadable("two_moments", "ordered_at", f"{at}", document=number, other=sale.rows[0].at)
        return sale

    def _take(self, gathered: Gathered[_Row], row: _Row, digest: bytes, file: int, *, is_return: bool) -> None:
        amount = -row.amount if is_return else row.amount
        self.sums.add(gathered.number, row.at, amount, is_return=is_return)
        if gathered.repeats(digest, file):
            self.account.decide(row.ref, accounting.REPEATED, f"{row.at:%Y-%m}", amount, is_return=is_return)
            return
        gathered.digests.append(digest)
        gathered.rows.append(row)

    def documents(self) -> list[Document]:
        made = []
        for number in list(self._sales):
            made.append(self._document(self._sales.pop(number), SALE))
        for number, at in list(self._returns):
            made.append(self._document(self._returns.pop((number, at)), CREDIT, order=number))
        return sorted((one for one in made if one.lines), key=lambda one: (one.at, one.number))

    def _document(self, gathered: Gathered[_Row], kind: str, order: str = "") -> Document:
        document = Document(gathered.number, kind, gathered.rows[0].at, gathered.customer, order=order or gathered.number)
        for row, digest in zip(gathered.rows, gathered.digests, strict=True):
            reason = accounting.NEGATIVE_PRICE if row.price < 0 else "" if row.quantity else accounting.ZERO_QUANTITY
            if reason:
                amount = -row.amount if kind == CREDIT else row.amount
                self.account.decide(row.ref, reason, document.month, amount, is_return=kind == CREDIT)
                continue
            document.lines.append(Line(row.ref, row.sku, row.name, row.quantity, row.price))
            document.digests[row.ref] = digest
            self._learn(row, is_sale=kind == SALE)
        if sum((line.quantity * line.price for line in document.lines), ZERO) >= MOST_MONEY:
            raise Unreadable("too_much_money", "order_number", ref=gathered.rows[0].ref, document=document.order)
        return document

    def _learn(self, row: _Row, *, is_sale: bool) -> None:
        """A SKU is called and priced as its latest sale says; by a return only where there was none."""
        known = self._told_at.get(row.sku)
        if known is None or (is_sale, row.at) >= known:
            self._told_at[row.sku] = (is_sale, row.at)
            self.goods[row.sku] = Goods(row.name, CATEGORY, row.price)


def _named(text: str) -> str:
    if not text.strip():
        raise Unreadable("missing", "product_name")
    return values.words(text, "product_name")


def _moment(text: str, column: str, *, is_return: bool) -> datetime:
    """With seconds, without them, or the day alone; the wall clock of the shop.

    A day alone is its beginning, and for a return its end: what was bought in the morning may come back in the evening.
    """
    if _DAY.fullmatch(text):
        return values.moment(f"{text} 23:59:59" if is_return else f"{text} 00:00:00", column)
    if fits := _MINUTE.fullmatch(text):
        day, minute, seconds = fits.groups()
        return values.moment(f"{day} {minute:0>5}{seconds or ':00'}", column)
    raise Unreadable("moment", column, text)


def _name_of_return(number: str, at: datetime) -> str:
    """A name of its own that is short enough for a return's number, and the same in every file."""
    return "R" + hashlib.blake2b(f"{number}\x1f{at.isoformat()}".encode(), digest_size=8).hexdigest()
