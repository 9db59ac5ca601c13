from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import promises, subscribers  # noqa: F401  declare themselves
        from config.kernel.roles import Role, grant

        # What the shop takes is for those who steer it; clerks and the warehouse see what there is to do.
        takings = ("view_hourlysales", "view_dailysales", "view_rollupstate")
        stock = ("view_dailystock",)
        # Where events come from is for those who count with them; what is done about it is the owner's.
        events = ("view_eventsource", "view_eventkind", "view_quarantinedevent", "view_eventbatch")
        # What somebody did, minute by minute, is for those who address customers or count them.
        journeys = ("view_visit",)
        # Whoever may be responsible for something sees what went wrong and says that they are on it; rules are the owner's.
        watched = ("view_incident", "change_incident", "view_alertrule")
        grant("analytics", {role: watched for role in Role if role is not Role.VIEWER})
        reports = ("view_report", "view_reportpack")
        grant("analytics", {Role.ANALYST: reports, Role.MARKETER: reports, Role.VIEWER: reports})
        grant(
            "analytics",
            {
                Role.ANALYST: (*takings, *stock, *events, *journeys),
                Role.VIEWER: (*takings, *stock),
                Role.MARKETER: (*takings, *events, *journeys),
                Role.BUYER: ("view_dailysales", *stock),
                Role.WAREHOUSE: stock,
            },
        )
