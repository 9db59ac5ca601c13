"""Apps add sections to the first page; what a person may not see is left out, and without any the page is as it was."""

from typing import Any

import pytest

from config.kernel.admin import home
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db


def test_sections_stand_in_their_order_and_only_where_they_have_something_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def two(request: Any) -> dict[str, Any]:
        asked.append(request.user)
        return {"first_steps": [{"done": False, "title": "the second", "detail": "", "url": ""}]}

    def one(request: Any) -> dict[str, Any]:
        return {"first_steps": [{"done": True, "title": "the first", "detail": "", "url": ""}]}

    monkeypatch.setattr(home, "_sections", [])
    home.add_section("analytics/home.html", two, order=20)
    home.add_section("analytics/home.html", lambda request: None, order=15)
    home.add_section("analytics/home.html", one, order=10)
    owner = a_staff_member()

    page = a_client(owner).get("/admin/")

    said = text(page)
    assert said.index("the first") < said.index("the second") < said.index('id="state"')
    assert len(page.context["sections"]) == 2
    assert asked == [owner]


def test_without_sections_the_first_page_is_the_state_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_sections", [])

    page = a_client(a_staff_member()).get("/admin/")

    assert page.context["sections"] == []
    assert 'id="state"' in text(page)
