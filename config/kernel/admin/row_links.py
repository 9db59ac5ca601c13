"""Ways from a row's page to pages that an app above has about it. The row's own app need not know of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class RowLink:
    """`permissions` are all asked of the person who looks; `url` is where it leads for a row."""

    title: Any
    icon: str
    permissions: tuple[str, ...]
    url: Callable[[Any], str]


_links: dict[str, list[RowLink]] = {}


def add_row_link(model: str, link: RowLink) -> None:
    """Stands behind the buttons of the pages of `model`, such as "campaigns.customer". Apps declare it from their admin
    package; one that is unplugged shows nothing.
    """
    _links.setdefault(model, []).append(link)


def shown(model: str, row: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """As entries of the row of buttons."""
    return [
        {"title": link.title, "icon": link.icon, "url": link.url(row), "asks": True, "style": "quiet"}
        for link in _links.get(model, [])
        if request.user.has_perms(link.permissions)
    ]
