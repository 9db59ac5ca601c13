"""The profile of the Olist data set: five tables that name each other by ids of 32 letters. Pure.

An order has rows in four tables; they are imported together or not at all. The reason for each rule stands in
docs/algorithms/importing.md.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from orders.importing import accounting, values
from orders.importing.accounting import Account, RawSums
from orders.importing.books import Table, Take
from orders.importing.values import MOST_MONEY, SALE, ZERO, Document, Goods, Line, Payment, Unreadable

ORDERS = Table(
    "orders",
    (
        "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
        "order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date",
    ),
)  # fmt: skip
ITEMS = Table(
    "order items",
    ("order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date", "price", "freight_value"),
)
PAYMENTS = Table("order payments", ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"))
CUSTOMERS = Table(
    "customers", ("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state")
)
PRODUCTS = Table(
    "products",
    (
        "product_id", "product_category_name", "product_name_lenght", "product_description_lenght", "product_photos_qty",
        "product_weight_g", "product_length_cm", "product_height_cm", "product_width_cm",
    ),
)  # fmt: skip
TABLES = (ORDERS, ITEMS, PAYMENTS, CUSTOMERS, PRODUCTS)

# What the last word of the file about an order means here. Shipped ones left; paid ones wait; the rest will never leave.
SHIPPED, PAID, CANCELED = "SHIPPED", "PAID", "CANCELED"
STATES = {
    "delivered": SHIPPED,
    "shipped": SHIPPED,
    "approved": PAID,
    "invoiced": PAID,
    "processing": PAID,
    "created": CANCELED,  # never paid, and too old to be
    "canceled": CANCELED,
    "unavailable": CANCELED,
}
NO_CATEGORY = "sem categoria"

_read_id = values.code(re.compile(r"[0-9a-f]{32}"))
_read_number = values.code(re.compile(r"[0-9]{1,4}"))
_read_word = values.code(re.compile(r"[a-z0-9_]{1,60}"))


class _Order(NamedTuple):
    ref: int
    digest: bytes
    customer: str
    state: str
    at: datetime
    approved_at: datetime | None
    carrier_at: datetime | None
    delivered_at: datetime | None
    due_at: datetime | None


class _Item(NamedTuple):
    ref: int
    digest: bytes
    product: str
    price: Decimal
    freight: Decimal


class _Paid(NamedTuple):
    ref: int
    digest: bytes
    provider: str
    amount: Decimal


class _Customer(NamedTuple):
    ref: int
    digest: bytes
    person: str
    place: dict[str, str]


class _Product(NamedTuple):
    ref: int
    digest: bytes
    category: str


V = TypeVar("V", _Order, _Item, _Paid, _Customer, _Product)


class OlistBook:
    def __init__(self) -> None:
        self.account, self.sums = Account(), RawSums()
        self.goods: dict[str, Goods] = {}
        self._orders: dict[str, _Order] = {}
        self._items: defaultdict[str, dict[str, _Item]] = defaultdict(dict)
        self._payments: defaultdict[str, dict[str, _Paid]] = defaultdict(dict)
        self._customers: dict[str, _Customer] = {}
        self._products: dict[str, _Product] = {}
        self._customers_left: dict[str, _Customer] = {}
        self._priced_at: dict[str, datetime] = {}

    def taker(self, table: Table, file: int) -> Take:
        takes: dict[str, Take] = {
            ORDERS.name: self._take_order,
            ITEMS.name: self._take_item,
            PAYMENTS.name: self._take_payment,
            CUSTOMERS.name: self._take_customer,
            PRODUCTS.name: self._take_product,
        }
        return takes[table.name]

    def _take_order(self, ref: int, digest: bytes, cells: Sequence[str]) -> None:
        number = _read_id(cells[0], "order_id")
        if cells[2] not in STATES:
            raise Unreadable("state", "order_status", cells[2])
        customer = _read_id(cells[1], "customer_id")
        moments = [values.moment_or_none(cells[at], ORDERS.columns[at]) for at in (4, 5, 6, 7)]
        row = _Order(ref, digest, customer, cells[2], values.moment(cells[3], ORDERS.columns[3]), *moments)
        self._keep(self._orders, number, row, "order_id")

    def _take_item(self, ref: int, digest: bytes, cells: Sequence[str]) -> None:
        order = _read_id(cells[0], "order_id")
        place = _read_number(cells[1], "order_item_id")
        row = _Item(
            ref,
            digest,
            _read_id(cells[2], "product_id"),
            _not_negative(cells[5], "price"),
            _not_negative(cells[6], "freight_value"),
        )
        self._keep(self._items[order], place, row, "order_item_id")

    def _take_payment(self, ref: int, digest: bytes, cells: Sequence[str]) -> None:
        order = _read_id(cells[0], "order_id")
        place = _read_number(cells[1], "payment_sequential")
        kind = _read_word(cells[2], "payment_type")
        row = _Paid(ref, digest, f"olist:{kind}", _not_negative(cells[4], "payment_value"))
        self._keep(self._payments[order], place, row, "payment_sequential")

    def _take_customer(self, ref: int, digest: bytes, cells: Sequence[str]) -> None:
        customer = _read_id(cells[0], "customer_id")
        place = {
            "postal_code": values.words(cells[2], "customer_zip_code_prefix", 20),
            "city": values.words(cells[3], "customer_city", 100),
            "state": values.words(cells[4], "customer_state", 20),
        }
        row = _Customer(ref, digest, _read_id(cells[1], "customer_unique_id"), place)
        self._keep(self._customers, customer, row, "customer_id")

    def _take_product(self, ref: int, digest: bytes, cells: Sequence[str]) -> None:
        product = _read_id(cells[0], "product_id")
        category = values.words(cells[1], "product_category_name", 100).replace("_", " ") or NO_CATEGORY
        self._keep(self._products, product, _Product(ref, digest, category), "product_id")

    def _keep(self, known: dict[str, V], key: str, row: V, column: str) -> None:
        """Keys are unique in each table: the same row again is left out, another one with its key cannot be meant."""
        if key not in known:
            known[key] = row
        elif known[key].digest == row.digest:
            self.account.decide(row.ref, accounting.REPEATED)
        else:
            raise Unreadable("twice", column, key, document=key)

    def documents(self) -> list[Document]:
        made = []
        self._customers_left = dict(self._customers)
        for number, order in self._orders.items():
            items, payments = self._items.pop(number, {}), self._payments.pop(number, {})
            if items:
                made.append(self._document(number, order, list(items.values()), list(payments.items())))
            else:
                self._leave_out(order, payments)
        others = [row.ref for rows in self._items.values() for row in rows.values()]
        others += [row.ref for paid in self._payments.values() for row in paid.values()]
        for ref in others:
            self.account.decide(ref, accounting.OTHER_ORDER)
        for customer in self._customers_left.values():
            self.account.decide(customer.ref, accounting.NO_ORDER)
        for sku, product in self._products.items():
            if sku not in self.goods:
                self.account.decide(product.ref, accounting.NEVER_SOLD)
        return sorted(made, key=lambda document: (document.at, document.number))

    def _leave_out(self, order: _Order, payments: Mapping[str, _Paid]) -> None:
        """An order whose goods nobody knows: it was canceled before anything was packed."""
        self.account.decide(order.ref, accounting.NO_LINES)
        for payment in payments.values():
            self.account.decide(payment.ref, accounting.NO_LINES)
        customer = self._customers_left.pop(order.customer, None)
        if customer:
            self.account.decide(customer.ref, accounting.NO_LINES)

    def _document(self, number: str, order: _Order, items: Sequence[_Item], payments: Sequence[tuple[str, _Paid]]) -> Document:
        customer = self._customers.get(order.customer)
        if customer is None:
            raise Unreadable("no_customer_row", "customer_id", order.customer, ref=order.ref)
        state = STATES[order.state]
        paid = [Payment(one.ref, one.provider, f"{number}/{place}", one.amount) for place, one in payments if one.amount]
        paid_at = (order.approved_at or order.at) if paid else order.approved_at
        document = Document(
            number,
            SALE,
            order.at,
            customer.person,
            customer.place,
            lines=self._lines(items, order.at),
            freight=sum((item.freight for item in items), ZERO),
            payments=paid,
            others=[(order.ref, accounting.ORDER)],
            digests={order.ref: order.digest}
            | {item.ref: item.digest for item in items}
            | {one.ref: one.digest for _place, one in payments if one.amount},
            state=state,
            paid_at=paid_at,
            ship_due_at=order.due_at,
        )
        if state == SHIPPED:
            document.shipped_at = max(order.carrier_at or order.approved_at or order.at, order.at)
            document.delivered_at = order.delivered_at
        elif state == CANCELED:
            document.closed_at = paid_at or order.at
            document.reason = order.state
        counted = {line.ref for line in document.lines}
        document.others += [(item.ref, accounting.SOLD) for item in items if item.ref not in counted]
        if self._customers_left.pop(order.customer, None):
            document.others.append((customer.ref, accounting.CUSTOMER))
            document.digests[customer.ref] = customer.digest
        for _place, one in payments:
            if not one.amount:
                self.account.decide(one.ref, accounting.ZERO_PAYMENT)
        self._sum_up(number, order, items)
        return document

    def _lines(self, items: Sequence[_Item], at: datetime) -> list[Line]:
        """One line for each product at each price; the table has one row for each unit."""
        units: defaultdict[tuple[str, Decimal], list[_Item]] = defaultdict(list)
        for item in items:
            units[item.product, item.price].append(item)
        lines = []
        for (sku, price), same in units.items():
            product = self._products.get(sku)
            if product is None:
                raise Unreadable("no_product_row", "product_id", sku, ref=same[0].ref)
            name = f"{product.category} {sku[:8]}"
            lines.append(Line(same[0].ref, sku, name, len(same), price))
            if sku not in self.goods or at >= self._priced_at[sku]:
                self.goods[sku] = Goods(name, product.category, price, product.ref)
                self._priced_at[sku] = at
        return lines

    def _sum_up(self, number: str, order: _Order, items: Sequence[_Item]) -> None:
        total = ZERO
        for item in items:
            total += item.price + item.freight
            self.sums.add(number, order.at, item.price + item.freight, is_return=False)
        if total >= MOST_MONEY:
            raise Unreadable("too_much_money", "order_id", number, ref=order.ref, document=number)


def _not_negative(text: str, column: str) -> Decimal:
    value = values.amount(text, column)
    if value < 0:
        raise Unreadable("amount", column, text)
    return value
