"""The dashboard and the sales page: who sees what, what the numbers lead to, what they cost, and both languages."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.admin import sales as sales_page
from analytics.admin import tiles
from analytics.definitions import DEFINITIONS
from analytics.models import RollupState
from analytics.operations import rollups
from analytics.words import figures
from config.kernel import clock, exporting
from config.kernel.roles import Role
from tests.analytics.builders import SEOUL, Line, an_order, movements
from tests.builders import a_product, a_promotion, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = pytest.mark.django_db

SALES = "admin:analytics_hourlysales_changelist"
TODAY = "admin:analytics_today"
# A Friday afternoon in Seoul.
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
TILES = {
    "today": "analytics.view_hourlysales",
    "trend": "analytics.view_hourlysales",
    "heat": "analytics.view_hourlysales",
    "sellers": "analytics.view_dailysales",
    "risks": "analytics.view_dailystock",
    "offers": "campaigns.view_promotion",
}


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


def trade(days: int = 40, variants: int = 2) -> None:
    """One order each noon for so many days, today's included, and shelves that empty."""
    cups = [a_variant(a_product(name=f"cup-{number}"), sku=f"SKU-{number}") for number in range(variants)]
    warehouse = a_warehouse(name="w-1")
    for number in range(days):
        noon = NOW.replace(hour=12) - timedelta(days=number)
        an_order(noon, Line(cups[number % variants], 2, 10_000, discount=1_000))
        movements(noon, cups[number % variants], warehouse, ("SHIPMENT", -2))
    for cup in cups:
        cup.levels.create(warehouse=warehouse, on_hand=1)
    a_promotion(NOW, name="promo-1")
    rollups.rebuild_due(at=NOW)


def home(client: Client) -> dict[str, Any]:
    sections = {one["template"]: one["values"] for one in client.get("/admin/").context["sections"]}
    values: dict[str, Any] = sections.get("analytics/home.html", {})
    return values


# --- who sees what -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_tiles_of_its_work(role: Role) -> None:
    trade(days=3)
    user = a_staff_member(f"one-{role.value}", role=role)

    shown = home(a_client(user))

    for tile, permission in TILES.items():
        assert bool(shown.get(tile)) == user.has_perm(permission), tile


def test_takings_are_not_for_the_warehouse_and_the_clerks() -> None:
    trade(days=3)
    for role in (Role.WAREHOUSE, Role.ORDER_CLERK, Role.BUYER):
        client = a_client(a_staff_member(role.value, role=role))
        assert not home(client).get("today")
        if role is not Role.BUYER:
            assert [tally["detail"] for tally in home(client)["tallies"] if tally["detail"]] == []
        assert client.get(reverse(TODAY)).status_code == 403
        assert client.get(reverse(SALES)).status_code == 403
        assert client.get(reverse("admin:analytics_sales_csv")).status_code == 403
        assert client.get(reverse("admin:analytics_definitions")).status_code == 200


def test_the_tile_of_today_sends_who_was_logged_out_to_the_login_page() -> None:
    answer = Client().get(reverse(TODAY))

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (403, "true")


# --- the dashboard -----------------------------------------------------------------------------------------------------


def test_the_dashboard_tells_today_and_what_there_is_to_do(owner: Client) -> None:
    trade()

    shown = home(owner)

    assert (shown["today"]["sales"], shown["today"]["before"]) == ("₩19,000", "₩19,000")
    assert shown["today"]["change"]["text"] == "0%"
    assert [fact["now"] for fact in shown["today"]["facts"]] == ["1", "2", "₩19,000", "₩0", "₩19,000"]
    assert {tally["number"] for tally in shown["tallies"]} >= {"40", "0"}
    assert len(shown["trend"]["chart"]["slots"]) == 90
    assert len(shown["heat"]["chart"]["cells"]) == 168
    assert [row["units"] for row in shown["sellers"][0]["rows"]] == ["8", "6"]
    assert [row["sku"] for row in shown["risks"]["rows"]] == ["SKU-0", "SKU-1"]
    assert [row["name"] for row in shown["offers"]["rows"]] == ["promo-1"]
    assert [shown["fresh"][name] for name in ("dirty_days", "missing_days", "made_at")] == [0, 0, NOW]


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "마감된 날만, 2026-11-19 (목)까지"), ("en", "closed days, up to 2026-11-19 (Thu)")]
)
def test_best_sellers_say_up_to_which_closed_day_they_count(owner: Client, language: str, said: str) -> None:
    trade()
    owner.cookies["django_language"] = language

    assert said in words_of(owner.get(reverse("admin:index")))


@pytest.mark.parametrize(("by", "is_live"), [("sku", False), ("day", True)])
def test_a_table_of_closed_days_does_not_say_that_today_is_live(owner: Client, by: str, is_live: bool) -> None:
    trade()
    owner.cookies["django_language"] = "en"
    said = words_of(owner.get(reverse(SALES), {"first": "2026-11-16", "last": "2026-11-20", "by": by}))

    assert ("today is live" in said, "today comes in after midnight" in said) == (is_live, not is_live)


def test_a_day_that_nobody_made_cuts_nothing_short(owner: Client) -> None:
    trade()
    whole = home(owner)
    # Marked and not made yet; it is read live, and the days after it are as they were.
    RollupState.objects.filter(day=date(2026, 11, 16)).update(state="DIRTY", rebuilt_at=None)

    shown = home(owner)

    for tile in ("trend", "heat", "sellers", "risks"):
        assert shown[tile] == whole[tile], tile


@pytest.mark.parametrize(
    ("language", "made_anew", "missing"),
    [
        ("ko", "1일 치를 다시 집계하는 중입니다", "마감된 날 가운데 2일은 아직 집계되지 않았습니다"),
        ("en", "1 day is being made anew", "2 closed days have no figures yet"),
    ],
)
@pytest.mark.parametrize("page", ["admin:index", SALES])
def test_days_that_nobody_makes_are_not_said_to_be_made(
    owner: Client, language: str, made_anew: str, missing: str, page: str
) -> None:
    trade()
    RollupState.objects.filter(day=date(2026, 11, 16)).update(state="DIRTY")
    RollupState.objects.filter(day__in=[date(2026, 11, 2), date(2026, 11, 3)]).delete()
    owner.cookies["django_language"] = language

    said = words_of(owner.get(reverse(page)))

    assert made_anew in said
    assert missing in said


def test_the_numbers_lead_to_their_rows(owner: Client) -> None:
    trade()
    shown = home(owner)

    links = [
        shown["today"]["url"],
        shown["today"]["before_url"],
        *(fact[url] for fact in shown["today"]["facts"] for url in ("url", "before_url")),
        *(tally["url"] for tally in shown["tallies"]),
        *(shown[tile]["url"] for tile in ("trend", "heat", "risks", "offers")),
        *(row["url"] for tile in ("risks", "offers") for row in shown[tile]["rows"]),
        *(row["level_url"] for row in shown["risks"]["rows"]),
        *(row["uses_url"] for row in shown["offers"]["rows"]),
        *(period["url"] for period in shown["sellers"]),
        *(row["url"] for period in shown["sellers"] for row in period["rows"]),
        shown["fresh"]["dirty_url"],
        shown["fresh"]["missing_url"],
        shown["definitions_url"],
        shown["today_url"],
    ]

    assert [link for link in links if not link] == []
    assert {link: owner.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_promotions_that_find_no_room_are_counted(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trade()
    a_promotion(NOW)
    monkeypatch.setattr(tiles, "OFFERS", 1)

    assert home(owner)["offers"]["more"] == 1
    assert "외 1건" in words_of(owner.get(reverse("admin:index")))


def test_the_dashboard_costs_fifteen_statements_whatever_was_sold(rf: Any) -> None:
    request = rf.get("/admin/")
    request.user = a_staff_member()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert tiles.home(request)
        return len(queries)

    trade(days=10)
    few = cost()
    for number in range(10):
        an_order(NOW - timedelta(days=number, hours=1), *(Line(a_variant(), 3) for _ in range(4)))
        a_promotion(NOW)
    rollups.rebuild_trailing(at=NOW, days=12)

    assert (few, cost()) == (15, 15)


def test_a_new_shop_is_told_what_to_do_first(owner: Client) -> None:
    steps = home(owner)["first_steps"]
    assert [step["done"] for step in steps] == [False] * 5

    a_variant()
    a_warehouse()

    assert [step["done"] for step in home(owner)["first_steps"]] == [True, True, False, False, False]
    assert "first_steps" not in home(a_client(a_staff_member("clerk", role=Role.ORDER_CLERK))) or steps


def test_a_shop_of_one_hour_has_a_dashboard_without_history(owner: Client) -> None:
    an_order(NOW - timedelta(hours=1), Line(a_variant(), 1, 10_000))

    shown = home(owner)

    assert shown["today"]["sales"] == "₩10,000"
    assert shown["today"]["change"]["text"] == ""
    assert shown["risks"]["rows"] == []
    assert shown["fresh"]["made_at"] is None
    assert owner.get(reverse(TODAY)).status_code == 200


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_the_language_of_the_reader(owner: Client, language: str) -> None:
    trade()
    owner.cookies["django_language"] = language
    pages = [
        reverse(TODAY),
        *(f"{reverse(SALES)}?by={by}" for by in ("day", "hour", "channel", "category", "sku")),
        reverse("admin:analytics_definitions"),
        reverse("admin:analytics_rollupstate_changelist"),
        reverse("admin:analytics_rollupstate_change", args=[RollupState.objects.latest("day").pk]),
    ]

    foreign = {}
    for page in pages:
        # What stands around the content is the house's.
        said = a_page_of(words_of(Content(owner.get(page))))
        foreign[page] = foreign_words(said, language)

    assert {page: words for page, words in foreign.items() if words} == {}


@dataclass(frozen=True)
class Content:
    """A page from the place on where its own content begins."""

    page: Any

    @property
    def content(self) -> bytes:
        whole: bytes = self.page.content
        begins = max(whole.find(b'id="content"'), 0)
        return whole[max(whole.rfind(b"<", 0, begins), 0) :]


def a_page_of(said: str) -> str:
    """Without names that read the same in both languages."""
    return re.sub(r"SKU(-\d)?|cup-\d|w-1|promo-1|CSV|찻잔|\bweb\b|VAT", " ", said)


# --- the sales page ----------------------------------------------------------------------------------------------------


def table_of(client: Client, **query: str) -> dict[str, Any]:
    table: dict[str, Any] = client.get(reverse(SALES), query).context["table"]
    return table


def test_the_sales_page_shows_the_last_thirty_days_newest_first(owner: Client) -> None:
    trade()

    table = table_of(owner)

    assert len(table["rows"]) == 30
    assert table["rows"][0]["name"].startswith("2026-11-20")
    assert table["total"][0]["text"] == "30"


@pytest.mark.parametrize(
    ("by", "rows", "units"), [("day", 5, "10"), ("hour", 24, "10"), ("channel", 1, "10"), ("category", 2, "8"), ("sku", 2, "8")]
)
def test_a_period_is_cut_as_asked(owner: Client, by: str, rows: int, units: str) -> None:
    trade()

    table = table_of(owner, first="2026-11-16", last="2026-11-20", by=by)

    assert len(table["rows"]) == rows
    assert units in [cell["text"] for cell in table["total"]]
    assert table["closed_only"] == (by in ("category", "sku"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"first": "2026-11-20", "last": "2026-11-19"}, "last"),
        ({"first": "2020-11-20", "last": "2026-11-19"}, "first"),
        ({"first": "yesterday"}, "first"),
        ({"by": "moon"}, "by"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_at_its_field(owner: Client, query: dict[str, str], field: str) -> None:
    page = owner.get(reverse(SALES), query)

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert "table" not in page.context
    file = owner.get(reverse("admin:analytics_sales_csv"), {"first": "2026-11-01", "last": "2026-11-20", "by": "day"} | query)
    assert file.status_code == 400


def test_the_table_is_downloaded_as_numbers(owner: Client) -> None:
    trade(days=3)
    query = {"first": "2026-11-19", "last": "2026-11-20", "by": "day"}

    file = owner.get(reverse("admin:analytics_sales_csv"), query)

    said = b"".join(file.streaming_content)
    rows = list(csv.reader(io.StringIO(said.decode("utf-8-sig"))))
    assert said.startswith(b"\xef\xbb\xbf")
    assert LogEntry.objects.filter(object_repr="sales-day-20261119-20261120").count() == 1
    assert file["Content-Disposition"] == 'attachment; filename="sales-day-20261119-20261120.csv"'
    assert rows[0][0] == "일자"
    assert [row[0] for row in rows[1:]] == ["2026-11-19 (목)", "2026-11-20 (금)"]
    assert rows[1][1:6] == ["1", "2", "20000", "1000", "19000"]


@pytest.mark.parametrize("by", ["day", "hour", "channel", "category", "sku"])
def test_a_period_without_sales_has_a_page_and_a_file(owner: Client, by: str) -> None:
    period = {"first": "2026-10-01", "last": "2026-10-02", "by": by}

    assert owner.get(reverse(SALES), period).status_code == 200
    assert file_of(owner, **period).status_code == 200


def file_of(client: Client, **query: str) -> Any:
    period = {"first": "2026-11-01", "last": "2026-11-20", "by": "sku"}
    return client.get(reverse("admin:analytics_sales_csv"), period | query)


def test_the_page_shows_the_best_of_many_skus_with_the_total_of_all_and_the_file_has_them_all(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(days=10, variants=5)
    whole = table_of(owner, by="sku")
    assert (len(whole["rows"]), whole["cut"]) == (5, 0)
    monkeypatch.setattr(sales_page, "MOST_ROWS", 3)

    cut = table_of(owner, by="sku")

    assert (len(cut["rows"]), cut["cut"], cut["total"]) == (3, 3, whole["total"])
    assert len(b"".join(file_of(owner).streaming_content).splitlines()) == 6


def test_more_skus_than_a_file_holds_are_refused_and_not_cut(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trade(days=10, variants=3)
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)

    refused = file_of(owner)

    assert (refused.status_code, refused["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "최대 2건" in refused.content.decode()
    assert not LogEntry.objects.exists()


def test_a_name_that_begins_like_a_formula_is_no_formula_in_the_file(owner: Client) -> None:
    an_order(NOW - timedelta(days=1), Line(a_variant(), 1), channel="=cmd|'/c calc'!A0")
    rollups.rebuild_due(at=NOW)

    file = owner.get(reverse("admin:analytics_sales_csv"), {"first": "2026-11-19", "last": "2026-11-20", "by": "channel"})

    said = b"".join(file.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(said)))[1][0] == "'=cmd|'/c calc'!A0"


# --- state of the figures ----------------------------------------------------------------------------------------------


def test_a_day_is_rebuilt_from_its_page(owner: Client) -> None:
    trade(days=3)
    day = RollupState.objects.latest("day")
    rollups.mark(days=[day.pk], at=NOW)

    pressed = owner.post(reverse("admin:analytics_rollupstate_press", args=[day.pk, "rebuild_now"]))

    assert pressed.status_code == 302
    assert RollupState.objects.get(pk=day.pk).state == RollupState.State.CLEAN


def test_an_analyst_looks_at_the_state_and_rebuilds_nothing() -> None:
    trade(days=3)
    client = a_client(a_staff_member("analyst", role=Role.ANALYST))
    day = RollupState.objects.latest("day")

    assert client.get(reverse("admin:analytics_rollupstate_changelist")).status_code == 200
    assert client.post(reverse("admin:analytics_rollupstate_press", args=[day.pk, "rebuild_now"])).status_code == 403


# --- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "korean", "english"),
    [
        (0, "0", "0"),
        (9_000, "9,000", "9K"),
        (1_200_000, "120만", "1.2M"),
        (12_000_000, "1,200만", "12M"),
        (10_000_000, "1,000만", "10M"),
        (350_000_000, "3.5억", "350M"),
        (-20_000, "-2만", "-20K"),
    ],
)
def test_an_axis_counts_as_people_do(amount: int, korean: str, english: str) -> None:
    from decimal import Decimal

    from django.utils.translation import override

    with override("ko"):
        assert figures.brief(Decimal(amount)) == korean
    with override("en"):
        assert figures.brief(Decimal(amount)) == english


def test_a_guess_has_three_digits() -> None:
    from decimal import Decimal

    assert figures.about(Decimal("1234567.8")) == "₩1,230,000"
    assert figures.about(Decimal("98.4")) == "₩98"
    assert figures.about(Decimal(0)) == "₩0"


def test_every_figure_is_defined_once() -> None:
    assert len({one.code for one in DEFINITIONS}) == len(DEFINITIONS)
    assert {"orders", "units", "gross", "discounts", "sales", "returned", "net", "tax", "profit"} <= {
        one.code for one in DEFINITIONS
    }
