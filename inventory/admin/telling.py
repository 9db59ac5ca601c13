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
from inventory.models import (
    GoodsReceipt,
    LandedCost,
    PurchaseMail,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    ReceiptDiscrepancy,
    SupplierConfirmation,
)
from inventory.operations import approving, purchasing
from inventory.queries.purchases import Missed
from inventory.queries.replenishment import Why
from inventory.words import purchase_papers

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
            if missing:
                told = ngettext(
                    "%(count)s unit has not come, within the tolerance. Close it when it is settled.",
                    "%(count)s units have not come, within the tolerance. Close it when it is settled.",
                    missing,
                )
                return Next(told % {"count": f"{missing:,}"})
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
    if "language" in details:
        facts.append(purchase_papers.name_language(details["language"]))
    if "source" in details:
        facts.append(str(SupplierConfirmation.Source(details["source"]).label))
    if "landed_cost" in details:
        told = _("%(kind)s of %(receipt)s, invoice %(invoice)s")
        kind = LandedCost.Kind(details["landed_cost"]).label
        facts.append(told % {"kind": kind, "receipt": details["of_receipt"], "invoice": details["invoice"]})
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
        _("%(sku)s: %(units)s fewer than ordered") % {"sku": sku, "units": f"{units:,}"}
        for sku, units in details.get("confirmed_less", {}).items()
    ]
    facts += [f"{ReceiptDiscrepancy.Kind(kind).label}: {item} × {units:,}" for kind, item, units in details.get("gaps", [])]
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
    confirmed: str
    is_less: bool


def line(row: PurchaseOrderLine) -> Line:
    day = f" · {row.confirmed_on:%m-%d}" if row.confirmed_on else ""
    return Line(
        row,
        labels.variant_link(row.variant),
        labels.variant_name(row.variant),
        wording.amount(row.unit_cost),
        wording.amount(row.unit_cost * row.quantity),
        "-" if row.confirmed_quantity is None else f"{row.confirmed_quantity:,}{day}",
        row.confirmed_quantity is not None and row.confirmed_quantity < row.quantity,
    )


@dataclass(frozen=True)
class Gap:
    """Something that was wrong with a delivery, in words; `state` says what becomes of it."""

    row: ReceiptDiscrepancy
    kind: str
    item: str
    state: str
    url: str


def gap(row: ReceiptDiscrepancy) -> Gap:
    return Gap(
        row,
        labels.discrepancy(row),
        row.line.variant.sku if row.line else row.item,
        labels.outcome(row),
        reverse("admin:inventory_receiptdiscrepancy_change", args=[row.pk]),
    )


@dataclass(frozen=True)
class Receipt:
    row: GoodsReceipt
    gaps: list[Gap]


def receipt(row: GoodsReceipt) -> Receipt:
    return Receipt(row, [gap(one) for one in row.discrepancies.all()])


@dataclass(frozen=True)
class Confirmation:
    """What the supplier said, when and by which way."""

    row: SupplierConfirmation
    who: str
    lines: list[str]


def confirmation(row: SupplierConfirmation) -> Confirmation:
    by_supplier = row.source == SupplierConfirmation.Source.LINK
    lines = [
        f"{one.line.variant.sku} × {one.quantity:,}" + (f" ({one.expected_on:%Y-%m-%d})" if one.expected_on else "")
        for one in row.lines.all()
    ]
    return Confirmation(row, row.get_source_display() if by_supplier else wording.actor(row), lines)


@dataclass(frozen=True)
class Mail:
    row: PurchaseMail
    state: str
    when: str
    why: str


WHY_NOT = {
    "died": pgettext_lazy("mail", "The worker died while sending it: ask the supplier before it is sent once more."),
    "canceled": pgettext_lazy("mail", "The purchase order was canceled before it went out."),
}


def mail(row: PurchaseMail) -> Mail:
    when = wording.plain_moment(row.sent_at or row.due_at)
    return Mail(row, labels.mail_state(row), when, str(WHY_NOT.get(row.error, row.error)))


def promised(order: PurchaseOrder) -> str:
    """The day that was promised first, where the expected one has moved since."""
    moved = order.promised_on is not None and order.promised_on != order.expected_on
    return f"{order.promised_on:%Y-%m-%d}" if moved else ""


@dataclass(frozen=True)
class Landed:
    """A landed cost and its share by line."""

    row: LandedCost
    amount: str
    who: str
    shares: list[dict[str, str]]


def landed(row: LandedCost) -> Landed:
    shares = [
        {
            "sku": one.line.line.variant.sku,
            "amount": wording.amount(one.amount),
            "to_stock": wording.amount(one.to_stock),
            "variance": wording.amount(one.variance) if one.variance else "-",
        }
        for one in row.shares.all()
    ]
    return Landed(row, wording.amount(row.amount), wording.actor(row), shares)


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
