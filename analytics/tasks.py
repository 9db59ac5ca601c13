"""The jobs that keep the figures fresh."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from analytics.operations import event_days, event_figures, event_months, rollups, visits
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


@job(
    name="analytics.keep_event_months", title=_("Make months of events, forget whose old ones were"), seconds=1800, queue="slow"
)
def keep_event_months(*, at: datetime) -> Done:
    kept = event_months.keep(at=at)
    return Done(rows=kept.made, summary={"months_made": kept.made, "forgotten": kept.forgotten} | _left(kept.left))


@job(name="analytics.drop_event_months", title=_("Drop old months of events"), seconds=900, queue="slow")
def drop_event_months(*, at: datetime) -> Done:
    dropped = event_months.drop(at=at)
    summary = {"months_dropped": dropped.months, "events_dropped": dropped.events}
    return Done(rows=dropped.months, summary=summary | _left(dropped.left))


def _left(months: tuple[str, ...]) -> dict[str, str]:
    return {"months_left": ", ".join(months)} if months else {}


@job(name="analytics.sum_up_batches", title=_("Sum up the batches of closed days"), seconds=290, queue="slow")
def sum_up_batches(*, at: datetime) -> Done:
    days = event_days.sum_up(at=at)
    return Done(rows=days, summary={"days": days})
