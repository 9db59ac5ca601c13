"""What every step of a purchase order shares: its lock, what its state allows, its timeline, and how it refuses."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import versions
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory import lifecycle
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, PurchaseOrderEvent, PurchaseOrderLine
from inventory.queries import purchases

T = TypeVar("T")

MOST_UNITS = 10_000_000
LONGEST_TEXT = 300


class UnknownPurchaseOrder(Missing):
    code = "unknown_purchase_order"


class TransitionRefused(Conflict):
    """The purchase order's state does not allow the step; `details` names both."""

    code = "transition_refused"


class PurchaseInvalid(Invalid):
    """The lines, the supplier or the receipt do not make sense; `details` names the field, and the SKU where there is one."""

    code = "purchase_invalid"


def locked(number: str, step: Step | None = None) -> PurchaseOrder:
    """The purchase order, locked before anything else is."""
    order = (
        PurchaseOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("supplier")
        .filter(number=number)
        .first()
    )
    if order is None:
        raise UnknownPurchaseOrder(_("There is no purchase order %(number)s.") % {"number": number}, details={"number": number})
    if step is not None:
        require(order, step)
    return order


@transaction.atomic
def take(*, number: str, seen: str, call: Callable[[], T]) -> T:
    """Makes the one operation call unless something has happened to the purchase order since `seen`, the version on the page.

    Holds its lock meanwhile: what is approved, sent or canceled is what was looked at.
    """
    versions.require_seen(now=purchases.version(locked(number)), seen=seen)
    return call()


def require(order: PurchaseOrder, step: Step) -> None:
    if not lifecycle.allows(order.state, step):
        raise TransitionRefused(
            _("Purchase order %(number)s is “%(state)s”: this is not possible now.")
            % {"number": order.number, "state": order.get_state_display()},
            details={"number": order.number, "state": order.state, "step": step.value},
        )


def lines_of(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return list(order.lines.select_related("variant").order_by("pk"))


def require_short(text: str, field: str) -> None:
    if len(text.strip()) > LONGEST_TEXT:
        raise PurchaseInvalid(_("At most %(most)s characters, please.") % {"most": LONGEST_TEXT}, details={"field": field})


def tell(
    order: PurchaseOrder,
    step: Step,
    actor: User | None,
    at: datetime,
    *,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    require_short(reason, "reason")
    PurchaseOrderEvent.objects.create(
        purchase_order=order,
        kind=step.value,
        actor=actor,
        reason=reason.strip(),
        details=dict(details or {}),
        occurred_at=at,
    )
