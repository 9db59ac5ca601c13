"""Feeds for spreadsheets and reports: the registry's own figures, by token alone, within limits, and never a formula."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from psycopg import sql

from analytics.api import feeds as api
from analytics.metrics import METRICS, Cut
from analytics.operations import attribution, event_figures, purchases, rollups, visits
from analytics.queries import feeds, measuring
from analytics.queries.feeds import Asked
from analytics.reading import VIEWS
from config.kernel import clock
from config.kernel.models import TokenScope
from tests import builders
from tests.analytics.builders import SEOUL, Line, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.config.kernel.pages import a_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
ALL = {"first": "2026-11-01", "last": "2026-11-20"}


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def _sold() -> None:
    cup = builders.a_variant(sku="=CUP", cost=4_000)
    an_order(seoul("2026-11-18", "23:59"), Line(cup, 2, discount=1_000))
    an_order(seoul("2026-11-19", "00:01"), Line(cup, 1), channel="app")
    rollups.rebuild_due(at=NOW)
    an_order(seoul("2026-11-20", "10:00"), Line(cup, 3))


def asked(address: str, params: Any = None, scope: TokenScope.Scope = TokenScope.Scope.FEED, **more: Any) -> Any:
    return Client().get(address, params or {}, headers={"Authorization": f"Token {a_token('sheet', scope)}"}, **more)


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.content
    said = b"".join(answer).decode()
    assert said.startswith("\ufeff")
    return list(csv.reader(io.StringIO(said[1:])))


def of(name: str, **params: str) -> list[list[str]]:
    return table(asked(reverse("feed-csv", args=[name]), ALL | params))


def test_a_metric_is_what_the_pages_say_of_it() -> None:
    first, *rows = of("sales")
    told = measuring.rows([METRICS["sales"]], first=seoul("2026-11-01").date(), last=NOW.date(), by=Cut.DAY, at=NOW)
    assert first == ["day", "sales"]
    assert [[str(one.key), feeds.cell(one.values["sales"])] for one in told] == rows
    assert rows[-3:] == [["2026-11-18", "21000"], ["2026-11-19", "11000"], ["2026-11-20", "33000"]]


def test_it_is_told_apart_and_narrowed_by_public_keys() -> None:
    assert of("orders", by="channel")[1:] == [["app", "1"], ["web", "2"]]
    assert of("orders", by="channel", channel="app")[1:] == [["app", "1"]]
    assert of("units", by="sku")[1:] == [["'=CUP", "3"]]
    assert of("units", by="month", sku="=CUP")[1:] == [["2026-11-01", "3"]]
    assert ["2", "23", "1"] in of("orders", by="slot")
    assert of("margin", by="day", first="2026-11-10", last="2026-11-10")[1:] == [["2026-11-10", ""]]


def test_hours_of_days_stand_in_two_columns() -> None:
    rows = of("orders", by="day_hour", first="2026-11-18", last="2026-11-19")
    assert rows[0] == ["day", "hour", "orders"]
    assert [row for row in rows if row[2] == "1"] == [["2026-11-18", "23", "1"], ["2026-11-19", "0", "1"]]


@pytest.fixture
def visited() -> None:
    """A visit by way of an advertisement that led to an order, and all that is made of it."""
    at = seoul("2026-11-19", "14:00")
    number = an_order(
        at + timedelta(minutes=2), Line(builders.a_variant(sku="SHOE"), 1), customer=builders.a_customer(at)
    ).number
    told(
        a_source(at=at),
        a_batch(
            an_event(at=at, utm_source="naver", utm_medium="cpc", utm_campaign="winter"),
            an_event("product_added", at=at + timedelta(seconds=60), sku="SHOE"),
            an_event("order_completed", at=at + timedelta(seconds=121), order=number),
        ),
        at=at + timedelta(minutes=5),
    )
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    rollups.rebuild_trailing(at=NOW)
    purchases.rebuild_due(at=NOW)
    attribution.rebuild_due(at=NOW)


@pytest.mark.usefixtures("visited")
def test_figures_of_every_unit_stand_in_feeds_and_so_do_those_that_sums_cannot_make() -> None:
    day = {"first": "2026-11-19", "last": "2026-11-19"}
    assert of("visits", **day)[1:] == [["2026-11-19", "1"]]
    assert of("conversion", **day)[1:] == [["2026-11-19", "1"]]
    assert of("new_sales", by="channel", **day)[1:] == [["app", "0"], ["web", "11000"]]
    assert of("daily_visitors", **day)[1:] == [["2026-11-19", "1"]]
    assert of("click_to_order_median", by="grouping", **day)[1:] == [["paid_search", "120"]]
    assert of("attributed_net_last", by="campaign", grouping="paid_search", **day)[1:] == [
        ["paid_search/naver/winter", "11000"]
    ]
    assert [row[0] for row in of("lead_time_median", by="channel", **day)[1:]] == ["web"]
    address = reverse("odata-set", args=["metrics_daily"])
    daily = asked(address, day).json()["value"]
    assert asked(address, day | {"$select": "day,visits"}).json()["value"] == [{"day": "2026-11-19", "visits": 1}]
    assert asked(address, day | {"$select": "day"}).json()["value"] == [{"day": "2026-11-19"}]
    assert asked(address, day | {"$select": "day,phone"}).status_code == 422
    assert [(one["visits"], one["daily_visitors"], one["conversion"], one["click_to_order_median"]) for one in daily] == [
        (1, 1, 1, 120)
    ]


def test_a_view_is_read_by_days() -> None:
    rows = of("view_orders", first="2026-11-19", last="2026-11-19")
    assert rows[0][:3] == ["number", "channel", "state"]
    assert [row[1] for row in rows[1:]] == ["app"]
    assert [row[1] for row in of("view_order_lines", first="2026-11-18", last="2026-11-18")[1:]] == ["1"]
    assert of("view_products")[1][0] == "'=CUP"


def test_the_header_says_how_fresh_it_is() -> None:
    answer = asked(reverse("feed-csv", args=["orders"]), ALL)
    assert answer["Feed-Made-At"] == NOW.isoformat()
    assert answer["Feed-Final-Until"] == "2026-11-19"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "params", "status", "field"),
    [
        ("nothing", {}, 404, "name"),
        ("view_customers_personal", {}, 404, "name"),
        ("view_orders_personal", {}, 404, "name"),
        ("sales", {"first": "yesterday"}, 400, "first"),
        ("sales", {"first": "2026-11-21", "last": "2026-11-20"}, 400, "last"),
        ("sales", {"first": "2020-01-01"}, 400, "first"),
        ("sales", {"last": "0001-01-05"}, 400, "last"),
        ("sales", {"first": "0001-01-01", "last": "0001-01-05"}, 400, "first"),
        ("view_orders", {"first": "9999-12-31", "last": "9999-12-31"}, 400, "first"),
        ("sales", {"by": "moon"}, 400, "by"),
        ("sales", {"by": "warehouse"}, 422, "cuts"),
        ("sales", {"sku": "no-such"}, 400, "sku"),
        ("sales", {"sku": "a\0b"}, 400, "sku"),
        ("sales", {"channel": "a\0b"}, 400, "channel"),
        ("sales", {"channel": "moon"}, 400, "channel"),
        ("sales", {"chanel": "web"}, 400, "chanel"),
        ("view_orders", {"channel": "web"}, 400, "channel"),
        ("view_orders", {"by": "day"}, 400, "by"),
    ],
)
def test_what_does_not_fit_is_named(name: str, params: dict[str, str], status: int, field: str) -> None:
    answer = asked(reverse("feed-csv", args=[name]), params)
    assert (answer.status_code, field in answer.json()["details"]) == (status, True)


def test_what_two_columns_tell_stands_in_two() -> None:
    first, *rows = of("orders", by="day_hour", first="2026-11-18", last="2026-11-19")
    assert first == ["day", "hour", "orders"]
    assert [row for row in rows if row[2] != "0"] == [["2026-11-18", "23", "1"], ["2026-11-19", "0", "1"]]
    assert of("orders", by="slot")[0] == ["weekday", "hour", "orders"]


def test_a_category_holds_those_below_it_as_everywhere() -> None:
    above = builders.a_category("above")
    below = builders.a_category("below", parent=above)
    plate = builders.a_variant(sku="PLATE", product=builders.a_product(category=below))
    an_order(seoul("2026-11-15", "12:00"), Line(plate, 2))
    rollups.rebuild_trailing(at=NOW)
    assert of("units", by="month", category=above.code)[1:] == [["2026-11-01", "2"]]
    assert of("units", by="month", category=below.code)[1:] == [["2026-11-01", "2"]]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("orders", "placed_at"), ("order_lines", "placed_at"), ("returns", "accepted_at"),
        ("stock_movements", "occurred_at"), ("visits", "day"), ("events_hourly", "hour"),
    ],
)  # fmt: skip
def test_days_and_pages_are_found_by_an_index(name: str, column: str) -> None:
    view = next(one for one in VIEWS if one.name == name)
    span = Asked(NOW.date(), NOW.date(), top=10)
    values = {"placed_at": NOW, "accepted_at": NOW, "occurred_at": NOW, "started_at": NOW, "hour": NOW, "day": NOW.date()}
    kinds = {one.name: one.kind for one in feeds.view_columns(name)}
    row = [values.get(one.name, 7 if kinds[one.name] == "number" else "x") for one in view.columns]
    for asked_for in (span, replace(span, after=feeds._after(view, row))):
        query, params = feeds.page_query(view, asked_for, 11)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(sql.SQL("EXPLAIN {}").format(query), params)
            plan = [line for (line,) in cursor.fetchall()]
        assert any("Index Cond" in line and f"{column} >" in line for line in plan), "\n".join(plan)


def test_more_rows_than_a_sheet_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_ROWS", 2)
    assert asked(reverse("feed-csv", args=["view_orders"]), ALL).json()["code"] == "feed_refused"
    assert asked(reverse("feed-csv", args=["sales"]), ALL).json()["details"] == {"first": ["too_many_rows"]}


def test_its_own_scope_opens_feeds_and_nothing_else() -> None:
    address = reverse("feed-csv", args=["sales"])
    for scope, status in (("FEED", 200), ("READ_ONLY", 200), ("INTEGRATION", 200), ("STOREFRONT", 403)):
        assert asked(address, scope=TokenScope.Scope(scope)).status_code == status
    assert Client().get(address).status_code == 401
    assert Client().get(address, {"token": a_token("sheet", TokenScope.Scope.FEED)}).status_code == 401


def addresses(patterns: Any, before: str = "/") -> Iterator[tuple[str, Any]]:
    """Every address of the API with something in the place of each part that varies."""
    for one in patterns:
        said = before + re.sub(r"<(?:(\w+):)?\w+>", lambda part: "1" if part[1] == "int" else "x", str(one.pattern))
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, said)
        elif said.startswith("/api/v1/") and hasattr(one.callback, "cls"):
            yield said, one.callback.cls


def test_a_token_for_feeds_opens_no_other_address_of_the_api() -> None:
    headers = {"Authorization": f"Token {a_token('sheet', TokenScope.Scope.FEED)}"}
    seen = set()
    for address, view in addresses(get_resolver().url_patterns):
        if address.startswith(("/api/v1/feeds", "/api/v1/odata")):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                answer = Client().generic(method.upper(), address, headers=headers)
                seen.add((method, address, answer.status_code))
    assert len(seen) > 40
    # What the API is, and what the token itself is, may be known by whoever holds one.
    of_itself = {"/api/v1/token/", "/api/v1/docs/", "/api/v1/schema/"}
    assert {one[:2] for one in seen if one[2] != 403} == {("get", address) for address in of_itself}


def test_a_token_asks_so_often_and_is_told_when_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "A_MINUTE", 1)
    headers = {"Authorization": f"Token {a_token('sheet', TokenScope.Scope.FEED)}"}
    answers = [Client().get(reverse("feeds"), headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429]
    assert answers[1]["Retry-After"]


def test_the_list_of_feeds_leads_to_each_of_them() -> None:
    told = asked(reverse("feeds")).json()
    assert {one["name"] for one in told["feeds"]} >= {*METRICS, "view_orders", "view_stock"}
    assert not any("personal" in one["name"] for one in told["feeds"])
    assert all(one["about"] and one["csv"].endswith(f"/{one['name']}.csv") for one in told["feeds"])


def test_a_program_may_ask_for_the_form_it_gets() -> None:
    answer = asked(reverse("feed-csv", args=["sales"]), ALL, HTTP_ACCEPT="text/csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert asked(reverse("odata-metadata"), HTTP_ACCEPT="application/xml").status_code == 200


# --- OData -------------------------------------------------------------------------------------------------------------


def test_odata_tells_its_tables_and_their_columns() -> None:
    service = asked(reverse("odata")).json()
    names = [one["url"] for one in service["value"]]
    assert names[0] == "metrics_daily"
    answer = asked(reverse("odata-metadata"))
    assert (answer["OData-Version"], answer["Content-Type"]) == ("4.0", "application/xml; charset=utf-8")
    schema = ElementTree.fromstring(answer.content)  # noqa: S314  of our own making
    found = schema.findall(".//{http://docs.oasis-open.org/odata/ns/edm}EntitySet")
    assert [one.get("Name") for one in found] == names
    assert "customers_personal" not in names


def test_odata_gives_pages_that_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    address = reverse("odata-set", args=["orders"])
    first = asked(address, ALL | {"$select": "channel,total"}).json()
    assert [set(one) for one in first["value"]] == [{"channel", "total"}] * 2
    second = asked(first["@odata.nextLink"]).json()
    assert "@odata.nextLink" not in second
    totals = [one["total"] for one in first["value"] + second["value"]]
    assert sum(totals) == Decimal(24_000 - 2_000 + 14_000 + 36_000 + 2_000)


def test_odata_pages_are_of_the_same_days_whatever_day_it_is_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    for name, rows in (("orders", 3), ("metrics_daily", 28)):
        answer = asked(reverse("odata-set", args=[name]), {"$skip": "0"}).json()
        found = answer["value"]
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
        while "@odata.nextLink" in answer:
            assert "last=2026-11-20" in answer["@odata.nextLink"]
            answer = asked(answer["@odata.nextLink"]).json()
            found += answer["value"]
        monkeypatch.setattr(clock, "now", lambda: NOW)
        key = "number" if name == "orders" else "day"
        assert len({one[key] for one in found}) == len(found) == rows


def test_odata_loses_no_visit_whose_day_is_made_anew_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    source = a_source()
    for number in range(5):
        at = seoul("2026-11-19", f"1{number % 2}:00")
        told(source, a_batch(an_event(at=at), visitor=f"browser-{number}"), at=at)
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    answer = asked(reverse("odata-set", args=["visits"]), ALL).json()
    found = answer["value"]
    while "@odata.nextLink" in answer:
        visits.rebuild_days(first=None, last=None, at=NOW)
        answer = asked(answer["@odata.nextLink"]).json()
        found += answer["value"]
    assert len({one["visitor"] for one in found}) == len(found) == 5


@pytest.mark.parametrize("top", [1, 2, 3, 4])
def test_odata_gives_as_many_as_were_asked_for(monkeypatch: pytest.MonkeyPatch, top: int) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    answer = asked(reverse("odata-set", args=["orders"]), ALL | {"$top": str(top)}).json()
    found = answer["value"]
    while "@odata.nextLink" in answer:
        answer = asked(answer["@odata.nextLink"]).json()
        found += answer["value"]
    assert len(found) == min(top, 3)


def test_odata_tells_every_metric_by_day() -> None:
    rows = asked(reverse("odata-set", args=["metrics_daily"]), ALL).json()["value"]
    assert [row["sales"] for row in rows[-3:]] == [21_000, 11_000, 33_000]
    assert len(rows) == 20
    assert asked(reverse("odata-set", args=["metrics_daily"]), ALL | {"$skip": "18"}).json()["value"] == rows[18:]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"$filter": "total gt 1"}, 501),
        ({"$format": "xml"}, 501),
        ({"$format": "application/json;odata.metadata=minimal"}, 200),
        ({"$top": "-1"}, 422),
        ({"$skip": "x"}, 422),
        ({"$select": "phone"}, 422),
        ({"last": "0001-01-05"}, 400),
        ({"$skiptoken": "x"}, 422),
        ({"$skiptoken": "가"}, 422),
        ({"$skiptoken": base64.urlsafe_b64encode(b'["2026-11-19T00:00:00+09:00", 1]').decode()}, 422),
        ({"$skiptoken": base64.urlsafe_b64encode(b'["2026-11-19T00:00:00+09:00", "a\\u0000"]').decode()}, 422),
        ({"$skiptoken": base64.urlsafe_b64encode(b'["2026-11-19", "1"]').decode()}, 422),
    ],
)
def test_odata_refuses_what_it_cannot_do(params: dict[str, str], status: int) -> None:
    assert asked(reverse("odata-set", args=["orders"]), params).status_code == status


@pytest.mark.parametrize("form", ["text/csv", "application/xml", "*/*"])
def test_whatever_form_was_asked_for_a_refusal_is_json_and_says_so(form: str) -> None:
    for address, status in (("feeds/sales.csv", 400), ("odata/nothing", 400), ("feeds/", 200)):
        answer = asked(f"/api/v1/{address}", {"first": "yesterday"}, HTTP_ACCEPT=form)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), address
        answer.json()
