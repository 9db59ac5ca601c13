"""Many redeem at once: never more than the limit, never twice for a customer, never a deadlock. Each with its control."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from campaigns.models import Coupon, Promotion, Redemption
from campaigns.operations import coupons, promotions
from campaigns.operations.coupons import CouponRefused
from campaigns.pricing.values import Basket, BasketLine, Discount
from campaigns.queries import offers
from config.kernel import invariants
from tests.builders import a_coupon, a_customer, a_promotion
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def discounts(at: datetime, *codes: str, customer: int | None = None) -> tuple[Discount, ...]:
    line = BasketLine("CUP", 1, Decimal(10_000), 1, frozenset(), Decimal(10))
    return offers.quote(Basket((line,), codes, customer_id=customer), at=at, shipping_tax_rate=Decimal(10)).discounts


def redeem_by_many(uses: tuple[Discount, ...], at: datetime, *, each: int, customer: int | None = None) -> Counter[str]:
    """Every thread redeems `each` times, all with the quote that was good when they began."""

    def one(thread: int) -> Counter[str]:
        told: Counter[str] = Counter()
        for number in range(each):
            try:
                coupons.redeem(
                    discounts=uses, customer_id=customer, document_kind="ORDER", document_number=f"{thread}-{number}", at=at
                )
                told["accepted"] += 1
            except CouponRefused:
                told["refused"] += 1
        return told

    return sum(together(THREADS, one), Counter())


def counted() -> int:
    return Redemption.objects.filter(state=Redemption.State.COUNTED).count()


def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away the guards of the statements and, in the database, the last resort behind them."""
    for name in ("_COUNT_PROMOTIONS", "_COUNT_COUPONS"):
        unguarded = "\n".join(
            line
            for line in getattr(coupons, name).splitlines()
            if "usage_limit IS NULL OR" not in line and "budget IS" not in line
        )
        monkeypatch.setattr(coupons, name, unguarded)
    with connection.cursor() as cursor:
        for table, constraint in (
            ("campaigns_coupon", "coupon_used_within_limit"),
            ("campaigns_promotion", "promotion_used_within_limit"),
        ):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


@pytest.fixture
def limits_restored() -> Any:
    """Puts the constraints back that a control has dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conname IN ('coupon_used_within_limit', 'promotion_used_within_limit')"
        )
        known = cursor.fetchall()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_promotion, campaigns_coupon CASCADE")
        for table, name, definition in known:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def test_five_hundred_want_a_coupon_that_is_good_for_fifty(at: datetime) -> None:
    a_coupon(code="FIFTY", usage_limit=50)

    told = redeem_by_many(discounts(at, "FIFTY"), at, each=25)

    assert told == {"accepted": 50, "refused": 450}
    assert (Coupon.objects.get().used, counted()) == (50, 50)
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the guard is taken away")
def test_control_without_the_guard_more_than_fifty_get_it(
    at: datetime, monkeypatch: pytest.MonkeyPatch, limits_restored: None
) -> None:
    a_coupon(code="FIFTY", usage_limit=50)
    uses = discounts(at, "FIFTY")
    without_limits(monkeypatch)

    told = redeem_by_many(uses, at, each=5)

    assert told["accepted"] == 100, "not powered: the limit held without its guard"
    assert [one.detail for one in invariants.check_all(at=at)] == ["100 uses exceed its limit of 50"]


def test_a_limit_and_a_budget_of_a_promotion_hold_under_many(at: datetime) -> None:
    a_promotion(at, usage_limit=30, budget=Decimal(25_000))

    told = redeem_by_many(discounts(at), at, each=5)

    promotion = Promotion.objects.get()
    assert told["accepted"] == promotion.used == counted() == 25
    assert promotion.spent == 25_000


def test_one_customer_asks_fifty_times_for_what_is_given_once(at: datetime) -> None:
    a_promotion(at, usage_limit_per_customer=1)
    customer = a_customer().pk

    told = redeem_by_many(discounts(at, customer=customer), at, each=3, customer=customer)

    assert told == {"accepted": 1, "refused": 59}
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the lock is taken away")
def test_control_without_the_lock_one_customer_gets_it_more_than_once(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    a_promotion(at, usage_limit_per_customer=1)
    customer = a_customer().pk
    uses = discounts(at, customer=customer)
    # Nothing is counted, so nothing is locked; and the moment after looking is held open.
    monkeypatch.setattr(coupons, "_COUNT_PROMOTIONS", "SELECT 1 FROM campaigns_promotion WHERE id = ANY(%(promotions)s)")
    write = coupons._written

    def late(statement: str, parameters: dict[str, Any]) -> int:
        done = write(statement, parameters)
        if "INSERT" in statement:
            time.sleep(0.05)
        return done

    monkeypatch.setattr(coupons, "_written", late)

    told = redeem_by_many(uses, at, each=1, customer=customer)

    assert told["accepted"] > 1, "not powered: the race did not show without the lock"
    assert [one.invariant for one in invariants.check_all(at=at) if "customer" in one.detail] == ["I8"]


def both_orders(at: datetime) -> list[tuple[Discount, ...]]:
    """Two coupons with limits, named in one order and in the other."""
    for code in ("ONE", "TWO"):
        a_coupon(a_promotion(at, percent=Decimal(5), needs_coupon=True, usage_limit=10_000), code=code, usage_limit=None)
    uses = discounts(at, "ONE", "TWO")
    assert len(uses) == 2
    return [uses, uses[::-1]]


def redeem_in_both_orders(at: datetime, redeem: Callable[..., None], *, each: int) -> int:
    """How many deadlocks PostgreSQL had to break."""
    orders = both_orders(at)

    def one(thread: int) -> int:
        broken = 0
        for number in range(each):
            try:
                with transaction.atomic():
                    redeem(
                        discounts=orders[thread % 2], customer_id=None, document_kind="ORDER",
                        document_number=f"{thread}-{number}", at=at,
                    )  # fmt: skip
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
                broken += 1
        return broken

    return sum(together(10, one))


def test_two_coupons_in_reversed_order_never_wait_for_each_other_for_ever(at: datetime) -> None:
    assert redeem_in_both_orders(at, coupons.redeem, each=20) == 0
    assert Promotion.objects.first().used == 200  # type: ignore[union-attr]


@pytest.mark.breaks_promises("a counter is raised without a redemption")
def test_control_counting_in_the_order_given_deadlocks(at: datetime) -> None:
    def careless(*, discounts: tuple[Discount, ...], **_rest: Any) -> None:
        for one in discounts:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE campaigns_promotion SET used = used + 1 WHERE id = %s", [one.promotion_id])
            time.sleep(0.02)

    assert redeem_in_both_orders(at, careless, each=1) > 0, "not powered: nobody waited for anybody"


def test_redeeming_and_releasing_at_once_keep_every_count_right(at: datetime) -> None:
    orders = both_orders(at)

    def one(thread: int) -> None:
        for number in range(10):
            document = f"{thread}-{number}"
            coupons.redeem(
                discounts=orders[thread % 2], customer_id=None, document_kind="ORDER", document_number=document, at=at
            )
            if number % 2:
                coupons.release(document_kind="ORDER", document_number=document)

    together(10, one)

    assert counted() == 100
    assert set(Promotion.objects.values_list("used", flat=True)) == set(Coupon.objects.values_list("used", flat=True)) == {50}
    assert invariants.check_all(at=at) == []


def test_a_document_released_by_many_gives_back_once(at: datetime) -> None:
    a_promotion(at, usage_limit=9)
    coupons.redeem(discounts=discounts(at), customer_id=None, document_kind="ORDER", document_number="1", at=at)

    given = together(10, lambda _: coupons.release(document_kind="ORDER", document_number="1"))

    assert sorted(given) == [0] * 9 + [1]
    assert Promotion.objects.get().used == 0


def test_a_first_limit_given_in_the_middle_of_orders_misses_none_of_them(at: datetime) -> None:
    promotion = a_promotion(at)
    uses = discounts(at)
    some_have_ordered = threading.Event()
    ordered = itertools.count(1)

    def redeem(number: str, quoted: tuple[Discount, ...]) -> None:
        coupons.redeem(discounts=quoted, customer_id=None, document_kind="ORDER", document_number=number, at=at)

    def limit() -> int:
        assert some_have_ordered.wait(30)
        settings = promotions.settings_of(promotion)
        limited = settings.__class__(**settings.__dict__ | {"usage_limit": 5_000})
        promotions.change(promotion_id=promotion.pk, settings=limited, actor=None, at=at)
        return 0

    def order(thread: int) -> int:
        """Until the limit refuses what was quoted without it."""
        for number in range(1_000):
            try:
                with transaction.atomic():
                    redeem(f"{thread}-{number}", uses)
                    time.sleep(0.002)
            except CouponRefused:
                return number
            if next(ordered) == 20:
                some_have_ordered.set()
            # Customers pause; without any gap between their orders the limit would wait for its turn for long.
            time.sleep(0.01)
        raise AssertionError("not powered: the limit came after all orders")

    accepted = sum(together(8, lambda thread: order(thread) if thread else limit()))

    promotion.refresh_from_db()
    assert promotion.used == counted() == accepted
    assert accepted >= 20, "not powered: the limit came before all orders"
    redeem("after", discounts(at))
    promotion.refresh_from_db()
    assert promotion.used == counted() == accepted + 1
    assert invariants.check_all(at=at + timedelta(hours=1)) == []
