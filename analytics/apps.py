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
        # Boards are put together by whoever has figures to steer by; of each figure the rollup's own right decides.
        boards = ("view_board", "add_board", "change_board", "delete_board", "view_boardtile", "add_boardtile",
                  "change_boardtile", "delete_boardtile")  # fmt: skip
        composing = dict.fromkeys((Role.ANALYST, Role.MARKETER, Role.BUYER, Role.WAREHOUSE), boards)
        grant("analytics", {**composing, Role.VIEWER: ("view_board", "view_boardtile")})
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
