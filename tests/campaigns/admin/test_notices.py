"""The first page tells those who see promotions what has just started or ended."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Promotion
from campaigns.queries import promotions
from config.kernel import clock
from config.kernel.roles import Role
from tests.builders import AT, a_promotion
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)


def told(client: Client) -> list[tuple[str, str]]:
    sections = {one["template"]: one["values"] for one in client.get("/admin/").context["sections"]}
    values: dict[str, Any] = sections.get("admin/campaigns/_notices.html", {"rows": []})
    return [(row["name"], row["what"]) for row in values["rows"]]


def three_kinds() -> None:
    a_promotion(name="어제 시작", starts_at=AT - 20 * HOUR)
    a_promotion(name="방금 끝", starts_at=AT - 30 * DAY, ends_at=AT)
    a_promotion(name="오늘 밤 반짝", starts_at=AT + 2 * HOUR, ends_at=AT + 5 * HOUR)


def test_what_started_and_ended_within_a_day_is_told_the_latest_first() -> None:
    three_kinds()
    a_promotion(name="오래", starts_at=AT - DAY, ends_at=AT + 2 * DAY)
    a_promotion(name="꺼짐", starts_at=AT - HOUR, is_enabled=False)

    owner = a_client(a_staff_member())

    assert told(owner) == [("방금 끝", "종료됨"), ("어제 시작", "시작됨")]
    assert "방금 시작하거나 끝난 프로모션" in text(owner.get("/admin/"))


@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_what_is_used_up_has_not_started_but_has_ended_when_it_has() -> None:
    a_promotion(name="다 씀", starts_at=AT - 2 * HOUR, usage_limit=1, used=1)
    a_promotion(name="예산 다 씀", starts_at=AT - 2 * HOUR, ends_at=AT - HOUR, budget=10, spent=10)

    assert told(a_client(a_staff_member())) == [("예산 다 씀", "종료됨")]


def test_a_day_without_news_says_nothing() -> None:
    a_promotion(name="오래", starts_at=AT - 5 * DAY)

    assert "방금 시작하거나 끝난 프로모션" not in text(a_client(a_staff_member()).get("/admin/"))


@pytest.mark.parametrize("role", list(Role))
def test_only_roles_that_see_promotions_are_told(role: Role) -> None:
    three_kinds()
    somebody = a_staff_member("somebody", role=role, superuser=False)

    assert bool(told(a_client(somebody))) == somebody.has_perm("campaigns.view_promotion")


def test_of_many_those_nearest_to_now_are_told() -> None:
    for hours in (20, 1, 10, 3):
        a_promotion(name=f"{hours}시간 전", starts_at=AT - hours * HOUR)

    assert [one.promotion.name for one in promotions.notices(at=AT, most=2)] == ["1시간 전", "3시간 전"]
    assert Promotion.objects.count() == 4
