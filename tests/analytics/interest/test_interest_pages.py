"""The pages of funnel, searches, trending products and visits: what they show to whom, and where the numbers lead."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from analytics.admin import paths as pages
from analytics.models import DailyFunnel, Visit
from analytics.operations import trending
from analytics.queries import event_kinds, funnel, paths, searches
from campaigns.models import Customer, Segment, SegmentMembership
from config.kernel import clock
from config.kernel.roles import Role
from tests.analytics.builders import SEOUL
from tests.analytics.events.builders import a_source, an_event
from tests.analytics.events.test_event_pages import content_of
from tests.analytics.visits.builders import made, tell
from tests.builders import a_category, a_customer, a_product, a_stocked_variant
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
FUNNEL = "admin:analytics_dailyfunnel_changelist"
PATHS = "admin:analytics_dailyvisitpath_changelist"
SEARCHES = "admin:analytics_dailysearch_changelist"
TRENDING = "admin:analytics_trendingproduct_changelist"
VISITS = "admin:analytics_visit_changelist"
PAGES = (FUNNEL, PATHS, SEARCHES, TRENDING, VISITS)


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(scope="module", autouse=True)
def _shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Visits of a month: one word is searched for each day, another only today."""
    with django_db_blocker.unblock(), transaction.atomic():
        event_kinds.forget()
        source, category = a_source(at=NOW - timedelta(days=60)), a_category("찻잔")
        a_stocked_variant(product=a_product(category, name="백자 잔"), sku="CUP-1")
        a_customer(external_id="c-1")
        usual = []
        for days in range(29):
            at = NOW - timedelta(days=days, hours=2)
            usual.append(an_event("products_searched", at=at, query="찻잔", results=3))
            usual.append(an_event("product_viewed", at=at, sku="CUP-1"))
        tell(source, *usual, visitor="regular", customer="c-1", at=NOW)
        for number in range(40):
            at = NOW - timedelta(hours=1)
            if number < 9:
                events = [an_event(at=at), an_event("products_searched", at=at, query="트리", results=0)]
            else:
                events = [an_event("product_viewed", at=at, sku="CUP-1", in_stock=number % 3 > 0)]
            if number > 30:
                events += [an_event("checkout_started", at=at), an_event("order_completed", at=at, order=f"T-{number}")]
            tell(source, *events, visitor=f"v-{number}", at=NOW)
        made(NOW)
        trending.rank(at=NOW)
        yield
        transaction.set_rollback(True)
    event_kinds.forget()


@pytest.fixture
def owner() -> Client:
    return a_client(a_staff_member())


def test_the_funnel_shows_how_far_visits_came_and_every_number_leads_to_its_visits(owner: Client) -> None:
    page = text(owner.get(reverse(FUNNEL)))
    stages = funnel.funnel(first=NOW.date() - timedelta(days=29), last=NOW.date())
    assert [stage.reached for stage in stages] == [69, 60, 9, 9, 9, 9]
    assert stages[0].reasons == (("no_result", 9),)
    linked = re.findall(r'href="(/admin/analytics/visit/\?[^"]+)">([\d,]+)<', page)
    assert len(linked) > 8
    for address, number in linked:
        rows = text(owner.get(unescape(address))).count('class="field-started')
        assert rows == min(int(number), 50), address
    slots = [unescape(one) for one in re.findall(r'href="(/admin/analytics/visit/\?[^"]*slot=[^"]+)"', page)]
    counted = re.search(r"(\d+\.\d)%", page)
    assert counted
    assert sum(text(owner.get(one)).count('class="field-started') for one in slots[:3]) > 0


def test_the_ways_of_visits_sum_to_all_of_them_and_each_leads_to_its_own(owner: Client) -> None:
    period: dict[str, Any] = {"first": NOW.date() - timedelta(days=29), "last": NOW.date()}
    found = paths.found(**period)
    told = paths.beginnings(found.ways)
    visits = Visit.objects.filter(day__range=(period["first"], period["last"]))

    assert found.visits == sum(one.visits for one in told) == visits.count()
    assert found.bought == sum(one.bought for one in told) == visits.exclude(ordered_at=None).count() > 0
    for one in told:
        theirs = visits.filter(paths.of_way(one.landing, one.acts, any_end=True))
        assert (theirs.count(), theirs.exclude(ordered_at=None).count()) == (one.visits, one.bought), one
    for one in found.ways:
        assert visits.filter(paths.of_way(one.landing, one.acts)).count() == one.visits, one
    page = text(owner.get(reverse(PATHS)))
    linked = re.findall(r'href="(/admin/analytics/visit/\?[^"]*way=[^"]+)">([\d,]+)<', page)
    assert len(linked) >= len(told[: pages.MOST])
    for address, number in linked:
        assert text(owner.get(unescape(address))).count('class="field-started') == min(int(number), 50), address


def test_the_ways_of_a_segment_are_those_of_its_members(owner: Client) -> None:
    member, (first, last) = Customer.objects.get(external_id="c-1"), (NOW.date() - timedelta(days=9), NOW.date())
    segment = Segment.objects.create(code="regulars", name="단골")
    SegmentMembership.objects.create(segment=segment, customer=member, joined_at=NOW)
    theirs = Visit.objects.filter(customer=member, day__range=(first, last))

    (way,) = paths.found(first=first, last=last, segment=segment.pk).ways
    assert (way.visits, way.acts) == (theirs.count(), ("viewed",)) == (10, ("viewed",))
    page = text(owner.get(reverse(PATHS), {"segment": segment.pk, "channel": "web", "first": first, "last": last}))
    (linked,) = set(re.findall(r'href="(/admin/analytics/visit/\?[^"]*way=[^"]+)"', page))
    assert text(owner.get(unescape(linked))).count('class="field-started') == 10


def test_the_file_of_the_ways_has_them_all(owner: Client) -> None:
    found = paths.found(first=NOW.date() - timedelta(days=29), last=NOW.date())
    answer = owner.get(reverse("admin:analytics_paths_csv"))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert (sum(int(row[2]) for row in rows[1:]), sum(int(row[3]) for row in rows[1:])) == (found.visits, found.bought)
    assert owner.get(reverse("admin:analytics_paths_csv"), {"first": "x"}).status_code == 400


@pytest.mark.parametrize("said", ["|", "/|viewed>viewed", "/|nothing", "no way", "-|", "/products/|ordered>viewed"])
def test_a_way_that_is_none_narrows_nothing_and_breaks_nothing(owner: Client, said: str) -> None:
    assert owner.get(reverse("admin:analytics_visit_changelist"), {"way": said}).status_code == 200


def test_of_a_category_the_visits_that_viewed_it_count(owner: Client) -> None:
    category = DailyFunnel.objects.exclude(category=None).values_list("category_id", flat=True)[0]
    page = text(owner.get(reverse(FUNNEL), {"category": category, "channel": "web"}))
    assert ">60<" in page
    linked = re.findall(r'href="(/admin/analytics/visit/\?[^"]+)">60<', page)
    assert linked
    assert text(owner.get(unescape(linked[0]))).count('class="field-started') == 50
    assert text(owner.get(reverse(FUNNEL), {"channel": "none"})).count("share-bar") == 0


def test_the_file_of_the_funnel_says_what_the_page_says(owner: Client) -> None:
    address = reverse("admin:analytics_funnel_csv")
    period = {"first": "2026-11-01", "last": "2026-11-20"}
    answer = owner.get(address, period)
    told = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(told)))
    assert [row[2] for row in rows[1:] if not row[1]] == ["60", "51", "9", "9", "9", "9"]
    assert owner.get(address, {"first": "2026-11-20", "last": "2026-11-01"}).status_code == 400
    assert b"".join(owner.get(reverse("admin:analytics_searches_csv"), period).streaming_content)  # type: ignore[attr-defined]
    assert owner.get(reverse("admin:analytics_searches_csv"), {"first": "x"}).status_code == 400


def test_what_suddenly_many_search_for_surges(owner: Client) -> None:
    page = text(owner.get(reverse(SEARCHES)))
    window, found = searches.surging_terms(first=NOW.date() - timedelta(days=29), last=NOW.date(), most=9)
    assert [(one.term, one.surge.now) for one in found] == [("트리", 9)]
    assert window.weeks == 3, "what is older than 30 days is not taken in"
    assert page.count("트리") >= 3
    assert searches.top(first=NOW.date(), last=NOW.date(), most=1)[0].visits == 9


def test_who_may_see_them() -> None:
    sees = {}
    for role in Role:
        client = a_client(a_staff_member(f"one-{role.value}", role=role, superuser=False))
        sees[role] = [client.get(reverse(name)).status_code == 200 for name in PAGES]
    everything, counted = [True] * 5, [True, True, True, True, False]
    assert sees[Role.OWNER] == sees[Role.ANALYST] == sees[Role.MARKETER] == everything
    assert sees[Role.BUYER] == sees[Role.VIEWER] == counted
    assert sees[Role.ORDER_CLERK] == sees[Role.WAREHOUSE] == [False] * 5


def test_whoever_may_not_see_visits_is_not_led_there(owner: Client) -> None:
    viewer = a_client(a_staff_member("viewer", role=Role.VIEWER, superuser=False))
    assert "/admin/analytics/visit/" not in text(viewer.get(reverse(FUNNEL))) + text(viewer.get(reverse(PATHS)))
    assert "segment" not in text(viewer.get(reverse(PATHS))).split("<form", 1)[1]


# Names of goods and terms, and what a program reads.
SAME = r"찻잔|백자 잔|트리|CUP-1|SKU|CSV|c-1|\bweb\b|category-\d+"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_they_speak_the_language_of_whoever_looks(owner: Client, language: str) -> None:
    owner.cookies["django_language"] = language
    found = {name: foreign_words(re.sub(SAME, " ", content_of(owner.get(reverse(name)))), language) for name in PAGES}
    assert {name: words for name, words in found.items() if words} == {}
