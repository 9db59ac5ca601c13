from tests.analytics.events.conftest import nothing_kept_from_other_tests

__all__ = ("nothing_kept_from_other_tests",)
