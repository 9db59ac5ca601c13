"""Every door to the figures, pages, files, the API, boards, rules, asks alike: bad input, rights, parts, days not made yet."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from analytics.metrics import METRICS, Cut
from analytics.queries import measuring
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from tests.analytics.metrics.world import LAST, NOW
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
