"""The pages of analytics on a phone, in both languages and by keyboard; the live board holds still while it renews itself."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from analytics.operations import rollups
from config.kernel import clock
from config.kernel.models import User
from tests.analytics.builders import Line, an_order
from tests.builders import a_variant
from tests.e2e.browser import NARROW
from tests.e2e.conftest import Visitor

# What the pages themselves say; names that the shop's rows have may be in any language.
OWN_WORDS = "h1, main h3:not(:has(a)), th, dt, label:not(:has(input)), .small-print, .nothing, .periods"
FOREIGN = {"ko": r"[A-Za-z]{3,}", "en": r"[가-힣]+"}
NAMES = r"CSV|XLSX|PNG|SKU|API|PDF|URL"
WITHOUT_ICONS = """found => found.map(one => {
    const copy = one.cloneNode(true);
    copy.querySelectorAll(".material-symbols-outlined").forEach(icon => icon.remove());
    return copy.textContent;
})"""
MOST_TABS = 80
BOXES = """() => Object.fromEntries([...document.querySelectorAll("#live section, #live .card, #live h3, #live dt")].map(
    (one, number) => [number, Object.values(one.getBoundingClientRect().toJSON())]))"""


def an_owner(name: str) -> User:
    return User.objects.create_user(name, is_staff=True, is_superuser=True)


@pytest.fixture
def sold() -> None:
    now = clock.now()
    cup = a_variant()
    for day in range(1, 9):
        an_order(now - timedelta(days=day), Line(cup, 1, 10_000))
    rollups.rebuild_everything(actor=None, at=now)


def addresses(page: Page) -> list[str]:
    """Every page of analytics that the menu leads to."""
    found: list[str] = page.locator("#nav-sidebar a[href*='/admin/analytics/']").evaluate_all(
        "links => links.map(one => one.getAttribute('href'))"
    )
    return sorted(set(found))


def own_words(page: Page) -> str:
    return " ".join(page.locator(OWN_WORDS).evaluate_all(WITHOUT_ICONS))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_of_analytics_fits_a_phone_and_speaks_its_language(visitor: Visitor, sold: None, language: str) -> None:
    visit = visitor(language=language, viewport=NARROW)
    visit.log_in(an_owner(f"reads-analytics-{language}"))
    visit.open("/admin/")
    paths = addresses(visit.page)
    assert len(paths) >= 25

    found: dict[str, object] = {}
    for path in paths:
        visit.open(path)
        if not visit.fits_its_screen():
            found[path] = "scrolls sideways"
        elif visit.complaints:
            found[path] = list(visit.complaints)
        elif words := re.findall(FOREIGN[language], re.sub(NAMES, "", own_words(visit.page))):
            found[path] = words

    assert found == {}


def test_the_keyboard_reaches_what_a_page_of_figures_is_asked_with(visitor: Visitor, sold: None) -> None:
    visit = visitor(viewport=NARROW)
    visit.log_in(an_owner("asks-by-keyboard"))
    for path in ("hourlysales/", "dailyfunnel/", "dailyvisitpath/", "dailyattribution/", "newcomer/", "hourlysales/metrics/"):
        visit.open(f"/admin/analytics/{path}")
        wanted = [".periods a", ".period [name=first]", ".period button"]
        for _press in range(MOST_TABS):
            visit.page.keyboard.press("Tab")
            if visit.page.evaluate("wanted => document.activeElement.matches(wanted)", wanted[0]):
                wanted.pop(0)
            if not wanted:
                break
        assert wanted == [], path
    visit.page.keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("first="))


def test_the_live_board_tells_what_is_new_and_nothing_moves(visitor: Visitor, sold: None) -> None:
    visit = visitor()
    visit.log_in(an_owner("watches-live"))
    visit.page.clock.install()
    visit.open("/admin/analytics/hourlysales/live/")
    orders = visit.page.locator(".today-facts dd:not(.card-detail)").first
    before, boxes = int(orders.inner_text()), visit.page.evaluate(BOXES)

    an_order(clock.now(), Line(a_variant(), 1, 1_234_567))
    with visit.page.expect_response("**/live/now/"):
        visit.page.clock.run_for(31_000)

    expect(orders).to_have_text(str(before + 1))
    assert visit.page.evaluate(BOXES) == boxes
