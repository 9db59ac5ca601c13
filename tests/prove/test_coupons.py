"""The full number: ten thousand want a coupon that is good for a thousand."""

import time
from datetime import datetime

import pytest

from campaigns.models import Coupon
from config.kernel import invariants
from tests.builders import a_coupon
from tests.concurrency.test_coupons import counted, discounts, redeem_by_many

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]


def test_ten_thousand_want_a_coupon_that_is_good_for_a_thousand(at: datetime) -> None:
    a_coupon(code="THOUSAND", usage_limit=1000)
    uses = discounts(at, "THOUSAND")

    began = time.monotonic()
    told = redeem_by_many(uses, at, each=500)
    seconds = time.monotonic() - began

    print(f"10,000 redemptions of a 1,000-use coupon by 20 threads: {dict(told)} in {seconds:.1f} s")
    assert told == {"accepted": 1000, "refused": 9000}
    assert (Coupon.objects.get().used, counted()) == (1000, 1000)
    assert invariants.check_all(at=at) == []
