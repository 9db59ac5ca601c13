"""Money a provider captured and no order owes: never dropped, kept beside the order until staff settle it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent, Payment, Settlement, UnmatchedPayment
from orders.operations import paying, recording, references
from orders.operations.paying import AmountNotDue
from orders.operations.references import CAME, WENT


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
    refusal: AmountNotDue


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

    The same report again changes nothing: what it gives was `recorded_at` another moment than `at`. Refused is only what tells
    of no money: an unknown order, an impossible amount or moment, a reference that came for another order or amount. With a
    customer named, another customer's order is unknown.
    """
    told = paying.reported(
        number=number, customer_external_id=customer_external_id, provider=provider, reference=reference, amount=amount,
        paid_at=paid_at, at=at,
    )  # fmt: skip
    known = paying.before(told)
    if isinstance(known, Payment):
        return known
    if known is None:
        try:
            return paying.receive(told, actor, at)
        except (AmountNotDue, TransitionRefused):
            known = _keep(told, actor, at)
    return Unmatched(known, paying.not_due(known))


def _keep(told: Payment, actor: User | None, at: datetime) -> UnmatchedPayment:
    order = told.order
    references.claim(CAME, references.Name(told.provider, told.reference))
    due = order.total - order.paid
    why = UnmatchedPayment.Why.NOTHING_DUE if due <= 0 or due == told.amount else UnmatchedPayment.Why.OTHER_AMOUNT
    kept = UnmatchedPayment.objects.create(
        order=order, provider=told.provider, reference=told.reference, amount=told.amount, why=why, paid_at=told.paid_at,
        recorded_at=at,
    )  # fmt: skip
    order.has_unmatched = True
    order.save(update_fields=["has_unmatched"])
    recording.tell(
        order, OrderEvent.Kind.UNMATCHED, actor=actor, at=at, provider=kept.provider, reference=kept.reference,
        amount=paying.text(kept.amount, order),
    )  # fmt: skip
    return kept


@transaction.atomic
def pay_back(*, payment_id: int, reference: str, reason: str, actor: User | None, at: datetime) -> Settlement:
    """Writes down that all of the money went back through the provider that took it, under the reference of its refund.

    The same report again changes nothing and gives the first settlement: its `settled_at` is not `at`.
    """
    reason = _required(reason)
    order, payment = _locked(payment_id)
    name = references.name(payment.provider, reference)
    known = Settlement.objects.filter(payment=payment).first()
    if known is not None and (known.provider, known.reference) == name:
        return known
    _require_open(payment, known)
    references.claim(WENT, name)
    return _settle(order, payment, Settlement.Outcome.PAID_BACK, reason, actor, at, **name._asdict())


@transaction.atomic
def pay_back_named(
    *, number: str, payment: str, provider: str = "", reference: str, reason: str, actor: User | None, at: datetime
) -> Settlement:  # fmt: skip
    """As `pay_back`, for whoever knows the payment by its own reference. Of two with one reference `provider` says which."""
    found = UnmatchedPayment.objects.filter(order__number=number, reference=payment.strip())
    if provider:
        found = found.filter(provider=references.provider(provider))
    ids = list(found.order_by("id").values_list("pk", flat=True))
    if not ids:
        recording.locked(number)
        raise _unknown(payment)
    if len(ids) > 1:
        raise SettlementInvalid(_("Two providers gave this reference: say which."), details={"field": "provider"})
    return pay_back(payment_id=ids[0], reference=reference, reason=reason, actor=actor, at=at)


@transaction.atomic
def explain(*, payment_id: int, reason: str, actor: User | None, at: datetime) -> Settlement:
    """Writes down why the money need not go back."""
    reason = _required(reason)
    order, payment = _locked(payment_id)
    _require_open(payment, Settlement.objects.filter(payment=payment).first())
    return _settle(order, payment, Settlement.Outcome.EXPLAINED, reason, actor, at)


def _required(reason: str) -> str:
    found = paying.bounded(reason)
    if not found:
        raise SettlementInvalid(_("Say what became of the money."), details={"field": "reason"})
    return found


def _settle(
    order: Order, payment: UnmatchedPayment, outcome: Settlement.Outcome, reason: str, actor: User | None, at: datetime,
    **refund: str,
) -> Settlement:  # fmt: skip
    settled = Settlement.objects.create(
        payment=payment, outcome=outcome, reason=reason, actor=actor, settled_at=at, **refund
    )  # fmt: skip
    order.has_unmatched = order.unmatched_payments.filter(settlement=None).exists()
    order.save(update_fields=["has_unmatched"])
    recording.tell(
        order, OrderEvent.Kind.SETTLED, actor=actor, at=at, reason=reason, outcome=outcome, number=payment.reference,
        amount=paying.text(payment.amount, order), **refund,
    )  # fmt: skip
    return settled


def _locked(payment_id: int) -> tuple[Order, UnmatchedPayment]:
    """The payment and its order, which is locked."""
    payment = UnmatchedPayment.objects.select_related("order").filter(pk=payment_id).first()
    if payment is None:
        raise _unknown()
    return recording.locked(payment.order.number), payment


def _require_open(payment: UnmatchedPayment, settled: Settlement | None) -> None:
    if settled is not None:
        raise AlreadySettled(_("This payment was settled before."), details={"reference": payment.reference})


def _unknown(reference: str = "") -> UnknownPayment:
    return UnknownPayment(_("There is no such unmatched payment."), details={"reference": reference} if reference else None)
