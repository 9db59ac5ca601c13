"""One customer orders from many windows at the same moment: one of the orders is the first, with its price, and only one."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from campaigns.models import Customer, Redemption
from campaigns.operations import coupons
from config.kernel import invariants
from inventory.models import Variant
from orders.models import Order
from orders.operations import placing
from tests import builders
from tests.orders.races import buy, outcome
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
WINDOWS = 8


def all_together_after(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, answered only when every window has come so far."""
    all_have_come = threading.Barrier(WINDOWS)

    def called(*args: Any, **told: Any) -> Any:
        answer = call(*args, **told)
        all_have_come.wait(20)
        return answer

    return called


def ordered_at_once(skus: list[str], at: datetime, patch: pytest.MonkeyPatch) -> Counter[str]:
    """Every window has been told that no order is there yet before any of them orders; ten percent off 10,000 won."""
    with patch.context() as patched:
        patched.setattr(placing.quoting, "shopper", all_together_after(placing.quoting.shopper))
        return Counter(
            together(
                WINDOWS, lambda one: outcome(lambda: buy([(skus[one % len(skus)], 1)], at, total=12_000, buyer="c-1"))
            )
        )  # fmt: skip


def cups(number: int) -> list[Variant]:
    return [builders.a_stocked_variant(WINDOWS, list_price=10_000) for _ in range(number)]


@pytest.mark.parametrize("is_known", [True, False])
def test_one_account_orders_from_many_windows_and_gets_the_price_of_a_first_order_once(
    at: datetime, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    """Also where the account is written down by the first of these orders."""
    builders.a_promotion(at, first_order_only=True)
    if is_known:
        builders.a_customer(at, external_id="c-1")

    answers = ordered_at_once([cups(1)[0].sku], at, monkeypatch)

    assert answers == {"done": 1, "coupon_refused": WINDOWS - 1}
    assert Order.objects.count() == Redemption.objects.count() == Customer.objects.count() == 1
    assert invariants.check_all(at=at) == []


def test_two_promotions_for_the_first_order_are_not_given_to_two_orders(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.a_customer(at, external_id="c-1")
    both = cups(2)
    for cup in both:
        builders.a_promotion(at, first_order_only=True, products=[cup.product])

    answers = ordered_at_once([cup.sku for cup in both], at, monkeypatch)

    assert answers == {"done": 1, "coupon_refused": WINDOWS - 1}


def test_control_without_the_lock_every_window_gets_it(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.a_promotion(at, first_order_only=True)
    builders.a_customer(at, external_id="c-1")
    unlocked = coupons._LOCK_CUSTOMER.replace("FOR NO KEY UPDATE", "")
    monkeypatch.setattr(coupons, "_LOCK_CUSTOMER", unlocked)
    # And the moment between writing and committing is held open.
    monkeypatch.setattr(coupons, "redeem", all_together_after(coupons.redeem))

    answers = ordered_at_once([cups(1)[0].sku], at, monkeypatch)

    assert answers == {"done": WINDOWS}, "not powered: the race did not show without the lock"
