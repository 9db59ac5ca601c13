"""The Celery app, and the schedule that code proposes.

Tasks are doorbells: what is due lies in PostgreSQL, so a lost message costs at most one minute. The schedule below is copied
into the database by `manage.py sync_schedules`, where staff may change the hour or switch an entry off; their change wins.
"""

import os
from dataclasses import dataclass

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("backoffice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@dataclass(frozen=True)
class Entry:
    """One line of the proposed schedule. `reason` is shown to staff beside the entry."""

    task: str
    every: crontab
    reason: str


SCHEDULE: tuple[Entry, ...] = (
    # kernel
    Entry("kernel.deliver_due_events", crontab(), "Catches events whose doorbell was lost; its run is the worker's pulse."),
    Entry("kernel.sweep_job_runs", crontab(), "Rings again for requested runs that no worker took; closes those that died."),
    Entry("kernel.audit_invariants", crontab(hour="4", minute="30"), "Recounts every promise while the shop is quiet."),
    Entry(
        "kernel.prune",
        crontab(hour="4", minute="50"),
        "Drops what has served its time: events, keys, runs, sessions, records of logins.",
    ),
    # inventory
    Entry("inventory.expire_reservations", crontab(), "Gives back what is held for documents whose time is over."),
    Entry(
        "inventory.settle_lots",
        crontab(minute="1-59/10"),
        "Holds back lots whose last day has passed, soon after midnight; orders look for themselves before.",
    ),
    Entry(
        "inventory.learn_terms",
        crontab(hour="3", minute="20"),
        "Learns how long suppliers take and which SKUs matter most, before the proposals are made.",
    ),
    Entry(
        "inventory.propose_replenishment",
        crontab(hour="3", minute="30"),
        "Drafts what should be bought, before the day begins.",
    ),
    Entry(
        "inventory.propose_transfers",
        crontab(hour="3", minute="40"),
        "Weighs which goods should move between warehouses, once it is known what is bought.",
    ),
    Entry("inventory.send_purchase_mails", crontab(), "Mails purchase orders to their suppliers."),
    Entry("inventory.audit_stock", crontab(hour="4", minute="20"), "Recounts every stock level from the ledger."),
    Entry("inventory.assess_risks", crontab(minute="7"), "Looks what may sell out before new goods can be here."),
    Entry(
        "inventory.propose_counts",
        crontab(hour="5", minute="0"),
        "Lists the SKUs that should be counted next, before the warehouse opens.",
    ),
    # campaigns
    Entry(
        "campaigns.settle_promotions", crontab(), "Records the windows of promotions that opened or closed, and tells of them."
    ),
    #
    # orders
    Entry("orders.expire_unpaid", crontab(), "Expires orders nobody paid in time, and gives their stock and coupons back."),
    Entry(
        "orders.tidy_imports",
        crontab(hour="4", minute="40"),
        "Closes imports of history whose worker died, and drops their files after three months.",
    ),
    # analytics
    Entry(
        "analytics.rebuild_due_days",
        crontab(minute="*/5"),
        "Makes the figures of days that have closed or that something late has changed.",
    ),
    Entry(
        "analytics.rebuild_trailing_days",
        crontab(hour="4", minute="10"),
        "Makes the last week's figures anew, whatever was or was not noticed.",
    ),
    Entry("analytics.count_events", crontab(), "Counts the hours in which something new was told about shoppers."),
    Entry("analytics.find_visits", crontab(minute="*/5"), "Makes the visits of days about which something new was told."),
    Entry(
        "analytics.keep_event_months",
        crontab(hour="3", minute="50"),
        "Makes the coming months' room for events, and forgets whose they are when their time as personal data is over.",
    ),
    Entry(
        "analytics.drop_event_months",
        crontab(hour="4", minute="50"),
        "Drops events whose time is over, when hardly anybody reads or tells any.",
    ),
    Entry(
        "analytics.sum_up_batches", crontab(hour="0", minute="20"), "Sums up what each source sent on the day that has closed."
    ),
    Entry(
        "analytics.make_purchases",
        crontab(minute="25"),
        "Makes the purchases of closed days that are new or have changed, and the cohorts they belong to.",
    ),
    Entry(
        "analytics.make_trailing_purchases",
        crontab(hour="4", minute="0"),
        "Makes the last week's purchases anew, whatever was or was not noticed.",
    ),
    Entry(
        "analytics.make_demand",
        crontab(minute="20"),
        "Makes the demand of closed days that are new or have changed, for each SKU and warehouse.",
    ),
    Entry(
        "analytics.forecast_demand",
        crontab(hour="1", minute="10"),
        "Forecasts the demand for each SKU in each warehouse, and has purchases proposed by it.",
    ),
    Entry("analytics.rank_trending", crontab(minute="*/10"), "Ranks what shoppers turn to at present."),
    Entry(
        "analytics.read_rhythm",
        crontab(hour="5", minute="10"),
        "Finds who is due to buy again, and what kind of buyer they are.",
    ),
    Entry("analytics.find_decisive_slots", crontab(hour="5", minute="40"), "Finds the hours in which visits end in orders."),
    Entry("analytics.watch_figures", crontab(minute="*/5"), "Checks the alert rules, opens and closes incidents."),
    Entry("analytics.make_reports", crontab(minute="*/15"), "Makes the report packs whose hour has come."),
    Entry("analytics.send_notices", crontab(), "Mails what incidents and reports have to tell."),
    Entry("analytics.run_outlets", crontab(hour="6", minute="5"), "Writes yesterday's files, and anew those that changed."),
    Entry("analytics.sweep_erased", crontab(minute="*/10"), "Reaches the events of persons who were erased."),
    Entry(
        "analytics.attribute_orders",
        crontab(minute="2-59/5"),
        "Finds which visits led to orders, of days on which visits or orders changed.",
    ),
    Entry("analytics.match_behavior", crontab(minute="*/5"), "Looks for shoppers whose behavior a rule is waiting for."),
    Entry("analytics.send_webhooks", crontab(), "Posts what incidents have to tell to the systems that want to know."),
    Entry(
        "analytics.copy_events",
        crontab(minute="35"),
        "Copies closed days of shoppers' events to ClickHouse, where the shop has one.",
    ),
    Entry(
        "analytics.compare_events",
        crontab(hour="5", minute="50"),
        "Asks the database and ClickHouse the same about copied days.",
    ),
)

app.conf.proposed_schedule = SCHEDULE


@worker_ready.connect
def ring_at_start(**_: object) -> None:
    """A worker that has just come up looks for due events at once instead of at the next minute."""
    app.send_task("kernel.deliver_due_events")
