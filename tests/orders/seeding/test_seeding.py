"""Seeding itself: only an empty shop, whole or not at all, and the same again for the same seed."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from config.kernel.models import OutboxEvent
from inventory.models import StockLevel, StockMovement, Variant
from inventory.queries import drift
from orders.models import Order, OrderLine
from orders.operations import history, seeding
from orders.operations.seeding import NotEmpty, Scale
from tests.builders import a_stocked_variant
from tests.seeded import UNTIL

pytestmark = pytest.mark.django_db

TINY = Scale(days=40, orders=200, customers=40)
COMMAND = ("seed_demo", "--days=40", "--orders=120", "--customers=30", "--until=2026-11-21T19:00")


def told() -> list[tuple[object, ...]]:
    """What was sold to whom and when, without keys."""
    columns = (
        "order__placed_at",
        "order__state",
        "order__customer__external_id",
        "order__total",
        "sku",
        "quantity",
        "returned",
    )
    return list(OrderLine.objects.order_by("order__placed_at", "order_id", "position").values_list(*columns))


def a_story(seed: int) -> list[tuple[object, ...]]:
    """One told in a transaction of its own, which is then undone."""
    with transaction.atomic():
        seeding.seed(scale=TINY, seed=seed, until=UNTIL, at=UNTIL)
        rows = told()
        transaction.set_rollback(True)
    return rows


def test_the_same_seed_and_end_tell_the_same_story_and_another_seed_another() -> None:
    story = a_story(7)

    assert a_story(7) == story
    assert a_story(8) != story


def test_a_story_written_in_several_rounds_is_announced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeding, "AT_ONCE", 60)

    seeding.seed(scale=TINY, seed=1, until=UNTIL, at=UNTIL)

    event = OutboxEvent.objects.get(topic="orders.history_imported")
    assert event.payload == {"first_on": "2026-10-13", "last_on": "2026-11-21"}
    assert list(drift.differences()) == []


def test_a_shop_with_goods_of_its_own_is_refused() -> None:
    a_stocked_variant()

    with pytest.raises(NotEmpty):
        seeding.seed(scale=TINY, seed=1, until=UNTIL, at=UNTIL)

    assert Variant.objects.count() == 1


def test_a_seed_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OSError("the lights went out")

    monkeypatch.setattr(history, "write", fail)

    with pytest.raises(OSError, match="lights"):
        seeding.seed(scale=TINY, seed=1, until=UNTIL, at=UNTIL)

    assert not Variant.objects.exists()
    assert not StockMovement.objects.exists()


def test_the_command_tells_what_it_made() -> None:
    out = StringIO()

    call_command(*COMMAND, stdout=out)

    assert f"{Order.objects.count()} orders" in out.getvalue()
    assert StockLevel.objects.exists()


def test_the_command_leaves_a_demo_shop_as_it_is() -> None:
    call_command(*COMMAND, stdout=StringIO())
    orders = Order.objects.count()
    out = StringIO()

    call_command(*COMMAND, stdout=out)

    assert "nothing was changed" in out.getvalue()
    assert Order.objects.count() == orders


def test_the_command_refuses_a_shop_with_a_life_of_its_own() -> None:
    a_stocked_variant()

    with pytest.raises(CommandError, match="empty"):
        call_command(*COMMAND, stdout=StringIO())


@pytest.mark.parametrize("wrong", ["--days=3", "--orders=5", "--until=yesterday"])
def test_the_command_refuses_what_makes_no_story(wrong: str) -> None:
    with pytest.raises(CommandError):
        call_command(*COMMAND, wrong, stdout=StringIO())


def test_a_story_may_end_in_the_middle_of_the_night_or_of_a_holiday() -> None:
    for until in (UNTIL.replace(hour=15, minute=3), UNTIL.replace(month=9, day=25), UNTIL - timedelta(days=200)):
        with transaction.atomic():
            seeded = seeding.seed(scale=TINY, seed=3, until=until, at=until)
            transaction.set_rollback(True)
        assert seeded.orders > 100
