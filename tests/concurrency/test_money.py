"""One report of a provider comes for two orders at once, or as two things: it is counted once, and the other is told (F16).

The database decides by the key of the reference. The controls take it away and look first, as everybody would.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants
from orders.models import Order, Payment, ProviderReference, Refund, Settlement, UnmatchedPayment
from orders.operations import paying, references, unmatched
from orders.operations.references import Name
from tests import builders
from tests.orders.races import outcome
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def both(*acts: Callable[[], Any]) -> Counter[str]:
    return Counter(together(len(acts), lambda one: outcome(acts[one])))


def capture(order: Order, amount: int, at: datetime, reference: str = "p-1") -> Callable[[], Any]:
    told = {"provider": "card", "amount": Decimal(amount), "paid_at": at, "actor": None, "at": at}
    return lambda: unmatched.take(number=order.number, reference=reference, **told)


def refund(order: Order, at: datetime, amount: int = 1_000) -> Callable[[], Any]:
    told = {"amount": Decimal(amount), "reason": "변심", "actor": None, "at": at}
    return lambda: paying.record_refund(number=order.number, reference="r-1", **told)


def pay_back(order: Order, at: datetime, payment: str = "p-2") -> Callable[[], Any]:
    told = {"reference": "r-1", "reason": "이중 결제", "actor": None, "at": at}
    return lambda: unmatched.pay_back_named(number=order.number, payment=payment, **told)


def with_a_second_capture(at: datetime, reference: str = "p-2") -> Order:
    order = builders.a_paid_order(at=at)
    capture(order, 15_000, at, reference)()
    return order


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look whether the name was used before, and then both write."""
    both_have_looked = threading.Barrier(2)

    def look(direction: Any, name: Name) -> None:
        is_used = ProviderReference.objects.filter(direction=direction, **name._asdict()).exists()
        both_have_looked.wait(20)
        if is_used:
            raise references.used(name.reference)

    monkeypatch.setattr(references, "claim", look)


def counted_twice(at: datetime) -> set[str]:
    return {one.subject for one in invariants.check_all(at=at) if "written down 2 times" in one.detail}


def test_one_capture_for_two_orders_is_a_payment_of_one_or_kept_beside_the_other(at: datetime) -> None:
    for _ in range(10):
        owing, other = builders.a_placed_order(at=at), builders.a_placed_order(at=at)
        reference = f"p-{owing.number}"

        answers = both(capture(owing, 15_000, at, reference), capture(other, 14_000, at, reference))

        assert answers == {"done": 1, "reference_used": 1}
        assert Payment.objects.filter(reference=reference).count() + UnmatchedPayment.objects.filter(
            reference=reference
        ).count() == 1  # fmt: skip
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the key of the reference is taken away")
def test_control_looking_before_writing_counts_one_capture_for_two_orders(at: datetime, request: pytest.FixtureRequest) -> None:
    owing, other = builders.a_placed_order(at=at), builders.a_placed_order(at=at)
    request.getfixturevalue("careless")

    answers = both(capture(owing, 15_000, at), capture(other, 14_000, at))

    assert answers == {"done": 2}, "not powered: the race did not show without the key"
    assert counted_twice(at) == {"reference card p-1"}


def test_one_capture_reported_twice_at_once_is_kept_once(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    assert both(*[capture(order, 15_000, at)] * 4) == {"done": 4}
    assert UnmatchedPayment.objects.count() == 1


def test_one_refund_is_a_refund_of_one_order_or_settles_the_other(at: datetime) -> None:
    paid, twice = builders.a_paid_order(at=at), with_a_second_capture(at)

    assert both(refund(paid, at), pay_back(twice, at)) == {"done": 1, "reference_used": 1}
    assert Refund.objects.count() + Settlement.objects.count() == 1
    assert invariants.check_all(at=at) == []


def test_one_refund_of_one_order_is_its_refund_or_settles_its_second_capture(at: datetime) -> None:
    order = with_a_second_capture(at)

    assert both(refund(order, at), pay_back(order, at)) == {"done": 1, "reference_used": 1}
    assert Refund.objects.count() + Settlement.objects.count() == 1
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the key of the reference is taken away")
def test_control_looking_before_writing_counts_one_refund_twice(at: datetime, request: pytest.FixtureRequest) -> None:
    paid, twice = builders.a_paid_order(at=at), with_a_second_capture(at)
    request.getfixturevalue("careless")

    assert both(refund(paid, at), pay_back(twice, at)) == {"done": 2}, "not powered: the race did not show without the key"
    assert counted_twice(at) == {"reference card r-1"}


def test_a_settlement_at_two_desks_is_one(at: datetime) -> None:
    order = with_a_second_capture(at)
    payment = UnmatchedPayment.objects.get()

    answers = both(
        pay_back(order, at),
        pay_back(order, at),
        lambda: unmatched.explain(payment_id=payment.pk, reason="대행사 오류", actor=None, at=at),
    )

    assert answers in ({"done": 2, "already_settled": 1}, {"done": 1, "already_settled": 2})
    assert Settlement.objects.count() == 1
    assert invariants.check_all(at=at) == []
