"""The one clock. Only the skin reads it; operations and rules are handed the moment as `at`."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The present moment, aware, in UTC, shifted by CLOCK_OFFSET where a test process asked for that."""
    return timezone.now() + settings.CLOCK_OFFSET
