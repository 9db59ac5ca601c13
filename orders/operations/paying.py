"""Money that came and money that went back, as providers report it. Reports may repeat; each is written down once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from config.kernel.money import Money, format_money, round_half_up
from orders import lifecycle
from orders.events import OrderPaid
from orders.models import Order, OrderEvent, Payment, Refund, Settlement, UnmatchedPayment
from orders.operations import recording
from orders.queries import order_page

Report = TypeVar("Report", Payment, Refund, UnmatchedPayment)
# A provider's clock may be ahead of the shop's by so much.
CLOCKS_DIFFER = timedelta(minutes=5)


class AmountNotDue(Conflict):
    """Another amount is due: orders are paid whole. `details.due` says how much."""

    code = "amount_not_due"


class ReferenceUsed(Conflict):
    """The provider's reference came before, for another order or amount."""

    code = "reference_used"


class RefundTooHigh(Conflict):
    """More would go back than came; `details.left` says what may still go back."""

    code = "refund_too_high"


class ImpossibleAmount(Invalid):
    code = "impossible_amount"


class ImpossibleMoment(Invalid):
    code = "impossible_moment"


def record_payment(
    *,
    number: str,
    customer_external_id: str | None = None,
    provider: str,
    reference: str,
    amount: Decimal,
    paid_at: datetime,
    actor: User | None,
    at: datetime,
) -> Payment:
    """Marks the order as paid. The same report again changes nothing and gives the first payment.

    Money for an order that was canceled or has expired is recorded too, and is due to go back. With a customer named, another
    customer's order is not found; "" names those of guests.
    """
    if paid_at > at + CLOCKS_DIFFER:
        raise ImpossibleMoment(_("A payment cannot have come in the future."), details={"field": "paid_at"})
    try:
        with transaction.atomic():
            order = recording.locked(number)
            if customer_external_id is not None and customer_external_id != _external_id(order):
                raise recording.unknown(number)
            _require_amount(order, amount)
            known = Payment.objects.filter(provider=provider, reference=reference).first()
            if known is not None:
                return same(known, order, amount)
            kept = UnmatchedPayment.objects.filter(provider=provider, reference=reference).first()
            if kept is not None:
                # What did not fit never fits later, and is refused again as it was; another order or amount is no correction.
                same(kept, order, amount)
            return _receive(order, Payment(
                order=order, provider=provider, reference=reference, amount=amount, paid_at=paid_at, recorded_at=at
            ), actor, at)  # fmt: skip
    except IntegrityError as error:
        raise used_meanwhile(error, "payment_once_per_reference", reference) from error


def _external_id(order: Order) -> str:
    return order.customer.external_id if order.customer else ""


def _receive(order: Order, payment: Payment, actor: User | None, at: datetime) -> Payment:
    late = order.state in lifecycle.OVER
    following = order.state if late else recording.state_after(order, "pay")
    due = order.total - order.paid
    if payment.amount != due:
        raise AmountNotDue(
            _("Exactly %(due)s is due.") % {"due": format_money(Money(due, order.currency))},
            details={"due": text(due, order), "amount": text(payment.amount, order)},
        )
    payment.save(force_insert=True)
    order.paid += payment.amount
    told = {"provider": payment.provider, "reference": payment.reference, "amount": text(payment.amount, order)}
    if late:
        recording.owe(order, payment.amount)
        order.save(update_fields=["paid", "refund_owed", "refund_due"])
        recording.tell(order, OrderEvent.Kind.PAID_LATE, actor=actor, at=at, **told)
        return payment
    order.state = following
    order.paid_at = payment.paid_at
    order.ship_due_at = at + timedelta(hours=settings.SHIP_WITHIN_HOURS)
    order.save(update_fields=["paid", "state", "paid_at", "ship_due_at"])
    recording.tell(order, OrderEvent.Kind.PAID, actor=actor, at=at, **told)
    outbox.record(OrderPaid(number=order.number, on=recording.day(order.placed_at)), at=at)
    return payment


def record_refund(
    *, number: str, provider: str = "", reference: str, amount: Decimal, reason: str, actor: User | None, at: datetime
) -> Refund:  # fmt: skip
    """Writes down money that went back, for whatever reason, up to what came. The same report again gives the first refund.

    It went back through the provider that took the order's last payment, unless another is named.
    """
    try:
        with transaction.atomic():
            order = recording.locked(number)
            _require_amount(order, amount)
            provider = provider or order_page.latest_provider(order=order)
            known = Refund.objects.filter(provider=provider, reference=reference).first()
            if known is not None:
                return same(known, order, amount)
            if Settlement.objects.filter(provider=provider, reference=reference).exists():
                raise used(reference)
            left = order.paid - order.refunded
            if amount > left:
                raise RefundTooHigh(
                    _("At most %(left)s can still go back.") % {"left": format_money(Money(left, order.currency))},
                    details={"left": text(left, order), "amount": text(amount, order)},
                )
            refund = Refund.objects.create(
                order=order, provider=provider, reference=reference, amount=amount, reason=reason, actor=actor, refunded_at=at
            )
            order.refunded += amount
            order.refund_due = order.refund_owed > order.refunded
            order.save(update_fields=["refunded", "refund_due"])
            recording.tell(
                order, OrderEvent.Kind.REFUNDED, actor=actor, at=at, reason=reason, provider=provider,
                reference=reference, amount=text(amount, order),
            )  # fmt: skip
            return refund
    except IntegrityError as error:
        raise used_meanwhile(error, "refund_once_per_reference", reference) from error


def _require_amount(order: Order, amount: Decimal) -> None:
    if amount <= 0 or amount != round_half_up(amount, order.currency):
        raise ImpossibleAmount(
            _("An amount in %(currency)s is expected, above zero.") % {"currency": order.currency},
            details={"field": "amount"},
        )


def same(known: Report, order: Order, amount: Decimal) -> Report:
    """What was written down for a report that came before; refused when it is told of another order or amount now."""
    if known.order_id != order.pk or known.amount != amount:
        raise used(known.reference)
    return known


def used_meanwhile(error: IntegrityError, constraint: str, reference: str) -> Exception:
    """Two reports with one reference for two orders met: the later one is refused as it would have been a moment later."""
    name: Any = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    return used(reference) if constraint in (name or "") else error


def used(reference: str) -> ReferenceUsed:
    return ReferenceUsed(
        _("The reference %(reference)s belongs to another order or amount.") % {"reference": reference},
        details={"reference": reference},
    )


def text(amount: Decimal, order: Order) -> str:
    return Money(amount, order.currency).as_text()
