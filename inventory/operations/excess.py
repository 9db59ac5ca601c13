"""What staff decide about goods that lie too long."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory.models import ExcessDismissal
from inventory.operations.stock import LONGEST_REASON
from inventory.queries import ageing


class NothingSuggested(Conflict):
    """There is no suggestion for this place any more, or another one than the page showed."""

    code = "nothing_suggested"


class DismissalInvalid(Invalid):
    code = "dismissal_invalid"


@transaction.atomic
def dismiss(
    *, variant_id: int, warehouse_id: int, action: str, days: int, reason: str, actor: User | None, at: datetime
) -> ExcessDismissal:
    """Turns down the suggestion that stands now: it stays away until half as much again is too much.

    `action` is what the page showed; where something else is suggested by now, nothing is dismissed.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise DismissalInvalid(_("Say why nothing is done about it."), details={"field": "reason"})
    today: date = shop.day(at)
    found = ageing.one(variant_id=variant_id, warehouse_id=warehouse_id, today=today, days=days)
    if found is None or found.suggestion is None or found.suggestion.action != action or found.dismissed:
        raise NothingSuggested(_("Nothing of the kind is suggested there any more."))
    return ExcessDismissal.objects.create(
        variant_id=variant_id, warehouse_id=warehouse_id, action=action, units=found.suggestion.units, reason=reason,
        actor=actor, dismissed_at=at,
    )  # fmt: skip
