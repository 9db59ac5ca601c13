"""Gives the demo shop a month of visits. Its callers are commands, so its refusals are in English."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from analytics.models import EventSource
from analytics.operations import (
    attribution,
    decisive_slots,
    event_days,
    event_figures,
    event_history,
    event_sources,
    rhythm,
    trending,
)
from analytics.operations import (
    spend as spending,
)
from analytics.operations import (
    visits as found_visits,
)
from analytics.operations.event_history import (
    Written,
)
from analytics.seeding import (
    regulars,
)
from analytics.seeding.regulars import (
    Regular,
)
from analytics.seeding.visits import (
    Bought,
    Goods,
    Offered,
    Visits,
    spend,
)
from campaigns.models import (
    Promotion,
)
from config.kernel import bulk, shop
from config.kernel.errors import Conflict
from inventory.models import Variant
from orders.models import Order

DEMO_DAYS = 30
# As the demo's orders are labeled; those that were placed on the phone have no visit.
ONLINE = ("storefront", "mobile")
OWN_NETWORK = "203.0.113.0/24"
READINGS_DAYS_AGO = (14, 0)
CODES = ("storefront", "orders")


class TellsAlready(Conflict):
    """The shop has event sources of its own."""

    code = "shop_tells_events"


def stands() -> bool:
    """Whether this shop has the demo's sources."""
    return EventSource.objects.filter(code__in=CODES).count() == len(CODES)


@transaction.atomic
def tell_demo(*, seed: int, at: datetime, days: int = DEMO_DAYS) -> Written:
    """Two sources and a believable month up to `at` that agrees with the orders of its days, counted and found."""
    if EventSource.objects.exists():
        raise TellsAlready("This shop has event sources of its own; a demo's events are only put into a shop without.")
    bulk.unhurried()
    zone = shop.zone()
    first = shop.day(at) - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=zone)
    added_at = since - timedelta(days=1)
    browser = event_sources.add(
        code=CODES[0],
        name="온라인 쇼핑몰",
        nature=EventSource.Nature.BROWSER,
        channel=ONLINE[0],
        internal_networks=[OWN_NETWORK],
        at=added_at,
    )
    server = event_sources.add(
        code=CODES[1], name="주문 서버", nature=EventSource.Nature.SERVER, channel=ONLINE[0], at=added_at
    )
    goods = _goods()
    bought, offers = _bought(goods, since, at), _offered(since, at)
    visits = Visits(goods=goods, orders=bought, offers=offers, first=first, until=at, zone=zone, seed=seed)
    # In the order in which they came, as the database would have them.
    sent = sorted(visits.of_browsers(), key=lambda one: one.received_at) if goods else ()
    written = event_history.write(source=server, batches=visits.of_the_server())
    written += event_history.write(source=browser, batches=sent)
    known = regulars.visits(regulars=_regulars(goods, at), goods=goods, seen_from=since, until=at, seed=seed)
    written += event_history.write(source=browser, batches=known)
    while event_figures.count_due().hours:
        pass
    found_visits.rebuild_due(at=at)
    trending.rank(at=at)
    # As the nights before would have left it, so that pages which look back have something to look at.
    for days_ago in READINGS_DAYS_AGO:
        rhythm.rebuild(at=at - timedelta(days=days_ago))
    decisive_slots.find(at=at)
    event_days.sum_up(at=at)
    spending.take_rows(rows=list(spend(first=first, until=shop.day(at), seed=seed)), actor=None, at=at)
    attribution.rebuild_due(at=at)
    return written


def _goods() -> list[Goods]:
    found = Variant.objects.filter(is_active=True).select_related("product__category").order_by("pk")
    return [Goods(one.pk, one.sku, f"{one.list_price:.0f}", one.product.category.code) for one in found]


def _offered(since: datetime, until: datetime) -> list[Offered]:
    """The latest first."""
    found = Promotion.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=since), starts_at__lte=until, is_enabled=True)
    return [Offered(str(one.pk), one.starts_at, one.ends_at) for one in found.order_by("-starts_at", "-pk")]


def _bought(goods: list[Goods], since: datetime, until: datetime, *customers: int) -> list[Bought]:
    by_id = {one.variant_id: one for one in goods}
    orders = (
        _online(since, until)
        .filter(Q(customer__in=customers) if customers else Q())
        .select_related("customer")
        .prefetch_related("lines")
        .order_by("placed_at", "pk")
    )
    return [
        Bought(
            one.number,
            one.placed_at,
            one.customer_id,
            one.customer.external_id if one.customer else None,
            f"{one.total:.0f}",
            tuple((by_id[line.variant_id], line.quantity) for line in one.lines.all() if line.variant_id in by_id),
        )
        for one in orders
    ]


def _online(since: datetime, until: datetime) -> QuerySet[Order]:
    return Order.objects.filter(channel__in=ONLINE, placed_at__gte=since, placed_at__lte=until)


def _regulars(goods: list[Goods], until: datetime) -> list[Regular]:
    """Those with the most online orders of the span, if more than one."""
    since = until - regulars.BACK
    bought = _online(since, until).filter(customer__isnull=False).values("customer_id").annotate(orders=Count("pk"))
    most = [one["customer_id"] for one in bought.filter(orders__gt=1).order_by("-orders", "customer_id")[: regulars.CUSTOMERS]]
    orders: dict[int | None, list[Bought]] = defaultdict(list)
    for one in _bought(goods, since, until, *most) if most else ():
        orders[one.customer_id].append(one)
    return [Regular(customer, orders[customer][0].customer or "", orders[customer]) for customer in most]
