"""What the first page tells those who see promotions: which have just started or ended, and which are about to."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import pgettext

from campaigns.queries import promotions
from campaigns.queries.promotions import Notice
from config.kernel import clock

MOST = 8


def shown(request: HttpRequest) -> dict[str, Any] | None:
    """None for the other roles, and on a day without news."""
    if not request.user.has_perm("campaigns.view_promotion"):
        return None
    at = clock.now()
    rows = [
        {
            "name": notice.promotion.name,
            "what": _what(notice, at),
            "moment": notice.moment,
            "is_ahead": notice.moment > at,
            "url": reverse("admin:campaigns_promotion_change", args=[notice.promotion.pk]),
        }
        for notice in promotions.notices(at=at, most=MOST)
    ]
    return {"rows": rows, "url": reverse("admin:campaigns_promotion_changelist")} if rows else None


def _what(notice: Notice, at: datetime) -> str:
    if notice.moment > at:
        return pgettext("promotion", "starts") if notice.begins else pgettext("promotion", "ends")
    return pgettext("promotion", "has started") if notice.begins else pgettext("promotion", "has ended")
