"""A small shop in which something of everything happened: visits, carts, orders, parcels, returns, advertising, segments."""

from datetime import date, datetime, timedelta

from analytics.operations import attribution, event_figures, purchases, rollups, spend, visits
from campaigns.models import Segment, SegmentMembership
from config.kernel import shop
from orders.models import Fulfillment, FulfillmentLine, Order
from tests.analytics.builders import Line, a_return, an_order, movements, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_category, a_customer, a_product, a_promotion, a_variant, a_warehouse

NOW = seoul("2026-11-20", "09:00")  # a Friday
FIRST, LAST = date(2026, 11, 17), date(2026, 11, 19)
PAID = {"utm_source": "naver", "utm_medium": "cpc", "utm_campaign": "autumn"}


def a_small_shop() -> None:
    """Of six who come three buy, two of them again; one leaves a full cart, one finds nothing, and one leaves at once."""
    source, warehouse = a_source(channel="web", at=seoul("2026-09-01")), a_warehouse()
    cup = a_variant(a_product(a_category()), sku="CUP")
    offer = a_promotion(seoul("2026-11-01"), ends_at=None)
    people = tuple(a_customer(seoul("2026-11-01"), external_id=f"c-{number}") for number in (1, 2, 3))
    segment = Segment.objects.create(code="tea", name="차")
    SegmentMembership.objects.create(customer=people[0], segment=segment, joined_at=NOW)

    def comes(at: datetime, visitor: str, *kinds: str, order: Order | None = None, customer: str = "", **origin: str) -> None:
        said = {
            "product_viewed": {"sku": "CUP", "in_stock": False}, "product_added": {"sku": "CUP"},
            "product_wished": {"sku": "CUP"}, "dwelled": {"path": "/", "seconds": 12, "sku": "CUP"},
            "products_searched": {"query": "찻잔", "results": 0}, "promotion_viewed": {"promotion": str(offer.pk)},
            "promotion_clicked": {"promotion": str(offer.pk)}, "reviews_viewed": {"sku": "CUP"},
        }  # fmt: skip
        events = [an_event(at=at, **(origin or PAID))]
        events += [
            an_event(kind, at=at + timedelta(minutes=place), **said.get(kind, {})) for place, kind in enumerate(kinds, 1)
        ]
        if order:
            events.append(an_event("order_completed", at=order.placed_at + timedelta(seconds=2), order=order.number))
        envelope = {"customer": customer} if customer else {}
        told(source, a_batch(*events, visitor=visitor, **envelope), at=at + timedelta(minutes=45))

    def buys(at: datetime, number: int) -> Order:
        due_at = at + timedelta(days=1)
        return an_order(at, Line(cup, 2, discount=1_000), customer=people[number - 1], paid_at=at, ship_due_at=due_at)

    looks = ("promotion_viewed", "promotion_clicked", "product_viewed", "reviews_viewed", "product_wished", "dwelled",
             "product_added")  # fmt: skip
    # Months ago, so that somebody has stayed away and somebody may come back.
    long_ago = seoul("2026-09-08", "12:00")
    comes(long_ago, "phone-1", order=buys(long_ago + timedelta(minutes=9), 1), customer="c-1")
    comes(seoul("2026-09-09", "12:00"), "phone-2", customer="c-2")
    # Somebody new reads a letter, looks, and buys twice.
    comes(seoul(str(FIRST), "11:30"), "phone-5", customer="c-3", utm_source="letter", utm_medium="email")
    coming = ((2, "phone-1", 1), (2, "phone-5", 3), (1, "phone-2", 2), (0, "phone-1", 1), (0, "phone-5", 3))
    for days, visitor, number in coming:
        at = seoul(str(LAST - timedelta(days=days)), "12:00")
        order = buys(at + timedelta(minutes=15), number)
        comes(at, visitor, *looks, "checkout_started", order=order, customer=f"c-{number}")
        parcel = Fulfillment.objects.create(
            order=order, number=f"{order.number}-1", warehouse=warehouse, shipped_at=at + timedelta(hours=5)
        )  # fmt: skip
        FulfillmentLine.objects.create(fulfillment=parcel, order_line=order.lines.get(), quantity=2)
        movements(at + timedelta(hours=5), cup, warehouse, ("RECEIPT", 5), ("SHIPMENT", -2))
        a_return(order, at + timedelta(hours=8), warehouse, refund=5_000)
    comes(seoul(str(LAST), "20:00"), "phone-3", *looks)
    comes(seoul(str(LAST), "21:00"), "phone-4", "products_searched")
    comes(seoul(str(LAST), "22:00"), "phone-6")
    for state in (Order.State.CANCELED, Order.State.EXPIRED):
        an_order(seoul(str(LAST), "10:00"), Line(cup), state=state)
    spend.take_rows(
        rows=[
            {"day": str(day), "source": "naver", "medium": "cpc", "campaign": "autumn", "impressions": "900", "clicks": "30",
             "cost": "12000"}
            for day in (FIRST, LAST)
        ],
        actor=None,
        at=NOW,
    )  # fmt: skip
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    rollups.rebuild(first=shop.day(long_ago), last=LAST, actor=None, at=NOW)
    purchases.rebuild_due(at=NOW)
    attribution.rebuild_due(at=NOW)
