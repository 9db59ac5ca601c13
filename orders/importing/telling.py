"""Documents of an old shop, told as the past that the bulk writers take: orders, returns, entries of the stock ledger.

Here returns find their sale and each SKU gets the opening stock its history needs. Nothing is read or written.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from inventory.models import StockMovement
from inventory.operations.history import PastMovement
from inventory.operations.ledger import Document as Voucher
from orders.importing import accounting
from orders.importing.accounting import Account
from orders.importing.matching import Key, Sales
from orders.importing.opening import Openings
from orders.importing.values import CORRECTION, CREDIT, SALE, ZERO, Document, Line
from orders.models import Order, OrderEvent
from orders.past import (
    PastEvent,
    PastHold,
    PastLine,
    PastOrder,
    PastParcel,
    PastPayment,
    PastRefund,
    PastReturn,
    PastReturnLine,
)

SHIPPED, PAID, CANCELED = Order.State.SHIPPED.value, Order.State.PAID.value, Order.State.CANCELED.value
NOTED = OrderEvent.Kind.NOTED.value
# Words by which the old shop's people said that goods were lost rather than miscounted.
LOSS = ("damage", "broken", "smash", "crush", "crack", "faulty", "thrown", "throw", "wet", "rust", "mould", "lost", "missing")


class EarlierLine(NamedTuple):
    """A line of an order that an earlier import wrote, with units that may still come back."""

    order_id: int
    line_id: int
    variant_id: int


# A line of a sale told now is named by its document and its position (0: the charge for sending).
Sold = tuple[str, int] | EarlierLine
# Which sale goods go back to: a document told now, an order of an earlier import, or none.
Target = str | int | None


@dataclass(frozen=True)
class EarlierReturn:
    """What comes back to an order of an earlier import."""

    order_id: int
    number: str
    reason: str
    at: datetime
    warehouse_id: int
    lines: tuple[tuple[EarlierLine, int, Decimal], ...]  # with units and money
    refund: PastRefund | None


@dataclass
class Past:
    orders: list[PastOrder] = field(default_factory=list)
    returns_without_sale: list[PastReturn] = field(default_factory=list)
    earlier: list[EarlierReturn] = field(default_factory=list)
    movements: list[PastMovement] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


@dataclass
class _Back:
    """What one credit note gives back to one sale, or to none: units and money of each line, and money for sending."""

    number: str
    at: datetime
    order: str  # what the credit note names as its order, if any
    lines: dict[Sold | int, tuple[int, Decimal]] = field(default_factory=dict)
    charges: Decimal = ZERO

    def add(self, line: Sold | int, units: int, money: Decimal) -> None:
        before, paid = self.lines.get(line, (0, ZERO))
        self.lines[line] = before + units, paid + money

    @property
    def money(self) -> Decimal:
        return sum((money for _units, money in self.lines.values()), self.charges)


@dataclass(frozen=True)
class Setting:
    """What the telling needs of the shop: keys of what exists, and how the files' clock is read."""

    profile: str
    channel: str
    currency: str
    warehouse_id: int
    voucher: str  # the number of the opening stock's document
    variants: Mapping[str, int]
    names: Mapping[str, str]
    costs: Mapping[str, Decimal]
    customers: Mapping[str, int]
    moment: Callable[[datetime], datetime]


class Teller:
    def __init__(self, setting: Setting, account: Account) -> None:
        self._set, self._account = setting, account
        self._past = Past()
        self._backs: defaultdict[Target, list[_Back]] = defaultdict(list)
        self._entries: list[tuple[datetime, int, int]] = []
        self._held: Counter[int] = Counter()

    def tell(self, documents: Sequence[Document], earlier: Iterable[tuple[Key, datetime, EarlierLine, int]] = ()) -> Past:
        """The whole past of the documents, which come in the order of time.

        `earlier` are lines of earlier imports to which returns may go: key, moment, line, units still out.
        """
        sales = self._sales(documents, earlier)
        for one in documents:
            if one.kind == CREDIT:
                self._take_back(one, sales)
        for one in documents:
            if one.kind == SALE:
                self._past.orders.append(self._order(one))
            elif one.kind == CORRECTION:
                self._correct(one)
        self._tell_returns_elsewhere()
        self._open()
        return self._past

    def _sales(self, documents: Sequence[Document], earlier: Iterable[tuple[Key, datetime, EarlierLine, int]]) -> Sales[Sold]:
        returned = (one for one in documents if one.kind == CREDIT)
        sales: Sales[Sold] = Sales((credit.whose, sku, price) for credit in returned for sku, price in credit.sold())
        for key, at, earlier_line, units in earlier:
            sales.add(key, at, earlier_line, units)
        for one in documents:
            if one.kind == SALE and one.state == SHIPPED:
                at = self._set.moment(one.at)
                for position, line in enumerate(one.lines, 1):
                    sales.add((one.whose, line.sku, line.price), at, (one.number, position), line.quantity)
                for charge in one.charges:
                    sales.add((one.whose, charge.sku, charge.price), at, (one.number, 0), charge.quantity)
        return sales

    def _take_back(self, credit: Document, sales: Sales[Sold]) -> None:
        at = self._set.moment(credit.at)
        backs: dict[Target, _Back] = {}

        def back_to(target: Target) -> _Back:
            if target not in backs:
                suffix = f"#{len(backs) + 1}" if backs else ""
                backs[target] = _Back(f"{self._set.profile}:{credit.number}{suffix}", at, credit.order)
                self._backs[target].append(backs[target])
            return backs[target]

        for line in credit.lines:
            found, rest = sales.take_back((credit.whose, line.sku, line.price), at, line.quantity)
            for sold, units in found:
                back_to(_target(sold)).add(sold, units, units * line.price)
                self._past.figures["units_returned"] += units
            if rest:
                back_to(None).add(self._set.variants[line.sku], rest, rest * line.price)
                self._past.figures["units_returned_without_sale"] += rest
            outcome = accounting.RETURNED_PARTLY_WITHOUT_SALE if found else accounting.RETURNED_WITHOUT_SALE
            self._decide(line.ref, outcome if rest else accounting.RETURNED, credit, -line.quantity * line.price)
        for charge in credit.charges:
            found, rest = sales.take_back((credit.whose, charge.sku, charge.price), at, charge.quantity, whole=True)
            for sold, units in found:
                back_to(_target(sold)).charges += units * charge.price
            self._decide(
                charge.ref, accounting.SHIPPING_CREDIT_ALONE if rest else accounting.SHIPPING_RETURNED, credit, -charge.amount
            )

    def _order(self, one: Document) -> PastOrder:
        placed_at = self._set.moment(one.at)
        lines = tuple(self._line(line) for line in one.lines)
        for line in one.lines:
            self._decide(line.ref, accounting.SOLD if line.price else accounting.FREE, one, line.quantity * line.price)
        for charge in one.charges:
            self._decide(charge.ref, accounting.SHIPPING, one, charge.amount)
        for place, (ref, outcome) in enumerate(one.others):
            self._account.decide(ref, outcome, amount=ZERO if place else one.freight)
        fee = sum((charge.amount for charge in one.charges), one.freight)
        payments = self._payments(one, sum((line.quantity * line.price for line in one.lines), fee))
        shipped_at = self._set.moment(one.shipped_at or one.at) if one.state == SHIPPED else None
        units = {position: line.quantity for position, line in enumerate(one.lines, 1)}
        if shipped_at:
            self._entries += [(shipped_at, line.variant_id, -line.quantity) for line in lines]
        elif one.state == PAID:
            for told in lines:
                self._held[told.variant_id] += told.quantity
        backs = self._backs.pop(one.number, [])
        warehouse = self._set.warehouse_id
        return PastOrder(
            self._set.channel,
            one.state,
            self._set.currency,
            placed_at,
            lines,
            external_number=one.number,
            customer_id=self._set.customers.get(one.customer),
            shipping_fee=fee,
            ship_to=one.place,
            paid_at=payments[0].paid_at if payments else None,
            ship_due_at=self._set.moment(one.ship_due_at) if one.ship_due_at and one.state == PAID else None,
            shipped_at=shipped_at,
            closed_at=self._set.moment(one.closed_at) if one.closed_at else None,
            reason=one.reason,
            payments=payments,
            parcels=(PastParcel(warehouse, shipped_at, units),) if shipped_at else (),
            holds=tuple(PastHold(position, warehouse, quantity) for position, quantity in units.items())
            if one.state == PAID
            else (),
            returns=tuple(self._return(back, lines) for back in backs if back.lines),
            refunds=self._refunds(one, payments, backs),
            # Worked out by the writer where nothing but goods came back, or the order was canceled.
            refund_owed=sum((back.money for back in backs), ZERO) if backs else None,
            events=(PastEvent(NOTED, self._set.moment(one.delivered_at), _("Delivered")),) if one.delivered_at else (),
        )

    def _line(self, line: Line) -> PastLine:
        return PastLine(
            self._set.variants[line.sku],
            line.sku,
            line.name or self._set.names[line.sku],
            line.quantity,
            line.price,
            # The files do not say what tax lies in a price.
            tax_rate=ZERO,
            tax=ZERO,
            unit_cost=self._set.costs.get(line.sku, ZERO),
        )

    def _payments(self, one: Document, total: Decimal) -> tuple[PastPayment, ...]:
        if one.payments is None:
            paid_at = self._set.moment(one.at)
            return (PastPayment(self._set.channel, one.number, total, paid_at),) if total else ()
        paid_at = self._set.moment(one.paid_at or one.at)
        for payment in one.payments:
            self._account.decide(payment.ref, accounting.PAYMENT, amount=payment.amount)
        return tuple(PastPayment(each.provider, each.reference, each.amount, paid_at) for each in one.payments)

    def _refunds(self, one: Document, payments: Sequence[PastPayment], backs: Sequence[_Back]) -> tuple[PastRefund, ...]:
        if one.state == CANCELED and payments:
            # The files tell of no refund. A canceled order that kept its money would wait for staff for ever.
            paid = sum((each.amount for each in payments), ZERO)
            closed_at = self._set.moment(one.closed_at or one.at)
            return (PastRefund(f"{self._set.profile}:{one.number}", paid, one.reason, closed_at),)
        return tuple(refund for back in backs if (refund := _refund(back)))

    def _return(self, back: _Back, lines: Sequence[PastLine]) -> PastReturn:
        """Goods that came back to a sale told now. The files do not say in which state: all can be sold again."""
        told = []
        for sold, (units, money) in back.lines.items():
            assert isinstance(sold, tuple)  # noqa: S101
            told.append(PastReturnLine(units, units, money, position=sold[1]))
            self._entries.append((back.at, lines[sold[1] - 1].variant_id, units))
        return self._past_return(back, told)

    def _past_return(self, back: _Back, lines: Sequence[PastReturnLine]) -> PastReturn:
        return PastReturn(self._set.warehouse_id, _reason(back), back.at, tuple(lines), received_at=back.at, number=back.number)

    def _tell_returns_elsewhere(self) -> None:
        """Returns without a sale, and returns to orders of earlier imports."""
        for back in self._backs.pop(None, []):
            lines = []
            for variant, (units, money) in back.lines.items():
                assert isinstance(variant, int)  # noqa: S101
                lines.append(PastReturnLine(units, units, money, variant_id=variant))
                self._entries.append((back.at, variant, units))
            self._past.returns_without_sale.append(self._past_return(back, lines))
        for order_id, backs in self._backs.items():
            assert isinstance(order_id, int)  # noqa: S101
            for back in backs:
                self._tell_earlier(order_id, back)

    def _tell_earlier(self, order_id: int, back: _Back) -> None:
        lines = []
        for sold, (units, money) in back.lines.items():
            assert isinstance(sold, EarlierLine)  # noqa: S101
            lines.append((sold, units, money))
            self._entries.append((back.at, sold.variant_id, units))
        by_variant: Counter[int] = Counter()
        for sold, units, _money in lines:
            by_variant[sold.variant_id] += units
        voucher = Voucher("RETURN", back.number)
        self._past.movements += [
            self._movement(StockMovement.Kind.RETURN, variant, units, voucher, back.at) for variant, units in by_variant.items()
        ]
        self._past.earlier.append(
            EarlierReturn(order_id, back.number, _reason(back), back.at, self._set.warehouse_id, tuple(lines), _refund(back))
        )

    def _correct(self, one: Document) -> None:
        """Entries of the ledger for goods that the old shop found or lost."""
        at = self._set.moment(one.at)
        units: Counter[tuple[int, StockMovement.Kind]] = Counter()
        reasons: dict[tuple[int, StockMovement.Kind], str] = {}
        for line in one.lines:
            lost = line.quantity < 0 and any(word in line.name.lower() for word in LOSS)
            key = self._set.variants[line.sku], StockMovement.Kind.WRITE_OFF if lost else StockMovement.Kind.ADJUSTMENT
            units[key] += line.quantity
            reasons[key] = reasons.get(key) or line.name
            self._decide(line.ref, accounting.CORRECTED, one, line.quantity * line.price)
        voucher = Voucher("IMPORT", f"{self._set.profile}:{one.number}")
        for (variant, kind), quantity in units.items():
            if quantity:
                reason = reasons[variant, kind] or _("Stock correction of the old shop")
                self._past.movements.append(self._movement(kind, variant, quantity, voucher, at, reason))
                self._entries.append((at, variant, quantity))

    def _open(self) -> None:
        """Opening stock, dated before everything else. Of entries of one moment those that take are counted first."""
        openings: Openings[int] = Openings()
        self._entries.sort(key=lambda entry: (entry[0], entry[2]))
        for _at, variant, quantity in self._entries:
            openings.move(variant, quantity)
        for variant, quantity in self._held.items():
            openings.hold(variant, quantity)
        if not self._entries and not self._held:
            return
        first = min([*(entry[0] for entry in self._entries[:1]), *(order.placed_at for order in self._past.orders[:1])])
        voucher = Voucher("OPENING", self._set.voucher)
        reason = _("Opening stock before the imported history")
        needed = openings.needed()
        self._past.figures["units_opening"] = sum(needed.values())
        self._past.movements[:0] = [
            self._movement(StockMovement.Kind.ADJUSTMENT, variant, units, voucher, first - timedelta(minutes=1), reason)
            for variant, units in sorted(needed.items())
        ]

    def _movement(
        self, kind: StockMovement.Kind, variant: int, units: int, voucher: Voucher, at: datetime, reason: str = ""
    ) -> PastMovement:
        return PastMovement(variant, self._set.warehouse_id, kind.value, units, voucher, at, reason=reason[:200])

    def _decide(self, ref: int, outcome: str, one: Document, amount: Decimal) -> None:
        self._account.decide(ref, outcome, one.month, amount, is_return=one.kind == CREDIT)


def _target(sold: Sold) -> str | int:
    return sold.order_id if isinstance(sold, EarlierLine) else sold[0]


def _reason(back: _Back) -> str:
    if back.order:
        return _("Return of order %(number)s") % {"number": back.order}
    return _("Credit note %(number)s") % {"number": back.number.partition(":")[2].partition("#")[0]}


def _refund(back: _Back) -> PastRefund | None:
    return PastRefund(back.number, back.money, _reason(back), back.at) if back.money else None
