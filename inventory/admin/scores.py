"""A supplier's score in words: shares in percent, days, and where little is known."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from config.kernel.admin import wording
from inventory.queries.suppliers import Delivery
from inventory.scoring import Score

# From here on a share is good, and below the second it is bad.
GOOD, BAD = 0.95, 0.8


@dataclass(frozen=True)
class Told:
    total: str
    orders: int
    is_thin: bool
    on_time: str
    in_full: str
    quality: str
    price_change: str
    lead: str
    promised: str


def told(score: Score, *, sees_costs: bool) -> Told:
    return Told(
        total="-" if score.total is None else f"{score.total}",
        orders=score.orders,
        is_thin=score.is_thin,
        on_time=_marked(score.on_time),
        in_full=_marked(score.in_full),
        quality=_marked(score.quality),
        price_change="" if score.price_change is None or not sees_costs else f"{score.price_change * 100:+.1f}%",
        lead=_days(score.lead_mean, score.lead_spread),
        promised="-" if score.promised_mean is None else _("%(days)s days") % {"days": f"{score.promised_mean:.1f}"},
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}".rstrip("0").rstrip(".") + "%"


def _marked(share: float | None) -> str:
    color = "" if share is None else "success" if share >= GOOD else "danger" if share < BAD else "warning"
    return wording.label(_share(share), color)


def _days(mean: float | None, spread: float | None) -> str:
    if mean is None:
        return "-"
    if spread is None:
        return _("%(days)s days") % {"days": f"{mean:.1f}"}
    return _("%(days)s days ± %(spread)s") % {"days": f"{mean:.1f}", "spread": f"{spread:.1f}"}


@dataclass(frozen=True)
class Row:
    """One purchase order behind a score."""

    number: str
    url: str
    sent: str
    promised: str
    took: str
    on_time: str
    units: str
    wrong: str
    is_decided: bool
    receipts: list[tuple[str, str]]


def delivery(one: Delivery) -> Row:
    went = one.went
    wrong = [
        _("%(units)s damaged") % {"units": went.damaged} if went.damaged else "",
        _("%(units)s wrong") % {"units": went.wrong} if went.wrong else "",
        _("%(units)s short") % {"units": went.short} if went.short else "",
    ]
    return Row(
        number=one.number,
        url=reverse("admin:inventory_purchaseorder_change", args=[one.order_id]),
        sent=f"{one.sent_on:%Y-%m-%d}",
        promised=f"{went.promised_on:%Y-%m-%d}",
        took="-" if went.lead_days is None else _("%(days)s days") % {"days": went.lead_days},
        on_time=_share(one.on_time) if one.is_decided else _("not decided yet"),
        units=f"{went.good:,} / {went.ordered:,}",
        wrong=", ".join(word for word in wrong if word) or "-",
        is_decided=one.is_decided,
        receipts=[(reverse("admin:inventory_goodsreceipt_change", args=[pk]), number) for pk, number in one.receipts],
    )
