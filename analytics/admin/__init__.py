"""The dashboard on the first page, the sales page, the state of the figures, where shoppers' events come from, and the
journey of a customer.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.admin import (
    alert_rules,
    behavior_rules,
    boards,
    buyer_types,
    codes,
    cohorts,
    decisive_slots,
    demand,
    event_copies,
    event_kinds,
    event_quality,
    event_sources,
    forecasts,
    funnel,
    incidents,
    journeys,
    origins,
    outlets,
    paths,
    persons,
    purchases,
    quarantine,
    reports,
    rhythm,
    rollup_state,
    sales,
    searches,
    simulations,
    spending,
    targets,
    tiles,
    time_to_buy,
    trending,
    webhooks,
)
from config.kernel.admin import home
from config.kernel.admin.navigation import Link, add_group

add_group(
    _("Analytics"),
    [
        Link(_("Live board"), "bolt", "admin:analytics_live", "analytics.view_board"),
        Link(_("Boards"), "dashboard", "admin:analytics_board_changelist", "analytics.view_board"),
        Link(_("Metrics"), "query_stats", "admin:analytics_explorer", "analytics.view_board"),
        Link(_("Sales"), "monitoring", "admin:analytics_hourlysales_changelist", "analytics.view_hourlysales"),
        Link(_("Funnel"), "filter_alt", "admin:analytics_dailyfunnel_changelist", "analytics.view_dailyfunnel"),
        Link(_("Ways of visits"), "route", "admin:analytics_dailyvisitpath_changelist", "analytics.view_dailyvisitpath"),
        Link(
            _("Where customers come from"),
            "alt_route",
            "admin:analytics_dailyattribution_changelist",
            "analytics.view_dailyattribution",
        ),
        Link(_("Time to buy"), "timer", "admin:analytics_newcomer_changelist", "analytics.view_newcomer"),
        Link(_("Cohorts"), "grid_on", "admin:analytics_cohortmonth_changelist", "analytics.view_cohortmonth"),
        Link(_("Purchases"), "shopping_bag", "admin:analytics_purchase_changelist", "analytics.view_purchase"),
        Link(_("How this is counted"), "help", "admin:analytics_definitions"),
    ],
    order=40,
)
add_group(
    _("Demand"),
    [
        Link(_("Demand by SKU"), "show_chart", "admin:analytics_demandseries_changelist", "analytics.view_demandseries"),
        Link(_("Sales forecast"), "trending_flat", "admin:analytics_forecastrun_sales", "analytics.view_forecastrun"),
        Link(_("Sales targets"), "flag", "admin:analytics_salestarget_changelist", "analytics.view_salestarget"),
        Link(_("Peak weeks"), "calendar_month", "admin:analytics_forecastrun_peaks", "analytics.view_forecastrun"),
        Link(_("Forecast accuracy"), "target", "admin:analytics_forecastscore_changelist", "analytics.view_forecastscore"),
        Link(_("What if"), "science", "admin:analytics_simulation_changelist", "analytics.view_simulation"),
        Link(_("Served regions"), "map", "admin:analytics_servedregion_changelist", "analytics.view_servedregion"),
    ],
    order=25,
)
add_group(
    _("Shoppers"),
    [
        Link(_("Searches"), "search", "admin:analytics_dailysearch_changelist", "analytics.view_dailysearch"),
        Link(_("Trending"), "trending_up", "admin:analytics_trendingproduct_changelist", "analytics.view_trendingproduct"),
        Link(_("Customer rhythm"), "avg_pace", "admin:analytics_customerrhythm_changelist", "analytics.view_customerrhythm"),
        Link(_("Buyer types"), "groups", "admin:analytics_playbook_types", "analytics.view_playbook"),
        Link(_("Decisive slots"), "alarm_on", "admin:analytics_slotrun_slots", "analytics.view_slotrun"),
        Link(_("Behavior rules"), "conversion_path", "admin:analytics_eventrule_changelist", "analytics.view_eventrule"),
        Link(_("Matches"), "person_search", "admin:analytics_eventmatch_changelist", "analytics.view_eventmatch"),
    ],
    order=41,
)
add_group(
    _("Alerts and reports"),
    [
        Link(_("Incidents"), "notifications", "admin:analytics_incident_changelist", "analytics.view_incident"),
        Link(_("Alert rules"), "rule", "admin:analytics_alertrule_changelist", "analytics.view_alertrule"),
        Link(_("Reports"), "summarize", "admin:analytics_report_changelist", "analytics.view_report"),
        Link(_("Report packs"), "outgoing_mail", "admin:analytics_reportpack_changelist", "analytics.view_reportpack"),
        Link(_("Webhooks"), "webhook", "admin:analytics_webhook_changelist", "analytics.view_webhook"),
    ],
    order=42,
)
add_group(
    _("Data"),
    [
        Link(
            _("State of the figures"),
            "published_with_changes",
            "admin:analytics_rollupstate_changelist",
            "analytics.view_rollupstate",
        ),
        Link(_("Data quality"), "fact_check", "admin:analytics_eventbatch_quality", "analytics.view_eventbatch"),
        Link(_("Event sources"), "sensors", "admin:analytics_eventsource_changelist", "analytics.view_eventsource"),
        Link(_("Own kinds of events"), "category", "admin:analytics_eventkind_changelist", "analytics.view_eventkind"),
        Link(_("Quarantine"), "report", "admin:analytics_quarantinedevent_changelist", "analytics.view_quarantinedevent"),
        Link(_("Advertising spend"), "campaign", "admin:analytics_adspend_changelist", "analytics.view_adspend"),
        Link(
            _("Imports of advertising spend"),
            "upload_file",
            "admin:analytics_spendimport_changelist",
            "analytics.view_spendimport",
        ),
        Link(pgettext_lazy("files", "Exports"), "output", "admin:analytics_outlet_changelist", "analytics.view_outlet"),
        Link(_("Erased persons"), "person_off", "admin:analytics_erasure_changelist", "analytics.view_erasure"),
    ],
    order=43,
)
home.add_section("analytics/home.html", tiles.home, order=10)
home.add_section("analytics/_alerts.html", incidents.home, order=5)

__all__ = (
    "alert_rules",
    "behavior_rules",
    "boards",
    "buyer_types",
    "codes",
    "cohorts",
    "decisive_slots",
    "demand",
    "event_copies",
    "event_kinds",
    "event_quality",
    "event_sources",
    "forecasts",
    "funnel",
    "incidents",
    "journeys",
    "origins",
    "outlets",
    "paths",
    "persons",
    "purchases",
    "quarantine",
    "reports",
    "rhythm",
    "rollup_state",
    "sales",
    "searches",
    "simulations",
    "spending",
    "targets",
    "tiles",
    "time_to_buy",
    "trending",
    "webhooks",
)  # fmt: skip
