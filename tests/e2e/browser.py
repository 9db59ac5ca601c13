"""A kind browser for journeys: logs in by cookie, hears errors of scripts and of the content policy, leaves pictures behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.kernel.models import User
from config.local import browser as installed

ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "test-artifacts"
# Without these Chromium speaks to hosts of its maker, or needs rights that a container lacks.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
# A desk in Korean, where staff sit, and a phone in English show each language and each width; `make prove` looks at the
# other two as well.
SCREENS = [
    pytest.param("ko", WIDE, id="wide-ko"),
    pytest.param("en", NARROW, id="narrow-en"),
    pytest.param("ko", NARROW, id="narrow-ko", marks=pytest.mark.prove),
    pytest.param("en", WIDE, id="wide-en", marks=pytest.mark.prove),
]
LANGUAGES = ["ko", pytest.param("en", marks=pytest.mark.prove)]


@contextmanager
def chromium() -> Iterator[Browser]:
    path = installed.found()
    if path is None:
        pytest.fail("No Chromium: `make browser` finds or installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One person at one screen. `complaints` holds script errors and policy violations heard so far."""

    url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def log_in(self, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "config.kernel.accounts.StaffBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": self.url}])

    def open(self, path: str) -> None:
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        assert answer.status == 200, f"{path} answered {answer.status}"

    def picture(self, name: str) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def fits_its_screen(self) -> bool:
        """Whether the page needs no sideways scrolling."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))


@contextmanager
def visit(browser: Browser, url: str, *, language: str = "ko", viewport: dict[str, int] | None = None) -> Iterator[Visit]:
    context = browser.new_context(locale=language, timezone_id="Asia/Seoul", viewport=viewport or WIDE)
    context.set_default_timeout(10_000)
    page = context.new_page()
    made = Visit(url, context, page)
    page.on("pageerror", lambda error: made.complaints.append(f"script: {error}"))
    page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
    try:
        yield made
    finally:
        context.close()
