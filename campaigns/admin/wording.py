"""What promotions are called on the page: amounts, benefits, times, states and reasons, in the staff's language."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Promotion
from campaigns.pricing.values import Refusal
from campaigns.queries.promotions import State
from config.kernel.admin import wording

WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
COLORS = {
    State.IN_FORCE: "success",
    State.UPCOMING: "info",
    State.PAUSED: "warning",
    State.USED_UP: "danger",
    State.ENDED: "",
    State.OFF: "",
}
REASONS = {
    "unknown_code": gettext_lazy("There is no such code for this customer."),
    "not_in_force": gettext_lazy("It is not in force at this moment."),
    "not_in_segment": gettext_lazy("The customer is not in its segment."),
    "not_first_order": gettext_lazy("It is for the first order only."),
    "used_up": gettext_lazy("It has been used as often as it allows."),
    "used_up_by_customer": gettext_lazy("This customer has used it as often as it allows."),
    "needs_customer": gettext_lazy("It asks who the customer is, and this is a guest."),
    "no_matching_product": gettext_lazy("None of the products belongs to it."),
    "below_minimum": gettext_lazy("The matching products cost %(amount)s; it needs %(minimum_amount)s."),
    "not_combinable": gettext_lazy("Another promotion of its group, or another code for it, came first."),
    "nothing_to_discount": gettext_lazy("There is nothing left that it could take off."),
    "budget_spent": gettext_lazy("Its budget does not reach for this discount any more."),
}


def plain(number: Decimal | str) -> str:
    """Without the zeros that a column of the database adds."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def benefit(promotion: Promotion) -> str:
    """What customers get, in a few words."""
    kinds = Promotion.Benefit
    if promotion.benefit == kinds.PERCENT and promotion.percent is not None:
        return _("%(percent)s%% off") % {"percent": plain(promotion.percent)}
    if promotion.benefit == kinds.AMOUNT:
        return _("%(amount)s off") % {"amount": wording.amount(promotion.amount)}
    if promotion.benefit == kinds.FIXED_PRICE:
        return _("%(amount)s each") % {"amount": wording.amount(promotion.amount)}
    if promotion.benefit == kinds.BUY_X_GET_Y:
        return f"{promotion.buy}+{promotion.get}"
    return str(promotion.get_benefit_display())


def times(promotion: Promotion) -> str:
    """When it holds within its period; empty where it always does."""
    days = "·".join(str(WEEKDAYS[day]) for day in sorted(promotion.weekdays))
    hours = ""
    if promotion.hours is not None:
        first, last = promotion.hours
        next_day = _("%(hour)s of the next day") % {"hour": f"{last:02}:00"} if last <= first else f"{last:02}:00"
        hours = f"{first:02}:00-{next_day}"
    return " ".join(part for part in (days, hours) if part)


def state(promotion_state: State) -> str:
    return wording.label(promotion_state.label, COLORS[promotion_state])


def refusal(refused: Refusal) -> str:
    figures = {name: wording.amount(value) for name, value in refused.figures.items()}
    return str(REASONS[refused.reason]) % figures if figures else str(REASONS[refused.reason])


def bar(used: Decimal | int, limit: Decimal | int | None, texts: tuple[str, str]) -> str:
    """How much of a limit is used, as a bar with its figures. Without a limit there is nothing to draw."""
    if limit is None:
        return "-"
    return format_html(
        '<span class="use"><progress max="{}" value="{}"></progress><span>{} / {}</span></span>',
        plain(str(limit)), plain(str(used)), *texts,
    )  # fmt: skip


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """The lines of one change: which setting, what it was, what it is."""
    return [
        {"field": field_title(name), "before": _value(name, before.get(name)), "after": _value(name, after.get(name))}
        for name in after
        if name in before
    ]


def field_title(name: str) -> str:
    return str(Promotion._meta.get_field(name.removesuffix("_id")).verbose_name)  # type: ignore[union-attr]


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in ("starts_at", "ends_at"):
        moment = parse_datetime(value)
        return wording.plain_moment(moment) if moment else str(value)
    if name in ("amount", "minimum_amount", "budget"):
        return wording.amount(value)
    if name == "percent":
        return plain(value)
    if name == "weekdays":
        return "·".join(str(WEEKDAYS[day]) for day in value)
    if name in ("products", "categories"):
        return _("%(number)s chosen") % {"number": len(value)}
    if name == "benefit":
        return str(Promotion.Benefit(value).label)
    if name == "covers":
        return str(Promotion.Covers(value).label)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def period(starts_at: datetime, ends_at: datetime | None) -> str:
    return f"{wording.plain_moment(starts_at)} ~ {wording.plain_moment(ends_at) if ends_at else ''}".strip()
