"""The terms of a replenishment plan as a table that staff can follow: what each is called, its value, and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inventory.admin import explaining
from inventory.admin.explaining import DAY, NOTHING, ROUNDED, percent, short
from inventory.replenishment import FEW_DAYS, Basis

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


def table(explanation: Mapping[str, Any], *, is_open: bool) -> str:
    """The whole plan: what it says in sentences, demand with its chart, the formula, the stock, the quantity. What happens next
    is told only while it is open.
    """
    terms, plan, stock = explanation["terms"], explanation["plan"], explanation["stock"]
    is_advised = explanation["basis"] == Basis.ADVICE
    last_on = date.fromisoformat(explanation["last_on"])
    units = explanation["daily"] if is_advised else explanation["shipped"]
    empty = [0] * len(units) if is_advised else explanation["sold_out"]
    first_on = last_on + timedelta(days=1) if is_advised else last_on - timedelta(days=len(units) - 1)
    last_shown = first_on + timedelta(days=len(units) - 1)
    parts = [
        Part(_("Demand"), _advised(explanation) if is_advised else _demand(plan, first_on, last_on)),
        Part(_("Reorder point and target"), (_levels if is_advised else _formula)(plan, terms)),
        Part(_("Stock position"), _stock(plan, stock)),
        Part(_("Quantity"), _quantity(plan, terms)),
    ]
    chart = {
        "bars": _bars(units, empty, first_on, is_advised=is_advised),
        "width": len(units) * (BAR + GAP),
        "height": HEIGHT,
        "bar": BAR,
        "first_on": date_format(first_on, DAY),
        "last_on": date_format(last_shown, DAY),
        "most": short(max(units, default=0)),
        "any_sold_out": any(empty),
        "is_expected": is_advised,
    }
    told = {"sentences": explaining.sentences(explanation, is_open=is_open), "parts": parts, "chart": chart}
    return render_to_string("admin/inventory/_plan.html", told)


def _advised(explanation: Mapping[str, Any]) -> list[Figure]:
    plan, advice = explanation["plan"], explanation["advice"]
    return [
        Figure(_("Known up to"), advice["origin"], _("valid until %(day)s") % {"day": advice["valid_until"]}),
        Figure(pgettext("forecast", "Method"), explaining.method(advice["method"])),
        Figure(_("Mean of the coming week for a day"), short(plan["mean"])),
        Figure(_("Variance over mean of a day"), short(advice["dispersion"])),
    ]


def _levels(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Figure]:
    variances = " + ".join(short(plan[one]) for one in ("by_chance", "by_doubt", "by_lead_time"))
    lot = _("at %(rate)s for a day") % {"rate": short(plan["rate"])}
    return [
        *_bridged(plan, terms),
        Figure(_("Demand on these days"), short(plan["expected_demand"])),
        Figure(
            _("Variance over mean of it"), short(plan["ratio"]), _("%(sum)s: chance, doubt, lead time") % {"sum": variances}
        ),
        Figure(_("Service level"), percent(terms["service_level"])),
        Figure(_("Safety stock"), short(plan["safety_stock"]), _("up to the quantile of the negative binomial")),
        Figure(
            _("Reorder point"),
            str(plan["reorder_point"]),
            _("raised to the minimum stock")
            if plan["raised_to_minimum"]
            else f"{short(plan['expected_demand'])} + {short(plan['safety_stock'])}",
            strong=True,
        ),
        Figure(
            _("Economic quantity"),
            short(plan["economic_quantity"]),
            lot if terms["by_cost"] else _("%(days)s days to cover count instead") % {"days": terms["cover_days"]},
        ),
        Figure(_("One purchase"), str(plan["lot"]), _("with minimum, packs and price breaks")),
        _target(plan, _sum(plan)),
    ]


def _sum(plan: Mapping[str, Any]) -> str:
    """What is bought starts below the reorder point, where the position has fallen by then: the target is lower by so much."""
    fallen = plan["reorder_point"] + plan["lot"] - plan["target"]
    told = f"{plan['reorder_point']} + {plan['lot']}"
    return _("%(sum)s, less %(units)s sold by then") % {"sum": told, "units": fallen} if fallen else told


def _bridged(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Figure]:
    late = f" ± {short(terms['lead_time_deviation'])}" if terms["lead_time_deviation"] else ""
    return [
        Figure(
            _("Days to bridge"),
            str(plan["protected_days"]),
            _("lead time %(lead)s + %(review)s until the next look")
            % {"lead": f"{short(terms['lead_time_days'])}{late}", "review": terms["review_days"]},
        )
    ]


def _target(plan: Mapping[str, Any], how: str) -> Figure:
    return Figure(
        _("Target"), str(plan["target"]), _("cut to the maximum stock") if plan["cut_to_maximum"] else how, strong=True
    )


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
            short(plan["mean"]),
            _("Fewer than %(days)s days say little: the units are spread over %(days)s.") % {"days": FEW_DAYS}
            if few
            else f"{plan['units']} ÷ {counted}",
        ),
        Figure(
            _("Standard deviation for a day"),
            short(plan["deviation"]),
            f"√{short(plan['mean'])}" if few else _("how much the days differ from each other"),
        ),
    ]


def _formula(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Figure]:
    reorder = f"{short(plan['expected_demand'])} + {short(plan['safety_stock'])}"
    target = f"{plan['reorder_point']} + {short(plan['mean'])} × {terms['cover_days']}"
    spread = f"{short(plan['deviation'])}² × {short(plan['protected_days'])}"
    late = f" + ({short(plan['mean'])} × {short(terms['lead_time_deviation'])})²" if terms["lead_time_deviation"] else ""
    return [
        *_bridged(plan, terms),
        Figure(
            _("Demand on these days"),
            short(plan["expected_demand"]),
            f"{short(plan['mean'])} × {short(plan['protected_days'])}",
        ),
        Figure(
            _("Safety factor"),
            str(plan["safety_factor"]),
            _("service level %(level)s") % {"level": percent(terms["service_level"])},
        ),
        Figure(_("Safety stock"), short(plan["safety_stock"]), f"{plan['safety_factor']} × √({spread}{late})"),
        Figure(
            _("Reorder point"),
            str(plan["reorder_point"]),
            _("raised to the minimum stock") if plan["raised_to_minimum"] else _("%(sum)s, rounded up") % {"sum": reorder},
            strong=True,
        ),
        _target(
            plan,
            f"{plan['reorder_point']} + {plan['lot']}"
            if terms["lots"]
            else _("%(sum)s days to cover, rounded up") % {"sum": target},
        ),
    ]


def _stock(plan: Mapping[str, Any], stock: Mapping[str, Any]) -> list[Figure]:
    cover = plan["days_of_cover"]
    return [
        Figure(_("On hand"), str(stock["on_hand"])),
        Figure(_("Reserved"), str(stock["reserved"]), _("promised to orders")),
        Figure(_("On order"), str(stock["on_order"]), _("on purchase orders, without the draft of the replenishment")),
        *([Figure(_("In transit"), str(stock["in_transit"]), _("from other warehouses"))] if stock["in_transit"] else []),
        Figure(
            _("Stock position"),
            str(plan["position"]),
            f"{stock['on_hand']} − {stock['reserved']} + {stock['on_order'] + stock['in_transit']}",
            strong=True,
        ),
        Figure(
            _("Days of cover"),
            "-" if cover is None else str(cover),
            "" if cover is None else f"({stock['on_hand']} − {stock['reserved']}) ÷ {short(plan['mean'])}",
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


def _bars(shipped: list[float], sold_out: list[int], first_on: date, *, is_advised: bool) -> list[Bar]:
    most = max(shipped, default=0) or 1
    as_usual = _("%(day)s: %(units)s expected") if is_advised else _("%(day)s: %(units)s shipped")
    bars = []
    for number, (units, empty) in enumerate(zip(shipped, sold_out, strict=True)):
        height = round(units / most * (HEIGHT - 4))
        day = date_format(first_on + timedelta(days=number), DAY)
        says = _("%(day)s: %(units)s shipped, sold out") if empty else as_usual
        bars.append(Bar(number * (BAR + GAP), HEIGHT - height, height, bool(empty), says % {"day": day, "units": short(units)}))
    return bars
