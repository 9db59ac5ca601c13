"""Where the numbers of pages lead. How they read stands in analytics/words, with the words of mails and files."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode


def address(request: Any, name: str, permission: str, *args: Any, **query: Any) -> str:
    """Where a number leads, for those who may go there; empty for the others."""
    if not request.user.has_perm(permission):
        return ""
    return reverse(f"admin:{name}", args=args) + (f"?{urlencode(query)}" if query else "")
