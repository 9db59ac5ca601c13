import pytest

from analytics.api import admission
from analytics.queries import event_kinds


@pytest.fixture(autouse=True)
def nothing_kept_from_other_tests() -> None:
    admission.forget()
    event_kinds.forget()
