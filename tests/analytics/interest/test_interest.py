"""Figures of visits, against PostgreSQL and against a count by hand."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from analytics.metrics import METRICS, Cut
from analytics.models import (
    DailyFunnel,
    DailyInterest,
    DailySearch,
    DailyVisitors,
    Event,
    EventSource,
    HourlyVisits,
    Visit,
    VisitDay,
)
from analytics.operations import event_months, visits
from analytics.queries import interest_recount, measuring, searches
from analytics.queries.measuring import CutRefused, Part
from config.kernel import invariants
from config.kernel.errors import Invalid
from inventory.models import Variant
from tests.analytics.builders import SEOUL, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import NOW, after, made, tell
from tests.builders import AT, a_category, a_product, a_variant

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
WORDS = ("머그컵", " 머그컵 ", "ＭＵＧ", "mug", "ㅋㅋ", "kim@example.com", "찻잔")


def row(model: type[Any], **which: Any) -> dict[str, Any]:
    found: dict[str, Any] = model._default_manager.filter(**which).values().get()
    return found


def test_an_hour_tells_what_its_visits_did() -> None:
    source, category = a_source(), a_category()
    cup = a_variant(a_product(category), sku="CUP")
    tell(source, after(0), after(1, "dwelled", path="/", seconds=4.5), visitor="bounced")
    tell(source, after(0), after(1, "products_searched", query="없는 것", results=0), visitor="dry")
    tell(source, after(2, "product_viewed", sku="CUP", in_stock=False), after(3, "product_added", sku="CUP", quantity=2))
    tell(
        source, after(70, "product_added", sku="CUP"), after(71, "checkout_started"),
        after(72, "order_completed", order="T-1"), visitor="buys",
    )  # fmt: skip
    made()

    noon = row(HourlyVisits, hour=12)
    assert (noon["visits"], noon["viewed"], noon["decided"], noon["ordered"], noon["pages"]) == (3, 1, 1, 0, 2)
    assert (noon["bounces"], noon["lost_bounced"], noon["lost_no_result"], noon["lost_out_of_stock"]) == (1, 1, 1, 1)
    assert (noon["carted"], noon["carts_left"], noon["added"], noon["active_seconds"]) == (1, 1, 2, Decimal("4.5"))
    assert (noon["searches"], noon["dry_searches"], noon["saw_out_of_stock"], noon["products"]) == (1, 1, 1, 1)
    one = row(HourlyVisits, hour=13)
    assert (one["visits"], one["ordered"], one["checkout"], one["carted"], one["carts_left"]) == (1, 1, 1, 1, 0)

    funnel = DailyFunnel.objects.order_by("category", "step", "reason").values_list("category_id", "step", "reason", "visits")
    assert list(funnel) == [
        (category.pk, 3, "out_of_stock", 1),
        (None, 0, "bounced", 1),
        (None, 0, "no_result", 1),
        (None, 3, "out_of_stock", 1),
        (None, 5, "", 1),
    ]
    interest = row(DailyInterest, variant=cup)
    assert (interest["views"], interest["viewing"], interest["viewing_out_of_stock"]) == (1, 1, 1)
    assert (interest["added"], interest["adding"]) == (3, 2)
    assert list(DailyVisitors.objects.order_by("channel").values_list("channel", "visitors")) == [("web", 4), (None, 4)]


def test_searches_tell_what_followed_in_the_same_visit() -> None:
    source = a_source()
    a_variant(sku="CUP")
    tell(
        source, after(0, "product_viewed", sku="CUP"), after(1, "products_searched", query="머그컵", results=3),
        after(2, "product_viewed", sku="CUP"), after(3, "products_searched", query=" 머그컵", results=0),
        after(4, "product_added", sku="CUP"), after(5, "products_searched", query="찻잔"),
    )  # fmt: skip
    tell(source, after(0, "products_searched", query="머그컵", results=3), visitor="other")
    tell(source, after(0, "products_searched", query="010-1234-5678"), after(1, "products_searched", query="ㅋㅋ"), visitor="x")
    made()
    found = DailySearch.objects.order_by("term").values_list("term", *interest_recount.SEARCH)
    assert list(found) == [
        ("(withheld)", 1, 1, 1, 0, 0, 0),
        ("머그컵", 3, 2, 2, 1, 1, 1),
        ("찻잔", 1, 1, 1, 0, 0, 0),
    ]
    assert measuring.whole([METRICS["searches"]], first=DAY, last=DAY, at=NOW).values == {"searches": 6}


def test_terms_of_few_are_forgotten_and_stay_so() -> None:
    source = a_source()
    for number in range(3):
        tell(source, after(number, "products_searched", query="머그컵"), visitor=f"v-{number}")
    tell(source, after(9, "products_searched", query="비밀"), after(10, "products_searched", query="a@b.kr"))
    made()
    assert DailySearch.objects.count() == 3
    later = AT + timedelta(days=402)
    event_months.keep(at=later)
    kept = ["(withheld)", "머그컵"]
    assert list(DailySearch.objects.order_by("term").values_list("term", flat=True)) == kept
    visits.rebuild(days=[DAY], at=later)
    assert list(DailySearch.objects.order_by("term").values_list("term", flat=True)) == kept
    assert invariants.check_all(at=NOW) == []


def test_figures_are_replaced_with_the_visits_and_go_with_them() -> None:
    source = a_source()
    tell(source, after(0), after(40))
    made()
    tell(source, after(20), an_event(at=seoul("2026-10-31", "23:59")))
    made()
    assert [(one.day, one.hour, one.visits) for one in HourlyVisits.objects.order_by("day")] == [
        (date(2026, 10, 31), 23, 1),
        (DAY, 12, 1),
    ]
    Visit.objects.filter(day=DAY).delete()
    visits.rebuild_days(first=None, last=None, at=NOW)
    assert HourlyVisits.objects.count() == 2
    VisitDay.objects.create(day=date(2020, 1, 1))
    HourlyVisits.objects.filter(day=DAY).update(day=date(2020, 1, 1))
    visits.rebuild_days(first=None, last=None, at=NOW)
    assert not HourlyVisits.objects.filter(day=date(2020, 1, 1)).exists()


@pytest.mark.breaks_promises("figures are changed by hand")
def test_a_figure_that_drifted_is_named() -> None:
    source = a_source()
    a_variant(sku="CUP")
    tell(source, after(0, "product_viewed", sku="CUP"), after(1, "products_searched", query="찻잔"))
    made()
    assert interest_recount.differences(DAY) == []
    HourlyVisits.objects.update(pages=7)
    DailyFunnel.objects.filter(category=None).update(visits=2)
    DailyVisitors.objects.filter(channel=None).delete()
    DailyInterest.objects.update(views=2)
    DailySearch.objects.update(term="접시")
    told_of = {(cell.rollup, cell.column, cell.stored, cell.recounted) for cell in interest_recount.differences(DAY)}
    assert {("visits", "pages", 7, 0), ("funnel", "visits", 2, 1), ("visitors", "visitors", 0, 1)} <= told_of
    assert {("interest", "views", 2, 1), ("search", "visits", 1, 0), ("search", "visits", 0, 1)} <= told_of
    assert any("visits of" in one.subject for one in invariants.check_all(at=NOW))


def test_what_changes_in_the_catalog_or_a_source_changes_no_figure_of_the_past() -> None:
    source, cup, plate = a_source(), a_variant(sku="CUP-1"), a_variant(sku="PLATE-1")
    tell(source, after(0, "product_viewed", sku="CUP-1"), after(1, "product_viewed", sku="PLATE-1"))
    made()
    plate.product.category = cup.product.category
    plate.product.save()
    EventSource.objects.update(channel="mobile")
    assert interest_recount.differences(DAY) == []
    visits.rebuild(days=[DAY], at=NOW)
    assert interest_recount.differences(DAY) == []
    assert DailyFunnel.objects.filter(step=2).count() == 2


def test_of_a_large_day_what_is_made_of_visits_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(a_source(), after(0), after(1, "products_searched", query="찻잔"))
    made()
    monkeypatch.setattr(interest_recount, "MOST_EVENTS", 0)
    DailySearch.objects.all().delete()
    assert interest_recount.differences(DAY) == []
    HourlyVisits.objects.update(pages=7)
    assert [(cell.rollup, cell.column) for cell in interest_recount.differences(DAY)] == [("visits", "pages")]
    HourlyVisits.objects.update(pages=1)
    visits.rebuild(days=[DAY], at=NOW)


def test_weeks_that_nobody_told_of_are_no_weeks_without_searches() -> None:
    source = a_source()
    for number in range(9):
        tell(source, after(number, "products_searched", query="트리"), visitor=f"v-{number}")
    made()
    window, found = searches.surging_terms(first=DAY, last=DAY, most=9)
    assert (window.weeks, found) == (0, [])


# --- visits drawn by lot, around midnight, across a month's end, with late events


FIRST, LAST = date(2026, 10, 30), date(2026, 11, 2)
UNTIL = seoul("2026-11-03", "09:00")


@pytest.fixture
def drawn() -> list[Variant]:
    draw = Random(8)  # noqa: S311  no secret
    goods = [a_variant(a_product(category), sku=f"S-{place}-{n}") for place in range(2) for category in [a_category()]
             for n in range(3)]  # fmt: skip
    sources = [a_source(at=UNTIL - timedelta(days=20)), a_source(channel="mobile", at=UNTIL - timedelta(days=20))]
    late = []
    for number in range(70):
        # Many of them begin a little before a midnight.
        hour = draw.choice((0, 9, 15, 22, 23, 23, 23))
        began = datetime(2026, 10, 30, hour, draw.randrange(60), tzinfo=SEOUL) + timedelta(days=draw.randrange(4))
        at, events = began, []
        for _ in range(draw.choice((1, 1, 2, 4, 8, 12))):
            events.append(_drawn(draw, at))
            at += timedelta(minutes=draw.choice((1, 3, 8, 20, 31)))
        visitor = f"v-{draw.randrange(30)}"
        some = draw.randrange(len(events) + 1) if draw.random() < 0.3 else len(events)
        source = draw.choice(sources)
        if events[:some]:
            told(source, a_batch(*events[:some], visitor=visitor), at=UNTIL)
        if events[some:]:
            late.append((source, events[some:], visitor))
        if number == 30:
            told(source, a_batch(_drawn(draw, began)), at=UNTIL, traffic=Event.Traffic.BOT)
            told(source, a_batch(_drawn(draw, began), visitor=None, consent=False), at=UNTIL)
    made(UNTIL)
    for source, events, visitor in late:
        told(source, a_batch(*events, visitor=visitor), at=UNTIL + timedelta(hours=1))
    made(UNTIL + timedelta(hours=2))
    return goods


def _drawn(draw: Random, at: datetime) -> dict[str, Any]:
    kind = draw.choice(("page_viewed", "page_viewed", "product_viewed", "product_viewed", "product_viewed", "products_searched",
                        "product_added", "product_wished", "reviews_viewed", "dwelled", "checkout_started",
                        "order_completed"))  # fmt: skip
    sku = f"S-{draw.randrange(2)}-{draw.randrange(3)}" if draw.random() < 0.95 else "UNKNOWN"
    said: dict[str, Any] = {
        "product_viewed": {"sku": sku, "in_stock": draw.random() > 0.2},
        "products_searched": {"query": draw.choice(WORDS), "results": draw.choice((0, 5))},
        "product_added": {"sku": sku, "quantity": draw.randrange(1, 4)},
        "product_wished": {"sku": sku},
        "reviews_viewed": {"sku": sku},
        "dwelled": {"path": "/", "seconds": draw.randrange(1, 900) / 10, "sku": sku},
        "order_completed": {"order": f"T-{draw.randrange(10**6)}"},
    }.get(kind, {})
    return an_event(kind, at=at, **said)


def test_the_recount_finds_nothing(drawn: list[Variant]) -> None:
    assert VisitDay.objects.filter(state="CLEAN", day__range=(FIRST, LAST)).count() == 4
    assert [cell for number in range(4) for cell in interest_recount.differences(FIRST + timedelta(days=number))] == []
    assert DailyFunnel.objects.filter(reason="no_result").exists()
    assert DailySearch.objects.filter(viewed__gt=0).exists()


def test_every_metric_of_visits_equals_a_count_by_hand(drawn: list[Variant]) -> None:
    raw = _by_hand()
    metrics = [METRICS[code] for code in ("visits", "conversion", "pages_per_visit", "cart_abandonment", "zero_result_share",
               "active_seconds_per_visit", "viewed_share", "checkout_share", "daily_visitors")]  # fmt: skip
    for found in measuring.rows(metrics, first=FIRST, last=LAST, by=Cut.DAY, at=UNTIL):
        mine = [one for one in raw if one["day"] == found.key]
        assert found.values == _figures(mine), found.key
    hours = measuring.rows([METRICS["conversion"], METRICS["visits"]], first=FIRST, last=LAST, by=Cut.SLOT, at=UNTIL)
    for slot in hours:
        mine = [one for one in raw if (one["day"].weekday(), one["hour"]) == slot.key]
        assert slot.values == {code: _figures(mine)[code] for code in ("conversion", "visits")}
    november = measuring.rows([METRICS["visits"]], first=FIRST, last=LAST, by=Cut.MONTH, at=UNTIL)
    counted = [sum(one["day"].month == month for one in raw) for month in (10, 11)]
    assert [one.values["visits"] for one in november] == counted
    of_web = Part({Cut.CHANNEL: "web"})
    web = measuring.whole([METRICS["visits"]], first=FIRST, last=LAST, at=UNTIL, of=of_web).values["visits"]
    assert web == sum(one["channel"] == "web" for one in raw)


def test_every_metric_of_a_sku_equals_a_count_by_hand(drawn: list[Variant]) -> None:
    raw = _by_hand()
    codes = ("product_views", "viewing_visits", "add_share", "out_of_stock_views_share", "wishes", "dwell_seconds_per_view")
    for found in measuring.rows([METRICS[one] for one in codes], first=FIRST, last=LAST, by=Cut.SKU, at=UNTIL):
        mine = [[said for said in one["events"] if said.variant_id == found.key] for one in raw]
        views = sum(said.kind == 2 for one in mine for said in one)
        viewing = sum(any(said.kind == 2 for said in one) for one in mine)
        dry = sum(any(said.kind == 2 and not said.properties["in_stock"] for said in one) for one in mine)
        adding = sum(any(said.kind == 5 for said in one) for one in mine)
        dwelt = sum(Decimal(str(said.properties["seconds"])) for one in mine for said in one if said.kind == 16)
        assert found.values == {
            "product_views": views, "viewing_visits": viewing, "add_share": Decimal(adding) / viewing,
            "out_of_stock_views_share": Decimal(dry) / viewing, "dwell_seconds_per_view": Decimal(dwelt) / views,
            "wishes": sum(said.kind == 7 for one in mine for said in one),
        }  # fmt: skip


def test_what_is_not_kept_apart_is_refused(drawn: list[Variant]) -> None:
    with pytest.raises(CutRefused):
        measuring.whole([METRICS["conversion"]], first=FIRST, last=LAST, at=UNTIL, of=Part({Cut.SKU: 1}))
    with pytest.raises(Invalid):
        measuring.rows([METRICS["daily_visitors"]], first=FIRST, last=LAST, by=Cut.HOUR, at=UNTIL)
    by_channel = measuring.rows([METRICS["daily_visitors"]], first=LAST, last=LAST, by=Cut.CHANNEL, at=UNTIL)
    assert {one.key for one in by_channel} <= {"web", "mobile"}
    weeks = measuring.rows([METRICS["daily_visitors"]], first=FIRST, last=LAST, by=Cut.WEEKDAY, at=UNTIL)
    assert len(weeks) == 7


def _by_hand() -> list[dict[str, Any]]:
    """Visits, found once more: a list of their events each."""
    whose: dict[Any, list[Event]] = defaultdict(list)
    channels = dict(EventSource.objects.values_list("pk", "channel"))
    for event in Event.objects.filter(traffic=0).exclude(visitor=None).order_by("occurred_at", "client_at", "id"):
        whose[event.visitor].append(event)
    found: list[dict[str, Any]] = []
    for events in whose.values():
        before = None
        for event in events:
            local = event.occurred_at.astimezone(SEOUL)
            if before is None or local.date() != before.date() or (local - before).total_seconds() >= 1800:
                channel = channels[event.source_id]
                found.append(
                    {"day": local.date(), "hour": local.hour, "visitor": event.visitor, "events": [], "channel": channel}
                )
            found[-1]["events"].append(event)
            before = local
    return [one for one in found if one["day"] <= LAST]


def _figures(mine: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = [[said.kind for said in one["events"]] for one in mine]
    every = [said for one in mine for said in one["events"]]
    carts = [one for one in kinds if 5 in one]
    searches = [said for said in every if said.kind == 4]
    dwelt = sum(Decimal(str(said.properties["seconds"])) for said in every if said.kind == 16)

    def share(above: Any, below: int) -> Decimal | None:
        return Decimal(above) / below if below else None

    return {
        "visits": len(mine),
        "conversion": share(sum(10 in one for one in kinds), len(mine)),
        "pages_per_visit": share(sum(one.count(1) for one in kinds), len(mine)),
        "cart_abandonment": share(sum(10 not in one for one in carts), len(carts)),
        "zero_result_share": share(sum(said.properties["results"] == 0 for said in searches), len(searches)),
        "active_seconds_per_visit": share(dwelt, len(mine)),
        "viewed_share": share(sum(2 in one for one in kinds), len(mine)),
        "checkout_share": share(sum(9 in one for one in kinds), len(mine)),
        "daily_visitors": Decimal(len({one["visitor"] for one in mine})),
    }
