"""Each metric equals a count by hand over the raw rows: by every cut, around midnight, across a month's end, late, today."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from analytics.metrics import METRICS, Cut, Metric, Unit, sales
from analytics.models import HourlySales
from analytics.operations import rollups
from analytics.queries import measuring
from analytics.queries.measuring import Part
from orders.models import Order
from tests.analytics.builders import Line, a_return, an_order, movements, seoul
from tests.analytics.metrics import counted
from tests.builders import a_category, a_product, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-03", "14:30")  # a Tuesday
TODAY = date(2026, 11, 3)
SPANS = {
    "across a month's end": (date(2026, 10, 30), date(2026, 11, 1)),
    "one closed day": (date(2026, 10, 31), date(2026, 10, 31)),
    "up to the open day": (date(2026, 10, 26), TODAY),
    "into days that are not there yet": (date(2026, 11, 2), date(2026, 11, 9)),
    "the open day alone": (TODAY, TODAY),
    "before the shop's first day": (date(2026, 9, 1), date(2026, 9, 3)),
}


def a_shop() -> dict[str, Any]:
    """Orders to the second around two midnights of Seoul, of which one ends a month, in two channels and two categories."""
    cups, bowls = a_category(name="cups"), a_category(name="bowls")
    cup, bowl = a_variant(a_product(cups)), a_variant(a_product(bowls))
    here, there = a_warehouse(), a_warehouse()
    edges = ("10-30T23:59:59", "10-31T00:00:00", "10-31T12:30:00", "10-31T23:59:59", "11-01T00:00:00", "11-01T08:59:59",
             "11-02T23:59:59", "11-03T00:00:00", "11-03T14:29:59")  # fmt: skip
    orders = []
    for number, edge in enumerate(edges):
        day, clock = f"2026-{edge[:5]}", edge[6:]
        at = seoul(day, clock)
        channel = ("web", "app", "phone")[number % 3]
        orders.append(an_order(at, Line(cup, 3, 9_990, discount=1_111, canceled=number % 3), Line(bowl, 2), channel=channel))
        movements(at, cup, (here, there)[number % 2], ("RECEIPT", 5), ("SHIPMENT", -2))
        movements(at, bowl, here, ("SHIPMENT", -1))
        a_return(orders[0], at, here, variant=cup, refund=7_777, restocked=number % 2)
    an_order(seoul("2026-10-31", "09:00"), Line(cup, 9), state=Order.State.CANCELED)
    an_order(seoul("2026-11-03", "09:00"), Line(cup, 9), state=Order.State.EXPIRED)
    a_return(None, seoul("2026-11-01", "00:00:00"), there, variant=bowl, refund=500)
    rollups.rebuild_due(at=NOW)
    return {"cup": cup, "cups": cups, "here": here, "orders": orders}


def parts(shop: dict[str, Any]) -> Iterator[dict[Cut, Any]]:
    yield {}
    yield {Cut.CHANNEL: "web"}
    yield {Cut.CATEGORY: shop["cups"].pk}
    yield {Cut.WAREHOUSE: shop["here"].pk, Cut.SKU: shop["cup"].pk}
    yield {Cut.HOUR: 23}
    yield {Cut.WEEKDAY: 5, Cut.CHANNEL: "app"}
    yield {Cut.SLOT: (6, 0)}
    yield {Cut.MONTH: date(2026, 10, 1)}
    yield {Cut.WEEK: date(2026, 10, 26)}
    yield {Cut.DAY: date(2026, 10, 31)}


def reach(metric: Metric, cuts: set[Cut], last: date) -> date:
    """Figures of SKUs and of stock are of closed days only."""
    return min(last, TODAY) if measuring.knows_open_day(metric, cuts) else min(last, TODAY - timedelta(days=1))


def expected(metric: Metric, happened: Any, first: date, last: date, by: Cut | None, chosen: dict[Cut, Any]) -> dict[Any, Any]:
    cuts = {*chosen, *([by] if by else [])}
    until = reach(metric, cuts, last)
    facts = counted.folded(
        happened, first, until, by.value if by else None, {cut.value: value for cut, value in chosen.items()}
    )
    return {key: counted.value(metric.code, found) for key, found in facts.items()}


def test_every_metric_equals_a_count_by_hand_by_every_cut() -> None:
    shop = a_shop()
    happened = counted.everything()
    for first, last in SPANS.values():
        assert compare(shop, happened, first, last) > 100


def compare(shop: dict[str, Any], happened: Any, first: date, last: date) -> int:
    """How many figures were compared, each with the count by hand."""
    compared = 0
    for chosen in parts(shop):
        # What members of a segment buy is counted by hand among the purchases.
        for by in (None, *(cut for cut in Cut if cut is not Cut.SEGMENT)):
            cuts = {*chosen, *([by] if by else [])}
            asked = [one for one in sales.METRICS if measuring.can_cut(one, cuts)]
            if not asked:
                continue
            scope: dict[str, Any] = {"first": first, "last": last, "at": NOW, "of": Part(chosen)}
            rows = measuring.rows(asked, by=by, **scope) if by else [measuring.whole(asked, **scope)]
            for metric in asked:
                by_hand = expected(metric, happened, first, last, by, chosen)
                said = {row.key: row.values[metric.code] for row in rows}
                nothing = counted.value(metric.code, counted.folded([], first, last, None, {})[None])
                for key in {*said, *by_hand}:
                    if key in by_hand or said[key] is not None:
                        assert said.get(key, nothing) == by_hand.get(key, nothing), (metric.code, by, chosen, key)
                    compared += 1
    return compared


def test_a_metric_says_the_same_alone_and_beside_another_that_knows_closed_days_only() -> None:
    a_shop()
    scope: dict[str, Any] = {"first": date(2026, 10, 30), "last": TODAY, "at": NOW}

    alone = measuring.whole([METRICS["sales"]], **scope).values["sales"]
    beside = measuring.whole([METRICS["sales"], METRICS["profit"]], **scope).values["sales"]
    behind = measuring.whole([METRICS["profit"], METRICS["sales"]], **scope).values["sales"]

    assert alone == beside == behind


def test_a_day_whose_figures_are_not_made_has_none_rather_than_nothing() -> None:
    a_shop()

    found = measuring.rows(
        [METRICS["profit"], METRICS["orders"]], first=date(2026, 11, 1), last=date(2026, 11, 8), by=Cut.DAY, at=NOW
    )

    assert [row.key.day for row in found] == [1, 2, 3]
    assert [row.values["profit"] is None for row in found] == [False, False, True]
    assert [row.values["orders"] for row in found] == [2, 1, 2]
    assert measuring.whole([METRICS["profit"]], first=TODAY, last=TODAY, at=NOW).values["profit"] is None


def test_an_order_canceled_days_later_leaves_its_day_once_that_is_made_anew() -> None:
    shop = a_shop()
    order = shop["orders"][2]
    whole: dict[str, Any] = {"first": date(2026, 10, 31), "last": date(2026, 10, 31), "at": NOW}
    before = measuring.whole([METRICS["orders"]], **whole).values["orders"]

    Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
    rollups.mark(days=[date(2026, 10, 31)], at=NOW)
    rollups.rebuild_due(at=NOW)

    assert (before, measuring.whole([METRICS["orders"]], **whole).values["orders"]) == (3, 2)


def test_a_late_order_of_a_closed_day_counts_once_that_is_made_anew() -> None:
    shop = a_shop()
    an_order(seoul("2026-10-31", "23:59:59.999"), Line(shop["cup"]))
    rollups.rebuild_trailing(at=NOW)

    for cut in (Cut.DAY, Cut.HOUR, Cut.MONTH):
        found = measuring.rows([METRICS["orders"]], first=date(2026, 10, 31), last=date(2026, 11, 1), by=cut, at=NOW)
        late = {Cut.DAY: date(2026, 10, 31), Cut.HOUR: 23, Cut.MONTH: date(2026, 10, 1)}[cut]
        assert {row.key: row.values["orders"] for row in found}[late] == {Cut.DAY: 4, Cut.HOUR: 2, Cut.MONTH: 4}[cut]


@pytest.mark.breaks_promises("figures are changed by hand")
def test_closed_days_are_read_from_the_figures_and_not_from_the_orders() -> None:
    a_shop()
    HourlySales.objects.filter(day=date(2026, 10, 31)).update(orders=100)

    found = measuring.rows([METRICS["orders"]], first=date(2026, 10, 31), last=date(2026, 10, 31), by=Cut.DAY, at=NOW)

    assert found[0].values["orders"] == 500  # 100 in each of its hours and channels


def test_several_parts_at_once_are_the_sum_of_each() -> None:
    a_shop()
    scope: dict[str, Any] = {"first": date(2026, 10, 26), "last": TODAY, "at": NOW}

    def orders(part: Part) -> D | None:
        return measuring.whole([METRICS["orders"]], of=part, **scope).values["orders"]

    both = orders(Part({Cut.CHANNEL: frozenset({"web", "app"})}))
    assert both == (orders(Part({Cut.CHANNEL: "web"})) or 0) + (orders(Part({Cut.CHANNEL: "app"})) or 0)
    assert orders(Part({Cut.CHANNEL: frozenset()})) == 0


def test_a_cut_that_is_not_kept_is_refused_by_name() -> None:
    with pytest.raises(measuring.CutRefused) as refused:
        measuring.whole([METRICS["orders"]], first=TODAY, last=TODAY, at=NOW, of=Part({Cut.WAREHOUSE: 1}))

    assert refused.value.details == {"metric": "orders", "cuts": ["warehouse"]}
    assert not measuring.can_cut(METRICS["profit"], [Cut.HOUR])
    assert measuring.can_cut(METRICS["profit"], [Cut.CATEGORY])


def test_who_may_see_the_rows_may_see_the_figure() -> None:
    assert measuring.permissions(METRICS["sales"]) == {"analytics.view_hourlysales"}
    assert measuring.permissions(METRICS["sales"], [Cut.CATEGORY]) == {"analytics.view_dailysales"}
    assert measuring.permissions(METRICS["profit"]) == {"analytics.view_dailysales"}
    assert measuring.permissions(METRICS["shipped_units"]) == {"analytics.view_dailystock"}


def test_each_metric_is_told_once_and_in_full() -> None:
    for metric in METRICS.values():
        assert all((metric.title, metric.counts, metric.reading, metric.formula, metric.owner)), metric.code
        assert isinstance(metric.unit, Unit)
        assert bool(metric.asked) != bool(metric.value), metric.code
