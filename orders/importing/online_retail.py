"""The profile of the UCI data set "Online Retail": one table, a row for each line of an invoice. Pure.

An invoice is an order; one that begins with C is a credit note; one that begins with A corrects a debt. The reason for each
rule stands in docs/algorithms/importing.md.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from orders.importing import accounting, values
from orders.importing.accounting import Account, RawSums
from orders.importing.books import Table, Take
from orders.importing.gathering import Gathered
from orders.importing.values import (
    CORRECTION,
    CREDIT,
    MOST_LINES,
    MOST_MONEY,
    SALE,
    ZERO,
    Charge,
    Document,
    Goods,
    Line,
    Unreadable,
)

TABLES = (
    Table(
        "invoice lines",
        ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"),
    ),
)
CATEGORY = "Online Retail"

_read_invoice = values.code(re.compile(r"[A-Z]?[0-9]{1,10}"))
_read_stock_code = values.code(re.compile(r"[A-Za-z0-9][A-Za-z0-9_ ]{0,19}"))
_read_customer = values.code(re.compile(r"[0-9]{1,12}(\.0)?"))

_GOODS = re.compile(r"[0-9]{5}[A-Z]*|DCGS[0-9A-Z]+")
_SHIPPING = frozenset({"POST", "DOT", "C2"})
# Rows that are neither goods nor shipping, and why each is left out.
_OTHER = {
    "AMAZONFEE": accounting.FEE,
    "BANK CHARGES": accounting.FEE,
    "CRUK": accounting.FEE,
    "M": accounting.MANUAL,
    "D": accounting.DISCOUNT,
    "S": accounting.SAMPLE,
    "B": accounting.BAD_DEBT,
    "PADS": accounting.MAKEWEIGHT,
}


class _Row(NamedTuple):
    ref: int
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Decimal


class _Invoice(Gathered[_Row]):
    __slots__ = ("country",)

    def __init__(self, number: str, customer: str, country: str, file: int) -> None:
        super().__init__(number, customer, file)
        self.country = country


class OnlineRetailBook:
    def __init__(self) -> None:
        self.account, self.sums = Account(), RawSums()
        self.goods: dict[str, Goods] = {}
        self._invoices: dict[str, _Invoice] = {}
        self._names: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._prices: dict[str, tuple[datetime, Decimal]] = {}

    def taker(self, table: Table, file: int) -> Take:
        def take(ref: int, digest: bytes, cells: Sequence[str]) -> None:
            number = _read_invoice(cells[0], "InvoiceNo")
            sku = _read_stock_code(cells[1], "StockCode").upper()
            description = values.words(cells[2], "Description")
            quantity = values.units(cells[3], "Quantity")
            at = values.moment(cells[4], "InvoiceDate")
            price = values.amount(cells[5], "UnitPrice")
            customer = _read_customer(cells[6], "CustomerID").removesuffix(".0") if cells[6] else ""
            country = values.words(cells[7], "Country", 60)
            invoice = self._invoices.get(number)
            if invoice is None:
                invoice = self._invoices[number] = _Invoice(number, customer, country, file)
            elif invoice.customer != customer:
                raise Unreadable("two_customers", "CustomerID", cells[6], document=number, other=invoice.customer or "-")
            self.sums.add(number, at, quantity * price, is_return=number[0] == "C")
            if invoice.repeats(digest, file):
                self.account.decide(ref, accounting.REPEATED, f"{at:%Y-%m}", quantity * price, is_return=number[0] == "C")
                return
            if len(invoice.rows) >= MOST_LINES:
                raise Unreadable("too_many_lines", "InvoiceNo", number, document=number, most=MOST_LINES)
            invoice.digests.append(digest)
            invoice.rows.append(_Row(ref, sku, description, quantity, at, price))

        return take

    def documents(self) -> list[Document]:
        made: list[Document] = []
        # Each invoice is let go of as soon as it is a document: both at once would double the memory.
        for number in list(self._invoices):
            made += self._documents_of(self._invoices.pop(number))
        for sku, names in self._names.items():
            name = names.most_common(1)[0][0] if names else sku
            self.goods[sku] = Goods(name, CATEGORY, self._prices[sku][1] if sku in self._prices else ZERO)
        return sorted(made, key=lambda document: (document.at, document.number))

    def _documents_of(self, invoice: _Invoice) -> list[Document]:
        at = min((row.at for row in invoice.rows), default=None)
        if at is None:
            return []
        is_credit = invoice.number.startswith("C")
        rows = self._without_others(invoice, f"{at:%Y-%m}", is_credit=is_credit)
        if not rows:
            return []
        document = Document(
            invoice.number,
            CREDIT if is_credit else SALE,
            at,
            invoice.customer,
            {"country": invoice.country},
        )
        if is_credit:
            self._fill_credit(document, rows)
        else:
            self._fill_sale(document, rows)
        if not document.lines and not document.charges:
            return []
        if abs(sum((line.quantity * line.price for line in document.lines), ZERO)) >= MOST_MONEY:
            raise Unreadable("too_much_money", "InvoiceNo", invoice.number, ref=rows[0].ref, document=invoice.number)
        for line in document.lines:
            self._learn(line, at, document.kind)
        names = {row.ref: digest for row, digest in zip(invoice.rows, invoice.digests, strict=True)}
        document.digests = {
            **{line.ref: names[line.ref] for line in document.lines},
            **{charge.ref: names[charge.ref] for charge in document.charges},
        }
        return [document]

    def _without_others(self, invoice: _Invoice, month: str, *, is_credit: bool) -> list[_Row]:
        """The rows about goods and shipping; the others are accounted for."""
        kept = []
        for row in invoice.rows:
            reason = _reason_against(row, is_credit=is_credit)
            if reason:
                self.account.decide(row.ref, reason, month, row.quantity * row.price, is_return=is_credit)
            else:
                kept.append(row)
        return kept

    def _fill_credit(self, document: Document, rows: Sequence[_Row]) -> None:
        for row in rows:
            if row.sku in _SHIPPING:
                document.charges.append(Charge(row.ref, row.sku, -row.quantity, row.price))
            else:
                document.lines.append(Line(row.ref, row.sku, row.description, -row.quantity, row.price))

    def _fill_sale(self, document: Document, rows: Sequence[_Row]) -> None:
        """A sale where somebody bought or something was charged for; otherwise the shop corrected its own stock."""
        goods = [row for row in rows if row.sku not in _SHIPPING]
        is_sale = any(row.quantity > 0 and (row.price or document.customer) for row in goods)
        if not is_sale:
            document.kind = CORRECTION
        for row in rows:
            amount = row.quantity * row.price
            if row.sku in _SHIPPING:
                if is_sale and row.quantity > 0:
                    document.charges.append(Charge(row.ref, row.sku, row.quantity, row.price))
                else:
                    self.account.decide(row.ref, accounting.SHIPPING_ALONE, document.month, amount)
            elif is_sale and row.quantity < 0:
                self.account.decide(row.ref, accounting.NEGATIVE_SALE, document.month, amount)
            else:
                document.lines.append(Line(row.ref, row.sku, row.description, row.quantity, row.price))

    def _learn(self, line: Line, at: datetime, kind: str) -> None:
        names = self._names[line.sku]
        if kind == SALE:
            if line.name:
                names[line.name] += 1
            if line.price and (line.sku not in self._prices or at >= self._prices[line.sku][0]):
                self._prices[line.sku] = (at, line.price)


def _reason_against(row: _Row, *, is_credit: bool) -> str:
    """Why a row is neither goods nor shipping, or cannot be meant; empty where it can."""
    if row.sku.startswith("GIFT_"):
        return accounting.VOUCHER
    if row.sku in _OTHER:
        return _OTHER[row.sku]
    if row.sku not in _SHIPPING and not _GOODS.fullmatch(row.sku):
        return accounting.UNKNOWN_CODE
    if row.price < 0:
        return accounting.NEGATIVE_PRICE
    if row.quantity == 0:
        return accounting.ZERO_QUANTITY
    if is_credit:
        return accounting.POSITIVE_CREDIT if row.quantity > 0 else ""
    return accounting.NEGATIVE_SALE if row.quantity < 0 and row.price else ""
