"""The first page tells how the shop does, on any screen, and keeps itself up to date."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from analytics.operations import rollups
from config.kernel import clock
from config.kernel.models import User
from tests.analytics.builders import Line, an_order
from tests.builders import a_variant
from tests.e2e.browser import SCREENS
from tests.e2e.conftest import Visitor


def an_owner(name: str) -> User:
    return User.objects.create_user(name, is_staff=True, is_superuser=True)


@pytest.fixture
def sold() -> None:
    now = clock.now()
    cup = a_variant()
    for day in range(1, 15):
        an_order(now - timedelta(days=day), Line(cup, 1, 10_000))
    rollups.rebuild_everything(actor=None, at=now)


@pytest.mark.parametrize(("language", "viewport"), SCREENS)
def test_the_dashboard_and_the_sales_page_fit_every_screen(
    visitor: Visitor, sold: None, language: str, viewport: dict[str, int]
) -> None:
    visit = visitor(language=language, viewport=viewport)
    visit.log_in(an_owner(f"reads-figures-{language}-{viewport['width']}"))

    visit.open("/admin/")
    expect(visit.page.locator(".week-cell").first).to_be_attached()
    assert visit.fits_its_screen()
    visit.picture(f"dashboard-{language}-{viewport['width']}")

    visit.page.locator(".today a.big-number").click()
    expect(visit.page.locator("tr.sum")).to_be_visible()
    assert visit.fits_its_screen()


def test_an_order_of_today_shows_within_a_minute_without_a_click(visitor: Visitor, sold: None) -> None:
    visit = visitor()
    visit.log_in(an_owner("watches-today"))
    visit.page.clock.install()
    visit.open("/admin/")
    orders = visit.page.locator(".today-facts dd:not(.card-detail)").first
    before = int(orders.inner_text())

    an_order(clock.now(), Line(a_variant(), 1, 10_000))
    visit.page.clock.run_for(65_000)

    expect(orders).to_have_text(str(before + 1))
