"""Between quote and order a promotion ends, or a price changes, at the very moment at which many order (F09).

Whatever comes first: everybody pays what they agreed to or is told the new price, and nobody pays anything else.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Promotion
from campaigns.operations import occurrences, promotions
from campaigns.pricing import schedule
from campaigns.queries import offers
from config.kernel import invariants
from inventory.models import Variant
from inventory.operations import catalog
from orders.models import Order, OrderLine
from orders.operations import placing
from orders.operations.placing import PriceChanged
from orders.queries import quoting
from tests import builders
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)

# Microseconds before and after an instant, that instant itself among them.
AROUND = (-1_000, -2, -1, 0, 1, 2, 1_000)
BUYERS = 12


def order(cup: Variant, agreed: Decimal, at: datetime, number: str) -> str:
    """ "done", "told the new price", or what else came of it. The number says what was agreed, for `surprised`."""
    try:
        placing.place_order(
            channel="web",
            lines=[(cup.sku, 1)],
            ship_to=builders.SHIP_TO,
            expected_total=agreed,
            external_number=f"{number}:{agreed:.0f}",
            actor=None,
            at=at,
        )
    except PriceChanged as refusal:
        return "told the new price" if refusal.details["quote"]["total"] != f"{agreed:.0f}" else "told the same price"
    return "done"


def surprised() -> list[str]:
    """Orders whose total is not what their buyer agreed to."""
    return [one.number for one in Order.objects.all() if f"{one.total:.0f}" != str(one.external_number).split(":")[1]]


def without_comparing(patch: pytest.MonkeyPatch) -> None:
    """A shop that sells at today's price, whatever the buyer has seen."""
    patch.setattr(placing, "_check", lambda quote, expected_total: None)


def at_the_instant(at: datetime, agreed: Decimal, *, ends: bool) -> dict[int, str]:
    """How orders fared that came together around the end, or the start, of a promotion, while beat settled that same end."""
    cup = builders.a_stocked_variant(100, list_price=10_000)
    builders.a_promotion(at, starts_at=at - timedelta(days=1) if ends else at, ends_at=at if ends else None)

    def act(one: int) -> tuple[int, str]:
        if one == len(AROUND):
            occurrences.settle_due(at=at)
            return 0, ""
        moment = at + timedelta(microseconds=AROUND[one])
        return AROUND[one], order(cup, agreed, moment, f"{one}")

    return {offset: how for offset, how in together(len(AROUND) + 1, act) if how}


@pytest.mark.parametrize(("ends", "agreed"), [(True, 12_000), (True, 13_000), (False, 12_000), (False, 13_000)])
def test_around_the_instant_a_promotion_starts_or_ends_nobody_pays_another_price_than_agreed(
    at: datetime, ends: bool, agreed: int
) -> None:
    """Half-open: in force at its first instant, and not at its last."""
    fared = at_the_instant(at, Decimal(agreed), ends=ends)

    for offset, how in fared.items():
        in_force = offset < 0 if ends else offset >= 0
        assert how == ("done" if in_force == (agreed == 12_000) else "told the new price"), f"at {offset} µs"
    assert len(fared) == len(AROUND)
    assert surprised() == []
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the end of a promotion is taken into it")
def test_control_an_end_that_belongs_to_the_promotion_sells_outside_of_it(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "_ON_OFFER", offers._ON_OFFER.replace("p.ends_at > ", "p.ends_at >= "))
    monkeypatch.setattr(schedule, "in_force", lambda timed, moment, zone: True)

    fared = at_the_instant(at, Decimal(12_000), ends=True)

    assert fared[0] == "done", "not powered: the end is guarded elsewhere too"
    assert "I13" in {one.invariant for one in invariants.check_all(at=at)}


def ordering_while(change: Callable[[], object], at: datetime, cup: Variant, *, change_first: bool = False) -> Counter[str]:
    """Everybody has their quote; then all order, and somebody changes what it rests on, at the same moment or just before."""
    agreed = quoting.quote(lines=[(cup.sku, 1)], codes=(), customer_external_id=None, at=at).total
    changed = threading.Event()

    def act(one: int) -> list[str]:
        if one == BUYERS:
            change()
            changed.set()
            return []
        # One half of them comes when it comes, the other certainly too late.
        if change_first or one % 2:
            assert changed.wait(20)
        return [order(cup, agreed, at, f"{one}-{turn}") for turn in range(2)]

    return Counter(how for fared in together(BUYERS + 1, act) for how in fared)


def dearer(cup: Variant, at: datetime) -> Callable[[], object]:
    return lambda: catalog.change_price(variant_id=cup.pk, list_price=Decimal(11_000), reason="인상", actor=None, at=at)


def test_a_price_that_changes_while_many_order_is_agreed_to_or_told(at: datetime) -> None:
    cup = builders.a_stocked_variant(100, list_price=10_000)
    # The first is in time, whatever the others are.
    assert order(cup, Decimal(13_000), at, "first") == "done"

    fared = ordering_while(dearer(cup, at), at, cup)

    assert set(fared) <= {"done", "told the new price"}
    assert fared["told the new price"] >= BUYERS
    assert surprised() == []
    assert set(OrderLine.objects.values_list("list_price", flat=True)) == {Decimal(10_000)}
    assert invariants.check_all(at=at) == []


def test_control_without_comparing_the_totals_a_changed_price_is_charged_silently(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cup = builders.a_stocked_variant(100, list_price=10_000)
    without_comparing(monkeypatch)

    fared = ordering_while(dearer(cup, at), at, cup, change_first=True)

    assert fared == {"done": 2 * BUYERS}
    assert len(surprised()) == 2 * BUYERS, "not powered: nobody paid another price than agreed"


def test_a_promotion_stopped_while_many_order_is_given_as_agreed_or_its_end_is_told(at: datetime) -> None:
    cup = builders.a_stocked_variant(100, list_price=10_000)
    promotion = builders.a_promotion(at, usage_limit=1_000)
    assert order(cup, Decimal(12_000), at, "first") == "done"

    fared = ordering_while(lambda: promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at), at, cup)

    assert set(fared) <= {"done", "told the new price"}
    assert fared["told the new price"] >= BUYERS
    assert surprised() == []
    assert Promotion.objects.get().used == Order.objects.count() == 1 + fared["done"]
    assert invariants.check_all(at=at) == []


def test_control_without_comparing_the_totals_a_stopped_promotion_is_taken_away_silently(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cup = builders.a_stocked_variant(100, list_price=10_000)
    promotion = builders.a_promotion(at)
    without_comparing(monkeypatch)

    def stop() -> Any:
        return promotions.stop_now(promotion_id=promotion.pk, actor=None, at=at)

    assert ordering_while(stop, at, cup, change_first=True) == {"done": 2 * BUYERS}
    assert len(surprised()) == 2 * BUYERS, "not powered: nobody lost the promotion they had been quoted"


def test_a_price_that_changes_in_the_middle_of_an_order_does_not_reach_into_it(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the price and the writing of the order: it is sold as agreed, line, total and tax alike."""
    cup = builders.a_stocked_variant(100, list_price=10_000)
    check = placing._check

    def change_after_the_check(*given: Any) -> None:
        check(*given)
        together(1, lambda _: dearer(cup, at)())

    monkeypatch.setattr(placing, "_check", change_after_the_check)

    assert order(cup, Decimal(13_000), at, "a") == "done"
    line = OrderLine.objects.get()
    assert (line.list_price, line.order.total) == (10_000, 13_000)
    assert order(cup, Decimal(13_000), at, "b") == "told the new price"
    assert invariants.check_all(at=at) == []
