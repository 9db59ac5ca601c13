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
        # Which visits led to a certain order is a journey as well; the sums are takings.
        origins = ("view_dailyattribution", "view_ordertouch", "view_adspend", "view_spendimport")
        grant(
            "analytics",
            {
                Role.ANALYST: (*takings, *stock, *events, *journeys, *origins),
                Role.VIEWER: (*takings, *stock, "view_dailyattribution"),
                Role.MARKETER: (*takings, *events, *journeys, *origins, "import_spend"),
                Role.BUYER: ("view_dailysales", *stock),
                Role.WAREHOUSE: stock,
            },
        )
