"""Where customers come from and what it cost, as staff and other systems see it: the page, the files, the API."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from analytics.models import AdSpend, EventSource, SpendImport
from analytics.operations import spend
from analytics.operations.spend import SpendRefused
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from config.kernel.roles import Role
from tests.analytics.attribution.builders import MAIL, PAID, POST, a_visit, made
from tests.analytics.builders import Line, an_order, seoul
from tests.builders import a_customer, a_variant
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db

PAGE = "admin:analytics_dailyattribution_changelist"
IMPORT = "admin:analytics_adspend_import"
HEADING = "day,source,medium,campaign,impressions,clicks,cost"
NOON = seoul("2026-11-20")


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def taken(*lines: str, is_dry_run: bool = False) -> spend.Taken:
    content = "\n".join((HEADING, *lines)).encode()
    return spend.take_file(content=content, name="spend.csv", is_dry_run=is_dry_run, actor=None, at=NOON)


@pytest.fixture
def a_week(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    a_visit(shop_front, NOON - timedelta(days=2), customer="c-1", **POST)
    order = an_order(NOON - timedelta(days=1), Line(a_variant(), 1, 30_000), channel="storefront", customer=customer)
    a_visit(shop_front, NOON - timedelta(days=1, minutes=5), customer="c-1", order=order.number, **PAID)
    a_visit(shop_front, NOON - timedelta(days=1, minutes=50), "other", **MAIL)
    made(NOON)
    taken("2026-11-19,naver,cpc,brand,900,30,12000", "2026-11-18,google,cpc,cups,500,10,4000")


@pytest.mark.usefixtures("a_week", "noon")
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_tells_origins_campaigns_models_and_paths(language: str) -> None:
    client = a_client(a_staff_member())
    page = client.get(reverse(PAGE), headers={"accept-language": language})
    shown = text(page)
    assert "naver · brand" in shown
    # 30,000 of sales for 12,000 of spend
    assert "250%" in shown
    assert shown.count("30,000") > 4
    if language == "ko":
        said = re.sub(r"CSV|naver|brand|google|cups|newsletter|weekly|instagram", " ", words_of(page))
        assert foreign_words(said, language) == []
    for model in ("first", "position", "linear"):
        assert client.get(reverse(PAGE), {"model": model}).status_code == 200
    of_channel = text(client.get(reverse(PAGE), {"channel": "storefront"}))
    assert "12,000" not in of_channel
    refused = client.get(reverse(PAGE), {"first": "2026-11-20", "last": "2026-11-01"})
    assert refused.status_code == 200
    assert "30,000" not in text(refused)


@pytest.mark.usefixtures("a_week", "noon")
def test_figures_lead_to_the_orders_and_the_spend_behind_them() -> None:
    client = a_client(a_staff_member())
    shown = text(client.get(reverse(PAGE))).replace("&amp;", "&")
    for name in ("analytics_ordertouch", "analytics_adspend"):
        links = [
            part.split('"')[0]
            for part in shown.split('href="')
            if reverse(f"admin:{name}_changelist") + "?" in part.split('"')[0]
        ]
        assert links
        for link in links:
            answer = client.get(link)
            assert answer.status_code == 200
            assert answer.context["cl"].result_count > 0, link


@pytest.mark.usefixtures("a_week", "noon")
def test_the_file_holds_every_campaign() -> None:
    client = a_client(a_staff_member())
    rows = b"".join(client.get(reverse("admin:analytics_origins_csv"), {
        "first": "2026-11-01", "last": "2026-11-20", "model": "last", "channel": "",
    }, headers={"accept-language": "en"})).decode().splitlines()  # fmt: skip
    assert rows[1] == "paid search,naver,brand,1,1,30000,1,0,12000,12000,2.5"
    assert len(rows) == 5
    assert client.get(reverse("admin:analytics_origins_csv"), {"model": "x"}).status_code == 400


def test_who_may_see_and_import() -> None:
    for role, sees, imports in ((Role.MARKETER, 200, 200), (Role.ANALYST, 200, 403), (Role.WAREHOUSE, 403, 403)):
        client = a_client(a_staff_member(role.value, role=role))
        assert client.get(reverse(PAGE)).status_code == sees
        assert client.get(reverse(IMPORT)).status_code == imports
        assert client.get(reverse("admin:analytics_adspend_template")).status_code == imports


def sent(client: Client, content: str, **more: str) -> Any:
    upload = SimpleUploadedFile("광고비.csv", content.encode())
    return client.post(reverse(IMPORT), {"upload": upload, **more}, headers={"accept-language": "en"})


@pytest.mark.usefixtures("noon")
def test_a_file_is_checked_then_taken_in_once() -> None:
    client = a_client(a_staff_member())
    good = f"{HEADING}\n2026-11-19,naver,cpc,brand,900,30,12000\n"
    assert "1 rows are new" in text(sent(client, good, is_dry_run="on"))
    assert not AdSpend.objects.exists()
    assert sent(client, good, slip="a-slip").status_code == 302
    assert sent(client, good, slip="a-slip").status_code == 302
    (run,) = SpendImport.objects.all()
    assert (run.added, run.name, int(run.cost)) == (1, "광고비.csv", 12_000)
    wrong = text(sent(client, f"{HEADING}\n2026-11-19,naver,cpc,a,1,1,x\n2027-01-01,naver,cpc,b,1,1,1\n"))
    assert "This is no amount" in wrong
    assert "This day lies in the future." in wrong
    assert AdSpend.objects.count() == 1


def test_the_same_rows_again_change_nothing_and_later_ones_replace() -> None:
    rows = ("2026-11-19,naver,cpc,brand,900,30,12000", "2026-11-19,google,cpc,cups,500,10,4000")
    assert (taken(*rows).added, taken(*rows).unchanged) == (2, 2)
    again = taken("2026-11-19,네이버,cpc,Brand,950,31,12500", rows[1])
    assert (again.added, again.changed, again.unchanged) == (0, 1, 1)
    assert AdSpend.objects.get(source="naver").told_by == again.run
    with pytest.raises(SpendRefused) as refused:
        taken("2026-11-18,naver,cpc,brand,1,1,1", "2026-11-18,naver,cpc,brand,1,1,nothing")
    assert refused.value.details["mistakes"] == [{"row": 3, "column": "cost", "problem": "not_money", "value": "nothing"}]
    assert not AdSpend.objects.filter(day=date(2026, 11, 18)).exists()


def caller(scope: TokenScope.Scope) -> APIClient:
    token = tokens.issue(account=f"ads-{scope}", scopes=[scope], actor=None, at=clock.now())
    return APIClient(HTTP_AUTHORIZATION=f"Token {token}")


def test_platforms_tell_their_spend_over_http() -> None:
    row = {
        "day": "2026-01-19",
        "source": "naver",
        "medium": "cpc",
        "campaign": "brand",
        "impressions": 9,
        "clicks": 3,
        "cost": "1200",
    }
    api = caller(TokenScope.Scope.INTEGRATION)
    for told in ({"added": 1, "changed": 0, "unchanged": 0}, {"added": 0, "changed": 0, "unchanged": 1}):
        answer = api.put("/api/v1/spend/", {"rows": [row]}, format="json")
        assert (answer.status_code, answer.json()) == (200, told)
    (listed,) = caller(TokenScope.Scope.READ_ONLY).get("/api/v1/spend/?day_from=2026-01-19").json()["results"]
    assert listed == row | {"grouping": "paid_search"}
    twice = api.put("/api/v1/spend/", {"rows": [row, row]}, format="json")
    assert (twice.status_code, twice.json()["code"]) == (422, "spend_refused")
    assert twice.json()["details"]["mistakes"][0]["row"] == 2
    odd = api.put("/api/v1/spend/", {"rows": [row | {"cost": 5, "click": 1}]}, format="json")
    assert (odd.status_code, odd.json()["code"]) == (400, "invalid_input")
    assert caller(TokenScope.Scope.STOREFRONT).put("/api/v1/spend/", {"rows": [row]}, format="json").status_code == 403
    assert caller(TokenScope.Scope.READ_ONLY).put("/api/v1/spend/", {"rows": [row]}, format="json").status_code == 403
