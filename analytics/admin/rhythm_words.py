"""The rhythm of a customer in plain sentences, each with the numbers it rests on."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from analytics.models import BuyerType, CustomerRhythm
from analytics.rhythm import buyers, cycles
from analytics.rhythm.taste import Band
from analytics.words import figures as words
from analytics.words.figures import day, number
from config.kernel.admin import wording

COLORS = {BuyerType.IMMEDIATE: "info", BuyerType.DELIBERATE: "warning", BuyerType.REPEATING: "success"}
BANDS = {
    Band.LOW.value: pgettext_lazy("price band", "low"),
    Band.MIDDLE.value: pgettext_lazy("price band", "middle"),
    Band.HIGH.value: pgettext_lazy("price band", "high"),
}


def type_label(code: str) -> str:
    return wording.label(BuyerType(code).label, COLORS.get(BuyerType(code), ""))


def share(value: float) -> str:
    """In whole percent: more would promise more than is known."""
    return words.share(value, 0)


def span(days: float) -> str:
    """Days without a needless fraction."""
    digits = 0 if float(days).is_integer() else 1
    return _("%(days)s days") % {"days": f"{days:.{digits}f}"}


def slot(row: CustomerRhythm) -> str:
    return _("%(weekday)s %(hour)s h") % {"weekday": WEEKDAYS[row.weekday], "hour": f"{row.hour:02}"}


def sentences(row: CustomerRhythm, today: date) -> Iterator[str]:
    """When they buy, whether they are late, when they come, and whether their interest declines."""
    yield from _when(row, today)
    if row.is_own_slot:
        yield _("Comes and buys most often around %(slot)s.") % {"slot": slot(row)}
    else:
        yield _("Too little is known of when they come; the shop's usual time is %(slot)s.") % {"slot": slot(row)}
    yield _interest(row.why["decline"])


def _when(row: CustomerRhythm, today: date) -> Iterator[str]:
    cycle = row.why["cycle"]
    if cycle is None or row.expected_on is None or row.due_from is None or row.due_until is None:
        yield _("No cycle can be told yet: it takes %(count)s gaps between purchases.") % {"count": cycles.LEAST_GAPS}
        return
    yield _("Buys every %(span)s: %(fitting)s of the last %(gaps)s gaps lie near it (%(sure)s sure that most do).") % {
        "span": span(cycle["days"]),
        "fitting": cycle["fitting"],
        "gaps": cycle["gaps"],
        "sure": share(cycle["confidence"]),
    }
    told = {"day": day(row.expected_on), "from": day(row.due_from), "until": day(row.due_until)}
    yield _("The next purchase is expected around %(day)s, between %(from)s and %(until)s.") % told
    if today > row.due_until:
        late = (today - row.expected_on).days
        yield ngettext("That is %(count)s day ago.", "That is %(count)s days ago.", late) % {"count": number(late)}


def _interest(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return _("Too few visits are known to tell whether the interest declines.")
    told = {
        "recent": found["recent_visits"],
        "days": found["recent_days"],
        "expected": f"{found['expected']:.1f}",
        "chance": f"{found['visits_chance'] * 100:.1f}",
    }
    if found["fewer"]:
        return (
            _(
                "Interest declines: %(recent)s visits in %(days)s days, where their own past lets expect "
                "%(expected)s (chance: %(chance)s%%)."
            )
            % told
        )
    if found["shorter"]:
        return _("Interest declines: visits last %(now)s s, where they used to last %(then)s s (median).") % {
            "now": round(found["recent_active"]),
            "then": round(found["baseline_active"]),
        }
    return _("Interest holds: %(recent)s visits in %(days)s days, where %(expected)s were to be expected.") % told


def because(row: CustomerRhythm) -> str:
    """Why the customer is held to be of the type."""
    if row.said_type:
        return _("Staff say so: %(reason)s") % {"reason": row.said_reason}
    found = row.why["type"]
    told = {
        "purchases": found["purchases"],
        "quick": found["quick"],
        "deliberate": found["deliberate"],
        "sure": share(found["supports"].get(row.settled_type, found["confidence"])),
        "least": share(buyers.GIVEN_FROM),
    }
    if row.settled_type == BuyerType.REPEATING:
        told |= (
            {"fitting": row.why["cycle"]["fitting"], "gaps": row.why["cycle"]["gaps"]}
            if row.why["cycle"]
            else {
                "fitting": 0,
                "gaps": 0,
            }
        )
        return _("%(fitting)s of %(gaps)s gaps between purchases lie near the usual one (%(sure)s sure).") % told
    if row.settled_type == BuyerType.IMMEDIATE:
        return _("%(quick)s of %(purchases)s purchases with known visits were quick (%(sure)s sure).") % told
    if row.settled_type == BuyerType.DELIBERATE:
        return _("%(deliberate)s of %(purchases)s purchases with known visits were deliberate (%(sure)s sure).") % told
    return (
        _(
            "Of %(purchases)s purchases with known visits %(quick)s were quick and "
            "%(deliberate)s deliberate: no type is %(least)s sure."
        )
        % told
    )


def rules() -> list[str]:
    """The published thresholds, as the rules have them."""
    hours = {"quick": buyers.QUICK_GAP.total_seconds() / 3600, "slow": buyers.DELIBERATE_GAP.total_seconds() / 3600}
    return [
        _(
            "A purchase is quick when it follows the first look within %(hours)s hours, in at most %(visits)s "
            "visits, after at most %(products)s products."
        )
        % {"hours": f"{hours['quick']:.0f}", "visits": buyers.QUICK_VISITS, "products": buyers.QUICK_PRODUCTS},
        _(
            "A purchase is deliberate when two of these hold: %(hours)s hours or more since the first look, "
            "%(visits)s visits or more, %(products)s products or more."
        )
        % {"hours": f"{hours['slow']:.0f}", "visits": buyers.DELIBERATE_VISITS, "products": buyers.DELIBERATE_PRODUCTS},
        _(
            "The immediate or the deliberate type: most of the last %(most)s purchases that are one or the other are of one "
            "kind, with %(least)s certainty; those that are neither say nothing. Visits count up to %(days)s days back."
        )
        % {"most": buyers.MOST_PURCHASES, "least": share(buyers.GIVEN_FROM), "days": buyers.LOOKED_BACK.days},
        _(
            "A customer is of the repeating type when at least %(share)s of %(gaps)s or more gaps differ from the "
            "usual one by no more than a quarter. This goes before the other two."
        )
        % {"share": share(buyers.REPEATING_SHARE), "gaps": buyers.REPEATING_GAPS},
        _("Another type replaces the present one when it is %(sure)s sure, or after %(days)s days.")
        % {"sure": share(buyers.REPLACED_FROM), "days": buyers.REPLACED_AFTER.days},
    ]  # fmt: skip


def taste(row: CustomerRhythm) -> list[tuple[str, str]]:
    """Price band and coupons, as pairs of a heading and a value."""
    found = row.why["taste"]
    band = str(BANDS[found["band"]]) if found["band"] else "-"
    price = wording.amount(round(found["median_price"])) if found["median_price"] is not None else "-"
    coupons = _("%(count)s of %(orders)s orders") % {"count": found["coupon_orders"], "orders": found["orders"]}
    return [
        (pgettext("rhythm", "Price band"), f"{band} ({price})" if found["band"] else price),
        (pgettext("rhythm", "With a coupon"), coupons),
    ]
