"""How much a member of staff may agree to spend with one purchase order."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict
from config.kernel.models import User
from config.kernel.money import Money, format_money
from config.kernel.roles import Role, granted
from inventory.models import ApprovalLimit, PurchaseOrder, PurchaseOrderLine, SupplierOffer
from inventory.queries import terms

MAY_APPROVE = "inventory.approve_purchaseorder"


class AboveLimit(Conflict):
    """The purchase order costs more than any role of the person may approve; `details` names amount and limit."""

    code = "above_approval_limit"


def limit_of(user: User) -> Decimal | None:
    """The highest limit among the roles by which the person may approve at all; None where one of them has no limit.

    Whoever may approve without any of these roles has the lowest limit that is set.
    """
    if user.is_superuser:
        return None
    names = set(user.groups.values_list("name", flat=True))
    roles = {role for role in Role if role.value in names and MAY_APPROVE in granted(role)} | (names & {Role.OWNER.value})
    limits = dict(ApprovalLimit.objects.values_list("role", "amount"))
    if not roles:
        return min(limits.values(), default=None)
    return None if roles - limits.keys() else max(limits[role] for role in roles)


def missing_to_minimum(order: PurchaseOrder) -> dict[str, Decimal]:
    """The supplier's minimum order value and what is missing up to it; nothing where it is reached."""
    minimum = order.supplier.minimum_order_value
    missing = minimum - terms.amount_of(order.lines.all()) if minimum else Decimal(0)
    return {"minimum": minimum, "missing": missing} if missing > 0 else {}


def require_within_limit(order: PurchaseOrder, actor: User | None, on_top: Decimal = Decimal(0)) -> None:
    """`on_top` is what came beyond the order. The system itself has limits of its own, which are looked at before it orders."""
    limit = None if actor is None else limit_of(actor)
    if limit is None:
        return
    amount = judged_amount(order) + on_top
    if amount > limit:
        told = {"amount": Money(amount, order.currency), "limit": Money(limit, order.currency)}
        typed = _(
            "This purchase order comes to %(amount)s, but you may approve up to %(limit)s. Ask somebody with a higher limit."
        )
        usual = _(
            "At the usual costs this purchase order comes to %(amount)s, but you may approve up to %(limit)s. "
            "Ask somebody with a higher limit."
        )
        raise AboveLimit(
            (usual if amount > terms.amount_of(order.lines.all()) + on_top else typed)
            % {name: format_money(money) for name, money in told.items()},
            details={name: money.as_text() for name, money in told.items()},
        )


def judged_amount(order: PurchaseOrder) -> Decimal:
    """What the lines cost together, none less than usual: a cost typed too low lifts nobody over a limit."""
    lines = list(order.lines.select_related("variant"))
    usual = _usual_costs(order, lines)
    return sum(
        (line.quantity * max(line.unit_cost, line.variant.cost, usual.get(line.variant_id, Decimal(0))) for line in lines),
        Decimal(0),
    )


def _usual_costs(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> dict[int, Decimal]:
    """By SKU what a unit costs at this quantity by the offer of the order's supplier, or else by the preferred one."""
    units = {line.variant_id: line.quantity for line in lines}
    found: dict[int, Decimal] = {}
    offers = SupplierOffer.objects.filter(Q(supplier=order.supplier_id) | Q(is_preferred=True), variant__in=units)
    for offer in sorted(offers.prefetch_related("breaks"), key=lambda one: one.supplier_id == order.supplier_id):
        reached = [one for one in offer.breaks.all() if one.from_quantity <= units[offer.variant_id]]
        best = max(reached, key=lambda one: one.from_quantity, default=None)
        found[offer.variant_id] = best.unit_cost if best else offer.unit_cost
    return found
