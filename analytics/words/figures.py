"""How figures read on pages, in mails and in files, in the reader's language and the shop's currency."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from analytics.figures import change
from analytics.metrics import Unit
from config.kernel.money import Money, format_money

# Django's own short names are long in Korean.
WEEKDAYS_SHORT = (
    pgettext_lazy("short weekday", "Mon"),
    pgettext_lazy("short weekday", "Tue"),
    pgettext_lazy("short weekday", "Wed"),
    pgettext_lazy("short weekday", "Thu"),
    pgettext_lazy("short weekday", "Fri"),
    pgettext_lazy("short weekday", "Sat"),
    pgettext_lazy("short weekday", "Sun"),
)
# Korean counts in steps of ten thousand, English of a thousand.
STEPS = {
    "ko": ((Decimal(10) ** 12, "조"), (Decimal(10) ** 8, "억"), (Decimal(10) ** 4, "만")),
    "en": ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K")),
}


def figure(unit: Unit, value: Decimal | float | str | None) -> str:
    """Any figure of the registry, of a rule or of a report; a dash where it cannot be told."""
    if value is None:
        return "-"
    exact = Decimal(str(value))
    is_whole = exact == exact.to_integral_value()
    if unit is Unit.MONEY:
        return money(exact)
    if unit is Unit.SHARE:
        return share(exact)
    if unit is Unit.SECONDS:
        return seconds(exact)
    if unit is Unit.DAYS:
        return _("%(days)s days") % {"days": number(exact, 0 if is_whole else 1)}
    return number(exact, 0 if is_whole else 1 if unit is Unit.COUNT else 2)


def tick(unit: Unit, value: Decimal) -> str:
    """The same on an axis, where there is little room."""
    if unit is Unit.SHARE:
        return f"{number_format((value * 100).normalize() if value else Decimal(0))}%"
    return seconds(value) if unit is Unit.SECONDS else brief(value)


def money(amount: Decimal | None) -> str:
    """Rounded to what can be paid; a dash where there is nothing to say."""
    return "-" if amount is None else format_money(Money(amount, settings.SHOP_CURRENCY).quantized())


def about(amount: Decimal) -> str:
    """A guess: three digits say all that is known."""
    rough = amount.quantize(Decimal(1).scaleb(max(amount.adjusted() - 2, 0)))
    return money(rough.quantize(Decimal(1)) if abs(amount) >= 100 else amount)


def brief(amount: Decimal) -> str:
    """For the ticks of an axis: 120만 or 1.2M."""
    for step, sign in STEPS["ko" if get_language() == "ko" else "en"]:
        if abs(amount) >= step:
            return f"{number_format((amount / step).quantize(Decimal('0.1')).normalize())}{sign}"
    return number_format(amount.normalize() if amount else Decimal(0))


def number(value: int | Decimal, digits: int = 0) -> str:
    return number_format(value, decimal_pos=digits)


def percent(value: Decimal) -> str:
    return f"{number_format(value, decimal_pos=0)}%"


def against(now: Decimal, before: Decimal, unit: Unit = Unit.COUNT) -> dict[str, str]:
    """The difference as a badge: its text, its direction, and the direction in words for who does not see the color. Shares
    differ by points: from 2% to 3% is one point more, and half as much again to nobody's use.
    """
    in_points = unit is Unit.SHARE
    differs = ((now - before) * 100).quantize(Decimal("0.1")) if in_points else change(now, before)
    sign = _("pp") if in_points else "%"
    if differs is None:
        return {"text": "", "direction": "none", "words": ""}
    if not differs:
        return {"text": f"0{sign}", "direction": "same", "words": _("as much as then")}
    up = differs > 0
    text = f"{'▲' if up else '▼'} {number_format(abs(differs), decimal_pos=0 if abs(differs) >= 100 else 1)}{sign}"
    return {"text": text, "direction": "up" if up else "down", "words": _("more than then") if up else _("less than then")}


def weekday(day: date) -> str:
    return str(WEEKDAYS_SHORT[day.weekday()])


def weekday_names() -> list[tuple[str, str]]:
    """Short and long, Monday first."""
    return [(str(WEEKDAYS_SHORT[number]), str(WEEKDAYS[number])) for number in range(7)]


def day(value: date) -> str:
    """2026-11-18 (Wed): the same order in both languages."""
    return f"{date_format(value, 'Y-m-d')} ({weekday(value)})"


def moment(value: datetime) -> str:
    """2026-11-18 14:07, by the shop's clock."""
    return date_format(localtime(value), "Y-m-d H:i")


def short_day(value: date) -> str:
    return date_format(value, "n/j")


def short_span(value: timedelta | None) -> str:
    """Seconds, minutes, hours or days with the next smaller part if there is one; a dash where there is nothing to say."""
    if value is None:
        return "-"
    seconds = int(value.total_seconds())
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": seconds}
    if seconds < 3_600:
        return _("%(minutes)s min") % {"minutes": seconds // 60}
    if seconds < 2 * 86_400:
        hours, minutes = divmod(seconds // 60, 60)
        whole = pgettext("span of time", "%(hours)s h") % {"hours": hours}
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes} if minutes else whole
    days, hours = divmod(seconds // 3_600, 24)
    whole = pgettext("span of days", "%(days)s d") % {"days": number(days)}
    return _("%(days)s d %(hours)s h") % {"days": number(days), "hours": hours} if hours else whole


def seconds(value: Decimal) -> str:
    """From tenths of a second up to days with their hours."""
    if value < 0:
        return f"−{seconds(-value)}"
    if value < 60:
        return _("%(seconds)s s") % {"seconds": number(value, 0 if value == value.to_integral_value() else 1)}
    if value < 3_600 and value % 60 >= 1:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": int(value) // 60, "seconds": int(value) % 60}
    return short_span(timedelta(seconds=int(value)))


def share(value: Decimal | float | None, digits: int = 1) -> str:
    """A share in percent; a dash where there is nothing to divide by."""
    return "-" if value is None else f"{number_format(round(Decimal(str(value)) * 100, digits), decimal_pos=digits)}%"


def plain(unit: Unit, value: Decimal | None) -> Decimal | None:
    """As a spreadsheet reckons with it."""
    if value is None:
        return None
    if unit is Unit.MONEY:
        return Money(value, settings.SHOP_CURRENCY).quantized().amount
    return value.quantize(Decimal("0.000001")).normalize() if value % 1 else value.quantize(Decimal(1))
