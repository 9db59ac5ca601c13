"""A purchase order in words: what to do next, and what has happened to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from config.kernel import shop
from config.kernel.admin import wording
from inventory.admin import labels
from inventory.models import PurchaseOrder, PurchaseOrderEvent, PurchaseOrderLine
from inventory.operations import approving, purchasing
from inventory.queries.purchases import Missed
from inventory.queries.replenishment import Why

State = PurchaseOrder.State
# What the replenishment does to the drafts it proposed.
OF_REPLENISHMENT = frozenset(
    {
        *(PurchaseOrderEvent.Kind.DRAFTED, PurchaseOrderEvent.Kind.CHANGED),
        *(PurchaseOrderEvent.Kind.APPROVED, PurchaseOrderEvent.Kind.CANCELED),
    }
)
COUNTS = {
    "lines": pgettext_lazy("of a purchase order", "lines"),
    "added": pgettext_lazy("of a purchase order", "lines added"),
    "changed": pgettext_lazy("of a purchase order", "lines changed"),
    "removed": pgettext_lazy("of a purchase order", "lines removed"),
}


def is_late(order: PurchaseOrder, on: date) -> bool:
    """The day on which the goods were expected has passed."""
    return order.expected_on is not None and order.expected_on < on


@dataclass(frozen=True)
class Next:
    text: str
    is_urgent: bool = False


def next_step(order: PurchaseOrder, at: datetime, terms_missed: Callable[[], list[Missed]]) -> Next | None:
    """What somebody should do about the purchase order now; None when it is settled. Terms are asked of a draft only."""
    missing = sum(line.outstanding for line in order.lines.all())
    match order.state:
        case State.DRAFT:
            beside = " ".join(purchasing.told_missed(one) for one in terms_missed())
            below = approving.missing_to_minimum(order)
            if below:
                amounts = {name: wording.amount(amount, order.currency) for name, amount in below.items()}
                least = _("The supplier takes orders from %(minimum)s on; %(missing)s are missing.") % amounts
                beside = f"{beside} {least}".strip()
            return Next(beside, is_urgent=True) if beside else Next(_("Check the lines, then approve it."))
        case State.APPROVED:
            return Next(_("Send it to %(supplier)s and note here that it was sent.") % {"supplier": order.supplier.name})
        case State.SENT | State.PARTLY_RECEIVED:
            told = ngettext(
                "%(count)s unit is outstanding, expected on %(day)s.",
                "%(count)s units are outstanding, expected on %(day)s.",
                missing,
            )
            day = f"{order.expected_on:%Y-%m-%d}" if order.expected_on else "-"
            return Next(told % {"count": f"{missing:,}", "day": day}, is_urgent=is_late(order, shop.day(at)))
        case State.RECEIVED:
            return Next(_("Everything has come. Close it when it is settled."))
    return None


@dataclass(frozen=True)
class Entry:
    what: str
    who: str
    when: datetime
    why: str
    color: str
    facts: list[str] = field(default_factory=list)


def replenishment() -> str:
    """What the job is called that drafts purchase orders by itself."""
    return _("replenishment")


def _who(event: PurchaseOrderEvent) -> str:
    own = event.actor is None and event.purchase_order.is_proposed and event.kind in OF_REPLENISHMENT
    return replenishment() if own else wording.actor(event)


def entry(event: PurchaseOrderEvent, *, sees_costs: bool) -> Entry:
    return Entry(
        what=event.get_kind_display(),
        who=_who(event),
        when=event.occurred_at,
        why=event.reason,
        color=labels.STEPS.get(PurchaseOrderEvent.Kind(event.kind), ""),
        facts=list(_facts(event.details if sees_costs else _without_costs(event.details))),
    )


def _without_costs(details: dict[str, Any]) -> dict[str, Any]:
    """Of the lines before and after a change, written as "10 x 4500", the units alone."""
    units = {
        name: {sku: told.split(" x ")[0] for sku, told in details[name].items()}
        for name in ("before", "after")
        if name in details
    }
    return details | units


def _facts(details: dict[str, Any]) -> list[str]:
    facts = [f"{title} {details[name]:,}" for name, title in COUNTS.items() if name in details]
    if "before" in details:
        before, after = details["before"], details["after"]
        skus = sorted(set(before) | set(after))
        facts += [f"{sku}: {before.get(sku, '-')} → {after.get(sku, '-')}" for sku in skus if before.get(sku) != after.get(sku)]
    if details.get("by_itself"):
        facts.append(_("ordered by itself, within the limits"))
    if "expected_on" in details:
        facts.append(_("expected on %(day)s") % {"day": details["expected_on"]})
    if "receipt" in details:
        facts.append(_("%(receipt)s: %(units)s units") % {"receipt": details["receipt"], "units": f"{details['units']:,}"})
    facts += [
        _("%(sku)s: %(units)s, beside the supplier's terms") % {"sku": sku, "units": f"{units:,}"}
        for sku, units in details.get("terms_missed", {}).items()
    ]
    facts += [
        _("%(sku)s: %(units)s more than ordered") % {"sku": sku, "units": units}
        for sku, units in details.get("too_many", {}).items()
    ]
    facts += [
        _("%(sku)s: %(units)s have not come") % {"sku": sku, "units": units}
        for sku, units in details.get("missing", {}).items()
    ]
    return facts


@dataclass(frozen=True)
class Line:
    """One line as the page shows it: what was ordered, and what of it has come."""

    row: PurchaseOrderLine
    sku: str
    name: str
    unit_cost: str
    amount: str


def line(row: PurchaseOrderLine) -> Line:
    return Line(
        row,
        labels.variant_link(row.variant),
        labels.variant_name(row.variant),
        wording.amount(row.unit_cost),
        wording.amount(row.unit_cost * row.quantity),
    )


@dataclass(frozen=True)
class Reason:
    """Why the replenishment put a line here: the way to the proposal with every figure, and `why` where staff changed it."""

    sku: str
    quantity: int
    computed: int
    why: str
    url: str


def reason(why: Why) -> Reason:
    proposal = why.proposal
    return Reason(
        proposal.variant.sku,
        proposal.units,
        proposal.quantity,
        labels.override_reason(proposal),
        reverse("admin:inventory_replenishmentproposal_change", args=[proposal.pk]),
    )
