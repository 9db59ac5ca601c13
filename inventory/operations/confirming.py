"""What the supplier says it will deliver, and when: entered by staff, or by the supplier on the page that its link opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Conflict
from config.kernel.models import User
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, PurchaseOrderLine, SupplierConfirmation, SupplierConfirmationLine
from inventory.operations import purchase_steps
from inventory.operations.purchase_steps import MOST_UNITS, PurchaseInvalid

DAYS_MOST = 3650
# Whoever holds the link says no later day than this.
DAYS_MOST_BY_LINK = 180
# So often one says something new about one order by link.
MOST_BY_LINK = 20
Source = SupplierConfirmation.Source


class TooManyConfirmations(Conflict):
    """The supplier has used its link for this order often enough; staff enter what it says from now on."""

    code = "too_many_confirmations"


@dataclass(frozen=True)
class Confirmed:
    """One line: so many units, on this day. None of a line needs no day."""

    sku: str
    quantity: int
    expected_on: date | None


@transaction.atomic
def confirm(
    *,
    number: str,
    lines: Sequence[Confirmed],
    source: str,
    actor: User | None,
    at: datetime,
    note: str = "",
) -> SupplierConfirmation:
    """Keeps what the supplier says about lines that are not here yet; the expected day moves to the last day confirmed.

    What staff enter first is the promise from now on. By its link a supplier can only promise an earlier day: what it is judged
    by is not its own to put off.
    The same words again change nothing and answer the last confirmation.
    """
    order = purchase_steps.locked(number, Step.CONFIRMED)
    purchase_steps.require_short(note, "note")
    by_sku = {line.variant.sku: line for line in purchase_steps.lines_of(order)}
    _require_sensible(lines, by_sku, shop.day(at), DAYS_MOST_BY_LINK if source == Source.LINK else DAYS_MOST)
    last = order.confirmations.order_by("-pk").first()
    if last is not None and last.note == note.strip() and _says_same(lines, by_sku):
        return last
    said = order.confirmations.filter(source=source).count()
    if source == Source.LINK and said >= MOST_BY_LINK:
        raise TooManyConfirmations(_("This order was confirmed very often. Please call us about further changes."))
    made = SupplierConfirmation.objects.create(
        purchase_order=order, source=source, note=note.strip(), actor=actor, confirmed_at=at
    )
    SupplierConfirmationLine.objects.bulk_create(
        SupplierConfirmationLine(
            confirmation=made,
            line=by_sku[one.sku],
            quantity=one.quantity,
            expected_on=one.expected_on if one.quantity else None,
        )
        for one in lines
    )
    for one in lines:
        line = by_sku[one.sku]
        line.confirmed_quantity, line.confirmed_on = one.quantity, one.expected_on if one.quantity else None
    PurchaseOrderLine.objects.bulk_update([by_sku[one.sku] for one in lines], ["confirmed_quantity", "confirmed_on"])
    days = [line.confirmed_on for line in by_sku.values() if line.confirmed_on is not None and line.outstanding]
    if days:
        order.expected_on = max(days)
        if not said and source == Source.LINK:
            order.promised_on = min(order.promised_on or order.expected_on, order.expected_on)
        elif not said:
            order.promised_on = order.expected_on
        order.save(update_fields=["expected_on", "promised_on"])
    purchase_steps.tell(order, Step.CONFIRMED, actor, at, reason=note, details=_told(order, made, by_sku))
    return made


def _told(order: PurchaseOrder, made: SupplierConfirmation, by_sku: Mapping[str, PurchaseOrderLine]) -> dict[str, object]:
    less = {
        sku: line.quantity - line.confirmed_quantity
        for sku, line in by_sku.items()
        if line.confirmed_quantity is not None and line.confirmed_quantity < line.quantity
    }
    told: dict[str, object] = {"source": made.source}
    if order.expected_on:
        told["expected_on"] = order.expected_on.isoformat()
    return told | ({"confirmed_less": less} if less else {})


def _says_same(lines: Sequence[Confirmed], by_sku: Mapping[str, PurchaseOrderLine]) -> bool:
    return all(
        (by_sku[one.sku].confirmed_quantity, by_sku[one.sku].confirmed_on)
        == (one.quantity, one.expected_on if one.quantity else None)
        for one in lines
    )


def _require_sensible(lines: Sequence[Confirmed], by_sku: Mapping[str, PurchaseOrderLine], today: date, most: int) -> None:
    if not lines or len({one.sku for one in lines}) != len(lines):
        raise PurchaseInvalid(_("Confirm each SKU once, and at least one."), details={"field": "lines"})
    for one in lines:
        if one.sku not in by_sku:
            raise PurchaseInvalid(
                _("%(sku)s is not on this purchase order.") % {"sku": one.sku}, details={"field": "lines", "sku": one.sku}
            )
        if not 0 <= one.quantity <= MOST_UNITS:
            raise PurchaseInvalid(
                _("The quantity of %(sku)s lies between 0 and %(most)s.") % {"sku": one.sku, "most": MOST_UNITS},
                details={"field": "quantity", "sku": one.sku},
            )
        if one.quantity and (one.expected_on is None or not today <= one.expected_on <= today + timedelta(days=most)):
            raise PurchaseInvalid(
                _("Say on which day %(sku)s comes: today or later, at most %(most)s days ahead.")
                % {"sku": one.sku, "most": f"{most:,}"},
                details={"field": "expected_on", "sku": one.sku},
            )
