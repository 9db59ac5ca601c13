"""Every door to the figures, pages, files, the API, boards, rules, asks alike: bad input, rights, parts, days not made yet."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.test import APIClient

from analytics.metrics import METRICS, Cut
from analytics.models import AttributionDay, BoardTile, DailyBuying, Incident, Notice, PurchaseDay, ReportPack, VisitDay
from analytics.operations import reports, rollups, watching
from analytics.queries import alerts, boards, making, measuring
from analytics.queries import reports as report_queries
from analytics.words import mails
from config.kernel import clock, roles, tokens
from config.kernel.models import TokenScope
from config.kernel.roles import Role
from inventory.models import Category
from tests.analytics.alerts import builders as alerting
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.metrics.world import FIRST, LAST, NOW, a_small_shop
from tests.builders import a_product, a_variant
from tests.config.kernel.pages import a_client, a_staff_member

pytestmark = pytest.mark.django_db

TO_COME = {"first": "2026-11-25", "last": "2026-12-01"}
PAGES = (
    "admin:analytics_explorer",
    "admin:analytics_explorer_csv",
    "admin:analytics_dailyfunnel_changelist",
    "admin:analytics_funnel_csv",
    "admin:analytics_dailysearch_changelist",
    "admin:analytics_searches_csv",
    "admin:analytics_dailyattribution_changelist",
    "admin:analytics_origins_csv",
    "admin:analytics_newcomer_changelist",
    "admin:analytics_hourlysales_changelist",
)


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


@pytest.fixture
def api() -> APIClient:
    token = tokens.issue(account="figures", scopes=[TokenScope.Scope.READ_ONLY], actor=None, at=NOW)
    return APIClient(HTTP_AUTHORIZATION=f"Token {token}", HTTP_ACCEPT_LANGUAGE="en")


# --- periods -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [TO_COME, {"first": "9999-12-30", "last": "9999-12-31"}])
def test_of_a_period_that_has_not_begun_every_door_tells_nothing(owner: Client, api: APIClient, period: dict[str, str]) -> None:
    for page in PAGES:
        assert owner.get(reverse(page), period).status_code == 200, page
    for against in ("before", "year", "feast"):
        assert owner.get(reverse(PAGES[0]), {**period, "against": against}).status_code == 200, against
    for code in ("sales", "average_order", "reactivation", "daily_visitors", "ad_spend"):
        answer = api.get(f"/api/v1/metrics/{code}/", period)
        assert (answer.status_code, answer.json()["whole"]["value"]) == (200, None), code
    by_day = api.get("/api/v1/metrics/sales/", {**period, "by": "day"})
    assert by_day.json()["rows"] == []


def test_figures_of_a_period_to_come_stand_on_nothing() -> None:
    span: dict[str, Any] = {"first": LAST.replace(month=12), "last": LAST.replace(month=12), "at": NOW}

    assert measuring.rows([METRICS["sales"]], by=Cut.DAY, **span) == []
    assert measuring.whole([METRICS["average_order"]], **span).values == {"average_order": None}


def test_days_before_the_earliest_one_are_refused_at_their_field(owner: Client, api: APIClient) -> None:
    period = {"first": "0001-01-01", "last": "0001-01-02"}
    for page in PAGES:
        answer = owner.get(reverse(page), period)
        if "csv" in page:
            assert (answer.status_code, "2000-01-01" in answer.content.decode()) == (400, True), page
        else:
            assert set(answer.context["form"].errors) == {"first", "last"}, page
    for code in ("sales", "reactivation"):
        refused = api.get(f"/api/v1/metrics/{code}/", period)
        assert (refused.status_code, set(refused.json()["details"])) == (400, {"first", "last"}), code


# --- rights ------------------------------------------------------------------------------------------------------------


def of(role: Role) -> Client:
    return a_client(alerting.somebody(role.value, role))


def test_an_analyst_sees_every_figure_by_every_cut_it_knows() -> None:
    may = alerting.somebody("analyst", Role.ANALYST).has_perm

    for one in METRICS.values():
        for cuts in ((), *((cut,) for cut in Cut if measuring.can_cut(one, [cut]))):
            assert measuring.sees(may, one, cuts), (one.code, cuts)


def test_each_role_sees_how_orders_leave_and_who_comes_again_as_far_as_it_works_with_it() -> None:
    rollups = ("parcels", "outcomes", "buying", "return", "customer")
    seen = {role: {one for one in rollups if f"analytics.view_daily{one}" in roles.granted(role)} for role in Role}

    assert seen == {
        Role.OWNER: set(),
        Role.ANALYST: {"parcels", "outcomes", "buying", "return", "customer"},
        Role.MARKETER: {"outcomes", "buying", "return", "customer"},
        Role.VIEWER: {"parcels", "outcomes", "buying", "return"},
        Role.WAREHOUSE: {"parcels", "outcomes"},
        Role.ORDER_CLERK: {"parcels", "outcomes"},
        Role.BUYER: {"parcels", "outcomes"},
    }


def an_incident(metric: str) -> Incident:
    rule = alerting.a_rule(metric=metric, name="감시", kind="THRESHOLD", direction="UP", limit=1, window="DAY")
    told = {
        "value": 98765.0, "why": "above", "slot": {"day": str(LAST)}, "limit": 1.0, "volume": 43210.0, "center": 56789.0,
        "series": [{"day": str(day), "value": 98765.0, "center": 56789.0} for day in (FIRST, LAST)],
    }  # fmt: skip
    found = Incident.objects.create(
        rule=rule, severity="WARNING", opened_at=NOW, seen_at=NOW, value=98765, peak=98765, excess=1.0, evidence=told
    )
    watching.enter(found, "OPENED", at=NOW, details={"value": 98765.0})
    return found


@pytest.mark.parametrize(("role", "sees"), [(Role.WAREHOUSE, False), (Role.BUYER, False), (Role.ANALYST, True)])
def test_of_an_incident_whoever_may_not_see_the_figure_sees_only_that_it_is_there(role: Role, sees: bool) -> None:
    found = an_incident("sales")
    person = alerting.somebody(role.value, role)
    client = a_client(person)

    pages = [
        client.get(reverse("admin:analytics_incident_changelist")),
        client.get(reverse("admin:analytics_incident_change", args=[found.pk])),
    ]
    notice = Notice(incident=found, occasion="OPENED", recipient=person, why="owners", due_at=NOW)
    texts = [*(page.content.decode() for page in pages), mails.mail(notice)[1]]

    for text in texts:
        assert ("98,765" in text) is sees
        assert sees or not any(one in text for one in ("56,789", "43,210"))
        assert "감시" in text or "매출" in text
    tried = client.get(reverse("admin:analytics_alertrule_try", args=[found.rule_id]))
    assert tried.status_code == (200 if sees else 403)
    rule = client.get(reverse("admin:analytics_alertrule_change", args=[found.rule_id]))
    assert bool(rule.context["try_url"]) is sees


def test_a_report_holds_for_each_reader_the_figures_of_their_role() -> None:
    pack = ReportPack.objects.create(name="보고", metrics=["sales", "margin", "ad_spend"], period="DAY", created_at=NOW)
    report = reports.send_now(pack_id=pack.pk, actor=None, at=NOW)
    report.refresh_from_db()
    page = reverse("admin:analytics_report_change", args=[report.pk])
    with translation.override("ko"):
        titles = [str(METRICS[code].title) for code in pack.metrics]

    seen = {role: [one["title"] for one in of(role).get(page).context["figures"]] for role in (Role.ANALYST, Role.VIEWER)}

    assert seen == {Role.ANALYST: titles, Role.VIEWER: titles[:2]}
    nobody = Notice(report=report, occasion="REPORT", recipient=None, why="recipient", due_at=NOW)
    assert not any(title in mails.mail(nobody)[1] for title in titles)
    buyer = Notice(report=report, occasion="REPORT", recipient=alerting.somebody("b", Role.BUYER), why="", due_at=NOW)
    assert not any(f"{title}:" in mails.mail(buyer)[1] for title in (titles[0], titles[2]))


def test_what_advertising_costs_is_for_those_who_see_the_spend() -> None:
    a_small_shop()
    page, file = (reverse(f"admin:analytics_{name}") for name in ("dailyattribution_changelist", "origins_csv"))
    with translation.override("ko"):
        spent = str(METRICS["ad_spend"].title)

    for role, sees in ((Role.VIEWER, False), (Role.ANALYST, True)):
        client = of(role)
        heading = b"".join(client.get(file)).decode("utf-8-sig").splitlines()[0]  # type: ignore[arg-type]
        assert (spent in heading) is sees
        assert len(client.get(page).context["columns"]) == (8 if sees else 5)


def test_the_explorer_tells_beside_the_answer_only_what_the_role_sees() -> None:
    a_small_shop()
    asked = {"metric": "units", "by": "sku", "first": str(FIRST), "last": str(LAST), "against": "before"}

    buyer, analyst = (of(role).get(reverse(PAGES[0]), asked).context for role in (Role.BUYER, Role.ANALYST))

    assert (bool(buyer["heat"]), bool(analyst["heat"])) == (False, True)
    assert len(buyer["table"]["rows"]) == len(analyst["table"]["rows"]) == 1


# --- parts -------------------------------------------------------------------------------------------------------------


def test_a_category_holds_those_below_it_at_every_door(owner: Client, api: APIClient) -> None:
    kitchen = Category.objects.create(name="주방", code="kitchen")
    cups = Category.objects.create(name="컵", code="cups", parent=kitchen)
    mugs = Category.objects.create(name="머그", code="mugs", parent=cups)
    for place, category in enumerate((kitchen, cups, mugs, Category.objects.create(name="그릇", code="bowls"))):
        sold = a_variant(a_product(category), sku=f"SKU-{place}")
        an_order(seoul(str(LAST), "12:00"), Line(sold, 10**place, 1_000))
    rollups.rebuild(first=LAST, last=LAST, actor=None, at=NOW)
    period = {"first": str(LAST), "last": str(LAST)}
    tile = BoardTile(metric="units", form="NUMBER", days=7, category=kitchen)
    rule = alerting.a_rule(metric="units", window="DAY", cut="category", part=str(kitchen.pk))

    (board,) = boards.shown([tile], at=NOW)
    assert board.whole is not None
    told = {
        "explorer": owner.get(reverse(PAGES[0]), {**period, "metric": "units", "category": "kitchen"}).context["tiles"][0][
            "value"
        ],
        "api": api.get("/api/v1/metrics/units/", {**period, "category": "kitchen"}).json()["whole"]["value"],
        "board": str(board.whole.values["units"]),
        "rule": f"{alerts.history(rule, at=NOW, since=timedelta(days=3))[-1].point.value:.0f}",
    }

    assert told == dict.fromkeys(told, "111")


# --- days that nobody has made yet -------------------------------------------------------------------------------------


def test_a_closed_day_whose_purchases_are_not_made_has_no_figure_and_no_door_judges_it(api: APIClient) -> None:
    a_small_shop()
    metric, before = METRICS["new_orders"], LAST - timedelta(days=1)
    rule = alerting.a_rule(metric="new_orders", window="DAY")
    pack = ReportPack.objects.create(name="보고", metrics=["new_orders"], period="DAY", created_at=NOW)

    def told() -> Any:
        shown = measuring.rows([metric], first=before, last=LAST, by=Cut.DAY, at=NOW)
        fresh = api.get("/api/v1/metrics/new_orders/", {"first": str(FIRST), "last": str(LAST)}).json()["freshness"]
        judged = alerts.history(rule, at=NOW, since=timedelta(days=80))[-1].day
        is_made = report_queries.is_made(pack, report_queries.Span(LAST, LAST), at=NOW)
        return [row.values["new_orders"] for row in shown], fresh["live_from"], fresh["missing_days"], judged, is_made

    assert told() == ([1, 0], "2026-11-20", 0, LAST, True)

    PurchaseDay.objects.filter(day=LAST).delete()
    DailyBuying.objects.filter(day=LAST).delete()

    assert told() == ([1, None], str(LAST), 1, before, False)
    assert measuring.rows([METRICS["orders"]], first=LAST, last=LAST, by=Cut.DAY, at=NOW)[0].values["orders"] == 2


def test_an_hour_of_visits_is_judged_once_what_was_told_of_it_is_made() -> None:
    a_small_shop()
    rule = alerting.a_rule(metric="visits", window="HOUR")
    at = seoul(str(LAST), "22:30")

    def judged() -> Any:
        return alerts.history(rule, at=at, since=timedelta(days=80))[-1].hour

    assert judged() == 20
    VisitDay.objects.filter(day=LAST).update(state="DIRTY", rebuilt_at=seoul(str(LAST), "13:10"))
    assert judged() == 12
    VisitDay.objects.filter(day=LAST).update(rebuilt_at=seoul(str(LAST), "22:05"))
    assert judged() == 20


def test_of_the_open_day_nothing_waits_once_it_was_made() -> None:
    a_small_shop()

    assert making.unmade_from(AttributionDay, at=NOW) is None
    assert making.unmade_from(VisitDay, at=NOW) is None
    assert making.unmade_from(PurchaseDay, at=NOW) == NOW.date()
