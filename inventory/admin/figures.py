"""The terms of a replenishment plan as a table that staff can follow: what each is called, its value, and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.operations import replenishment as operation
from inventory.replenishment import FEW_DAYS, REVIEW_DAYS, Nothing, Rounding

DAY = "Y-m-d"
NOTHING: Mapping[str, Any] = {
    Nothing.ENOUGH: gettext_lazy("The stock position lies above the reorder point."),
    Nothing.FULL: gettext_lazy("The stock position has reached the target already."),
    Nothing.NO_ROOM: gettext_lazy("The least one may order would lift the stock above the maximum."),
    Nothing.NO_DEMAND: gettext_lazy("Nothing was sold, and no minimum stock is set."),
    Nothing.NO_HISTORY: gettext_lazy("In a year it never lay there to be sold, and no minimum stock is set."),
    operation.OFF_SALE: gettext_lazy("The SKU is off sale."),
    operation.NO_SUPPLIER: gettext_lazy("No active supplier is preferred for this SKU."),
    operation.DISMISSED: gettext_lazy("It was dismissed within the days to cover, and the need has not doubled since."),
}
ROUNDED: Mapping[str, Any] = {
    Rounding.NONE: gettext_lazy("as needed"),
    Rounding.MINIMUM: gettext_lazy("raised to the least one may order"),
    Rounding.PACKS: gettext_lazy("raised to full packs"),
    Rounding.MAXIMUM: gettext_lazy("cut to the full packs that fit below the maximum stock"),
}
# The chart: one bar each day, in units of the drawing.
BAR, GAP, HEIGHT = 8, 2, 60


@dataclass(frozen=True)
class Figure:
    title: str
    value: str
    how: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Part:
    title: str
    figures: list[Figure]


@dataclass(frozen=True)
class Bar:
    """One day of the chart, placed; `says` is what the pointer is told."""

    x: int
    y: int
    height: int
    sold_out: bool
    says: str


def table(explanation: Mapping[str, Any]) -> str:
    """The whole plan: demand with its chart, the formula, the stock, the quantity."""
    terms, plan, stock = explanation["terms"], explanation["plan"], explanation["stock"]
    days = len(explanation["shipped"])
    last_on = date.fromisoformat(explanation["last_on"])
    first_on = last_on - timedelta(days=days - 1)
    parts = [
        Part(_("Demand"), _demand(plan, first_on, last_on)),
        Part(_("Reorder point and target"), _formula(plan, terms)),
        Part(_("Stock position"), _stock(plan, stock)),
        Part(_("Quantity"), _quantity(plan, terms)),
    ]
    chart = {
        "bars": _bars(explanation["shipped"], explanation["sold_out"], first_on),
        "width": days * (BAR + GAP),
        "height": HEIGHT,
        "bar": BAR,
        "first_on": date_format(first_on, DAY),
        "last_on": date_format(last_on, DAY),
        "most": max(explanation["shipped"], default=0),
        "any_sold_out": any(explanation["sold_out"]),
    }
    return render_to_string("admin/inventory/_plan.html", {"parts": parts, "chart": chart})


def _demand(plan: Mapping[str, Any], first_on: date, last_on: date) -> list[Figure]:
    counted, left_out = plan["days_counted"], plan["days_left_out"]
    few = plan["few_days"]
    return [
        Figure(_("Days looked at"), str(counted + left_out), f"{date_format(first_on, DAY)} – {date_format(last_on, DAY)}"),
        Figure(
            _("Days left out"),
            str(left_out),
            _("They ended with nothing on hand, so nobody knows what would have been sold.") if left_out else "",
        ),
        Figure(_("Units shipped on the other days"), str(plan["units"]), _("on %(days)s days") % {"days": counted}),
        Figure(
            _("Mean demand for a day"),
            str(plan["mean"]),
            _("Fewer than %(days)s days say little: the units are spread over %(days)s.") % {"days": FEW_DAYS}
            if few
            else f"{plan['units']} ÷ {counted}",
        ),
        Figure(
            _("Standard deviation for a day"),
            str(plan["deviation"]),
            f"√{plan['mean']}" if few else _("how much the days differ from each other"),
        ),
    ]


def _formula(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Figure]:
    reorder = f"{plan['expected_demand']} + {plan['safety_stock']}"
    target = f"{plan['reorder_point']} + {plan['mean']} × {terms['cover_days']}"
    return [
        Figure(
            _("Days to bridge"),
            str(plan["protected_days"]),
            _("lead time %(lead)s + %(review)s until the next look") % {"lead": terms["lead_time_days"], "review": REVIEW_DAYS},
        ),
        Figure(_("Demand on these days"), str(plan["expected_demand"]), f"{plan['mean']} × {plan['protected_days']}"),
        Figure(
            _("Safety factor"),
            str(plan["safety_factor"]),
            _("service level %(level)s") % {"level": percent(terms["service_level"])},
        ),
        Figure(
            _("Safety stock"),
            str(plan["safety_stock"]),
            f"{plan['safety_factor']} × {plan['deviation']} × √{plan['protected_days']}",
        ),
        Figure(
            _("Reorder point"),
            str(plan["reorder_point"]),
            _("raised to the minimum stock") if plan["raised_to_minimum"] else _("%(sum)s, rounded up") % {"sum": reorder},
            strong=True,
        ),
        Figure(
            _("Target"),
            str(plan["target"]),
            _("cut to the maximum stock")
            if plan["cut_to_maximum"]
            else _("%(sum)s days to cover, rounded up") % {"sum": target},
            strong=True,
        ),
    ]


def _stock(plan: Mapping[str, Any], stock: Mapping[str, Any]) -> list[Figure]:
    cover = plan["days_of_cover"]
    return [
        Figure(_("On hand"), str(stock["on_hand"])),
        Figure(_("Reserved"), str(stock["reserved"]), _("promised to orders")),
        Figure(_("On order"), str(stock["on_order"]), _("on purchase orders, without the draft of the replenishment")),
        Figure(
            _("Stock position"),
            str(plan["position"]),
            f"{stock['on_hand']} − {stock['reserved']} + {stock['on_order']}",
            strong=True,
        ),
        Figure(
            _("Days of cover"),
            "-" if cover is None else str(cover),
            "" if cover is None else f"({stock['on_hand']} − {stock['reserved']}) ÷ {plan['mean']}",
        ),
    ]


def _quantity(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Figure]:
    least = [
        Figure(_("MOQ"), str(terms["minimum_quantity"])),
        Figure(_("Order multiple"), str(terms["order_multiple"])),
    ]
    if plan["wanted"]:
        needed = f"{plan['target']} − {plan['position']}"
        figures = [Figure(_("Missing up to the target"), str(plan["wanted"]), needed), *least]
    else:
        figures = []
    how = NOTHING[plan["nothing"]] if plan["nothing"] else ROUNDED[plan["rounding"]]
    return [*figures, Figure(_("Computed quantity"), str(plan["quantity"]), str(how), strong=True)]


def _bars(shipped: list[int], sold_out: list[int], first_on: date) -> list[Bar]:
    most = max([*shipped, 1])
    bars = []
    for number, (units, empty) in enumerate(zip(shipped, sold_out, strict=True)):
        height = round(units / most * (HEIGHT - 4))
        day = date_format(first_on + timedelta(days=number), DAY)
        says = _("%(day)s: %(units)s shipped, sold out") if empty else _("%(day)s: %(units)s shipped")
        bars.append(Bar(number * (BAR + GAP), HEIGHT - height, height, bool(empty), says % {"day": day, "units": units}))
    return bars


def percent(level: Any) -> str:
    """0.975 as "97.5%"."""
    return f"{float(level) * 100:.2f}".rstrip("0").rstrip(".") + "%"
