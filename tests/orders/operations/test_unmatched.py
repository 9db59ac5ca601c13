"""Money a provider captured is never dropped: what no order owes is kept, and stays in the worklist until it is settled."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants
from config.kernel.models import User
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent, Payment, Settlement, UnmatchedPayment
from orders.operations import canceling, paying, unmatched
from orders.operations.paying import AmountNotDue, ReferenceUsed
from orders.operations.recording import UnknownOrder
from orders.operations.unmatched import AlreadySettled, SettlementInvalid, UnknownPayment, Unmatched
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def take(order: Order, at: datetime, **values: Any) -> Any:
    told = {"provider": "card", "reference": "p-1", "amount": order.total, "paid_at": at, "actor": None} | values
    return unmatched.take(number=order.number, at=at, **told)


def kept(order: Order, at: datetime, **values: Any) -> UnmatchedPayment:
    taken = take(order, at, **values)
    assert isinstance(taken, Unmatched)
    return taken.payment


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def test_what_is_due_becomes_the_orders_payment(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    taken = take(order, at)

    assert taken == Payment.objects.get()
    assert (now(order).state, now(order).has_unmatched) == ("PAID", False)


def test_a_second_capture_is_kept_and_the_order_stays_as_it_is(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    take(order, at)

    second = take(order, at, reference="p-2")

    assert isinstance(second.refusal, TransitionRefused)
    assert (second.payment.reference, second.payment.amount, second.payment.why) == ("p-2", order.total, "NOTHING_DUE")
    assert (now(order).state, now(order).paid, now(order).has_unmatched) == ("PAID", order.total, True)
    event = OrderEvent.objects.latest("id")
    assert (event.kind, event.details) == ("UNMATCHED", {"provider": "card", "reference": "p-2", "amount": "15000"})


@pytest.mark.parametrize("difference", [-1_000, 1_000])
def test_another_amount_than_is_due_is_kept_and_pays_nothing(at: datetime, difference: int) -> None:
    order = builders.a_placed_order(at=at)

    taken = take(order, at, amount=order.total + difference)

    assert isinstance(taken.refusal, AmountNotDue)
    assert taken.payment.why == "OTHER_AMOUNT"
    assert (now(order).state, now(order).paid) == ("PLACED", 0)
    assert isinstance(take(order, at, reference="p-2"), Payment)


def test_a_second_late_payment_is_kept_beside_the_first(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    canceling.cancel(number=order.number, reason="변심", actor=None, at=at)
    take(order, at)

    second = kept(order, at, reference="p-2")

    assert second.why == "NOTHING_DUE"
    assert (now(order).paid, now(order).refund_owed) == (order.total, order.total)


def test_the_same_report_again_is_kept_once(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    assert kept(order, at) == kept(order, at)

    assert OrderEvent.objects.filter(kind="UNMATCHED").count() == 1


def test_a_reference_is_one_payment_matched_or_not(at: datetime) -> None:
    order, other = builders.a_placed_order(at=at), builders.a_placed_order(at=at)
    kept(order, at, amount=Decimal(1))

    for again in (order, other):
        with pytest.raises(ReferenceUsed):
            take(again, at)
    with pytest.raises(ReferenceUsed):
        paying.record_payment(
            number=other.number, provider="card", reference="p-1", amount=other.total, paid_at=at, actor=None, at=at
        )

    assert not Payment.objects.exists()


def test_money_for_an_order_that_is_not_there_is_refused(at: datetime) -> None:
    with pytest.raises(UnknownOrder):
        take(Order(number="261121-999999", total=Decimal(1)), at)


def test_money_paid_back_is_settled_by_its_refund(at: datetime) -> None:
    order, clerk = builders.a_paid_order(at=at), User.objects.create_user("clerk")
    payment = kept(order, at)

    unmatched.pay_back(payment_id=payment.pk, provider="card", reference="r-1", reason=" 이중 결제 ", actor=clerk, at=at)

    settled = Settlement.objects.get(payment=payment)
    assert (settled.outcome, settled.reference, settled.reason, settled.actor) == ("PAID_BACK", "r-1", "이중 결제", clerk)
    # The order was paid once and nothing of that went back.
    assert (now(order).has_unmatched, now(order).paid, now(order).refunded) == (False, order.total, 0)
    event = OrderEvent.objects.latest("id")
    assert (event.kind, event.actor, event.details["reference"]) == ("SETTLED", clerk, "r-1")


def test_an_order_waits_until_its_last_unmatched_payment_is_explained(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    first, second = kept(order, at), kept(order, at, reference="p-2")

    unmatched.explain(payment_id=first.pk, reason="대행사 오류", actor=None, at=at)
    assert now(order).has_unmatched
    unmatched.explain(payment_id=second.pk, reason="대행사 오류", actor=None, at=at)

    assert not now(order).has_unmatched


def test_a_payment_is_settled_once_with_a_reason_and_a_refund_of_its_own(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    payment, other = kept(order, at), kept(order, at, reference="p-2")
    back = {"provider": "card", "reason": "이중 결제", "actor": None, "at": at}
    paying.record_refund(number=order.number, reference="r-1", amount=Decimal(1_000), reason="-", actor=None, at=at)

    with pytest.raises(SettlementInvalid):
        unmatched.explain(payment_id=payment.pk, reason="  ", actor=None, at=at)
    with pytest.raises(SettlementInvalid):
        unmatched.pay_back(payment_id=payment.pk, reference="", **back)
    with pytest.raises(UnknownPayment):
        unmatched.explain(payment_id=0, reason="없음", actor=None, at=at)
    unmatched.pay_back(payment_id=payment.pk, reference="r-2", **back)
    with pytest.raises(AlreadySettled):
        unmatched.explain(payment_id=payment.pk, reason="이중 결제", actor=None, at=at)
    with pytest.raises(ReferenceUsed):
        unmatched.pay_back(payment_id=other.pk, reference="r-2", **back)
    with pytest.raises(ReferenceUsed):
        paying.record_refund(number=order.number, reference="r-2", amount=Decimal(1), reason="-", actor=None, at=at)
    with pytest.raises(ReferenceUsed):
        unmatched.pay_back(payment_id=other.pk, reference="r-1", **back)


def test_unmatched_money_that_no_worklist_shows_is_reported(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    kept(order, at)
    Order.objects.filter(pk=order.pk).update(has_unmatched=False)

    assert [(one.invariant, one.subject) for one in invariants.check_all(at=at)] == [("I6", f"order {order.number}")]

    Order.objects.filter(pk=order.pk).update(has_unmatched=True)
