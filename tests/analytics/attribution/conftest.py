import pytest

from analytics.models import EventSource
from tests.analytics.events.builders import a_source
from tests.analytics.events.conftest import nothing_kept_from_other_tests

__all__ = ("nothing_kept_from_other_tests",)


@pytest.fixture
def shop_front() -> EventSource:
    return a_source(channel="storefront", origins=["https://shop.example"])
