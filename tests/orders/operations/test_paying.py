"""Payments and refunds are written down once, whole, and never above what came."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants
from config.kernel.models import OutboxEvent
from inventory.models import StockLevel
from orders.models import Order, OrderEvent, Payment, Refund
from orders.operations import canceling, paying
from orders.operations.paying import (
    AmountNotDue,
    ImpossibleAmount,
    ImpossibleMoment,
    OtherProvider,
    RefundInvalid,
    RefundTooHigh,
)
from orders.operations.recording import UnknownOrder
from orders.operations.references import ReferenceInvalid, ReferenceUsed
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def pay(order: Order, at: datetime, **values: Any) -> Payment:
    told = {"provider": "card", "reference": "p-1", "amount": order.total, "paid_at": at, "actor": None} | values
    return paying.record_payment(number=order.number, at=at, **told)


def refund(order: Order, at: datetime, amount: int, reference: str = "r-1", **values: Any) -> Refund:
    told = {"reason": "변심", "actor": None} | values
    return paying.record_refund(number=order.number, reference=reference, amount=Decimal(amount), at=at, **told)


def kinds(order: Order) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("id").values_list("kind", flat=True))


def test_a_payment_makes_the_order_ready_to_pick(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    pay(order, at + timedelta(minutes=5))

    order.refresh_from_db()
    assert (order.state, order.paid, order.paid_at) == ("PAID", order.total, at + timedelta(minutes=5))
    assert order.ship_due_at == at + timedelta(hours=48, minutes=5)
    assert kinds(order) == ["PLACED", "PAID"]
    assert OutboxEvent.objects.filter(topic="orders.order_paid").count() == 1


def test_the_same_report_again_changes_nothing(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    first = pay(order, at)
    again = pay(order, at + timedelta(days=3), paid_at=at)

    assert again == first
    assert kinds(order) == ["PLACED", "PAID"]


def test_the_same_reference_for_another_amount_or_order_is_refused(at: datetime) -> None:
    order, other = builders.a_placed_order(at=at), builders.a_placed_order(at=at)
    pay(order, at)

    with pytest.raises(ReferenceUsed):
        pay(order, at, amount=order.total + 1)
    with pytest.raises(ReferenceUsed):
        pay(other, at)
    pay(other, at, provider="bank")


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_amount_than_is_due_is_refused(at: datetime, difference: int) -> None:
    order = builders.a_placed_order(at=at)

    with pytest.raises(AmountNotDue) as refusal:
        pay(order, at, amount=order.total + difference)

    assert refusal.value.details == {"due": "15000", "amount": str(15_000 + difference)}
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["0", "-1", "0.5"])
def test_an_amount_that_is_none_in_won_is_refused(at: datetime, amount: str) -> None:
    with pytest.raises(ImpossibleAmount):
        pay(builders.a_placed_order(at=at), at, amount=Decimal(amount))


def test_a_second_payment_with_another_reference_is_refused(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    pay(order, at)

    with pytest.raises(AmountNotDue) as refusal:
        pay(order, at, reference="p-2")

    assert refusal.value.details == {"due": "0", "amount": "15000"}


def test_a_payment_from_the_future_is_refused(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    pay(order, at, paid_at=at + timedelta(minutes=4))
    with pytest.raises(ImpossibleMoment):
        pay(order, at, reference="p-2", paid_at=at + timedelta(minutes=6))


def test_a_payment_after_the_time_is_welcome_until_the_order_expires(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    pay(order, at + timedelta(hours=2))

    order.refresh_from_db()
    assert order.state == "PAID"
    assert canceling.expire_due(at=at + timedelta(hours=3)).expired == 0


def test_money_for_an_expired_order_is_kept_and_due_to_go_back(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    canceling.expire_due(at=at + timedelta(hours=1))

    pay(order, at + timedelta(hours=2))

    order.refresh_from_db()
    assert (order.state, order.paid, order.refund_owed, order.refund_due) == ("EXPIRED", 15_000, 15_000, True)
    assert kinds(order) == ["PLACED", "EXPIRED", "PAID_LATE"]
    assert StockLevel.objects.get().reserved == 0


def test_an_order_that_does_not_exist_is_named(at: datetime) -> None:
    order = Order(number="261121-999999", total=Decimal(1))

    with pytest.raises(UnknownOrder) as refusal:
        pay(order, at)

    assert refusal.value.details == {"number": "261121-999999"}


def test_a_refund_ends_what_was_due(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    canceling.cancel(number=order.number, reason="변심", actor=None, at=at)

    refund(order, at, 5_000)
    order.refresh_from_db()
    assert (order.refunded, order.refund_due) == (5_000, True)

    refund(order, at, 10_000, "r-2")
    order.refresh_from_db()
    assert (order.refunded, order.refund_due) == (15_000, False)
    assert kinds(order) == ["PLACED", "PAID", "CANCELED", "REFUNDED", "REFUNDED"]


def test_never_more_goes_back_than_came(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    refund(order, at, 10_000)

    with pytest.raises(RefundTooHigh) as refusal:
        refund(order, at, 5_001, "r-2")

    assert refusal.value.details == {"left": "5000", "amount": "5001"}


def test_two_providers_may_number_their_refunds_alike(at: datetime) -> None:
    by_card, by_bank = builders.a_placed_order(at=at), builders.a_placed_order(at=at)
    pay(by_card, at, provider="card")
    pay(by_bank, at, provider="bank")

    first, second = refund(by_card, at, 5_000, "1"), refund(by_bank, at, 5_000, "1")

    assert (first.provider, second.provider) == ("card", "bank")
    with pytest.raises(OtherProvider) as refusal:
        refund(by_bank, at, 5_000, "1", provider="card")
    assert refusal.value.details == {"field": "provider", "providers": ["bank"]}


def test_a_provider_in_capitals_is_the_same_provider(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    paid = pay(order, at, provider=" Card ", reference=" p-1 ")
    first = refund(order, at, 5_000)

    assert (paid.provider, paid.reference) == ("card", "p-1")
    assert pay(order, at, provider="CARD") == paid
    assert refund(order, at, 5_000, "r-1 ", provider="Card") == first
    assert Order.objects.get(pk=order.pk).refunded == 5_000


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"provider": " "}, "provider"),
        ({"reference": "\t"}, "reference"),
        ({"provider": "ﬃ" * 20}, "provider"),
        ({"reference": "x" * 101}, "reference"),
    ],
)
def test_a_report_without_a_name_or_with_one_too_long_is_refused(at: datetime, told: dict[str, str], field: str) -> None:
    order = builders.a_placed_order(at=at)

    with pytest.raises(ReferenceInvalid) as refusal:
        pay(order, at, **told)

    assert refusal.value.details == {"field": field}


def test_a_reason_longer_than_can_be_kept_is_refused(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    with pytest.raises(RefundInvalid) as refusal:
        refund(order, at, 5_000, reason="가" * 201)

    assert refusal.value.details == {"field": "reason"}
    assert refund(order, at, 5_000, reason=f"  {'가' * 200} ").reason == "가" * 200


def test_the_same_refund_again_changes_nothing(at: datetime) -> None:
    order, other = builders.a_paid_order(at=at), builders.a_paid_order(at=at)

    assert refund(order, at, 10_000) == refund(order, at, 10_000)
    with pytest.raises(ReferenceUsed):
        refund(other, at, 10_000)

    order.refresh_from_db()
    assert order.refunded == 10_000
