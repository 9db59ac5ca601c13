"""The dashboard on the first page, the sales page and the state of the figures."""

from django.utils.translation import gettext_lazy as _

from analytics.admin import codes, rollup_state, sales, tiles
from config.kernel.admin import home
from config.kernel.admin.navigation import Link, add_group

add_group(
    _("Analytics"),
    [
        Link(_("Sales"), "monitoring", "admin:analytics_hourlysales_changelist", "analytics.view_hourlysales"),
        Link(
            _("State of the figures"),
            "published_with_changes",
            "admin:analytics_rollupstate_changelist",
            "analytics.view_rollupstate",
        ),
        Link(_("How this is counted"), "help", "admin:analytics_definitions"),
    ],
    order=40,
)
home.add_section("analytics/home.html", tiles.home, order=10)

__all__ = ("codes", "rollup_state", "sales", "tiles")
