"""The watches of the house: whether the shop's own works run, each as one number that a threshold can be held against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isqrt
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.metrics import METRICS, Cut, Unit
from analytics.models import AlertRule, EventBatch, EventMatch, EventSource, Notice, Severity, Webhook
from analytics.queries import measuring
from config.kernel import jobs, shop
from config.kernel.models import JobRun
from config.kernel.roles import Role
from inventory.models import PurchaseMail, PurchaseOrder, StockLevel, StockRisk
from inventory.queries import risks
from orders.models import Order

# Orders younger than this may still be paying; older ones were judged before.
PAYING, JUDGED_FOR = timedelta(minutes=15), timedelta(hours=2)
# The hours that tell how many orders a while brings.
WEEKS = 4
QUARANTINE_FOR = timedelta(hours=1)
OVERDUE = timedelta(minutes=15)
FAILED_FOR = timedelta(hours=1)
MATCHED_FOR = timedelta(hours=1)
MAILED_FOR = timedelta(days=3)
# So many SKUs at risk are named in a mail; the page has them all.
MOST_NAMED = 10
AUDITS = ("kernel.audit_invariants", "inventory.audit_stock")


@dataclass(frozen=True)
class Seen:
    """What a watch saw: its number, how many things it rests on, and figures for the evidence, by names known to the page."""

    value: float | None
    volume: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    # The gravest of what it counted, each with the next step: `sku`, `warehouse`, `level`, `action`, `days_of_cover`.
    stock: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Watch:
    """`limit` and what follows are what its rule begins with; staff may change them."""

    code: str
    title: Any
    reading: Any
    unit: Unit
    ask: Callable[[datetime], Seen]
    # Where its rows lie: the name of an admin page, its permission, and the query of its address.
    page: tuple[str, str, Callable[[datetime], Mapping[str, str]]]
    limit: float
    minimum: float = 0
    severity: str = Severity.WARNING
    owner: str = Role.OWNER
    direction: str = AlertRule.Direction.UP


def _unpaid(at: datetime) -> Seen:
    told = Order.objects.filter(placed_at__gte=at - JUDGED_FOR, placed_at__lt=at - PAYING, total__gt=0).aggregate(
        orders=Count("pk"), unpaid=Count("pk", filter=Q(paid=0, state__in=[Order.State.PLACED, Order.State.EXPIRED]))
    )
    share = told["unpaid"] / told["orders"] if told["orders"] else None
    return Seen(share, told["orders"], {"orders": told["orders"], "unpaid": told["unpaid"]})


def _silence(at: datetime) -> Seen:
    """How many orders would usually have come since the last one, less what chance takes away from that number."""
    last = Order.objects.filter(placed_at__lte=at).order_by("-placed_at").values_list("placed_at", flat=True).first()
    if last is None:
        return Seen(None)
    since = max(last, at - timedelta(hours=24))
    expected = sum(_usual_orders(since, at))
    minutes = int((at - last).total_seconds() // 60)
    return Seen(round(expected - isqrt(int(expected)), 2), None, {"minutes": minutes, "expected": round(expected, 1)})


def _usual_orders(since: datetime, until: datetime) -> list[float]:
    """Of each hour touched: how many orders that part of it brought on average in the same slots of the last four weeks."""
    today = shop.day(until)
    rows = measuring.rows(
        [METRICS["orders"]],
        first=today - timedelta(weeks=WEEKS),
        last=today - timedelta(days=1),
        by=Cut.SLOT,
        at=until,
    )
    usual = {row.key: float(row.values["orders"] or 0) / WEEKS for row in rows}
    found, here = [], since.astimezone(shop.zone())
    end = until.astimezone(shop.zone())
    while here < end:
        following = min(here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), end)
        share = (following - here).total_seconds() / 3600
        found.append(usual.get((here.weekday(), here.hour), 0.0) * share)
        here = following
    return found


def _broken(at: datetime) -> Seen:
    """Audits whose last run found a broken promise, and stock that is promised twice."""
    failed = 0
    for name in AUDITS:
        last = JobRun.objects.filter(name=name, finished_at__isnull=False).order_by("-id").first()
        failed += last is not None and last.state == JobRun.State.FAILED
    negative = StockLevel.objects.filter(Q(on_hand__lt=F("reserved")) | Q(on_hand__lt=0)).count()
    return Seen(failed + negative, None, {"audits": failed, "levels": negative})


def _stuck(at: datetime) -> Seen:
    waiting = JobRun.objects.filter(state=JobRun.State.REQUESTED, asked_at__lt=at - OVERDUE).count()
    running = 0
    for run in JobRun.objects.filter(state=JobRun.State.RUNNING, started_at__lt=at - OVERDUE):
        limit = timedelta(seconds=jobs.known()[run.name].seconds) if run.name in jobs.known() else timedelta(0)
        running += run.started_at is not None and run.started_at < at - limit - OVERDUE
    ended = JobRun.objects.filter(
        state__in=[JobRun.State.FAILED, JobRun.State.LOST], finished_at__gte=at - FAILED_FOR, finished_at__lte=at
    )
    failed = ended.exclude(name__in=AUDITS).count()
    return Seen(waiting + running + failed, None, {"waiting": waiting, "running": running, "failed": failed})


def _quarantine(at: datetime) -> Seen:
    told = EventBatch.objects.filter(received_at__gte=at - QUARANTINE_FOR, received_at__lte=at).aggregate(
        stored=Sum("stored"), quarantined=Sum("quarantined")
    )
    bad, all_of = told["quarantined"] or 0, (told["stored"] or 0) + (told["quarantined"] or 0)
    return Seen(bad / all_of if all_of else None, all_of, {"quarantined": bad, "events": all_of})


def _lag(at: datetime) -> Seen:
    """Minutes for which the oldest batch waits to be counted."""
    oldest = EventBatch.objects.filter(is_pending=True).aggregate(at=Min("received_at"))["at"]
    if oldest is None:
        return Seen(0.0 if EventSource.objects.filter(is_active=True).exists() else None)
    return Seen(round((at - oldest).total_seconds() / 60, 1), None, {"since": oldest.isoformat()})


def _paused_webhooks(at: datetime) -> Seen:
    paused = Webhook.objects.filter(paused_because=Webhook.Pause.FAILURES)
    waiting = Notice.objects.filter(webhook__in=paused, state__in=[Notice.State.WAITING, Notice.State.FAILED]).count()
    return Seen(paused.count(), None, {"paused": paused.count(), "untold": waiting})


def _matched(at: datetime) -> Seen:
    """What behavior rules that open incidents have found within the hour, dismissed matches left out."""
    told = EventMatch.objects.filter(
        rule__alarms=True, found_at__gt=at - MATCHED_FOR, found_at__lte=at, dismissed_at=None
    ).aggregate(matches=Count("pk"), rules=Count("rule", distinct=True))
    return Seen(told["matches"], None, told)


def _at_risk(at: datetime) -> Seen:
    """SKUs that are sold out or likely sell out before goods come, those that staff set aside left out."""
    grave = risks.standing(at=at).filter(level__in=[StockRisk.Level.OUT, StockRisk.Level.URGENT])
    told = grave.order_by().aggregate(risks=Count("pk"), out=Count("pk", filter=Q(level=StockRisk.Level.OUT)))
    stock = [
        {
            "sku": one.variant.sku,
            "warehouse": one.warehouse.name,
            "level": one.level,
            "action": one.action,
            "days_of_cover": one.days_of_cover,
        }
        for one in grave[:MOST_NAMED]
    ]
    return Seen(told["risks"], None, {"risks": told["risks"], "sold_out": told["out"]}, stock)


def _unsent_purchases(at: datetime) -> Seen:
    """Purchase orders that count as sent though their last mail failed, or may have."""
    newer = PurchaseMail.objects.filter(purchase_order=OuterRef("purchase_order"), pk__gt=OuterRef("pk"))
    told = PurchaseMail.objects.filter(
        ~Exists(newer),
        state__in=[PurchaseMail.State.FAILED, PurchaseMail.State.UNSURE],
        begun_at__gt=at - MAILED_FOR,
        begun_at__lte=at,
        purchase_order__state=PurchaseOrder.State.SENT,
    ).aggregate(
        mails_failed=Count("pk", filter=Q(state=PurchaseMail.State.FAILED)),
        mails_unsure=Count("pk", filter=Q(state=PurchaseMail.State.UNSURE)),
    )
    return Seen(told["mails_failed"] + told["mails_unsure"], None, told)


WATCHES: dict[str, Watch] = {
    one.code: one
    for one in (
        Watch(
            "payment_failures",
            pgettext_lazy("watch", "Payments that do not come"),
            _("The share of the orders placed from two hours to 15 minutes ago that nobody has paid."),
            Unit.SHARE,
            _unpaid,
            ("orders_order_changelist", "orders.view_order", lambda at: {"list": "to_pay"}),
            limit=0.5,
            minimum=6,
            severity=Severity.CRITICAL,
            owner=Role.ORDER_CLERK,
        ),
        Watch(
            "no_orders",
            pgettext_lazy("watch", "No orders come in"),
            _(
                "How many orders are missing since the last one: as many as usually come in so long at this time of the week, "
                "less what chance may take away."
            ),
            Unit.RATE,
            _silence,
            (
                "orders_order_changelist",
                "orders.view_order",
                lambda at: {"placed_at_from": shop.day(at).isoformat(), "placed_at_to": shop.day(at).isoformat()},
            ),
            limit=6,
            severity=Severity.CRITICAL,
        ),
        Watch(
            "broken_promises",
            pgettext_lazy("watch", "Broken promises"),
            _("Audits whose last run found a broken promise, and stock levels that are negative or promised twice."),
            Unit.COUNT,
            _broken,
            ("kernel_jobrun_changelist", "kernel.view_jobrun", lambda at: {"q": "audit"}),
            limit=0,
            severity=Severity.CRITICAL,
        ),
        Watch(
            "stuck_jobs",
            pgettext_lazy("watch", "Stuck or failed jobs"),
            _("Jobs that no worker takes for 15 minutes, that run longer than they may, or that failed within the hour."),
            Unit.COUNT,
            _stuck,
            ("kernel_jobrun_changelist", "kernel.view_jobrun", lambda at: {"state__in": "FAILED,LOST"}),
            limit=0,
        ),
        Watch(
            "quarantine",
            pgettext_lazy("watch", "Events that cannot be read"),
            _("The share of the last hour's events that went to quarantine."),
            Unit.SHARE,
            _quarantine,
            ("analytics_quarantinedevent_changelist", "analytics.view_quarantinedevent", lambda at: {}),
            limit=0.05,
            minimum=50,
            owner=Role.ANALYST,
        ),
        Watch(
            "event_lag",
            pgettext_lazy("watch", "Events are counted late"),
            _("For how many minutes the oldest batch of events waits to be counted."),
            Unit.RATE,
            _lag,
            ("analytics_eventbatch_quality", "analytics.view_eventbatch", lambda at: {}),
            limit=10,
            owner=Role.ANALYST,
        ),
        Watch(
            "behavior_matched",
            pgettext_lazy("watch", "Behavior rules found something"),
            _("Matches within the last hour of behavior rules that open incidents."),
            Unit.COUNT,
            _matched,
            ("analytics_eventmatch_changelist", "analytics.view_eventmatch", lambda at: {}),
            limit=0,
        ),
        Watch(
            "stock_at_risk",
            pgettext_lazy("watch", "Stock at risk"),
            _("SKUs in a warehouse that are sold out, or likely sell out before new goods can be here."),
            Unit.COUNT,
            _at_risk,
            ("inventory_stockrisk_changelist", "inventory.view_stockrisk", lambda at: {}),
            limit=0,
            owner=Role.BUYER,
        ),
        Watch(
            "unsent_purchases",
            pgettext_lazy("watch", "Purchase mails that did not go out"),
            _("Purchase orders that count as sent, whose last mail to the supplier failed or may have failed, within 3 days."),
            Unit.COUNT,
            _unsent_purchases,
            ("inventory_purchaseorder_changelist", "inventory.view_purchaseorder", lambda at: {"state__exact": "SENT"}),
            limit=0,
            owner=Role.BUYER,
        ),
        Watch(
            "paused_webhooks",
            pgettext_lazy("watch", "Webhooks are paused"),
            _("Webhooks that were paused because they failed again and again. What they should be told waits."),
            Unit.COUNT,
            _paused_webhooks,
            ("analytics_webhook_changelist", "analytics.view_webhook", lambda at: {}),
            limit=0,
        ),
    )
}
