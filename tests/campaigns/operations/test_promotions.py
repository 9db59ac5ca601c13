"""Making and changing promotions, and the story of their windows."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from campaigns.events import PromotionEnded, PromotionStarted
from campaigns.models import Promotion, PromotionChange, PromotionOccurrence, Redemption
from campaigns.operations import coupons, occurrences, promotions
from campaigns.operations.promotions import ChangedMeanwhile, Ended, NoSuchPromotion, SettingsRefused
from campaigns.pricing.settings import Settings
from campaigns.queries import promotions as queries
from campaigns.queries.promotions import State
from config.kernel import invariants
from config.kernel.models import OutboxEvent, User
from tests.builders import a_coupon, a_customer, a_product, a_promotion
from tests.campaigns.operations.test_coupons import quoted, redeem

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def marketer() -> User:
    return User.objects.create_user("marketer", is_staff=True)


def some_settings(at: datetime, **values: Any) -> Settings:
    return Settings(**{"name": "겨울맞이", "benefit": "PERCENT", "percent": Decimal(10), "starts_at": at} | values)


def made(at: datetime, **values: Any) -> Promotion:
    return promotions.create(settings=some_settings(at, **values), actor=None, at=at)


def changed(promotion: Promotion, at: datetime, **values: Any) -> Promotion:
    settings = replace(promotions.settings_of(promotion), **values)
    return promotions.change(promotion_id=promotion.pk, settings=settings, actor=None, at=at)


def told() -> list[tuple[str, str]]:
    rows = OutboxEvent.objects.filter(topic__startswith="campaigns.").order_by("id")
    return [(row.topic.removeprefix("campaigns.promotion_"), row.payload["at"]) for row in rows]


def windows() -> list[tuple[datetime, datetime | None]]:
    return list(PromotionOccurrence.objects.order_by("started_at").values_list("started_at", "ended_at"))


# --- changing


def test_a_change_raises_the_version_and_keeps_who_what_and_why(at: datetime, marketer: User) -> None:
    product = a_product()
    promotion = promotions.create(settings=some_settings(at), reason="연말", actor=marketer, at=at)

    settings = replace(promotions.settings_of(promotion), percent=Decimal(20), covers="CHOSEN", products=(product.pk,))
    promotions.change(
        promotion_id=promotion.pk, settings=settings, seen_version=1, reason="더 크게", actor=marketer, at=at + HOUR
    )

    promotion.refresh_from_db()
    assert (promotion.version, promotion.percent, list(promotion.products.all())) == (2, Decimal(20), [product])
    first, second = PromotionChange.objects.order_by("version")
    assert (first.kind, first.version, first.reason, first.actor, first.changed_at) == ("CREATED", 1, "연말", marketer, at)
    assert (second.kind, second.version, second.actor, second.changed_at) == ("CHANGED", 2, marketer, at + HOUR)
    assert (second.before["percent"], second.after["percent"]) == ("10.00", "20")
    assert second.after["products"] == [product.pk]
    assert set(second.before) == {"percent", "covers", "products"}


def test_settings_that_are_what_they_were_change_nothing(at: datetime) -> None:
    promotion = made(at)

    changed(promotion, at)

    promotion.refresh_from_db()
    assert promotion.version == 1


def test_a_change_of_something_seen_in_an_older_version_is_refused(at: datetime) -> None:
    promotion = made(at)
    changed(promotion, at, priority=1)

    with pytest.raises(ChangedMeanwhile):
        promotions.change(promotion_id=promotion.pk, settings=some_settings(at), seen_version=1, actor=None, at=at)
    with pytest.raises(NoSuchPromotion):
        promotions.change(promotion_id=0, settings=some_settings(at), actor=None, at=at)


def test_contradicting_settings_are_refused_by_field_and_nothing_is_written(at: datetime) -> None:
    with pytest.raises(SettingsRefused) as refused:
        made(at, benefit="FREE_SHIPPING", ends_at=at, products=(1,))

    assert set(refused.value.details) == {"percent", "ends_at", "products"}
    assert not Promotion.objects.exists()


def test_what_has_happened_limits_what_can_be_set(at: datetime) -> None:
    promotion = made(at, needs_coupon=True, usage_limit=9)
    a_coupon(promotion, code="OPEN", usage_limit=None)
    customer = a_customer()
    for number in range(3):
        redeem(quoted(at, "OPEN", customer=customer.pk).discounts, at, str(number), customer.pk)
    promotion.refresh_from_db()

    for field, value in {
        "usage_limit": 2, "budget": Decimal(2999), "usage_limit_per_customer": 2, "needs_coupon": False, "products": (999_999,),
    }.items():  # fmt: skip
        with pytest.raises(SettingsRefused) as refused:
            changed(promotion, at, **{field: value} | ({"covers": "CHOSEN"} if field == "products" else {}))
        assert list(refused.value.details) == [field]
    changed(promotion, at, usage_limit=3, budget=Decimal(3000), usage_limit_per_customer=3)


def test_a_first_limit_counts_what_was_redeemed_before(at: datetime) -> None:
    promotion = made(at)
    for number in range(3):
        redeem(quoted(at).discounts, at, str(number))
    coupons.release(document_kind="ORDER", document_number="2")

    promotion = changed(promotion, at, usage_limit=2)

    assert (promotion.used, promotion.spent) == (2, Decimal(2000))
    assert quoted(at).discounts == ()
    assert invariants.check_all(at=at) == []
    promotion = changed(promotion, at, usage_limit=None)
    assert promotion.used == 0
    assert len(quoted(at).discounts) == 1


def test_stopping_ends_it_at_that_moment_to_the_second(at: datetime, marketer: User) -> None:
    promotion = made(at)

    promotions.stop_now(promotion_id=promotion.pk, reason="재고 부족", actor=marketer, at=at + HOUR)

    assert len(quoted(at + HOUR - timedelta(seconds=1)).discounts) == 1
    assert quoted(at + HOUR).discounts == ()
    assert told() == [("started", at.isoformat()), ("ended", (at + HOUR).isoformat())]
    assert PromotionChange.objects.get(version=2).reason == "재고 부족"
    with pytest.raises(Ended):
        promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at + 2 * HOUR)


def test_what_has_not_begun_is_switched_off_when_stopped(at: datetime) -> None:
    promotion = made(at, starts_at=at + DAY)

    promotion = promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at)

    assert not promotion.is_enabled
    assert quoted(at + DAY).discounts == ()
    assert told() == []


def test_extending_moves_the_end_and_opens_again_what_had_ended(at: datetime) -> None:
    promotion = made(at, ends_at=at + HOUR)
    occurrences.settle_due(at=at + 2 * HOUR)

    promotions.extend(promotion_id=promotion.pk, ends_at=at + DAY, actor=None, at=at + 3 * HOUR)

    assert windows() == [(at, at + HOUR), (at + 3 * HOUR, None)]
    for wrong in (at + 2 * HOUR, at + DAY):
        with pytest.raises(SettingsRefused):
            promotions.extend(promotion_id=promotion.pk, ends_at=wrong, actor=None, at=at + 3 * HOUR)


def test_a_copy_is_switched_off_and_has_no_coupons(at: datetime) -> None:
    promotion = made(at, needs_coupon=True, usage_limit=5)
    a_coupon(promotion)

    copy = promotions.copy(promotion_id=promotion.pk, actor=None, at=at)

    assert replace(promotions.settings_of(copy), is_enabled=True) == promotions.settings_of(promotion)
    assert not copy.is_enabled
    assert not copy.coupons.exists()


def test_changes_can_be_read_and_never_rewritten_by_the_shop(at: datetime) -> None:
    made(at)

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'shop_app' AND rolname <> current_user")
        if cursor.fetchone() is None:
            pytest.skip("one role does everything here")
        may = {}
        for deed in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege('shop_app', 'campaigns_promotionchange', %s)", [deed])
            (may[deed],) = cursor.fetchone()
    assert may == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False, "TRUNCATE": False}


# --- windows


def test_a_window_opens_and_closes_once_whoever_looks_how_often(at: datetime) -> None:
    made(at - HOUR, starts_at=at, ends_at=at + HOUR)
    assert told() == []

    for minutes in (0, 1, 1, 30, 59, 60, 61, 90):
        occurrences.settle_due(at=at + timedelta(minutes=minutes))

    assert told() == [("started", at.isoformat()), ("ended", (at + HOUR).isoformat())]
    assert windows() == [(at, at + HOUR)]
    assert Promotion.objects.get().next_edge_at is None


def test_what_was_missed_is_told_with_the_times_at_which_it_was_true(at: datetime) -> None:
    made(at, from_hour=22, until_hour=23)  # `at` is 19:00 in Seoul

    done = occurrences.settle_due(at=at + timedelta(days=2, hours=3, minutes=30))

    opened = at + 3 * HOUR
    assert windows() == [(opened, opened + HOUR), (opened + DAY, opened + DAY + HOUR), (opened + 2 * DAY, None)]
    assert (done.started, done.ended) == (3, 2)
    assert occurrences.settle_due(at=at + timedelta(days=2, hours=3, minutes=30)).promotions == 0


def test_a_long_silence_is_told_in_portions(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occurrences, "AT_ONCE", 4)
    made(at, from_hour=22, until_hour=23)
    later = at + 5 * DAY

    rounds = 0
    while occurrences.settle_due(at=later).promotions:
        rounds += 1

    assert rounds == 3
    assert len(windows()) == 5
    assert len(told()) == 10


def test_a_window_that_closes_keeps_its_uses(at: datetime) -> None:
    made(at, ends_at=at + HOUR)
    redeem(quoted(at).discounts, at, "1")
    redeem(quoted(at).discounts, at + timedelta(minutes=30), "2")
    redeem(quoted(at).discounts, at + timedelta(minutes=40), "3")
    coupons.release(document_kind="ORDER", document_number="3")
    Redemption.objects.filter(document_number="2").update(redeemed_at=at + HOUR)

    occurrences.settle_due(at=at + HOUR)

    assert PromotionOccurrence.objects.values_list("uses", "amount").get() == (1, Decimal(1000))


def test_a_row_that_came_past_the_door_is_looked_at_as_well(at: datetime) -> None:
    promotion = a_promotion(at)

    occurrences.settle_due(at=at)

    assert windows() == [(promotion.starts_at, None)]
    assert [PromotionStarted.topic, PromotionEnded.topic] == ["campaigns.promotion_started", "campaigns.promotion_ended"]


def test_a_change_in_the_middle_of_a_window_closes_or_opens_it_then(at: datetime) -> None:
    promotion = made(at)
    changed(promotion, at + HOUR, is_enabled=False)
    promotion.refresh_from_db()
    changed(promotion, at + 2 * HOUR, is_enabled=True)
    promotion.refresh_from_db()
    changed(promotion, at + 3 * HOUR, percent=Decimal(5))

    assert windows() == [(at, at + HOUR), (at + 2 * HOUR, None)]


def test_prices_follow_the_clock_whether_or_not_anybody_looked(at: datetime) -> None:
    a_promotion(at, starts_at=at, ends_at=at + HOUR)

    assert [len(quoted(at + shift).discounts) for shift in (-timedelta(seconds=1), timedelta(0), HOUR)] == [0, 1, 0]
    assert not PromotionOccurrence.objects.exists()


# --- state


@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_the_state_in_sql_is_the_state_of_the_row(at: datetime) -> None:
    for values in (
        {}, {"starts_at": at + HOUR}, {"ends_at": at}, {"ends_at": at, "is_enabled": False}, {"is_enabled": False},
        {"usage_limit": 1, "used": 1}, {"usage_limit": 2, "used": 1}, {"budget": Decimal(1), "spent": Decimal(1)},
        {"weekdays": [5]}, {"weekdays": [4]}, {"from_hour": 19, "until_hour": 20}, {"from_hour": 20, "until_hour": 19},
        {"from_hour": 18, "until_hour": 2, "weekdays": [5]}, {"from_hour": 23, "until_hour": 22, "weekdays": [4]},
        {"from_hour": 23, "until_hour": 2, "weekdays": [5]},
    ):  # fmt: skip
        a_promotion(at, **values)

    for hours in range(48):
        moment = at + hours * HOUR
        by_row = {one.pk: queries.state_of(one, moment) for one in Promotion.objects.all()}
        by_query = {one.pk: state for state in State for one in queries.in_state(Promotion.objects.all(), state, moment)}
        assert by_query == by_row
