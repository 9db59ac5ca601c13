"""Money that came and money that went back, as providers report it. Reports may repeat; each is written down once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from config.kernel.money import Money, format_money, round_half_up
from orders import lifecycle
from orders.events import OrderPaid
from orders.models import Order, OrderEvent, Payment, Refund, UnmatchedPayment
from orders.operations import recording, references
from orders.operations.references import CAME, WENT

Report = TypeVar("Report", Payment, Refund, UnmatchedPayment)
# A provider's clock may be ahead of the shop's by so much.
CLOCKS_DIFFER = timedelta(minutes=5)


class AmountNotDue(Conflict):
    """Another amount is due: orders are paid whole. `details.due` says how much."""

    code = "amount_not_due"


class RefundTooHigh(Conflict):
    """More would go back than came; `details.left` says what may still go back."""

    code = "refund_too_high"


class UnmatchedOpen(Conflict):
    """A payment that the order does not owe waits to be settled, and may be what went back; `details.payments` names it."""

    code = "unmatched_open"


class ImpossibleAmount(Invalid):
    code = "impossible_amount"


class ImpossibleMoment(Invalid):
    code = "impossible_moment"


class OtherProvider(Invalid):
    """Money goes back through the provider that took it; `details.providers` names whoever took some."""

    code = "other_provider"


class UnknownPayment(Invalid):
    """The order has no such payment."""

    code = "payment_not_found"


class RefundInvalid(Invalid):
    code = "refund_invalid"


@transaction.atomic
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
    """Marks the order as paid. The same report again changes nothing and gives the first payment, whose `recorded_at` is not
    `at`.

    Money for an order that was canceled or has expired is recorded too, and is due to go back. With a customer named, another
    customer's order is not found; "" names those of guests.
    """
    told = reported(
        number=number, customer_external_id=customer_external_id, provider=provider, reference=reference, amount=amount,
        paid_at=paid_at, at=at,
    )  # fmt: skip
    known = before(told)
    if isinstance(known, UnmatchedPayment):
        # What did not fit never fits later.
        raise not_due(known)
    return known or receive(told, actor, at)


def reported(
    *,
    number: str,
    customer_external_id: str | None,
    provider: str,
    reference: str,
    amount: Decimal,
    paid_at: datetime,
    at: datetime,
) -> Payment:
    """The report as the payment it would be. Locks its order and saves nothing; refused where it tells of no money."""
    if paid_at > at + CLOCKS_DIFFER:
        raise ImpossibleMoment(_("A payment cannot have come in the future."), details={"field": "paid_at"})
    name = references.name(provider, reference)
    order = recording.locked(number)
    if customer_external_id is not None and customer_external_id != _external_id(order):
        raise recording.unknown(number)
    _require_amount(order, amount)
    return Payment(order=order, **name._asdict(), amount=amount, paid_at=paid_at, recorded_at=at)


def _external_id(order: Order) -> str:
    return order.customer.external_id if order.customer else ""


def before(told: Payment) -> Payment | UnmatchedPayment | None:
    """What this report was written down as when it came before. Its order is locked, so nobody writes it down meanwhile."""
    named = {"provider": told.provider, "reference": told.reference}
    paid = told.order.payments.filter(**named).first()
    if paid is not None:
        return same(paid, told.amount)
    kept = told.order.unmatched_payments.filter(**named).first()
    return same(kept, told.amount) if kept is not None else None


def receive(told: Payment, actor: User | None, at: datetime) -> Payment:
    """Writes the payment down; refused, before anything is written, where the order does not owe it."""
    order = told.order
    due = order.total - order.paid
    if told.amount != due:
        raise amount_not_due(due, told.amount, order)
    late = order.state in lifecycle.OVER
    following = order.state if late else recording.state_after(order, "pay")
    references.claim(CAME, references.Name(told.provider, told.reference))
    told.save(force_insert=True)
    order.paid += told.amount
    facts = {"provider": told.provider, "reference": told.reference, "amount": text(told.amount, order)}
    if late:
        recording.owe(order, told.amount)
        order.save(update_fields=["paid", "refund_owed", "refund_due"])
        recording.tell(order, OrderEvent.Kind.PAID_LATE, actor=actor, at=at, **facts)
        return told
    order.state = following
    order.paid_at = told.paid_at
    order.ship_due_at = at + timedelta(hours=settings.SHIP_WITHIN_HOURS)
    order.save(update_fields=["paid", "state", "paid_at", "ship_due_at"])
    recording.tell(order, OrderEvent.Kind.PAID, actor=actor, at=at, **facts)
    outbox.record(OrderPaid(number=order.number, on=recording.day(order.placed_at)), at=at)
    return told


def amount_not_due(due: Decimal, amount: Decimal, order: Order) -> AmountNotDue:
    due = max(due, Decimal(0))
    told = _("Exactly %(due)s is due.") % {"due": format_money(Money(due, order.currency))} if due else _("Nothing is due.")
    return AmountNotDue(told, details={"due": text(due, order), "amount": text(amount, order)})


def not_due(kept: UnmatchedPayment) -> AmountNotDue:
    """The refusal of money that was kept, each time it is reported: by what was due when it came, whatever happened since."""
    order = kept.order
    if kept.why == UnmatchedPayment.Why.NOTHING_DUE:
        return amount_not_due(Decimal(0), kept.amount, order)
    left = order.total - order.paid
    return amount_not_due(left if left > 0 else order.total, kept.amount, order)


@transaction.atomic
def record_refund(
    *,
    number: str,
    provider: str = "",
    reference: str,
    amount: Decimal,
    payment: str = "",
    reason: str,
    actor: User | None,
    at: datetime,
) -> Refund:
    """Writes down money that went back, for whatever reason, up to what came. The same report again gives the first refund: its
    `refunded_at` is not `at`.

    It went back through the provider that took the order's last payment, unless `payment`, by its reference, says which went
    back. That must be said while an unmatched payment of the same amount is open, for that may be what went back.
    """
    reason = bounded(reason)
    order = recording.locked(number)
    _require_amount(order, amount)
    paid = _paid_back(order, references.provider(provider), payment.strip())
    name = references.name(paid.provider if paid else "-", reference)
    known = order.refunds.filter(**name._asdict()).first()
    if known is not None:
        return same(known, amount)
    if not payment:
        _require_no_other(order, amount)
    left = order.paid - order.refunded
    if amount > left:
        raise RefundTooHigh(
            _("At most %(left)s can still go back.") % {"left": format_money(Money(left, order.currency))},
            details={"left": text(left, order), "amount": text(amount, order)},
        )
    references.claim(WENT, name)
    refund = Refund.objects.create(
        order=order, **name._asdict(), amount=amount, payment=paid if payment else None, reason=reason, actor=actor,
        refunded_at=at,
    )  # fmt: skip
    order.refunded += amount
    order.refund_due = order.refund_owed > order.refunded
    order.save(update_fields=["refunded", "refund_due"])
    recording.tell(
        order, OrderEvent.Kind.REFUNDED, actor=actor, at=at, reason=reason, **name._asdict(), amount=text(amount, order)
    )
    return refund


def bounded(reason: str) -> str:
    """A reason as it is kept beside money that went back."""
    found = reason.strip()
    most = Refund._meta.get_field("reason").max_length or 0
    if len(found) > most:
        raise RefundInvalid(_("Say why in at most %(most)s characters.") % {"most": most}, details={"field": "reason"})
    return found


def _paid_back(order: Order, provider: str, reference: str) -> Payment | None:
    """The payment of the order that goes back; None where nobody paid."""
    payments = list(order.payments.order_by("id"))
    taken = [one for one in payments if provider in ("", one.provider)]
    if payments and not taken:
        providers = sorted({one.provider for one in payments})
        raise OtherProvider(
            _("Money goes back only through the provider that took it."),
            details={"field": "provider", "providers": providers},
        )
    if not reference:
        return taken[-1] if taken else None
    named = [one for one in taken if one.reference == reference]
    if named:
        return named[-1]
    unmatched = [one for one in _open(order) if one.reference == reference and provider in ("", one.provider)]
    if unmatched:
        raise _unmatched_open(
            _("The order does not owe the payment %(reference)s. Record with that payment that it was paid back.")
            % {"reference": reference},
            unmatched,
        )
    raise UnknownPayment(_("The order has no payment %(reference)s.") % {"reference": reference}, details={"field": "payment"})


def _require_no_other(order: Order, amount: Decimal) -> None:
    """While an unmatched payment of this amount is open, nobody can tell which of the two went back."""
    same_amount = [one for one in _open(order) if one.amount == amount]
    if same_amount:
        raise _unmatched_open(
            _("Another payment of this amount came that the order does not owe. Say which one went back."), same_amount
        )


def _open(order: Order) -> list[UnmatchedPayment]:
    return list(order.unmatched_payments.filter(settlement=None).order_by("id")) if order.has_unmatched else []


def _unmatched_open(message: Any, payments: Sequence[UnmatchedPayment]) -> UnmatchedOpen:
    told = [
        {"provider": one.provider, "reference": one.reference, "amount": text(one.amount, one.order)} for one in payments
    ]  # fmt: skip
    return UnmatchedOpen(message, details={"payments": told})


def _require_amount(order: Order, amount: Decimal) -> None:
    if amount <= 0 or amount != round_half_up(amount, order.currency):
        raise ImpossibleAmount(
            _("An amount in %(currency)s is expected, above zero.") % {"currency": order.currency},
            details={"field": "amount"},
        )


def same(known: Report, amount: Decimal) -> Report:
    """What was written down for a report that came before; refused when it is told of another amount now."""
    if known.amount != amount:
        raise references.used(known.reference)
    return known


def text(amount: Decimal, order: Order) -> str:
    return Money(amount, order.currency).as_text()
