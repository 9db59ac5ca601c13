"""The jobs that keep the figures fresh."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from analytics.operations import attribution, event_figures, event_months, rollups, visits
from config.kernel.jobs import Done, job


def _done(made: rollups.Rebuilt) -> Done:
    return Done(rows=made.source_rows, summary={"days": made.days, "seconds": round(made.seconds, 3)})


@job(name=rollups.REBUILD_DUE_DAYS, title=_("Rebuild stale figures"), seconds=290, queue="slow")
def rebuild_due_days(*, at: datetime) -> Done:
    return _done(rollups.rebuild_due(at=at))


@job(name="analytics.rebuild_trailing_days", title=_("Rebuild the figures of the last week"), seconds=900, queue="slow")
def rebuild_trailing_days(*, at: datetime) -> Done:
    return _done(rollups.rebuild_trailing(at=at))


@job(name="analytics.count_events", title=_("Count shoppers' events"), seconds=50)
def count_events(*, at: datetime) -> Done:
    counted = event_figures.count_due()
    return Done(rows=counted.events, summary={"hours": counted.hours})


@job(name="analytics.find_visits", title=_("Find visits in shoppers' events"), seconds=290, queue="slow")
def find_visits(*, at: datetime) -> Done:
    made = visits.rebuild_due(at=at)
    return Done(rows=made.source_rows, summary={"days": made.days, "visits": made.visits, "seconds": round(made.seconds, 3)})


@job(name="analytics.keep_event_months", title=_("Make, forget and drop months of events"), seconds=900, queue="slow")
def keep_event_months(*, at: datetime) -> Done:
    kept = event_months.keep(at=at)
    return Done(
        rows=kept.made + kept.dropped,
        summary={"months_made": kept.made, "months_dropped": kept.dropped, "forgotten": kept.forgotten},
    )


@job(name="analytics.attribute_orders", title=_("Find where customers come from"), seconds=290, queue="slow")
def attribute_orders(*, at: datetime) -> Done:
    made = attribution.rebuild_due(at=at)
    return Done(rows=made.source_rows, summary={"days": made.days, "orders": made.orders, "seconds": round(made.seconds, 3)})
