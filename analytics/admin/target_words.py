"""What pages say about a month of sales and its target, in sentences."""

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analytics.aiming import Figures, Span
from analytics.models import SalesTarget
from analytics.queries.targets import Month
from analytics.words.figures import money, number, short_day


def month(first: date) -> str:
    return date_format(first, pgettext("format of a month", "F Y"))


def part(target: SalesTarget) -> str:
    return target.category.path if target.category else _("Whole shop")


def summary(found: Month) -> str:
    """The whole shop's month, as one would say it to a colleague."""
    span, whole = found.span, found.whole
    target = found.targets.get(None)
    parts = []
    if span.counted is None:
        parts.append(_("No day of this month is over yet."))
    elif span.is_over:
        parts.append(_("%(amount)s of net sales came in this month.") % {"amount": money(whole.came)})
    else:
        told = {"amount": money(whole.came), "day": short_day(span.counted)}
        parts.append(_("%(amount)s of net sales came up to %(day)s.") % told)
    if span.reaches is not None:
        told = {
            "amount": money(whole.expected),
            "lower": money(whole.lower),
            "upper": money(whole.upper),
            "day": short_day(span.reaches),
        }
        if span.is_told:
            parts.append(_("By the end of the month %(amount)s are expected, from %(lower)s to %(upper)s.") % told)
        else:
            parts.append(_("By %(day)s %(amount)s are expected, from %(lower)s to %(upper)s.") % told)
    if span.untold and span.reaches is None:
        parts.append(_("Nothing is forecast of its %(days)s open days yet.") % {"days": number(span.untold)})
    elif span.untold:
        parts.append(_("%(days)s days are not forecast yet.") % {"days": number(span.untold)})
    parts.append(
        _("The shop has no target for this month.") if target is None else f"{difference(span, whole, target.amount)}."
    )
    return " ".join(parts)


def difference(span: Span, figures: Figures, target: Decimal) -> str:
    """How much of a target is reached or expected, and what that lacks or has beyond."""
    reached, missing = _percent(figures.expected / target), target - figures.expected
    told = {"percent": reached, "amount": money(abs(missing))}
    if not span.is_told:
        told["day"] = short_day(span.reaches or span.counted or span.first)
        if span.counted is None and span.reaches is None:
            return _("Nothing to compare with the target yet")
        if missing <= 0:
            return _("%(percent)s of the target by %(day)s already, %(amount)s above it") % told
        return _("%(percent)s of the target by %(day)s, %(amount)s are left for the days after") % told
    if span.is_over:
        if missing > 0:
            return _("%(percent)s of the target reached, %(amount)s short") % told
        return _("%(percent)s of the target reached, %(amount)s above it") % told
    if missing > 0:
        return _("%(percent)s of the target expected, %(amount)s short") % told
    return _("%(percent)s of the target expected, %(amount)s above it") % told


def of_categories(found: Month) -> str:
    """Whether the categories' targets make up the shop's; nothing where one of both is not set."""
    target = found.targets.get(None)
    if target is None or found.of_categories is None:
        return ""
    rest = target.amount - found.of_categories
    told = {"amount": money(found.of_categories), "rest": money(abs(rest))}
    if rest > 0:
        return _("The categories' targets come to %(amount)s, %(rest)s less than the shop's.") % told
    if rest < 0:
        return _("The categories' targets come to %(amount)s, %(rest)s more than the shop's.") % told
    return _("The categories' targets come to the shop's.")


def kept(share: Decimal) -> str:
    return _percent(share)


def _percent(value: Decimal) -> str:
    return f"{number((value * 100).quantize(Decimal(1)))} %"
