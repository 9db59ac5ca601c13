"""Gives the demo shop a month of visits. Its callers are commands, so its refusals are in English."""

from datetime import datetime, time, timedelta

from django.db import transaction

from analytics.models import EventSource
from analytics.operations import attribution, event_figures, event_history, event_sources
from analytics.operations import spend as spending
from analytics.operations import visits as found_visits
from analytics.operations.event_history import Written
from analytics.seeding.visits import Bought, Goods, Visits, spend
from config.kernel import bulk, shop
from config.kernel.errors import Conflict
from inventory.models import Variant
from orders.models import Order

DEMO_DAYS = 30
# As the demo's orders are labeled; those that were placed on the phone have no visit.
ONLINE = ("storefront", "mobile")
OWN_NETWORK = "203.0.113.0/24"
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
    visits = Visits(goods=goods, orders=_bought(goods, since, at), first=first, until=at, zone=zone, seed=seed)
    # In the order in which they came, as the database would have them.
    sent = sorted(visits.of_browsers(), key=lambda one: one.received_at) if goods else ()
    written = event_history.write(source=server, batches=visits.of_the_server())
    written += event_history.write(source=browser, batches=sent)
    while event_figures.count_due().hours:
        pass
    found_visits.rebuild_due(at=at)
    spending.take_rows(rows=list(spend(first=first, until=shop.day(at), seed=seed)), actor=None, at=at)
    attribution.rebuild_due(at=at)
    return written


def _goods() -> list[Goods]:
    found = Variant.objects.filter(is_active=True).select_related("product__category").order_by("pk")
    return [Goods(one.pk, one.sku, f"{one.list_price:.0f}", one.product.category.code) for one in found]


def _bought(goods: list[Goods], since: datetime, until: datetime) -> list[Bought]:
    by_id = {one.variant_id: one for one in goods}
    orders = (
        Order.objects.filter(channel__in=ONLINE, placed_at__gte=since, placed_at__lte=until)
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
