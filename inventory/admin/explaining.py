"""A plan in sentences: what is expected, how long it has to last, what is promised, and what therefore is bought."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.models import Mode
from inventory.operations import replenishment as operation
from inventory.queries.terms import Learned, Source
from inventory.replenishment import Basis, Nothing, Rounding

DAY = "Y-m-d"
NOTHING: Mapping[str, Any] = {
    Nothing.ENOUGH: gettext_lazy("The stock position lies above the reorder point."),
    Nothing.FULL: gettext_lazy("The stock position has reached the target already."),
    Nothing.NO_ROOM: gettext_lazy("The least one may order would lift the stock above the maximum."),
    Nothing.BUDGET: gettext_lazy("What is left of the month's budget went to more urgent needs."),
    Nothing.DELIVERY: gettext_lazy("What fits into one delivery of the supplier went to more urgent needs."),
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
    Rounding.BREAK: gettext_lazy("raised to a price break that pays for the longer time on the shelf"),
    Rounding.MAXIMUM: gettext_lazy("cut to the full packs that fit below the maximum stock"),
}
MODES: Mapping[str, Any] = {
    Mode.SUGGEST: gettext_lazy("It is only suggested: it stands in no purchase order until somebody takes it into one."),
    Mode.APPROVE: gettext_lazy("It stands in a draft that waits for approval."),
    Mode.AUTOMATIC: gettext_lazy("It is ordered by itself where the whole draft stays within the limits."),
}
SHARED: Mapping[str, Any] = {
    Nothing.BUDGET: gettext_lazy("what is left of the month's budget went to more urgent needs"),
    Nothing.DELIVERY: gettext_lazy("what fits into one delivery went to more urgent needs"),
}


# What forecasts call their methods is told by the layer that forecasts.
_METHODS: dict[str, Any] = {}


def name_methods(names: Mapping[str, Any]) -> None:
    """By the code that stands in the advice: what its pages call the method."""
    _METHODS.update(names)


def method(code: str) -> str:
    return str(_METHODS.get(code, code))


def sentences(explanation: Mapping[str, Any], *, is_open: bool) -> list[str]:
    return [str(one) for one in _sentences(explanation, is_open)]


def _sentences(told: Mapping[str, Any], is_open: bool) -> Iterator[Any]:
    plan, terms, stock = told["plan"], told["terms"], told["stock"]
    yield _expected(told, plan)
    yield _lead(told["lead"], terms)
    if told["order_days"]["weekdays"]:
        yield _order_days(told["order_days"])
    yield _service(told["service"], terms)
    yield _levels(plan, terms)
    incoming = stock["on_order"] + stock.get("in_transit", 0)
    yield _("On hand are %(on_hand)s, promised %(reserved)s, on their way %(incoming)s: a position of %(position)s.") % {
        "on_hand": f"{stock['on_hand']:,}",
        "reserved": f"{stock['reserved']:,}",
        "incoming": f"{incoming:,}",
        "position": f"{plan['position']:,}",
    }
    if plan["nothing"]:
        yield NOTHING[plan["nothing"]]
        return
    yield _("So %(wanted)s are missing; bought are %(quantity)s, %(how)s.") % {
        "wanted": f"{plan['wanted']:,}",
        "quantity": f"{plan['quantity']:,}",
        "how": ROUNDED[plan["rounding"]],
    }
    if told.get("share"):
        yield _("Of these %(units)s remain: %(why)s.") % {
            "units": f"{told['share']['quantity']:,}",
            "why": SHARED[told["share"]["because"]],
        }
    if is_open:
        yield MODES[told["service"]["mode"]]


def _expected(told: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    if told["basis"] == Basis.ADVICE:
        return _("For a day of the coming week %(mean)s are expected, by a forecast made from all days up to %(day)s.") % {
            "mean": short(plan["mean"]),
            "day": date_format(date.fromisoformat(told["advice"]["origin"]), DAY),
        }
    return _("There is no fresh forecast. Shipped were %(units)s on %(days)s days that count, %(mean)s for a day.") % {
        "units": f"{plan['units']:,}",
        "days": plan["days_counted"],
        "mean": short(plan["mean"]),
    }


def _lead(lead: Mapping[str, Any], terms: Mapping[str, Any]) -> str:
    if lead["source"] == Learned.PROMISE:
        told = ngettext(
            "The supplier promises %(promised)s day, and nothing has come yet that says otherwise.",
            "The supplier promises %(promised)s days, and nothing has come yet that says otherwise.",
            lead["promised"],
        )
        return told % {"promised": lead["promised"]}
    told = _("The supplier promises %(promised)s days; from %(receipts)s deliveries one reckons with %(mean)s ± %(deviation)s.")
    if lead["source"] == Learned.SUPPLIER:
        told = _(
            "The supplier promises %(promised)s days; from %(receipts)s deliveries of its other goods "
            "one reckons with %(mean)s ± %(deviation)s."
        )
    return told % {
        "promised": lead["promised"],
        "receipts": lead["receipts"],
        "mean": short(terms["lead_time_days"]),
        "deviation": short(terms["lead_time_deviation"]),
    }


def _order_days(days: Mapping[str, Any]) -> str:
    names = "·".join(str(WEEKDAYS[day]) for day in sorted(days["weekdays"]))
    return _("It takes orders on %(days)s: next on %(next)s, then on %(after)s, and so long the stock has to last.") % {
        "days": names,
        "next": days["next_on"],
        "after": days["after_on"],
    }


def _service(service: Mapping[str, Any], terms: Mapping[str, Any]) -> str:
    level = percent(terms["service_level"])
    match service["source"]:
        case Source.POLICY:
            return _("For this SKU staff promise a service level of %(level)s.") % {"level": level}
        case Source.CLASS:
            return _("It is of class %(name)s, which promises a service level of %(level)s.") % {
                "name": service["class"],
                "level": level,
            }
    return _("It has no class yet, so the usual service level of %(level)s counts.") % {"level": level}


def _levels(plan: Mapping[str, Any], terms: Mapping[str, Any]) -> str:
    given = {"days": plan["protected_days"], "reorder": f"{plan['reorder_point']:,}", "target": f"{plan['target']:,}"}
    if terms["lots"]:
        return _("To last %(days)s days, lots of %(lot)s are bought at a position of %(reorder)s or below.") % {
            **given,
            "lot": f"{plan['lot']:,}",
        }
    return _("To last %(days)s days, it is filled up to %(target)s at a position of %(reorder)s or below.") % given


def short(number: Any) -> str:
    """What was reckoned with, in as many digits as say something: 0.6516 as "0.65", 0.0042 as "0.0042"."""
    if not isinstance(number, float):
        return str(number)
    return f"{number:.2g}" if 0 < abs(number) < 0.1 else f"{number:.2f}".rstrip("0").rstrip(".")


def percent(level: Any) -> str:
    """0.975 as "97.5%"."""
    return f"{float(level) * 100:.2f}".rstrip("0").rstrip(".") + "%"
