"""What was sold, what came back, and what it earned."""

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.metrics.values import Facts, Good, Metric, Unit, fact, ratio

TITLE = _("Sales and stock")

NET_FACTS = ("gross", "discounts", "returned")
SOLD_FACTS = ("gross", "discounts")
PROFIT_FACTS = (*NET_FACTS, "tax", "returned_tax", "cost", "returned_cost")


def sold(facts: Facts) -> Decimal:
    return facts["gross"] - facts["discounts"]


def net(facts: Facts) -> Decimal:
    return sold(facts) - facts["returned"]


def profit(facts: Facts) -> Decimal:
    return net(facts) - (facts["tax"] - facts["returned_tax"]) - (facts["cost"] - facts["returned_cost"])


def _divided(above: Callable[[Facts], Decimal], below: Callable[[Facts], Decimal]) -> Callable[[Facts], Decimal | None]:
    return lambda facts: above(facts) / below(facts) if below(facts) else None


METRICS = (
    Metric(
        "orders",
        pgettext_lazy("figure", "Orders"),
        Unit.COUNT,
        _("Orders placed in the span, paid or not. Canceled and expired ones do not count, from the moment they are over."),
        _("An order stays on the day it was placed. If it is canceled next week, that day's number falls next week."),
        owner="owner",
        formula="count(order)",
        facts=("orders",),
        value=fact("orders"),
        good=Good.UP,
    ),
    Metric(
        "units",
        pgettext_lazy("figure", "Units"),
        Unit.COUNT,
        _("Units ordered in those orders, without canceled ones. Units that came back are counted apart."),
        _("What left the shelves on a day is another figure: it stands in the stock ledger."),
        owner="owner",
        formula="sum(line.quantity - line.canceled)",
        facts=("units",),
        value=fact("units"),
        good=Good.UP,
    ),
    Metric(
        "gross",
        pgettext_lazy("figure", "Before discounts"),
        Unit.MONEY,
        _("Units at their list price of that time, tax inside."),
        _("Where units of a line were canceled, the line's amounts count in proportion."),
        owner="owner",
        formula="sum(line.gross)",
        facts=("gross",),
        value=fact("gross"),
        good=Good.UP,
    ),
    Metric(
        "discounts",
        pgettext_lazy("figure", "Discounts"),
        Unit.MONEY,
        _("What promotions and coupons took off the goods. Discounts off the shipping fee are not in here."),
        _("Divided by the amount before discounts it is the average discount."),
        owner="marketer",
        formula="sum(line.discount)",
        facts=("discounts",),
        value=fact("discounts"),
    ),
    Metric(
        "sales",
        pgettext_lazy("figure", "Sales"),
        Unit.MONEY,
        _("Before discounts − discounts: what customers agreed to pay for goods, tax inside, shipping not."),
        _("The figure to compare days by: returns of earlier days do not disturb it."),
        owner="owner",
        formula="gross - discounts",
        facts=SOLD_FACTS,
        value=sold,
        good=Good.UP,
    ),
    Metric(
        "returned",
        pgettext_lazy("figure", "Returns"),
        Unit.MONEY,
        _("What goes back to customers for goods that arrived back in the span, whenever they were sold."),
        _("A return counts on the day the goods arrived. Goodwill refunds without goods are not in here."),
        owner="order_clerk",
        formula="sum(return_line.refund)",
        facts=("returned",),
        value=fact("returned"),
        good=Good.DOWN,
    ),
    Metric(
        "returned_units",
        pgettext_lazy("figure", "Returned units"),
        Unit.COUNT,
        _("Units that arrived back in the span, whenever they were sold."),
        _("Divided by the units of an earlier span it tells how much comes back; of the same span it mixes two."),
        owner="order_clerk",
        formula="sum(return_line.quantity)",
        facts=("returned_units",),
        value=fact("returned_units"),
        good=Good.DOWN,
    ),
    Metric(
        "net",
        pgettext_lazy("figure", "Net sales"),
        Unit.MONEY,
        _("Sales − returns."),
        _("It may fall below zero on a day on which more came back than was sold."),
        owner="owner",
        formula="gross - discounts - returned",
        facts=NET_FACTS,
        value=net,
        good=Good.UP,
    ),
    Metric(
        "shipping",
        pgettext_lazy("figure", "Shipping"),
        Unit.MONEY,
        _("Shipping fees of those orders, less discounts off them."),
        _("What carriers charge is not known here."),
        owner="owner",
        formula="sum(order.shipping_fee - order.shipping_discount)",
        facts=("shipping",),
        value=fact("shipping"),
    ),
    Metric(
        "tax",
        pgettext_lazy("figure", "Tax inside"),
        Unit.MONEY,
        _("VAT inside sales and shipping of those orders, before returns."),
        _("For an impression only: the tax return is made from invoices."),
        owner="owner",
        formula="sum(order.tax)",
        facts=("order_tax",),
        value=fact("order_tax"),
    ),
    Metric(
        "average_order",
        pgettext_lazy("figure", "Average order"),
        Unit.MONEY,
        _("Sales / orders."),
        _("Shipping is not in it."),
        owner="marketer",
        formula="(gross - discounts) / orders",
        facts=(*SOLD_FACTS, "orders"),
        value=_divided(sold, lambda facts: facts["orders"]),
        good=Good.UP,
    ),
    Metric(
        "units_per_order",
        pgettext_lazy("figure", "Units per order"),
        Unit.RATE,
        _("Units / orders."),
        _("It rises with sets and free-shipping limits, whatever the prices."),
        owner="marketer",
        formula="units / orders",
        facts=("units", "orders"),
        value=ratio("units", "orders"),
        good=Good.UP,
    ),
    Metric(
        "discount_share",
        pgettext_lazy("figure", "Discount share"),
        Unit.SHARE,
        _("Discounts / the amount before discounts."),
        _("What a shop gives away of its list prices on average. Compare it before, during and after a promotion."),
        owner="marketer",
        formula="discounts / gross",
        facts=SOLD_FACTS,
        value=ratio("discounts", "gross"),
        good=Good.DOWN,
    ),
    Metric(
        "profit",
        pgettext_lazy("figure", "Gross profit"),
        Unit.MONEY,
        _("Net sales − tax inside them − unit cost of what was sold, plus the cost of returned goods that can be sold again."),
        _("Unit cost is the one known when the order was placed. Fees, shipping and advertising are not taken off."),
        owner="owner",
        formula="net - (tax - returned_tax) - (cost - returned_cost)",
        facts=PROFIT_FACTS,
        value=profit,
        good=Good.UP,
    ),
    Metric(
        "margin",
        pgettext_lazy("figure", "Margin"),
        Unit.SHARE,
        _("Gross profit / (net sales − tax inside them)."),
        _("Of each won that stays after tax, how much is not the goods' own cost."),
        owner="owner",
        formula="profit / (net - (tax - returned_tax))",
        facts=PROFIT_FACTS,
        value=_divided(profit, lambda facts: net(facts) - (facts["tax"] - facts["returned_tax"])),
        good=Good.UP,
    ),
    Metric(
        "received_units",
        pgettext_lazy("figure", "Received units"),
        Unit.COUNT,
        _("Units that suppliers delivered, by the ledger of stock."),
        _("Goods that customers sent back are not in here."),
        owner="buyer",
        formula="sum(movement.quantity where RECEIPT)",
        facts=("received",),
        value=fact("received"),
    ),
    Metric(
        "shipped_units",
        pgettext_lazy("figure", "Shipped units"),
        Unit.COUNT,
        _("Units that left the shelves for customers, by the ledger of stock."),
        _("It follows the units ordered by as long as it takes to pick them."),
        owner="warehouse",
        formula="-sum(movement.quantity where SHIPMENT)",
        facts=("shipped",),
        value=fact("shipped"),
        good=Good.UP,
    ),
)
