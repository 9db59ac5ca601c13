"""Metrics over HTTP: what there is, the figures, who may ask, and what is refused at which field."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics.api import metric_shapes
from analytics.metrics import METRICS
from analytics.operations import rollups
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from inventory.models import Category
from tests.analytics.builders import Line, an_order, seoul
from tests.builders import a_product, a_variant

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-20", "15:00")
PERIOD = {"first": "2026-11-18", "last": "2026-11-20"}


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def a_client(*scopes: str) -> APIClient:
    token = tokens.issue(
        account="figures", scopes=[TokenScope.Scope(one) for one in scopes or ("READ_ONLY",)], actor=None, at=NOW
    )
    return APIClient(HTTP_AUTHORIZATION=f"Token {token}", HTTP_ACCEPT_LANGUAGE="en")


def sold() -> None:
    top = Category.objects.create(name="kitchen", code="kitchen")
    cups = Category.objects.create(name="cups", code="cups", parent=top)
    bowls = Category.objects.create(name="bowls", code="bowls")
    cup, bowl = a_variant(a_product(cups), sku="CUP-1"), a_variant(a_product(bowls), sku="BOWL-1")
    for days in range(3):
        noon = NOW.replace(hour=12) - timedelta(days=days)
        an_order(noon, Line(cup, 1, 10_000), channel="web")
        an_order(noon, Line(bowl, 2, 5_000, discount=1_000), channel="app")
    rollups.rebuild_due(at=NOW)


def figures(code: str, client: APIClient | None = None, **query: str) -> Any:
    return (client or a_client()).get(f"/api/v1/metrics/{code}/", PERIOD | query)


def test_every_metric_is_listed_with_its_definition_in_the_callers_language() -> None:
    client = a_client()

    english = client.get("/api/v1/metrics/").json()
    korean = client.get("/api/v1/metrics/", HTTP_ACCEPT_LANGUAGE="ko").json()

    assert [one["code"] for one in english] == list(METRICS)
    told = {one["code"]: one for one in english}
    assert (told["sales"]["title"], told["sales"]["currency"], told["orders"]["currency"]) == ("Sales", "KRW", None)
    assert told["sales"]["formula"] == "gross - discounts"
    assert "channel" in told["sales"]["cuts"]
    assert {one["code"]: one for one in korean}["sales"]["title"] == "매출"


def test_a_figure_is_told_whole_and_by_day_with_money_as_text() -> None:
    sold()

    answer = figures("sales", by="day").json()

    assert answer["whole"] == {"key": None, "title": "", "value": "57000"}
    assert [(row["key"], row["value"]) for row in answer["rows"]] == [
        ("2026-11-18", "19000"),
        ("2026-11-19", "19000"),
        ("2026-11-20", "19000"),
    ]
    assert answer["freshness"]["holds_open_day"] is True
    assert answer["freshness"]["live_from"] == "2026-11-20"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ({"channel": "web"}, "30000"),
        ({"sku": "BOWL-1"}, "18000"),
        ({"category": "bowls"}, "18000"),
        ({"category": "kitchen"}, "20000"),
    ],
)
def test_a_figure_of_a_part_is_named_by_public_codes_and_a_category_holds_those_below(
    query: dict[str, str], value: str
) -> None:
    sold()

    answer = figures("sales", **query).json()

    # By SKU and category closed days only are known, of which there are two.
    assert answer["whole"]["value"] == value
    assert answer["freshness"]["holds_open_day"] == ("channel" in query)


def test_rows_of_the_shop_are_told_by_code_and_title() -> None:
    sold()

    answer = figures("units", by="sku").json()

    assert {row["key"]: row["value"] for row in answer["rows"]} == {"CUP-1": "2", "BOWL-1": "4"}
    assert all(row["title"].startswith(row["key"]) for row in answer["rows"])
    assert {row["key"] for row in figures("profit", by="category").json()["rows"]} == {"cups", "bowls"}
    assert [row["value"] for row in figures("average_order", by="hour").json()["rows"]][11:13] == [None, "9500"]
    assert len(figures("orders", by="slot").json()["rows"]) == 168


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"first": "yesterday"}, "first"),
        ({"first": ""}, "first"),
        ({"last": "2026-11-01"}, "last"),
        ({"first": "2020-01-01"}, "first"),
        ({"by": "moon"}, "by"),
        ({"channel": "moon"}, "channel"),
        ({"category": "moon"}, "category"),
        ({"warehouse": "moon"}, "warehouse"),
        ({"segment": "moon"}, "segment"),
        ({"sku": "\0"}, "sku"),
        ({"chanel": "web"}, "chanel"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_at_its_field(query: dict[str, str], field: str) -> None:
    answer = figures("sales", **query)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]


def test_a_cut_that_is_not_kept_and_too_many_rows_are_refused_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    sold()
    assert (figures("orders", by="warehouse").status_code, figures("orders", by="warehouse").json()["code"]) == (
        422,
        "cut_refused",
    )

    monkeypatch.setattr(metric_shapes, "MOST_ROWS", 1)
    assert figures("units", by="sku").json()["code"] == "too_many_rows"


def test_figures_are_for_tokens_that_read_the_shop() -> None:
    assert figures("sales", APIClient()).status_code == 401
    assert figures("sales", a_client("STOREFRONT")).status_code == 403
    assert figures("sales", a_client("INTEGRATION")).status_code == 200
    assert figures("moon").status_code == 404
