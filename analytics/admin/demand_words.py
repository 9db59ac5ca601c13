"""What pages say about demand and its forecasts, in sentences."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from analytics import expecting
from analytics.models import DemandClass, DemandOverride, DemandSeries, MethodChange, MethodChoice
from analytics.operations.expectations import REFEREE, WEEK
from analytics.words.figures import number, weekday_names
from inventory.admin import explaining

METHODS = {
    "seasonal_naive": pgettext_lazy("forecast method", "as a week ago"),
    REFEREE: pgettext_lazy("forecast method", "plain average"),
    "fading_mean": pgettext_lazy("forecast method", "average, lately more"),
    "credible_mean": pgettext_lazy("forecast method", "average, drawn towards like SKUs"),
    "shared_profile": pgettext_lazy("forecast method", "the season of its kind"),
    "drifting_naive": pgettext_lazy("forecast method", "as a season ago, at today's level"),
    "nothing": pgettext_lazy("forecast method", "nothing is expected"),
    "ses": pgettext_lazy("forecast method", "smoothing"),
    "holt_winters": pgettext_lazy("forecast method", "smoothing with trend and weekdays"),
    "croston": "Croston",
    "sba": pgettext_lazy("forecast method", "rare demand (SBA)"),
    "tsb": pgettext_lazy("forecast method", "rare demand (TSB)"),
    "adida": pgettext_lazy("forecast method", "rare demand, by stretches (ADIDA)"),
    "theta": pgettext_lazy("forecast method", "level and trend (theta)"),
    "boosted": pgettext_lazy("forecast method", "learned from all SKUs"),
    "average": pgettext_lazy("forecast method", "several methods on average"),
    "siblings": pgettext_lazy("forecast method", "from its siblings"),
}
explaining.name_methods(METHODS)
# A weekday that differs by less from the others is not worth telling, and neither is a change of less than this in a week.
WORTH_TELLING = 0.1
CHANGE_WORTH_TELLING = 0.01
# Known causes that make less of a difference than this explain nothing that one would ask about.
CAUSES_WORTH_TELLING = 1.25


def method(code: str) -> str:
    return str(METHODS.get(code, code))


def units(value: float) -> str:
    """Fewer than ten with one digit behind the point."""
    exact = Decimal(str(round(value, 1)))
    return number(exact, 1 if abs(exact) < 10 and exact != exact.to_integral_value() else 0)


def percent(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    told = number(Decimal(str(round(value * 100, 1))), 1)
    return f"{'+' if signed and value > 0 else ''}{told} %"


def factor(value: float | None) -> str:
    return "-" if value is None else number(Decimal(str(round(value, 2))), 2)


def sentence(row: DemandSeries, week: float, upper: int) -> str:
    """The forecast as one would say it to a colleague."""
    parts = [
        _("About %(units)s units are expected in the next 7 days, rarely more than %(upper)s.")
        % {"units": units(week), "upper": number(upper)}
    ]
    open_days = [(one, day) for day, one in enumerate(row.weekdays) if one > 0]
    if open_days and max(open_days)[0] - min(open_days)[0] >= WORTH_TELLING:
        names = weekday_names()
        parts.append(
            _("Most on %(best)s, fewest on %(least)s.")
            % {"best": names[max(open_days)[1]][1], "least": names[min(open_days)[1]][1]}
        )
    times = expecting.known_causes(row.daily[:WEEK], row.level, row.weekdays, row.origin)
    if times is not None and not 1 / CAUSES_WORTH_TELLING < times < CAUSES_WORTH_TELLING:
        parts.append(
            _("Promotions, holidays and the season known for these days make it %(times)s times the usual.")
            % {"times": factor(times)}
        )
    if abs(row.trend) >= CHANGE_WORTH_TELLING:
        told = {"share": percent(abs(row.trend))}
        parts.append(_("Rising by %(share)s a week.") % told if row.trend > 0 else _("Falling by %(share)s a week.") % told)
    else:
        parts.append(_("Neither rising nor falling."))
    return " ".join(parts)


def season(ahead: float | None) -> str:
    """What the season of the year makes of the days ahead against those behind."""
    return _("not known yet") if ahead is None else percent(ahead - 1, signed=True)


def override(one: DemandOverride) -> str:
    told = {"first": one.first_on.isoformat(), "last": one.last_on.isoformat()}
    if one.units_a_day is not None:
        return _("%(units)s units a day from %(first)s to %(last)s") % {**told, "units": units(float(one.units_a_day))}
    return _("%(percent)s %% of the forecast from %(first)s to %(last)s") % {**told, "percent": number(one.percent or 0)}


def because(found: MethodChoice | MethodChange) -> str:
    """Why a method was chosen, from the numbers that are kept with it."""
    weeks: list[dict[str, Any]] = found.why.get("weeks", [])
    if weeks:
        return " ".join(
            _("After %(day)s it missed %(missed)s of %(units)s units, the average %(referee)s.")
            % {
                "day": one["origin"],
                "missed": number(round(one["missed"])),
                "units": number(one["units"]),
                "referee": number(round(one["referee_missed"])),
            }
            for one in weeks
        )
    errors: dict[str, float] = found.why.get("errors", {})
    return " · ".join(f"{method(code)} {factor(value)}" for code, value in sorted(errors.items(), key=lambda one: one[1]))


def demand_class(code: str) -> str:
    return str(DemandClass(code).label)
