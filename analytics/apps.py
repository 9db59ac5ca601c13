from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import promises, subscribers  # noqa: F401  declare themselves
        from analytics.queries import purchase_times  # noqa: F401  declares what sums cannot make
        from config.kernel.roles import Role, grant

        # What the shop takes is for those who steer it; clerks and the warehouse see what there is to do.
        takings = ("view_hourlysales", "view_dailysales", "view_rollupstate")
        stock = ("view_dailystock",)
        # Where events come from is for those who count with them; what is done about it is the owner's.
        events = ("view_eventsource", "view_eventkind", "view_quarantinedevent", "view_eventbatch", "view_eventcopy")
        # What somebody did, minute by minute, is for those who address customers or count them.
        journeys = ("view_visit",)
        # So is when somebody buys; what kind of buyer they are is for marketing to say otherwise.
        rhythm = ("view_customerrhythm", "view_playbook", "view_slotrun")
        sayings = ("change_customerrhythm", "change_playbook")
        grant(
            "analytics",
            {
                Role.ANALYST: (*takings, *stock, *events, *journeys, *rhythm),
                Role.VIEWER: (*takings, *stock),
                Role.MARKETER: (*takings, *events, *journeys, *rhythm, *sayings),
                Role.BUYER: ("view_dailysales", *stock),
                Role.WAREHOUSE: stock,
            },
        )
        # Of cohorts only sums are told; a purchase tells who bought.
        cohorts = ("view_newcomer", "view_cohortmonth")
        grant("analytics", dict.fromkeys((Role.ANALYST, Role.MARKETER), (*cohorts, "view_purchase")))
        grant("analytics", {Role.VIEWER: cohorts})
        # What visitors do, counted: nothing of it tells who somebody is.
        interest = (
            *("view_dailyfunnel", "view_dailysearch", "view_trendingproduct"),
            *("view_hourlyvisits", "view_dailyinterest", "view_dailyvisitors", "view_dailyvisitpath"),
        )
        grant("analytics", dict.fromkeys((Role.ANALYST, Role.VIEWER, Role.MARKETER, Role.BUYER), interest))
        # How orders leave, and what becomes of them, is for those who have the goods there and send them.
        service = ("view_dailyparcels", "view_dailyoutcomes")
        senders = (Role.WAREHOUSE, Role.ORDER_CLERK, Role.BUYER, Role.ANALYST, Role.VIEWER)
        grant("analytics", {**dict.fromkeys(senders, service), Role.MARKETER: ("view_dailyoutcomes",)})
        # New and returning buyers are sums; the days of single customers are what segments are told by.
        again = ("view_dailybuying", "view_dailyreturn")
        grant("analytics", dict.fromkeys((Role.ANALYST, Role.MARKETER), (*again, "view_dailycustomer")))
        grant("analytics", {Role.VIEWER: again})
        # What is expected is for those who buy and those who count; whoever buys may know better.
        expected = ("view_demandseries", "view_forecastrun", "view_forecastscore", "view_servedregion", "view_dailydemand")
        knowing = ("change_demandseries", "add_servedregion", "change_servedregion", "delete_servedregion")
        grant("analytics", dict.fromkeys((Role.ANALYST, Role.VIEWER), expected))
        grant("analytics", {Role.BUYER: (*expected, *knowing)})
        # What is to be sold is agreed on by those who buy and those who count, and seen beside what is expected.
        aimed = ("add_salestarget", "change_salestarget", "delete_salestarget")
        grant("analytics", dict.fromkeys((Role.ANALYST, Role.BUYER), ("view_salestarget", *aimed)))
        grant("analytics", {Role.VIEWER: ("view_salestarget",)})
        # What other terms of buying would have cost is for who buys.
        grant("analytics", {Role.BUYER: ("view_simulation", "add_simulation")})
        # Boards are put together by whoever has figures to steer by; of each figure the rollup's own right decides.
        boards = ("view_board", "add_board", "change_board", "delete_board", "view_boardtile", "add_boardtile",
                  "change_boardtile", "delete_boardtile")  # fmt: skip
        composing = dict.fromkeys((Role.ANALYST, Role.MARKETER, Role.BUYER, Role.WAREHOUSE), boards)
        grant("analytics", {**composing, Role.VIEWER: ("view_board", "view_boardtile")})
        # Whoever may be responsible for something sees what went wrong and says that they are on it; rules are the owner's.
        watched = ("view_incident", "change_incident", "view_alertrule")
        grant("analytics", {role: watched for role in Role if role is not Role.VIEWER})
        reports = ("view_report", "view_reportpack")
        grant("analytics", {Role.ANALYST: reports, Role.MARKETER: reports, Role.VIEWER: reports})
        # Which visits led to a certain order is a journey as well; the sums are takings.
        origins = ("view_dailyattribution", "view_ordertouch", "view_adspend", "view_spendimport")
        grant("analytics", {Role.ANALYST: origins, Role.MARKETER: (*origins, "import_spend")})
        grant("analytics", {Role.VIEWER: ("view_dailyattribution",)})
        # Who did something is a journey; what is worth looking for is for marketing to say.
        found = ("view_eventrule", "view_eventmatch")
        writing = ("add_eventrule", "change_eventrule", "change_eventmatch")
        grant("analytics", {Role.ANALYST: found, Role.MARKETER: (*found, *writing)})
