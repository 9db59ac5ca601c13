"""How much a member of staff may agree to spend with one purchase order."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict
from config.kernel.models import User
from config.kernel.money import Money
from config.kernel.roles import Role, granted
from inventory.models import ApprovalLimit, PurchaseOrder
from inventory.queries import terms

MAY_APPROVE = "inventory.approve_purchaseorder"


class AboveLimit(Conflict):
    """The purchase order costs more than any role of the person may approve; `details` names amount and limit."""

    code = "above_approval_limit"


def limit_of(user: User) -> Decimal | None:
    """The highest limit among the roles by which the person may approve at all; None where one of them has no limit."""
    if user.is_superuser:
        return None
    names = set(user.groups.values_list("name", flat=True))
    roles = {role for role in Role if role.value in names and MAY_APPROVE in granted(role)} | (names & {Role.OWNER.value})
    limits = dict(ApprovalLimit.objects.filter(role__in=roles).values_list("role", "amount"))
    if not roles or len(limits) < len(roles):
        return None
    return max(limits.values())


def missing_to_minimum(order: PurchaseOrder) -> dict[str, Decimal]:
    """The supplier's minimum order value and what is missing up to it; nothing where it is reached."""
    minimum = order.supplier.minimum_order_value
    missing = minimum - terms.amount_of(order.lines.all()) if minimum else Decimal(0)
    return {"minimum": minimum, "missing": missing} if missing > 0 else {}


def require_within_limit(order: PurchaseOrder, actor: User | None) -> None:
    """The system itself has limits of its own, which are looked at before it orders."""
    limit = None if actor is None else limit_of(actor)
    if limit is None:
        return
    amount = terms.amount_of(order.lines.all())
    if amount > limit:
        told = {"amount": Money(amount, order.currency).as_text(), "limit": Money(limit, order.currency).as_text()}
        raise AboveLimit(
            _("This purchase order comes to %(amount)s, but you may approve up to %(limit)s. Ask somebody with a higher limit.")
            % told,
            details=told,
        )
