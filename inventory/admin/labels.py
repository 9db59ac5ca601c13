"""How stock and purchases look on the page: colors of states and kinds, signed units, amounts, links."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from config.kernel.admin import wording
from inventory.models import (
    Lot,
    PurchaseMail,
    PurchaseOrder,
    PurchaseOrderEvent,
    ReceiptDiscrepancy,
    ReplenishmentProposal,
    Reservation,
    StockMovement,
    Variant,
)
from inventory.operations import lotbook

PURCHASES = {
    PurchaseOrder.State.DRAFT: "warning",
    PurchaseOrder.State.APPROVED: "info",
    PurchaseOrder.State.SENT: "primary",
    PurchaseOrder.State.PARTLY_RECEIVED: "primary",
    PurchaseOrder.State.RECEIVED: "success",
    PurchaseOrder.State.CLOSED: "",
    PurchaseOrder.State.CANCELED: "",
}
STEPS = {
    PurchaseOrderEvent.Kind.APPROVED: "success",
    PurchaseOrderEvent.Kind.RECEIVED: "success",
    PurchaseOrderEvent.Kind.CANCELED: "danger",
    PurchaseOrderEvent.Kind.CONFIRMED: "success",
}
DISCREPANCIES = {
    ReceiptDiscrepancy.Kind.SHORT: "warning",
    ReceiptDiscrepancy.Kind.OVER: "info",
    ReceiptDiscrepancy.Kind.DAMAGED: "danger",
    ReceiptDiscrepancy.Kind.WRONG: "danger",
}
MAILS = {
    PurchaseMail.State.WAITING: "info",
    PurchaseMail.State.SENDING: "info",
    PurchaseMail.State.SENT: "success",
    PurchaseMail.State.FAILED: "danger",
    PurchaseMail.State.UNSURE: "warning",
}
MOVEMENTS = {
    StockMovement.Kind.RECEIPT: "success",
    StockMovement.Kind.RETURN: "success",
    StockMovement.Kind.SHIPMENT: "info",
    StockMovement.Kind.ADJUSTMENT: "warning",
    StockMovement.Kind.WRITE_OFF: "danger",
}
RESERVATIONS = {Reservation.State.ACTIVE: "info", Reservation.State.CONSUMED: "success"}


def lot_code(code: str) -> str:
    """Lots of unknown goods are called by what they are."""
    return str(Lot.Origin(code).label) if code in lotbook.UNSORTED else code


def purchase_state(order: PurchaseOrder) -> str:
    return wording.label(order.get_state_display(), PURCHASES[PurchaseOrder.State(order.state)])


def discrepancy(gap: ReceiptDiscrepancy) -> str:
    return wording.label(gap.get_kind_display(), DISCREPANCIES[ReceiptDiscrepancy.Kind(gap.kind)])


def outcome(gap: ReceiptDiscrepancy) -> str:
    """What becomes of the goods; what waits to be sent back is marked until it is settled."""
    if gap.outcome == ReceiptDiscrepancy.Outcome.NONE:
        return "-"
    if gap.settled_at is not None:
        return wording.label(_("settled"), "success")
    return wording.label(gap.get_outcome_display(), "warning" if gap.outcome == ReceiptDiscrepancy.Outcome.RETURN else "")


def mail_state(mail: PurchaseMail) -> str:
    return wording.label(mail.get_state_display(), MAILS[PurchaseMail.State(mail.state)])


def movement_kind(movement: StockMovement) -> str:
    return wording.label(movement.get_kind_display(), MOVEMENTS.get(StockMovement.Kind(movement.kind), ""))


def reservation_state(reservation: Reservation) -> str:
    return wording.label(reservation.get_state_display(), RESERVATIONS.get(Reservation.State(reservation.state), ""))


def signed(units: int) -> str:
    """With its sign, so that what came and what left are told apart at a glance."""
    return format_html('<span class="{}">{}</span>', "came" if units > 0 else "left", f"{units:+,}")


def none_left(units: int) -> str:
    """Units that may be promised; none are marked."""
    return format_html('<span class="{}">{}</span>', "" if units else "left", f"{units:,}")


def variant_link(variant: Variant) -> str:
    return format_html(
        '<a class="row-link" href="{}">{}</a>', reverse("admin:inventory_variant_change", args=[variant.pk]), variant.sku
    )


def variant_name(variant: Variant) -> str:
    """The product, and which of its options."""
    return f"{variant.product.name} · {variant.name}" if variant.name else variant.product.name


def override_reason(proposal: ReplenishmentProposal) -> str:
    """Why staff buy another quantity than was computed; empty where they do not."""
    if proposal.override is None:
        return ""
    return proposal.override_reason or _("changed in the draft of the purchase order")
