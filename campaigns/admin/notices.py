"""What the first page tells those who see promotions: which have just started or ended. What runs is told by its figures."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import pgettext

from campaigns.queries import promotions
from config.kernel import clock

MOST = 8


def shown(request: HttpRequest) -> dict[str, Any] | None:
    """None for the other roles, and on a day without news."""
    if not request.user.has_perm("campaigns.view_promotion"):
        return None
    rows = [
        {
            "name": notice.promotion.name,
            "what": pgettext("promotion", "has started") if notice.begins else pgettext("promotion", "has ended"),
            "moment": notice.moment,
            "url": reverse("admin:campaigns_promotion_change", args=[notice.promotion.pk]),
        }
        for notice in promotions.notices(at=clock.now(), most=MOST)
    ]
    return {"rows": rows, "url": reverse("admin:campaigns_promotion_changelist")} if rows else None
