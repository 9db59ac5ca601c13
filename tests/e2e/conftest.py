import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.e2e import browser as kind
from tests.live import Shop

Visitor = Callable[..., kind.Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django would otherwise take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with kind.chromium() as browser:
        yield browser
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.failed
    return report


OUTCOME = pytest.StashKey[bool]()


@pytest.fixture
def visitor(request: pytest.FixtureRequest, chromium: Browser, shop: Shop) -> Iterator[Visitor]:
    """Opens a screen: `visitor(language="en", viewport=NARROW)`. A failing test leaves a picture and the page's source."""
    with ExitStack() as open_visits:
        visits: list[kind.Visit] = []

        def begin(**options: object) -> kind.Visit:
            made = open_visits.enter_context(kind.visit(chromium, shop.url, **options))  # type: ignore[arg-type]
            visits.append(made)
            return made

        yield begin

        failed = request.node.stash.get(OUTCOME, False)
        for number, one in enumerate(visits):
            if failed:
                path = one.picture(f"failed-{request.node.name}-{number}")
                path.with_suffix(".html").write_text(one.page.content())
        complaints = [complaint for one in visits for complaint in one.complaints]
    if not failed:
        assert complaints == []
