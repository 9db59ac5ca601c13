"""What may sell out, found each hour: opened once, renewed, ended, set aside by staff."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import Conflict, Invalid
from config.kernel.models import OutboxEvent, User
from inventory.models import DemandAdvice, StockRisk, SupplierOffer, Variant, Warehouse
from inventory.operations import purchasing, reservations, risks, stock
from inventory.operations.ledger import Document
from inventory.operations.purchasing import Wanted
from inventory.queries import risks as queries
from tests.builders import a_policy, a_warehouse, stocked
from tests.inventory.operations.proposals import a_seller

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def only(variant: Variant) -> StockRisk:
    return StockRisk.objects.get(variant=variant, over_at=None)


def bought(variant: Variant, store: Warehouse, units: int, at: datetime) -> str:
    """A purchase order on its way, and its number."""
    supplier_id = SupplierOffer.objects.get(variant=variant).supplier_id
    order = purchasing.draft(
        supplier_id=supplier_id, warehouse_id=store.pk, lines=[Wanted(variant.pk, units)], actor=None, at=at
    )
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at)
    return order.number


def test_a_sku_that_does_not_last_until_goods_can_come_is_at_risk(store: Warehouse, at: datetime) -> None:
    short, enough = a_seller(store, at, left=5), a_seller(store, at, left=60)

    done = risks.assess(at=at)

    assert (done.judged, done.opened) == (2, 1)
    risk = only(short)
    # Two a day; 7 days promised, none learned: 5 last two and a half days, and 20 are expected before goods can come.
    assert (risk.level, risk.action, risk.days_of_cover) == ("URGENT", "ORDER", 2.5)
    assert risk.out_on == date(2026, 11, 23)
    # A cup at 12,000 with 1,091 of tax inside and a cost of 5,000 earns 5,909.
    assert risk.expected_loss == round(Decimal(str(risk.expected_short)) * Decimal(5909))
    assert risk.explanation["available"] == 5
    assert risk.explanation["basis"] == "RECORDED"
    assert not StockRisk.objects.filter(variant=enough).exists()
    event = OutboxEvent.objects.get(topic="inventory.stock_at_risk")
    assert event.payload["variant_id"] == short.pk


def test_looking_again_changes_nothing_and_tells_nobody_twice(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    risks.assess(at=at)
    before = only(cup)

    done = [risks.assess(at=at + HOUR) for _ in range(3)]

    assert [(one.opened, one.standing, one.ended) for one in done] == [(0, 1, 0)] * 3
    after = only(cup)
    assert (after.pk, after.first_seen_at, after.explanation) == (before.pk, at, before.explanation)
    assert OutboxEvent.objects.filter(topic="inventory.stock_at_risk").count() == 1


def test_a_risk_that_rises_is_told_again_and_one_that_falls_is_not(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=5)
    told = OutboxEvent.objects.filter(topic="inventory.stock_at_risk").order_by("pk")
    risks.assess(at=at)
    StockRisk.objects.update(level="LIKELY")

    risks.assess(at=at + HOUR)
    assert [one.payload["level"] for one in told.all()] == ["URGENT", "URGENT"]

    stock.adjust(variant_id=cup.pk, warehouse_id=store.pk, quantity=-5, reason="broken", actor=None, at=at + HOUR)
    for hours in (2, 3):
        risks.assess(at=at + hours * HOUR)
    assert [one.payload["level"] for one in told.all()] == ["URGENT", "URGENT", "OUT"]

    stock.adjust(variant_id=cup.pk, warehouse_id=store.pk, quantity=5, reason="found", actor=None, at=at + 3 * HOUR)
    risks.assess(at=at + 4 * HOUR)
    assert (only(cup).level, told.count()) == ("URGENT", 3)


def test_it_is_over_when_goods_come_and_says_whether_it_had_sold_out(store: Warehouse, at: datetime) -> None:
    warned, gone = a_seller(store, at), a_seller(store, at, left=0)
    risks.assess(at=at)
    for variant in (warned, gone):
        stocked(variant, store, 100, at + HOUR)

    done = risks.assess(at=at + 2 * HOUR)

    assert done.ended == 2
    assert [(one.over_at, one.sold_out_at) for one in StockRisk.objects.order_by("variant")] == [
        (at + 2 * HOUR, None),
        (at + 2 * HOUR, at),
    ]
    assert queries.kept(since=at, until=at + 3 * HOUR) == queries.Kept(over=2, sold_out=1)


def test_what_is_promised_to_orders_is_not_there_to_be_sold(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=30)
    assert risks.assess(at=at).opened == 0

    reservations.reserve(document=Document("ORDER", "1"), demand={cup.pk: 30}, at=at)
    risks.assess(at=at + HOUR)

    assert (only(cup).level, only(cup).is_surge) == ("OUT", True)


def test_a_delivery_in_time_helps_and_a_late_one_is_to_be_sped_up(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=5)
    number = bought(cup, store, 100, at)
    risks.assess(at=at)

    late = only(cup)
    assert (late.action, late.explanation["steps"][0]) == (
        "EXPEDITE",
        {"action": "EXPEDITE", "units": 100, "of": [number]},
    )

    stock.adjust(variant_id=cup.pk, warehouse_id=store.pk, quantity=20, reason="found", actor=None, at=at)
    assert risks.assess(at=at + HOUR).ended == 1


def test_another_warehouse_gives_what_it_can_spare(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=5)
    other = a_warehouse()
    stocked(cup, other, 40, at - HOUR)
    a_policy(cup, other)
    risks.assess(at=at)

    risk = only(cup)
    assert risk.action == "TRANSFER"
    assert risk.explanation["steps"][0]["of"] == other.pk
    assert 0 < risk.explanation["steps"][0]["units"] <= 40


def test_fresh_advice_counts_more_than_what_was_shipped(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at, left=30)
    advice = DemandAdvice.objects.create(
        variant=cup, warehouse=store, origin=date(2026, 11, 20), daily=[9.0] * 14, dispersion=1.5, method="TSB",
        valid_until=date(2026, 11, 27), applied_at=at,
    )  # fmt: skip
    risks.assess(at=at)

    assert only(cup).explanation["basis"] == "ADVICE"
    assert only(cup).explanation["judged"]["per_day"] == 9

    advice.valid_until = date(2026, 11, 21)
    advice.save()
    risks.assess(at=at + timedelta(days=1))
    assert not StockRisk.objects.filter(variant=cup, over_at=None).exists()


def test_staff_set_a_risk_aside_with_a_reason_and_take_it_up_again(store: Warehouse, at: datetime) -> None:
    cup, buyer = a_seller(store, at), User.objects.create_user("buyer")
    risks.assess(at=at)
    risk = only(cup)

    with pytest.raises(Invalid) as refused:
        risks.set_aside(risk_id=risk.pk, days=7, reason=" ", actor=buyer, at=at)
    assert refused.value.details == {"field": "reason"}
    with pytest.raises(Invalid):
        risks.set_aside(risk_id=risk.pk, days=0, reason="season is over", actor=buyer, at=at)

    risks.set_aside(risk_id=risk.pk, days=7, reason="season is over", actor=buyer, at=at)
    risks.assess(at=at + HOUR)
    assert list(queries.standing(at=at + HOUR)) == []
    assert only(cup).set_aside_by == buyer
    assert list(queries.standing(at=at + timedelta(days=8))) == [risk]

    risks.take_up(risk_id=risk.pk, actor=buyer, at=at)
    assert list(queries.standing(at=at + HOUR)) == [risk]
    with pytest.raises(Conflict):
        risks.take_up(risk_id=risk.pk, actor=buyer, at=at)


def test_a_risk_that_is_over_cannot_be_set_aside(store: Warehouse, at: datetime) -> None:
    cup = a_seller(store, at)
    risks.assess(at=at)
    risk = only(cup)
    stocked(cup, store, 100, at)
    risks.assess(at=at + HOUR)

    with pytest.raises(risks.RiskOver):
        risks.set_aside(risk_id=risk.pk, days=7, reason="known", actor=None, at=at + HOUR)


def test_the_reading_costs_the_same_for_any_number_of_skus(
    store: Warehouse, at: datetime, django_assert_max_num_queries: object
) -> None:
    for number in (1, 5):
        for _ in range(number):
            a_seller(store, at, left=60)
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            risks.assess(at=at)
