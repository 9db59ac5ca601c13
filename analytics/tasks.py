"""The jobs that keep the figures fresh."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from analytics.operations import (
    alert_rules,
    attribution,
    decisive_slots,
    demand,
    erasing,
    event_copies,
    event_days,
    event_figures,
    event_months,
    event_rules,
    forecasts,
    notices,
    outlets,
    purchase_marks,
    purchases,
    reports,
    rhythm,
    rollups,
    simulations,
    trending,
    visits,
    watching,
    webhooks,
)
from analytics.words import mails, payloads
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
    summary: dict[str, int | str] = {"months_dropped": dropped.months, "events_dropped": dropped.events}
    if dropped.waiting:
        summary["months_waiting"] = ", ".join(dropped.waiting)
    return Done(rows=dropped.months, summary=summary | _left(dropped.left))


def _left(months: tuple[str, ...]) -> dict[str, str]:
    return {"months_left": ", ".join(months)} if months else {}


@job(name="analytics.sum_up_batches", title=_("Sum up the batches of closed days"), seconds=290, queue="slow")
def sum_up_batches(*, at: datetime) -> Done:
    days = event_days.sum_up(at=at)
    return Done(rows=days, summary={"days": days})


def _purchases(made: purchases.Rebuilt) -> Done:
    return Done(rows=made.purchases, summary={"days": made.days, "cohorts": made.cohorts, "seconds": round(made.seconds, 3)})


@job(name=purchase_marks.MAKE_PURCHASES, title=_("Make purchases and cohorts"), seconds=590, queue="slow")
def make_purchases(*, at: datetime) -> Done:
    return _purchases(purchases.rebuild_due(at=at, seconds=480))


@job(name="analytics.make_trailing_purchases", title=_("Make the purchases of the last week anew"), seconds=900, queue="slow")
def make_trailing_purchases(*, at: datetime) -> Done:
    return _purchases(purchases.rebuild_trailing(at=at))


@job(name="analytics.rank_trending", title=_("Rank trending products"), seconds=290, queue="slow")
def rank_trending(*, at: datetime) -> Done:
    ranked = trending.rank(at=at)
    return Done(rows=ranked.products, summary={})


@job(name=demand.MAKE_DEMAND, title=_("Make the demand of closed days"), seconds=900, queue="slow")
def make_demand(*, at: datetime) -> Done:
    made = demand.rebuild_due(at=at)
    return Done(rows=made.rows, summary={"days": made.days, "seconds": round(made.seconds, 3)})


@job(name=forecasts.FORECAST_DEMAND, title=_("Forecast demand"), seconds=900, queue="slow")
def forecast_demand(*, at: datetime) -> Done:
    begun = forecasts.begin(at=at)
    return Done(rows=begun.chunks, summary={"extra_missing": begun.extra} if begun.extra else {"chunks": begun.chunks})


@job(name=forecasts.FORECAST_CHUNK, title=_("Forecast demand for some SKUs"), seconds=600, queue="slow")
def forecast_chunk(*, run: int, number: int, at: datetime) -> Done:
    return Done(rows=forecasts.chunk(run_id=run, number=number, at=at), summary={})


@job(name=forecasts.END_FORECASTS, title=_("End the night of forecasts"), seconds=600, queue="slow")
def end_forecasts(*, run: int, at: datetime) -> Done:
    return Done(rows=int(forecasts.end(run_id=run, at=at)), summary={})


@job(name=simulations.SIMULATE, title=_("Play a what-if simulation"), seconds=simulations.SECONDS, queue="slow")
def simulate(*, simulation: int, at: datetime) -> Done:
    played = simulations.play(simulation_id=simulation, at=at)
    summary: dict[str, object] = {"seconds": played.seconds or 0.0}
    if played.failure:
        summary["no_answer"] = played.failure
    return Done(rows=int(played.result.get("skus", 0)), summary=summary)


@job(name="analytics.read_rhythm", title=_("Read the rhythm of customers"), seconds=3_000, queue="slow")
def read_rhythm(*, at: datetime) -> Done:
    read = rhythm.refresh(at=at)
    return Done(rows=read.customers, summary={"changed_types": read.changed_types, "seconds": round(read.seconds, 3)})


@job(name="analytics.find_decisive_slots", title=_("Look for decisive slots"), seconds=900, queue="slow")
def find_decisive_slots(*, at: datetime) -> Done:
    run = decisive_slots.find(at=at)
    return Done(rows=run.visits, summary={"decisive": run.slots.filter(is_decisive=True).count()})


@job(name="analytics.watch_figures", title=_("Watch the figures"), seconds=240)
def watch_figures(*, at: datetime) -> Done:
    alert_rules.furnish(at=at)
    done = watching.watch(at=at)
    return Done(rows=done.checked, summary={"opened": done.opened, "over": done.resolved, "not_asked": done.failed})


@job(name="analytics.make_reports", title=_("Make reports"), seconds=240, queue="slow")
def make_reports(*, at: datetime) -> Done:
    made = reports.make_due(at=at)
    return Done(rows=made.made, summary={"reports_failed": made.failed})


@job(name="analytics.send_notices", title=_("Mail notices"), seconds=290)
def send_notices(*, at: datetime) -> Done:
    sent = notices.send_due(words=mails.of_one_round(), at=at)
    return Done(rows=sent.sent, summary={"mails_failed": sent.failed, "mails_unsure": sent.unsure})


@job(name="analytics.sweep_erased", title=_("Reach the events of erased persons"), seconds=1800, queue="slow")
def sweep_erased(*, at: datetime) -> Done:
    return Done(rows=erasing.sweep(at=at))


@job(name=outlets.RUN, title=_("Write the exports"), seconds=1800, queue="slow")
def run_outlets(*, at: datetime, outlet: int | None = None) -> Done:
    done = outlets.run(at=at, only=outlet)
    return Done(rows=done.rows, summary={"days": done.looked_at, "files": done.files, "failed": done.failed})


@job(name="analytics.attribute_orders", title=_("Find where customers come from"), seconds=290, queue="slow")
def attribute_orders(*, at: datetime) -> Done:
    made = attribution.rebuild_due(at=at)
    return Done(rows=made.source_rows, summary={"days": made.days, "orders": made.orders, "seconds": round(made.seconds, 3)})


@job(name="analytics.send_webhooks", title=_("Post notices to webhooks"), seconds=290)
def send_webhooks(*, at: datetime) -> Done:
    posted = webhooks.send_due(told=payloads.incident, at=at)
    return Done(rows=posted.taken, summary={"posts_failed": posted.failed, "webhooks_paused": posted.paused})


@job(name="analytics.match_behavior", title=_("Check the behavior rules"), seconds=240, queue="slow")
def match_behavior(*, at: datetime) -> Done:
    done = event_rules.evaluate_due(at=at)
    summary = {"rules_checked": done.rules, "rules_failed": done.failed, "rules_cut": done.cut, "rules_left": done.left}
    return Done(rows=done.matches, summary=summary)


@job(name=event_copies.COPY, title=_("Copy shoppers' events to the second store"), seconds=600, queue="slow")
def copy_events(*, at: datetime) -> Done:
    done = event_copies.copy_due(at=at)
    return Done(rows=done.events, summary={"days_copied": done.days, "days_due": done.left})


@job(name="analytics.compare_events", title=_("Compare the second store of events"), seconds=900, queue="slow")
def compare_events(*, at: datetime) -> Done:
    days = event_copies.compare(days=event_copies.some(at=at), at=at)
    return Done(rows=days, summary={"days_compared": days})
