"""Version 1. Columns may be added at the end; one that changes its meaning or goes makes version 2, beside this one."""

from analytics.behaviour.funnel import Step
from analytics.behaviour.kinds import BUILT_IN
from analytics.reading.values import View, columns

SCHEMA = "reading_v1"

_DAY = "(t.{moment} AT TIME ZONE '{{zone}}')::date"
_CUSTOMER = (
    "t.customer_id",
    "Number that stands for the customer, empty where the shop knows none. It leads to nobody without the personal views.",
)


def _day(moment: str, about: str) -> tuple[str, str]:
    return _DAY.format(moment=moment).replace("{{zone}}", "{zone}"), about


_KINDS = ", ".join(f"({kind.number}, '{kind.name}')" for kind in BUILT_IN)
# Facts of the metrics by their names, with the rollup and column they lie in: what queries/facts.py says, held to it by a test.
HOURLY_FACTS = {
    **{name: name for name in ("orders", "units", "gross", "discounts", "shipping", "returned_units", "returned")},
    "order_tax": "tax",
}

VIEWS: tuple[View, ...] = (
    View(
        "orders", "One row for each order, as it stands now.", "public.orders_order AS t",
        columns(
            number="Number of the order.", channel="Where it was placed.",
            state="PLACED, PAID, PICKED, PARTLY_SHIPPED, SHIPPED, CANCELED or EXPIRED.",
            customer=_CUSTOMER, placed_at="Moment of placing.", placed_on=_day("placed_at", "Business day of placing."),
            paid_at="Moment it was paid in full.", shipped_at="Moment the last unit left.",
            closed_at="Moment it was canceled or expired.", currency="ISO code.",
            lines_total="Goods after discounts, tax inside.", shipping_fee="Shipping before discounts.",
            shipping_discount="Taken off the shipping fee.", total="lines_total + shipping_fee - shipping_discount.",
            tax="VAT inside the total.", paid="What came.", refund_owed="What of it must go back in all.",
            refunded="What went back.",
        ),
        ("number",), by_day="placed_on", by_moment="placed_at",
    ),
    View(
        "order_lines", "One row for each line of an order.",
        "public.orders_orderline AS t JOIN public.orders_order AS o ON o.id = t.order_id",
        columns(
            number=("o.number", "Number of the order."), position="Place in the order, from 1.",
            placed_on=("(o.placed_at AT TIME ZONE '{zone}')::date", "Business day of placing."), sku="SKU.",
            name="Product and option as they were called then.", quantity="Units ordered.", list_price="Of one unit, then.",
            gross="quantity x list_price.", discount="Taken off by promotions.", total="gross - discount, tax inside.",
            tax_rate="In percent.", tax="VAT inside the total.", unit_cost="Cost of one unit, as known then.",
            shipped="Units that left.", canceled="Units canceled.", short="Units whose stock was lost.",
            returned="Units that came back.", placed_at=("o.placed_at", "Moment of placing."),
        ),
        ("number", "position"), by_day="placed_on", by_moment="placed_at",
    ),
    View(
        "returns", "One row for each line of a return.",
        "public.orders_returnline AS t JOIN public.orders_return AS r ON r.id = t.parent_id "
        "JOIN public.inventory_variant AS v ON v.id = t.variant_id "
        "JOIN public.inventory_warehouse AS w ON w.id = r.warehouse_id "
        "LEFT JOIN public.orders_order AS o ON o.id = r.order_id",
        columns(
            return_number=("r.number", "Number of the return."), line=("t.id", "Number of the line, unique over all returns."),
            order_number=("o.number", "Of which order; empty where the sale lies before the records begin."),
            state=("r.state", "ACCEPTED (may be sent), RECEIVED or REFUSED."), warehouse=("w.code", "Where it arrives."),
            sku=("v.sku", "SKU."), quantity="Units.", restocked="Units that could be sold again.",
            refund="What goes back for them.", accepted_at=("r.accepted_at", "Moment it was accepted."),
            accepted_on=("(r.accepted_at AT TIME ZONE '{zone}')::date", "Business day of accepting."),
            received_at=("r.received_at", "Moment the goods arrived."),
        ),
        ("line",), by_day="accepted_on", by_moment="accepted_at",
    ),
    View(
        "products", "One row for each SKU of the catalog.",
        "public.inventory_variant AS t JOIN public.inventory_product AS p ON p.id = t.product_id "
        "JOIN public.inventory_category AS c ON c.id = p.category_id",
        columns(
            sku="SKU.", product=("p.name", "Name of the product."),
            option=("t.name", "Name of the option; empty where it has none."),
            category=("c.code", "Code of the category."), category_name=("c.name", "Name of the category."),
            list_price="Price of one unit now, tax inside.", cost="Cost of one unit now.",
            on_sale=("t.is_active AND p.is_active", "Whether it can be ordered."),
        ),
        ("sku",),
    ),
    View(
        "stock", "What lies where now, one row for each SKU and warehouse.",
        "public.inventory_stocklevel AS t JOIN public.inventory_variant AS v ON v.id = t.variant_id "
        "JOIN public.inventory_warehouse AS w ON w.id = t.warehouse_id",
        columns(
            sku=("v.sku", "SKU."), warehouse=("w.code", "Code of the warehouse."), on_hand="Units on the shelf.",
            reserved="Of them promised.", available=("t.on_hand - t.reserved", "on_hand - reserved."),
        ),
        ("sku", "warehouse"),
    ),
    View(
        "stock_movements", "The ledger of stock: every unit that came or went.",
        "public.inventory_stockmovement AS t JOIN public.inventory_variant AS v ON v.id = t.variant_id "
        "JOIN public.inventory_warehouse AS w ON w.id = t.warehouse_id",
        columns(
            id="Number of the entry.", occurred_at="Moment.", occurred_on=_day("occurred_at", "Business day."),
            kind="RECEIPT, SHIPMENT, RETURN, ADJUSTMENT, TRANSFER and so on.", sku=("v.sku", "SKU."),
            warehouse=("w.code", "Code of the warehouse."), quantity="Units; below zero they left.",
            document_kind="What kind of document moved them.", document_number="Its number.",
            unit_cost="Cost of one unit, where it was known.",
        ),
        ("id",), by_day="occurred_on", by_moment="occurred_at",
    ),
    View(
        "sales_hourly", "Sales of closed business days by hour and channel.", "public.analytics_hourlysales AS t",
        columns(
            day="Business day.", hour="0 to 23.", channel="Channel; empty for goods that came back without a sale on record.",
            orders="Orders placed, without those that are over.", units="Units ordered.", gross="Before discounts.",
            discounts="Taken off the goods.", shipping="Shipping less discounts off it.", tax="VAT inside sales and shipping.",
            returned_units="Units that arrived back.", returned="What goes back for them.",
            net="gross - discounts - returned.",
        ),
        ("day", "hour", "channel"), by_day="day",
    ),
    View(
        "sales_daily", "Sales of closed business days by SKU.",
        "public.analytics_dailysales AS t JOIN public.inventory_variant AS v ON v.id = t.variant_id",
        columns(
            day="Business day.", sku=("v.sku", "SKU."), units="Units ordered.", gross="Before discounts.",
            discounts="Taken off.", tax="VAT inside.", cost="Cost of what was sold.", returned_units="Units that arrived back.",
            returned="What goes back for them.", returned_tax="VAT inside that.",
            returned_cost="Cost of what came back and can be sold again.", net="gross - discounts - returned.",
            profit="net - (tax - returned_tax) - (cost - returned_cost).",
        ),
        ("day", "sku"), by_day="day",
    ),
    View(
        "stock_daily", "What moved on closed business days by SKU and warehouse.",
        "public.analytics_dailystock AS t JOIN public.inventory_variant AS v ON v.id = t.variant_id "
        "JOIN public.inventory_warehouse AS w ON w.id = t.warehouse_id",
        columns(
            day="Business day.", sku=("v.sku", "SKU."), warehouse=("w.code", "Code of the warehouse."),
            received="Units from suppliers.", shipped="Units to customers.", taken_back="Units back in stock.",
            corrected="Units by counts and corrections.", moved="Units by transfers.",
        ),
        ("day", "sku", "warehouse"), by_day="day",
    ),
    View(
        "promotions_daily", "What promotions gave away on closed business days.",
        "public.analytics_dailypromotion AS t JOIN public.campaigns_promotion AS p ON p.id = t.promotion_id",
        columns(
            day="Business day.", promotion=("t.promotion_id", "Number of the promotion."), name=("p.name", "Its name now."),
            orders="Orders that used it.", amount="What it took off.",
        ),
        ("day", "promotion"), by_day="day",
    ),
    View(
        "metric_facts",
        "The sums that metrics are made of, by closed business day, hour and channel. A feed tells which metric is what.",
        "public.analytics_hourlysales AS t CROSS JOIN LATERAL (VALUES "
        + ", ".join(f"('{name}', t.{column}::numeric)" for name, column in HOURLY_FACTS.items())
        + ") AS f (fact, value)",
        columns(
            day="Business day.", hour="0 to 23.", channel="Channel.", fact=("f.fact", "Name of the fact."),
            value=("f.value", "The sum."),
        ),
        ("day", "hour", "channel", "fact"), by_day="day",
    ),
    View(
        "visits", "Visits of shoppers who agreed to be counted, with the first moments of their stages.",
        "public.analytics_visit AS t JOIN public.analytics_eventsource AS s ON s.id = t.source_id",
        columns(
            visit=("t.id", "Number of the visit; another one whenever its day is made anew."), day="Business day.",
            source=("s.code", "Code of the event source."), channel=("s.channel", "Channel of the source."),
            customer=("t.customer_id", _CUSTOMER[1]),
            started_at="First event.", ended_at="Last event.", events="Events.", pages="Pages viewed.",
            products="Different products viewed.", out_of_stock="Of these out of stock.", searches="Searches.",
            added="Units put in the cart.", active_seconds="Seconds in front of a page.", landing="First page.",
            referrer="Host it came from.", utm_source="As told by the address.", utm_medium="As told by the address.",
            utm_campaign="As told by the address.", click_id="Kind of an advertisement's click id.",
            viewed_at="First product viewed.", compared_at="Compared from then on.", decided_at="About to buy from then on.",
            checkout_at="Checkout begun.", ordered_at="Ordered.",
            visitor=("t.visitor::text", "Number that stands for the browser; it leads to nobody."),
        ),
        ("started_at", "visitor"), by_day="day",
    ),
    View(
        "visits_hourly", "Visits by business day, hour in which they began, and channel.",
        "public.analytics_hourlyvisits AS t",
        columns(
            day="Business day.", hour="0 to 23.", channel="Channel.", visits="Visits.",
            viewed="Of them with a product viewed.", compared="That compared products.", decided="That were about to buy.",
            checkout="That began a checkout.", ordered="That ordered.", carted="That put something into the cart.",
            carts_left="Of these without an order.", bounces="Visits of one page and nothing else.",
            saw_out_of_stock="That saw a product out of stock.", pages="Pages viewed.", searches="Searches.",
            dry_searches="Of them without a result.", products="Different products viewed, summed over the visits.",
            added="Units put into the cart.", active_seconds="Seconds in front of a page.",
        ),
        ("day", "hour", "channel"), by_day="day",
    ),
    View(
        "funnel_daily", "How far visits of a business day came, and why they ended without an order.",
        "public.analytics_dailyfunnel AS t LEFT JOIN public.inventory_category AS c ON c.id = t.category_id",
        columns(
            day="Business day.", channel="Channel.",
            category=(
                "coalesce(c.code, '')",
                "Code of a category that was viewed. Empty: all visits; a visit stands there and in each of its categories.",
            ),
            step="The furthest: " + ", ".join(f"{one.value} {one.name.lower()}" for one in Step) + ".",
            reason="Why it ended there; empty where it ordered.", visits="Visits.",
        ),
        ("day", "channel", "category", "step", "reason"), by_day="day",
    ),
    View(
        "purchases", "One row for each standing order of a closed business day, with what led to it as far as visits tell.",
        "public.analytics_purchase AS t JOIN public.orders_order AS o ON o.id = t.order_id",
        columns(
            number=("o.number", "Number of the order."), day="Business day of placing.", hour="0 to 23.", channel="Channel.",
            units="Units.", sales="Goods after discounts.",
            is_first_order="Whether it is the customer's first; empty where the shop knows no customer.",
            gap_seconds="Since the customer's order before.", first_seen_at="When the customer or browser was first seen.",
            visit_started_at="Begin of the visit it was placed in.", carted_at="First put into the cart in that visit.",
            touch_kind="Kind of the last click of the week before.", touch_code="Promotion or message of it.",
            touched_at="Moment of it.",
        ),
        ("number",), by_day="day",
    ),
    View(
        "attribution_daily", "Where visits of a business day came from, and what of its orders is owed to that in four ways.",
        "public.analytics_dailyattribution AS t",
        columns(
            day="Business day.", channel="Channel.", origin=("t.grouping", "Kind of origin."),
            source="Who sent the visit.", campaign="Name of the campaign.",
            line=("t.campaign_key", "origin/source/campaign, by which spend is matched."), visits="Visits that began by it.",
            touched="Orders with such a visit before them.", assists="Of them not owed to it as the last.",
            last_orders="Orders owed, by the last touch.", last_net="Net sales owed, by the last touch.",
            first_orders="Orders owed, by the first touch.", first_net="Net sales owed, by the first touch.",
            position_orders="Orders owed, by position.", position_net="Net sales owed, by position.",
            linear_orders="Orders owed, to all touches the same.", linear_net="Net sales owed, to all touches the same.",
        ),
        ("day", "channel", "line"), by_day="day",
    ),
    View(
        "spend_daily", "What advertising showed and cost on a business day, as its platforms tell.",
        "public.analytics_adspend AS t",
        columns(
            day="Business day.", source="Platform.", medium="As told in its addresses.", campaign="Name of the campaign.",
            line=("t.campaign_key", "As in attribution_daily."), impressions="How often it was shown.", clicks="Clicks.",
            cost="Cost.",
        ),
        ("day", "source", "medium", "campaign"), by_day="day",
    ),
    View(
        "parcels_daily", "What left the warehouses on closed business days, and how fast.",
        "public.analytics_dailyparcels AS t JOIN public.inventory_warehouse AS w ON w.id = t.warehouse_id",
        columns(
            day="Business day.", channel="Channel of the orders.", warehouse=("w.code", "Code of the warehouse."),
            parcels="Parcels.", units="Units in them.", due="Parcels with a time to leave by.", on_time="Of them in time.",
            paid="Parcels of orders with a moment of payment.", waited_seconds="Seconds from payment to leaving, of all these.",
        ),
        ("day", "channel", "warehouse"), by_day="day",
    ),
    View(
        "outcomes_daily", "What became of orders: of those placed on a closed business day, and of those begun to ship on it.",
        "public.analytics_dailyoutcomes AS t",
        columns(
            day="Business day.", channel="Channel.", placed="Orders placed.", canceled="Of them canceled since.",
            expired="Of them expired since.", begun="Orders whose first parcel left.", begun_units="Their units.",
            begun_left_units="Of these units, those that left on that day.", begun_whole="Orders that left as a whole.",
        ),
        ("day", "channel"), by_day="day",
    ),
    View(
        "events_hourly", "How often something happened, by hour, source and kind.",
        "public.analytics_hourlyevents AS t JOIN public.analytics_eventsource AS s ON s.id = t.source_id "
        f"LEFT JOIN (VALUES {_KINDS}) AS b (number, name) ON b.number = t.kind "
        "LEFT JOIN public.analytics_eventkind AS k ON k.number = t.kind",
        columns(
            hour="The hour it begins with.", day=("(t.hour AT TIME ZONE '{zone}')::date", "Business day."),
            source=("s.code", "Code of the event source."), kind=("coalesce(b.name, k.name)", "Name of the kind of event."),
            kind_number=("t.kind", "Its number: versions of a kind have different ones."),
            traffic=("CASE t.traffic WHEN 0 THEN 'shopper' WHEN 1 THEN 'bot' ELSE 'internal' END", "Only shoppers count."),
            events="Events.", visitors="Different visitors among them.",
        ),
        ("hour", "source", "kind_number", "traffic"), by_day="day", by_moment="hour",
    ),
    View(
        "days", "The state of the figures of each business day.", "public.analytics_rollupstate AS t",
        columns(
            day="Business day.", is_final=("t.state = 'CLEAN'", "Whether its figures are what a recount would give."),
            rebuilt_at="When they were made.",
        ),
        ("day",), by_day="day",
    ),
    View(
        "customers", "One row for each customer, without anything that tells who it is.", "public.campaigns_customer AS t",
        columns(
            customer=("t.id", "Number that stands for the customer in these views."), known_since=("t.created_at", "Moment."),
            is_erased=("t.erased_at IS NOT NULL", "Whether the person was erased."),
        ),
        ("customer",),
    ),
    View(
        "customers_personal", "PERSONAL. Who the customers are.", "public.campaigns_customer AS t",
        columns(
            customer=("t.id", "As in the other views."), external_id="The storefront's key for the person.", name="Name.",
            phone="Phone.", email="E-mail.",
        ),
        ("customer",), is_personal=True,
    ),
    View(
        "orders_personal", "PERSONAL. Whom orders were sent to.", "public.orders_order AS t",
        columns(
            number="Number of the order.", external_number="Number in its channel.", ship_to="Name and address, as JSON.",
            note="What the customer wrote.",
        ),
        ("number",), is_personal=True,
    ),
)  # fmt: skip
