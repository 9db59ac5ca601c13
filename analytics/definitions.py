"""What each figure counts and how to read it, said once: the page of definitions, column titles and tests use it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Definition:
    code: str
    title: Any
    counts: Any
    reading: Any


DEFINITIONS = (
    Definition(
        "orders",
        pgettext_lazy("figure", "Orders"),
        _("Orders placed in the span, paid or not. Canceled and expired ones do not count, from the moment they are over."),
        _("An order stays on the day it was placed. If it is canceled next week, that day's number falls next week."),
    ),
    Definition(
        "units",
        pgettext_lazy("figure", "Units"),
        _("Units ordered in those orders, without canceled ones. Units that came back are counted apart."),
        _("What left the shelves on a day is another figure: it stands in the stock ledger."),
    ),
    Definition(
        "gross",
        pgettext_lazy("figure", "Before discounts"),
        _("Units at their list price of that time, tax inside."),
        _("Where units of a line were canceled, the line's amounts count in proportion."),
    ),
    Definition(
        "discounts",
        pgettext_lazy("figure", "Discounts"),
        _("What promotions and coupons took off the goods. Discounts off the shipping fee are not in here."),
        _("Divided by the amount before discounts it is the average discount."),
    ),
    Definition(
        "sales",
        pgettext_lazy("figure", "Sales"),
        _("Before discounts − discounts: what customers agreed to pay for goods, tax inside, shipping not."),
        _("The figure to compare days by: returns of earlier days do not disturb it."),
    ),
    Definition(
        "returned",
        pgettext_lazy("figure", "Returns"),
        _("What goes back to customers for goods that arrived back in the span, whenever they were sold."),
        _("A return counts on the day the goods arrived. Goodwill refunds without goods are not in here."),
    ),
    Definition(
        "net",
        pgettext_lazy("figure", "Net sales"),
        _("Sales − returns."),
        _("It may fall below zero on a day on which more came back than was sold."),
    ),
    Definition(
        "shipping",
        pgettext_lazy("figure", "Shipping"),
        _("Shipping fees of those orders, less discounts off them."),
        _("What carriers charge is not known here."),
    ),
    Definition(
        "tax",
        pgettext_lazy("figure", "Tax inside"),
        _("VAT inside sales and shipping of those orders, before returns."),
        _("For an impression only: the tax return is made from invoices."),
    ),
    Definition(
        "average_order",
        pgettext_lazy("figure", "Average order"),
        _("Sales / orders."),
        _("Shipping is not in it."),
    ),
    Definition(
        "profit",
        pgettext_lazy("figure", "Gross profit"),
        _("Net sales − tax inside them − unit cost of what was sold, plus the cost of returned goods that can be sold again."),
        _("Unit cost is the one known when the order was placed. Fees, shipping and advertising are not taken off."),
    ),
    Definition(
        "today",
        pgettext_lazy("figure", "Today against last week"),
        _("Today until now, against the same weekday a week ago until the same time of day."),
        _(
            "Today still holds unpaid orders, of which some will expire; last week's have expired already. So today reads a "
            "little high."
        ),
    ),
    Definition(
        "projection",
        pgettext_lazy("figure", "Where today may end"),
        _(
            "Sales so far / the share that the last eight days of this weekday had reached by this time. The range is the "
            "middle half of them."
        ),
        _("It describes the past. A promotion, a holiday or a stockout makes today different. Shown from four such days on."),
    ),
    Definition(
        "cover",
        pgettext_lazy("figure", "Days of cover"),
        _("Available units / units shipped per day from this warehouse over the last 28 closed days."),
        _("A SKU that was sold out in between shipped less than it could have, so it lasts shorter than shown."),
    ),
    Definition(
        "promotion",
        pgettext_lazy("figure", "Uses of a promotion"),
        _("Orders that got it and stand, and what it took off them, shipping included."),
        _("What would have been sold without it is not known from these figures."),
    ),
)
TITLES = {one.code: one.title for one in DEFINITIONS}
