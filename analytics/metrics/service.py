"""How well the shop keeps what it promised: what left in time, what left at once and whole, what never left."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.metrics.values import Good, Metric, Unit, fact, ratio

TITLE = _("Shipping and outcomes")

METRICS = (
    Metric(
        "parcels",
        pgettext_lazy("figure", "Parcels"),
        Unit.COUNT,
        _("Parcels that left a warehouse in the span."),
        _("An order that leaves from two warehouses, or at two times, is two parcels."),
        owner="warehouse",
        formula="count(fulfillment)",
        facts=("parcels",),
        value=fact("parcels"),
        good=Good.UP,
    ),
    Metric(
        "on_time_share",
        pgettext_lazy("figure", "Left in time"),
        Unit.SHARE,
        _("Of the parcels that left and had a time to leave by: those that left by then."),
        _("A late order that has not left yet is not in here; it stands in the worklist of late orders."),
        owner="warehouse",
        formula="on_time / due",
        facts=("on_time", "due"),
        value=ratio("on_time", "due"),
        censoring=_("What has not left yet is not counted."),
        good=Good.UP,
    ),
    Metric(
        "time_to_ship",
        pgettext_lazy("figure", "From payment to leaving"),
        Unit.SECONDS,
        _("How long parcels of paid orders took from the payment until they left, on average."),
        _("Nights and weekends are in it. A few very late parcels lift it; see the share that left in time beside it."),
        owner="warehouse",
        formula="waited_seconds / paid",
        facts=("waited_seconds", "paid"),
        value=ratio("waited_seconds", "paid"),
        censoring=_("What has not left yet is not counted."),
        good=Good.DOWN,
    ),
    Metric(
        "fill_rate",
        pgettext_lazy("figure", "Filled at once"),
        Unit.SHARE,
        _(
            "Of orders of which a first parcel left on the day: the units that left on that very day, of all units on their "
            "lines. Units canceled before count as not filled, whoever canceled them."
        ),
        _("What is missing to 100 % was sent later or never. It falls when stock runs short or lies in the wrong warehouse."),
        owner="warehouse",
        formula="begun_left_units / begun_units",
        facts=("begun_left_units", "begun_units"),
        value=ratio("begun_left_units", "begun_units"),
        good=Good.UP,
    ),
    Metric(
        "whole_share",
        pgettext_lazy("figure", "Sent whole"),
        Unit.SHARE,
        _("Of orders of which a first parcel left on the day: those of which everything left on that very day."),
        _("Each order that is not sent whole costs another parcel and another message."),
        owner="warehouse",
        formula="begun_whole / begun",
        facts=("begun_whole", "begun"),
        value=ratio("begun_whole", "begun"),
        good=Good.UP,
    ),
    Metric(
        "canceled_share",
        pgettext_lazy("figure", "Canceled orders"),
        Unit.SHARE,
        _("Of all orders placed in the span: those canceled since as a whole."),
        _("It counts on the day the order was placed, so the last days still rise."),
        owner="order_clerk",
        formula="canceled / placed",
        facts=("canceled", "placed"),
        value=ratio("canceled", "placed"),
        censoring=_("Orders of the last days may still be canceled."),
        good=Good.DOWN,
    ),
    Metric(
        "expired_share",
        pgettext_lazy("figure", "Never paid"),
        Unit.SHARE,
        _("Of all orders placed in the span: those that expired because nobody paid in time."),
        _("A sudden rise often means that a way to pay is broken."),
        owner="order_clerk",
        formula="expired / placed",
        facts=("expired", "placed"),
        value=ratio("expired", "placed"),
        censoring=_("Orders that may still be paid count as placed."),
        good=Good.DOWN,
    ),
)
