"""Whatever asks for figures may ask for each one of the registry, where nothing happened yet and where something did."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import RequestFactory
from django.utils.translation import override
from rest_framework.test import APIClient

from analytics.admin import boards as board_pages
from analytics.admin import drilling, explorer_form, figure_words, live
from analytics.comparing import Against
from analytics.metrics import METRICS, Cut, Metric, Unit
from analytics.models import AlertRule, BoardTile, ReportPack
from analytics.operations import alert_rules, rollups
from analytics.queries import alerts, boards, catalogue, exploring, feeds, measuring, reports, sales
from analytics.queries.exploring import Question
from analytics.words import figures
from config.kernel import clock, roles, tokens
from config.kernel.models import TokenScope
from config.kernel.roles import Role
from tests.analytics.builders import Line, a_return, an_order, seoul
from tests.analytics.metrics.world import FIRST, LAST, NOW, a_small_shop
from tests.builders import a_category, a_product, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member

pytestmark = pytest.mark.django_db

# Of each kind of cut one or two; of the others the same code answers.
CUTS = (Cut.DAY, Cut.MONTH, Cut.SLOT, Cut.DAY_HOUR, Cut.CHANNEL, Cut.SKU, Cut.SEGMENT, Cut.CAMPAIGN)
SPAN: dict[str, Any] = {"first": FIRST, "last": LAST, "at": NOW}
# What needs more people, or more months, than the small shop has.
UNTOLD = {"retention"}


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(params=["empty", "small"])
def world(request: pytest.FixtureRequest) -> str:
    if request.param == "small":
        a_small_shop()
    return str(request.param)


def everything(_permission: str) -> bool:
    return True


def known(metric: Metric) -> list[Cut]:
    return [cut for cut in CUTS if measuring.can_cut(metric, [cut])]


def test_each_figure_answers_whole_and_by_its_cuts_and_reads_in_both_languages(world: str) -> None:
    values = {one.code: [measuring.whole([one], **SPAN).values[one.code]] for one in METRICS.values()}
    for by in CUTS:
        metrics = [one for one in METRICS.values() if by in known(one)]
        rows = measuring.rows(metrics, by=by, **SPAN)
        for metric in metrics:
            values[metric.code] += [row.values[metric.code] for row in rows]
        assert all(figure_words.keys(by, [row.key for row in rows]).values()), by
    for language in ("ko", "en"):
        with override(language):
            for metric in METRICS.values():
                assert all(figures.figure(metric.unit, value) for value in values[metric.code]), metric.code
                assert figures.tick(metric.unit, D("0.5")), metric.code
    told = {code for code, found in values.items() if any(found)}
    if world == "small":
        assert sorted(set(METRICS) - told) == sorted(UNTOLD)


@pytest.mark.parametrize(
    ("unit", "value", "korean", "english"),
    [
        (Unit.COUNT, 1234, "1,234", "1,234"),
        (Unit.COUNT, "0.5", "0.5", "0.5"),
        (Unit.MONEY, D("1999.6"), "₩2,000", "₩2,000"),
        (Unit.SHARE, 0.0314, "3.1%", "3.1%"),
        (Unit.SECONDS, D("4.5"), "4.5초", "4.5 s"),
        (Unit.SECONDS, 200, "3분 20초", "3 min 20 s"),
        (Unit.SECONDS, 180, "3분", "3 min"),
        (Unit.SECONDS, 3 * 3600 + 60, "3시간 1분", "3 h 1 min"),
        (Unit.SECONDS, 3 * 86_400, "3일", "3 d"),
        (Unit.SECONDS, -90, "−1분 30초", "−1 min 30 s"),
        (Unit.DAYS, 2, "2일", "2 days"),
        (Unit.RATE, D("1.234"), "1.23", "1.23"),
        (Unit.RATE, 3, "3", "3"),
        (Unit.MONEY, None, "-", "-"),
    ],
)
def test_there_is_one_way_to_put_a_figure_into_words(unit: Unit, value: Any, korean: str, english: str) -> None:
    for language, said in (("ko", korean), ("en", english)):
        with override(language):
            assert figures.figure(unit, value) == said


def test_each_figure_asks_for_rights_that_there_are_and_some_role_besides_the_owner_sees_it() -> None:
    rights = {f"{label}.{name}" for label, name in Permission.objects.values_list("content_type__app_label", "codename")}
    for metric in METRICS.values():
        wanted = [measuring.permissions(metric, cuts) for cuts in ((), *((cut,) for cut in known(metric)))]
        assert all(wanted), metric.code
        assert frozenset().union(*wanted) <= rights, metric.code
        for asked in wanted:
            assert any(asked <= roles.granted(role) for role in Role if role is not Role.OWNER), (metric.code, asked)


def test_the_api_answers_for_each_figure(world: str, settings: Any) -> None:
    settings.API_RATE_PER_TOKEN = 10_000
    token = tokens.issue(account="figures", scopes=[TokenScope.Scope.READ_ONLY], actor=None, at=NOW)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}", HTTP_ACCEPT_LANGUAGE="ko")
    days = {"first": str(FIRST), "last": str(LAST)}
    for metric in METRICS.values():
        cuts = catalogue.cuts_of(metric)
        answer = client.get(f"/api/v1/metrics/{metric.code}/", days | {"by": cuts[-1].value})
        assert answer.status_code == 200, (metric.code, answer.content)
        assert answer.json()["metric"]["cuts"] == [cut.value for cut in cuts]
        assert all(row["title"] for row in answer.json()["rows"] if row["key"]), metric.code
    refused = client.get("/api/v1/metrics/orders/", days | {"by": "day_hour"})
    assert refused.status_code == 400, "each hour of each day is not for tables"


def test_feeds_answer_for_each_figure(world: str) -> None:
    for metric in METRICS.values():
        by = catalogue.cuts_of(metric)[-1]
        found = feeds.read(metric.code, feeds.Asked(FIRST, LAST, by), at=NOW)
        assert {len(row) for row in found.rows} <= {len(found.columns)}, metric.code


def test_a_rule_may_watch_each_figure_that_is_known_by_day_or_by_hour(world: str) -> None:
    watched = 0
    for metric in METRICS.values():
        rule = AlertRule(
            name="-", metric=metric.code, kind=AlertRule.Kind.THRESHOLD, direction=AlertRule.Direction.DOWN, limit=D(1)
        )
        for window, cut in ((AlertRule.Window.DAY, Cut.DAY), (AlertRule.Window.HOUR, Cut.DAY_HOUR)):
            rule.window = window
            if measuring.can_cut(metric, [cut]):
                alert_rules.checked(rule)
                alerts.history(rule, at=NOW, since=timedelta(days=2))
                watched += 1
            else:
                with pytest.raises(alert_rules.BadRule):
                    alert_rules.checked(rule)
    assert watched > len(METRICS)


def test_a_board_shows_each_figure_in_each_form_it_knows(world: str) -> None:
    forms = ((BoardTile.Form.NUMBER, ""), (BoardTile.Form.LINE, "day"), (BoardTile.Form.TABLE, "campaign"))
    tiles = [
        tile
        for metric in METRICS.values()
        for form, cut in forms
        if measuring.can_cut(metric, boards.cuts(tile := BoardTile(metric=metric.code, form=form, cut=cut, days=7)))
    ]
    for start in range(0, len(tiles), boards.MOST_TILES):
        for one in boards.shown(tiles[start : start + boards.MOST_TILES], at=NOW):
            assert board_pages.told(one)["title"], one.metric.code


def test_a_report_tells_all_figures_at_once(world: str) -> None:
    pack = ReportPack(name="전부", metrics=list(METRICS))

    told = reports.content(pack, reports.Span(FIRST, LAST), at=NOW)

    assert [one["code"] for one in told["figures"]] == list(METRICS)
    assert {len(row["values"]) for row in told["days"]} == {len(METRICS)}


def test_the_explorer_answers_for_each_figure() -> None:
    a_small_shop()
    for metric in METRICS.values():
        by = catalogue.cuts_of(metric)[0]
        found = exploring.answer(Question((metric,), FIRST, LAST, by, Against.BEFORE), may=everything, at=NOW)
        assert found.whole.key is None


def test_what_is_offered_by_rows_is_neither_a_heat_map_nor_each_hour_of_each_day() -> None:
    form = explorer_form.QuestionForm({}, may=lambda _right: True)

    offered = {value for value, _title in form.fields["by"].choices}  # type: ignore[attr-defined]

    assert {cut.value for cut in Cut} - offered == {"slot", "day_hour"}
    assert set(catalogue.CUTS) == set(Cut)
    assert {metric.code for metric in METRICS.values() if not set(catalogue.cuts_of(metric)) & set(catalogue.IN_ROWS)} == set()


def test_the_live_board_names_figures_that_are_kept_by_hour() -> None:
    assert [code for code in live.OF_HOURS if not measuring.can_cut(METRICS[code], [Cut.HOUR])] == []


def test_origins_and_campaigns_are_called_by_their_names() -> None:
    for language, said in (("ko", "검색 광고"), ("en", "paid search")):
        with override(language):
            assert figure_words.keys(Cut.GROUPING, ["paid_search"]) == {"paid_search": said}
            assert figure_words.keys(Cut.CAMPAIGN, ["paid_search/naver/autumn"]) == {
                "paid_search/naver/autumn": f"{said} · naver · autumn"
            }
            assert len(figure_words.keys(Cut.CAMPAIGN, ["direct//"])["direct//"].split(" · ")) == 1


# --- down to the rows --------------------------------------------------------------------------------------------------


def test_the_list_behind_a_count_holds_as_many_rows() -> None:
    a_small_shop()
    owner = a_staff_member()
    client, request = a_client(owner), RequestFactory().get("/")
    request.user = owner
    as_many = ("visits", "new_orders", "repeat_orders", "parcels", "orders")
    for day in (FIRST, LAST):
        for code in as_many:
            figure = measuring.whole([METRICS[code]], first=day, last=day, at=NOW).values[code]
            address = drilling.rows_of(request, METRICS[code], first=day, last=day, chosen={}, by=Cut.DAY, key=day)
            listed = client.get(address).context["cl"].queryset
            # Orders that came to nothing stand in the list of orders, too.
            counted = listed.exclude(state__in=["CANCELED", "EXPIRED"]) if code == "orders" else listed
            assert counted.count() == figure, (code, day)


def every_point() -> Iterator[tuple[Metric, dict[str, Any]]]:
    for metric in METRICS.values():
        yield metric, {}
        for by in known(metric):
            for row in measuring.rows([metric], by=by, **SPAN)[:2]:
                yield metric, {"by": by, "key": row.key}


def test_every_point_leads_to_its_rows_where_a_list_holds_them() -> None:
    a_small_shop()
    owner = a_staff_member()
    client, request, nobody = a_client(owner), RequestFactory().get("/"), RequestFactory().get("/")
    request.user, nobody.user = owner, AnonymousUser()
    links, without = set(), set()
    for metric, point in every_point():
        about: dict[str, Any] = {"first": FIRST, "last": LAST, "chosen": {}, **point}
        link = drilling.rows_of(request, metric, **about)
        links.add(link)
        without |= set() if link else {(metric.code, point.get("by"))}
        assert drilling.rows_of(nobody, metric, **about) == ""
    links.discard("")

    assert {link: status for link in links if (status := client.get(link).status_code) != 200} == {}
    # Who stayed away has no list, nor have members of a segment, nor visits of a campaign.
    assert {code for code, by in without if by not in (Cut.SEGMENT, Cut.CAMPAIGN)} == {"reactivation"}
    assert {code for code, by in without if by is Cut.CAMPAIGN} == {"origin_visits"}


# --- the page of sales and the explorer --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_the_page_of_sales_and_the_explorer_say_the_same(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    skus = [a_variant(a_product(a_category())) for _ in range(3)]
    warehouse, begins = a_warehouse(), seoul("2026-11-12", "00:00")
    for _ in range(40):
        at = begins + timedelta(seconds=dice.randrange(8 * 86_400 + 9 * 3_600))
        lines = [Line(sku, dice.randrange(1, 4), 9_990, discount=dice.choice((0, 777))) for sku in dice.sample(skus, 2)]
        order = an_order(at, *lines, channel=dice.choice(("web", "app", "phone")))
        if dice.random() < 0.3:
            back = min(at + timedelta(hours=dice.randrange(1, 60)), NOW - timedelta(minutes=1))
            a_return(dice.choice((order, None)), back, warehouse, variant=lines[0].variant, refund=3_333)
    rollups.rebuild_due(at=NOW)
    fresh = sales.freshness(at=NOW)
    codes = ("orders", "units", "gross", "discounts", "sales", "returned", "returned_units", "net", "shipping", "tax",
             "average_order")  # fmt: skip
    span: dict[str, Any] = {"first": date(2026, 11, 12), "last": date(2026, 11, 20)}

    def measured(by: Cut, of: tuple[str, ...]) -> dict[Any, dict[str, Any]]:
        rows = measuring.rows([METRICS[code] for code in of], by=by, at=NOW, **span)
        return {row.key: dict(row.values) for row in rows}

    for by, page in ((Cut.DAY, sales.by_day), (Cut.HOUR, sales.by_hour), (Cut.CHANNEL, sales.by_channel)):
        said = {key: {code: getattr(one, code) for code in codes} for key, one in page(**span, fresh=fresh, at=NOW)}
        assert measured(by, codes) == said, by
    of_goods = ("units", "gross", "discounts", "returned_units", "returned", "net", "profit")
    for by, top in ((Cut.SKU, sales.by_sku), (Cut.CATEGORY, sales.by_category)):
        said = {one.key: {code: getattr(one, code) for code in of_goods} for one in top(**span, most=100)}
        assert measured(by, of_goods) == said, by
