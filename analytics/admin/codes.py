"""What the codes of analytics' subscribers and in the runs of its jobs are called."""

from django.utils.translation import pgettext_lazy

from config.kernel.admin import codes

codes.declare(
    topics={"analytics.behavior_matched": pgettext_lazy("event", "Behavior rule matched")},
    subscribers={
        "analytics.day_of_canceled_order": pgettext_lazy("subscriber", "Counts the day of a canceled order anew"),
        "analytics.day_of_return": pgettext_lazy("subscriber", "Counts the day of a return anew"),
        "analytics.day_of_stock": pgettext_lazy("subscriber", "Counts the day of a change of stock anew"),
        "analytics.demand_of_returned_order": pgettext_lazy("subscriber", "Counts the demand of a returned order's day anew"),
        "analytics.days_of_history": pgettext_lazy("subscriber", "Counts the days of a written history"),
        "analytics.origin_of_canceled_order": pgettext_lazy("subscriber", "Counts the origins of a canceled order's day anew"),
        "analytics.origin_of_returned_order": pgettext_lazy("subscriber", "Counts the origins of a returned order's day anew"),
        "analytics.origins_of_history": pgettext_lazy(
            "subscriber", "Counts the origins of the days after a written history anew"
        ),
    },
    names={
        "days": pgettext_lazy("fact", "days counted"),
        "visits": pgettext_lazy("fact", "visits found"),
        "seconds": pgettext_lazy("fact", "seconds taken"),
        # counting and keeping shoppers' events
        "hours": pgettext_lazy("fact", "hours counted"),
        "months_made": pgettext_lazy("fact", "months made"),
        "months_dropped": pgettext_lazy("fact", "months dropped"),
        # watching, reporting, mailing
        "opened": pgettext_lazy("fact", "incidents opened"),
        "over": pgettext_lazy("fact", "incidents over"),
        "not_asked": pgettext_lazy("fact", "rules that could not be checked"),
        "reports_failed": pgettext_lazy("fact", "reports that could not be made"),
        "months_left": pgettext_lazy("fact", "months in use, tried again the next night"),
        "events_dropped": pgettext_lazy("fact", "events dropped one by one"),
        "forgotten": pgettext_lazy("fact", "events that forgot whose they were"),
        "orders": pgettext_lazy("fact", "orders looked at"),
        # demand and forecasts
        "chunks": pgettext_lazy("fact", "parts of the forecasts still to do"),
        "extra_missing": pgettext_lazy("fact", "not installed, so nothing was forecast"),
        # simulations
        "simulation": pgettext_lazy("fact", "what-if simulation"),
        "no_answer": pgettext_lazy("fact", "why there is no answer"),
        # cohorts, rhythm, exports
        "cohorts": pgettext_lazy("fact", "days of newcomers made"),
        "changed_types": pgettext_lazy("fact", "customers of another buyer type"),
        "decisive": pgettext_lazy("fact", "decisive slots"),
        "files": pgettext_lazy("fact", "files written"),
        "outlet": pgettext_lazy("fact", "export"),
        # behavior rules
        "rule": pgettext_lazy("fact", "behavior rule"),
        "match": pgettext_lazy("fact", "match"),
        "rules_checked": pgettext_lazy("fact", "behavior rules checked"),
        "rules_failed": pgettext_lazy("fact", "behavior rules that could not be checked"),
        "rules_cut": pgettext_lazy("fact", "behavior rules with more subjects than were looked at"),
        "rules_left": pgettext_lazy("fact", "behavior rules left for the next round"),
        # posting to webhooks
        "posts_failed": pgettext_lazy("fact", "messages that were not taken"),
        "webhooks_paused": pgettext_lazy("fact", "webhooks paused after failures"),
        # the second store of events
        "months_waiting": pgettext_lazy("fact", "months not yet copied or not yet forgotten"),
        "days_copied": pgettext_lazy("fact", "days copied"),
        "days_due": pgettext_lazy("fact", "days still due"),
        "days_compared": pgettext_lazy("fact", "days compared"),
    },
)
