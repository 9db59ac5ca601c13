"""The demo's year looks like a shop's year, keeps every promise, and ends in the middle of things."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from campaigns.models import Consent, Promotion, PromotionOccurrence, Redemption
from config.kernel import invariants, outbox
from config.kernel.models import OutboxEvent
from inventory.models import (
    PriceChange,
    PurchaseOrder,
    ReplenishmentProposal,
    StockCountLine,
    StockLevel,
    StockMovement,
    Variant,
    Warehouse,
)
from inventory.queries import drift
from orders.models import Order, OrderLine, Return
from orders.operations.seeding import Seeded
from orders.queries import worklists
from tests.seeded import UNTIL, seeded_shop  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_shop")]

STANDING = ~Q(state__in=["CANCELED", "EXPIRED"])


def orders_a_day(first: date, last: date) -> float:
    """Orders placed from the first to the last day, both included, on average."""
    days = Order.objects.annotate(on=TruncDate("placed_at")).filter(on__range=(first, last))
    return days.count() / ((last - first).days + 1)


def test_every_promise_holds() -> None:
    # As a worker does within the minute.
    while outbox.deliver_due(at=UNTIL).handled:
        pass
    assert invariants.check_all(at=UNTIL) == []
    assert list(drift.differences()) == []


def test_it_is_as_large_as_asked(seeded_shop: Seeded) -> None:  # noqa: F811
    assert Order.objects.count() == seeded_shop.orders
    # Some customers find nothing of what they wanted.
    assert 3_600 <= seeded_shop.orders <= 4_000
    assert 290 <= Variant.objects.count() <= 310
    assert Warehouse.objects.count() == 3
    assert Order.objects.filter(placed_at__lt=UNTIL - timedelta(days=363)).exists()
    assert not Order.objects.filter(placed_at__gte=UNTIL).exists()


def test_nothing_has_happened_after_its_end() -> None:
    assert not StockMovement.objects.filter(occurred_at__gt=UNTIL).exists()
    assert not Order.objects.filter(Q(paid_at__gt=UNTIL) | Q(shipped_at__gt=UNTIL) | Q(closed_at__gt=UNTIL)).exists()
    assert not Return.objects.filter(Q(accepted_at__gt=UNTIL) | Q(received_at__gt=UNTIL)).exists()
    assert not PurchaseOrder.objects.filter(Q(drafted_at__gt=UNTIL) | Q(sent_at__gt=UNTIL) | Q(closed_at__gt=UNTIL)).exists()


def test_some_prices_were_changed_and_orders_kept_the_price_of_their_day() -> None:
    changes = list(PriceChange.objects.select_related("variant"))
    assert 24 <= len(changes) <= 60
    assert {one.kind for one in changes} == {"LIST_PRICE"}
    assert all(one.reason and one.occurred_at < UNTIL for one in changes)

    for one in changes:
        sold = OrderLine.objects.filter(variant=one.variant)
        before, after = sold.filter(order__placed_at__lt=one.occurred_at), sold.filter(order__placed_at__gte=one.occurred_at)
        assert set(before.values_list("list_price", flat=True)) <= {one.before}
        assert set(after.values_list("list_price", flat=True)) <= {one.after}
    assert OrderLine.objects.filter(list_price__in=[one.before for one in changes]).exists()


def test_the_days_it_covers_are_announced_once() -> None:
    event = OutboxEvent.objects.get(topic="orders.history_imported")
    assert event.payload == {"first_on": "2025-11-22", "last_on": "2026-11-21"}


def test_mondays_are_strong_and_saturdays_weak() -> None:
    by_weekday = dict(
        Order.objects.annotate(weekday=ExtractIsoWeekDay("placed_at")).values_list("weekday").annotate(number=Count("pk"))
    )
    assert by_weekday[1] == max(by_weekday.values())
    assert by_weekday[6] == min(by_weekday.values())


def test_customers_order_at_lunch_and_at_ten_in_the_evening() -> None:
    by_hour = dict(Order.objects.annotate(hour=ExtractHour("placed_at")).values_list("hour").annotate(number=Count("pk")))
    assert max(by_hour, key=lambda hour: by_hour[hour]) in (21, 22)
    assert by_hour[12] > by_hour[10]
    assert by_hour[12] > by_hour[15]
    assert by_hour[22] > 5 * by_hour[4]


@pytest.mark.parametrize("feast", [date(2026, 2, 17), date(2026, 9, 25)])
def test_gifts_are_bought_before_a_feast_and_nothing_on_its_days(feast: date) -> None:
    before = orders_a_day(feast - timedelta(days=13), feast - timedelta(days=5))
    during = orders_a_day(feast - timedelta(days=1), feast + timedelta(days=1))
    usual = orders_a_day(feast - timedelta(days=40), feast - timedelta(days=24))
    assert before > 1.2 * usual
    assert during < 0.6 * usual
    gifts = OrderLine.objects.filter(variant__product__category__code="holiday-sets").annotate(on=TruncDate("order__placed_at"))
    surge = gifts.filter(on__range=(feast - timedelta(days=20), feast - timedelta(days=4))).count() / 17
    assert surge > 2 * gifts.count() / 365


def test_the_shop_grows_and_winter_goods_sell_in_winter() -> None:
    autumn_before, autumn = date(2025, 11, 23), date(2026, 11, 20)
    assert orders_a_day(autumn - timedelta(days=20), autumn) > 1.15 * orders_a_day(
        autumn_before, autumn_before + timedelta(days=20)
    )
    duvets = OrderLine.objects.filter(variant__product__category__code="duvets")
    cold = duvets.filter(order__placed_at__month__in=(11, 12, 1)).count()
    assert cold > 2 * duvets.filter(order__placed_at__month__in=(6, 7, 8)).count()


def test_promotions_lift_what_they_are_for() -> None:
    spring = Promotion.objects.get(name="새봄 그릇 20%")
    kitchen = OrderLine.objects.filter(STANDING_LINES, variant__product__category__parent__code="kitchen")
    span = spring.ends_at - spring.starts_at
    during = kitchen.filter(order__placed_at__range=(spring.starts_at, spring.ends_at)).count()
    assert during > 1.3 * kitchen.filter(order__placed_at__range=(spring.starts_at - span, spring.starts_at)).count()


STANDING_LINES = ~Q(order__state__in=["CANCELED", "EXPIRED"])


def test_promotions_run_have_ended_and_begin_within_hours() -> None:
    running = Promotion.objects.filter(Q(ends_at__gt=UNTIL) | Q(ends_at=None), starts_at__lte=UNTIL)
    assert running.count() >= 5
    assert Promotion.objects.filter(starts_at__range=(UNTIL, UNTIL + timedelta(hours=4))).exists()
    assert Promotion.objects.filter(ends_at__range=(UNTIL - timedelta(days=2), UNTIL)).exists()
    assert PromotionOccurrence.objects.filter(ended_at__isnull=False, uses__gt=0).exists()
    assert not Promotion.objects.filter(next_edge_at__lte=UNTIL).exists()


def test_coupons_are_used_and_limits_reached() -> None:
    assert Redemption.objects.filter(coupon__batch__isnull=False, state="COUNTED").exists()
    assert Promotion.objects.filter(used__gte=F("usage_limit") * 0.85).exists()


def test_some_goods_were_sold_out_for_days() -> None:
    """From the ledger alone: SKUs with nothing on hand at the end of some day, and no sale on the next."""
    movements = StockMovement.objects.values("variant", "occurred_at", "quantity").order_by("occurred_at", "pk")
    on_hand: dict[int, int] = {}
    empty_since: dict[int, Any] = {}
    longest: dict[int, timedelta] = {}
    for one in movements:
        variant = one["variant"]
        on_hand[variant] = on_hand.get(variant, 0) + one["quantity"]
        if on_hand[variant] == 0:
            empty_since[variant] = one["occurred_at"]
        elif variant in empty_since:
            span = one["occurred_at"] - empty_since.pop(variant)
            longest[variant] = max(span, longest.get(variant, timedelta()))
    assert sum(span > timedelta(days=2) for span in longest.values()) >= 5


def test_goods_come_back_clothes_most_of_all() -> None:
    def returned(**where: Any) -> float:
        sums = OrderLine.objects.filter(**where).aggregate(back=Sum("returned"), gone=Sum("shipped"))
        return float(sums["back"] / sums["gone"])

    assert 0.015 < returned() < 0.08
    assert returned(variant__product__category__parent__code="loungewear") > 2 * returned()


def test_every_worklist_has_something_to_do() -> None:
    counts = worklists.counts(at=UNTIL)
    assert all(one.number for one in counts), counts
    assert Order.objects.filter(state="PARTLY_SHIPPED").exists()
    assert Return.objects.filter(state="ACCEPTED").exists()
    states = set(PurchaseOrder.objects.values_list("state", flat=True))
    assert {"DRAFT", "APPROVED", "SENT", "PARTLY_RECEIVED", "RECEIVED", "CLOSED"} <= states
    assert ReplenishmentProposal.objects.filter(state="OPEN").count() > 5


def test_open_orders_hold_their_stock() -> None:
    assert StockLevel.objects.filter(reserved__gt=0).exists()
    assert StockLevel.objects.filter(on_hand__lt=F("reserved")).count() == 0


def test_counters_saw_what_the_ledger_says() -> None:
    lines = StockCountLine.objects.filter(count__state="POSTED").annotate(
        on_hand=Sum(
            "variant__movements__quantity",
            filter=Q(
                variant__movements__warehouse=F("count__warehouse"), variant__movements__occurred_at__lt=F("count__counted_at")
            ),
        )
    )
    assert lines.count() > 50
    assert not lines.exclude(on_hand=F("expected")).exists()
    assert lines.exclude(counted=F("expected")).exists()


def test_customers_are_nobody_and_agree_to_different_things() -> None:
    orders = Order.objects.filter(customer__isnull=False)
    assert not orders.exclude(customer__phone__startswith="010-0000-").exists()
    assert not orders.exclude(customer__email__regex=r"@example\.(com|kr)$").exists()
    assert set(Consent.objects.values_list("is_given", flat=True)) == {True, False}
    assert orders.values("customer").annotate(number=Count("pk")).aggregate(mean=Avg("number"))["mean"] > 2
