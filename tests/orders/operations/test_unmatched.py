"""Money a provider captured is never dropped: what no order owes is kept, and stays in the worklist until it is settled."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.kernel import invariants
from config.kernel.models import User
from orders.models import Order, OrderEvent, Payment, Refund, Settlement, UnmatchedPayment
from orders.operations import canceling, paying, unmatched
from orders.operations.paying import AmountNotDue, RefundInvalid, UnmatchedOpen
from orders.operations.paying import UnknownPayment as UnknownPaymentOfOrder
from orders.operations.recording import UnknownOrder
from orders.operations.references import ReferenceInvalid, ReferenceUsed
from orders.operations.unmatched import AlreadySettled, SettlementInvalid, UnknownPayment, Unmatched
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(request: pytest.FixtureRequest, at: datetime) -> Any:
    yield
    if request.node.get_closest_marker("breaks_promises"):
        return
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

    assert second.refusal.details == {"due": "0", "amount": "15000"}
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

    unmatched.pay_back(payment_id=payment.pk, reference=" r-1", reason=" 이중 결제 ", actor=clerk, at=at)

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
    back = {"reason": "이중 결제", "actor": None, "at": at}
    paying.record_refund(number=order.number, reference="r-1", amount=Decimal(1_000), reason="-", actor=None, at=at)

    with pytest.raises(SettlementInvalid):
        unmatched.explain(payment_id=payment.pk, reason="  ", actor=None, at=at)
    with pytest.raises(ReferenceInvalid):
        unmatched.pay_back(payment_id=payment.pk, reference=" ", **back)
    with pytest.raises(RefundInvalid):
        unmatched.pay_back(payment_id=payment.pk, reference="r-2", **back | {"reason": "가" * 201})
    with pytest.raises(UnknownPayment):
        unmatched.explain(payment_id=0, reason="없음", actor=None, at=at)
    settled = unmatched.pay_back(payment_id=payment.pk, reference="r-2", **back)
    assert unmatched.pay_back(payment_id=payment.pk, reference="r-2 ", **back) == settled
    with pytest.raises(AlreadySettled):
        unmatched.pay_back(payment_id=payment.pk, reference="r-3", **back)
    with pytest.raises(AlreadySettled):
        unmatched.explain(payment_id=payment.pk, reason="이중 결제", actor=None, at=at)
    with pytest.raises(ReferenceUsed):
        unmatched.pay_back(payment_id=other.pk, reference="r-2", **back)
    with pytest.raises(ReferenceUsed):
        paying.record_refund(number=order.number, reference="r-2", amount=Decimal(1), reason="-", actor=None, at=at)
    with pytest.raises(ReferenceUsed):
        unmatched.pay_back(payment_id=other.pk, reference="r-1", **back)


def refund(order: Order, at: datetime, **values: Any) -> Refund:
    told = {"reference": "r-1", "amount": order.total, "reason": "이중 결제", "actor": None} | values
    return paying.record_refund(number=order.number, at=at, **told)


def test_a_refund_that_may_be_of_an_unmatched_payment_is_refused_until_somebody_says_of_which(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    twice = kept(order, at, reference="p-2")

    with pytest.raises(UnmatchedOpen) as refusal:
        refund(order, at)
    assert refusal.value.details == {"payments": [{"provider": "card", "reference": "p-2", "amount": "15000"}]}
    with pytest.raises(UnmatchedOpen):
        refund(order, at, payment="p-2")
    with pytest.raises(UnknownPaymentOfOrder):
        refund(order, at, payment="p-3")

    unmatched.pay_back(payment_id=twice.pk, reference="r-1", reason="이중 결제", actor=None, at=at)
    assert (now(order).refunded, now(order).has_unmatched) == (0, False)
    assert refund(order, at, reference="r-2").payment is None


def test_a_refund_that_says_which_payment_went_back_is_of_that_one(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    kept(order, at, reference="p-2")
    paid = Payment.objects.get()

    done = refund(order, at, payment=paid.reference)

    assert (done.payment, now(order).refunded, now(order).has_unmatched) == (paid, 15_000, True)
    assert refund(order, at, payment=paid.reference) == done


def test_a_part_of_a_payment_goes_back_without_a_word_about_an_unmatched_one(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    kept(order, at, reference="p-2")

    assert refund(order, at, amount=Decimal(5_000)).amount == 5_000


def test_money_of_an_order_nobody_paid_goes_back_as_what_it_is(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    kept(order, at, amount=Decimal(14_000))

    with pytest.raises(UnmatchedOpen):
        refund(order, at, amount=Decimal(14_000))


@pytest.mark.breaks_promises("a refund is written past the refusal")
def test_a_refund_booked_against_the_order_while_another_payment_was_open_is_reported(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = builders.a_paid_order(at=at)
    kept(order, at, reference="p-2")
    monkeypatch.setattr(paying, "_require_no_other", lambda order, amount: None)

    refund(order, at)

    (found,) = invariants.check_all(at=at)
    assert (found.invariant, found.subject) == ("I6", f"order {order.number}")
    assert found.detail == "refund r-1 does not say of which payment, and p-2 of its amount was open"


def test_a_payment_is_paid_back_by_its_own_reference(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    by_card, by_bank = kept(order, at, reference="p-2"), kept(order, at, reference="p-2", provider="bank")
    told = {"number": order.number, "payment": "p-2", "reference": "r-1", "reason": "이중 결제", "actor": None, "at": at}

    with pytest.raises(SettlementInvalid) as which:
        unmatched.pay_back_named(**told)
    assert which.value.details == {"field": "provider"}
    with pytest.raises(UnknownPayment):
        unmatched.pay_back_named(**told | {"payment": "p-3"})
    with pytest.raises(UnknownOrder):
        unmatched.pay_back_named(**told | {"number": "261121-999999"})

    assert unmatched.pay_back_named(provider="Bank", **told).payment == by_bank
    # Another provider may have given its refund the same number.
    assert unmatched.pay_back_named(provider="card", **told).payment == by_card


def test_what_did_not_fit_is_refused_again_as_it_was(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    told = take(order, at, reference="short", amount=Decimal(14_000)).refusal
    take(order, at)
    canceling.cancel(number=order.number, reason="변심", actor=None, at=at)

    again = take(order, at, reference="short", amount=Decimal(14_000)).refusal

    assert (again.code, again.details) == (told.code, told.details) == ("amount_not_due", {"due": "15000", "amount": "14000"})
    with pytest.raises(AmountNotDue):
        paying.record_payment(
            number=order.number, provider="card", reference="short", amount=Decimal(14_000), paid_at=at, actor=None, at=at
        )


@pytest.mark.breaks_promises("a name is taken away")
def test_a_report_without_its_name_and_one_counted_twice_are_reported(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    take(order, at, reference="p-2")
    paid = Payment.objects.get()

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_providerreference WHERE reference = 'p-2'")
        cursor.execute("UPDATE orders_unmatchedpayment SET reference = %s", [paid.reference])

    assert [(one.invariant, one.detail) for one in invariants.check_all(at=at) if "reference" in one.subject] == [
        ("I6", "CAME: written down 2 times, kept as a name 1 times")
    ]


def test_unmatched_money_that_no_worklist_shows_is_reported(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    kept(order, at)
    Order.objects.filter(pk=order.pk).update(has_unmatched=False)

    assert [(one.invariant, one.subject) for one in invariants.check_all(at=at)] == [("I6", f"order {order.number}")]

    Order.objects.filter(pk=order.pk).update(has_unmatched=True)
