"""Money a provider captured and no order owes: never dropped, kept beside the order until staff settle it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent, Payment, Refund, Settlement, UnmatchedPayment
from orders.operations import paying, recording
from orders.operations.paying import AmountNotDue


class UnknownPayment(Missing):
    code = "unmatched_payment_not_found"


class AlreadySettled(Conflict):
    """Somebody said before what became of the money."""

    code = "already_settled"


class SettlementInvalid(Invalid):
    code = "settlement_invalid"


@dataclass(frozen=True)
class Unmatched:
    """Money that was kept although the order does not owe it, and the refusal to answer with."""

    payment: UnmatchedPayment
    refusal: Conflict


@transaction.atomic
def take(
    *,
    number: str,
    customer_external_id: str | None = None,
    provider: str,
    reference: str,
    amount: Decimal,
    paid_at: datetime,
    actor: User | None,
    at: datetime,
) -> Payment | Unmatched:
    """Records what a provider reports to have captured: as the order's payment, or as unmatched where it does not fit.

    The same report again changes nothing. Refused is only what tells of no money: an unknown order, an impossible amount or
    moment, a reference that came for another order or amount. With a customer named, another customer's order is unknown.
    """
    try:
        return paying.record_payment(
            number=number, customer_external_id=customer_external_id, provider=provider, reference=reference, amount=amount,
            paid_at=paid_at, actor=actor, at=at,
        )  # fmt: skip
    except (AmountNotDue, TransitionRefused) as refusal:
        return Unmatched(_keep(number, provider, reference, amount, paid_at, actor, at), refusal)


def _keep(
    number: str, provider: str, reference: str, amount: Decimal, paid_at: datetime, actor: User | None, at: datetime
) -> UnmatchedPayment:
    # Locked anew: the refusal has let go of the order.
    order = recording.locked(number)
    known = UnmatchedPayment.objects.filter(provider=provider, reference=reference).first()
    if known is not None:
        return paying.same(known, order, amount)
    why = UnmatchedPayment.Why.OTHER_AMOUNT if order.paid < order.total else UnmatchedPayment.Why.NOTHING_DUE
    try:
        with transaction.atomic():
            kept = UnmatchedPayment.objects.create(
                order=order, provider=provider, reference=reference, amount=amount, why=why, paid_at=paid_at, recorded_at=at
            )
    except IntegrityError as error:
        raise paying.used_meanwhile(error, "unmatched_once_per_reference", reference) from error
    order.has_unmatched = True
    order.save(update_fields=["has_unmatched"])
    recording.tell(
        order, OrderEvent.Kind.UNMATCHED, actor=actor, at=at, provider=provider, reference=reference,
        amount=paying.text(amount, order),
    )  # fmt: skip
    return kept


@transaction.atomic
def pay_back(
    *, payment_id: int, provider: str, reference: str, reason: str, actor: User | None, at: datetime
) -> Settlement:  # fmt: skip
    """Writes down that the money went back, under the reference of its refund."""
    if not provider.strip() or not reference.strip():
        raise SettlementInvalid(_("Name the refund by its provider and reference."), details={"field": "reference"})
    if Refund.objects.filter(provider=provider, reference=reference).exists():
        raise paying.used(reference)
    try:
        with transaction.atomic():
            return _settle(payment_id, Settlement.Outcome.PAID_BACK, reason, actor, at, provider=provider, reference=reference)
    except IntegrityError as error:
        raise paying.used_meanwhile(error, "settlement_once_per_reference", reference) from error


@transaction.atomic
def explain(*, payment_id: int, reason: str, actor: User | None, at: datetime) -> Settlement:
    """Writes down why the money need not go back."""
    return _settle(payment_id, Settlement.Outcome.EXPLAINED, reason, actor, at)


def _settle(
    payment_id: int, outcome: Settlement.Outcome, reason: str, actor: User | None, at: datetime, **refund: str
) -> Settlement:
    if not reason.strip():
        raise SettlementInvalid(_("Say what became of the money."), details={"field": "reason"})
    order, payment = _locked(payment_id)
    settled = Settlement.objects.create(
        payment=payment, outcome=outcome, reason=reason.strip(), actor=actor, settled_at=at, **refund
    )
    order.has_unmatched = order.unmatched_payments.filter(settlement=None).exists()
    order.save(update_fields=["has_unmatched"])
    recording.tell(
        order, OrderEvent.Kind.SETTLED, actor=actor, at=at, reason=settled.reason, outcome=outcome, number=payment.reference,
        amount=paying.text(payment.amount, order), **refund,
    )  # fmt: skip
    return settled


def _locked(payment_id: int) -> tuple[Order, UnmatchedPayment]:
    """The payment, still open, and its order, locked."""
    payment = UnmatchedPayment.objects.select_related("order").filter(pk=payment_id).first()
    if payment is None:
        raise UnknownPayment(_("There is no such unmatched payment."))
    order = recording.locked(payment.order.number)
    if Settlement.objects.filter(payment=payment).exists():
        raise AlreadySettled(_("This payment was settled before."), details={"reference": payment.reference})
    return order, payment
