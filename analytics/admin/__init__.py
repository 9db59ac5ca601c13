"""The dashboard on the first page, the sales page, the state of the figures, where shoppers' events come from, and the
journey of a customer.
"""

from django.utils.translation import gettext_lazy as _

from analytics.admin import (
    codes,
    event_kinds,
    event_quality,
    event_sources,
    journeys,
    origins,
    quarantine,
    rollup_state,
    sales,
    spending,
    tiles,
)
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
        Link(_("Event sources"), "sensors", "admin:analytics_eventsource_changelist", "analytics.view_eventsource"),
        Link(_("Data quality"), "fact_check", "admin:analytics_eventbatch_quality", "analytics.view_eventbatch"),
        Link(_("Quarantine"), "report", "admin:analytics_quarantinedevent_changelist", "analytics.view_quarantinedevent"),
        Link(_("Own kinds of events"), "category", "admin:analytics_eventkind_changelist", "analytics.view_eventkind"),
        Link(
            _("Where customers come from"),
            "alt_route",
            "admin:analytics_dailyattribution_changelist",
            "analytics.view_dailyattribution",
        ),
        Link(_("Advertising spend"), "campaign", "admin:analytics_adspend_changelist", "analytics.view_adspend"),
        Link(
            _("Imports of advertising spend"),
            "upload_file",
            "admin:analytics_spendimport_changelist",
            "analytics.view_spendimport",
        ),
    ],
    order=40,
)
home.add_section("analytics/home.html", tiles.home, order=10)

__all__ = (
    "codes", "event_kinds", "event_quality", "event_sources", "journeys", "origins", "quarantine", "rollup_state", "sales",
    "spending", "tiles",
)  # fmt: skip
