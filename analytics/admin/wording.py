"""How figures read on pages: the words that mails and files use as well, and the addresses that only a page may lead to."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from analytics.words.figures import (
    STEPS,
    WEEKDAYS_SHORT,
    about,
    against,
    brief,
    day,
    figure,
    money,
    number,
    percent,
    seconds,
    share,
    short_day,
    short_span,
    tick,
    weekday,
    weekday_names,
)

__all__ = (
    "STEPS",
    "WEEKDAYS_SHORT",
    "about",
    "address",
    "against",
    "brief",
    "day",
    "figure",
    "money",
    "number",
    "percent",
    "seconds",
    "share",
    "short_day",
    "short_span",
    "tick",
    "weekday",
    "weekday_names",
)


def address(request: Any, name: str, permission: str, *args: Any, **query: Any) -> str:
    """Where a number leads, for those who may go there; empty for the others."""
    if not request.user.has_perm(permission):
        return ""
    return reverse(f"admin:{name}", args=args) + (f"?{urlencode(query)}" if query else "")
