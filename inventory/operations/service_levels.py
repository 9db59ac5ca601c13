"""Another service level for one SKU in one warehouse, with its reason, and what is to be bought then at once."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory.models import PolicyChange, ReorderPolicy
from inventory.operations import replenishment
from inventory.operations.replenishment import HIGHEST_SERVICE, LOWEST_SERVICE, Proposed


@transaction.atomic
def change(*, policy_id: int, level: Decimal | None, reason: str, actor: User | None, at: datetime) -> Proposed:
    """Promises another level, or with None that of the class, and proposes anew for this policy alone."""
    if level is not None and not LOWEST_SERVICE <= level <= HIGHEST_SERVICE:
        raise Invalid(_("The service level lies between 50 and 99.99 percent."), details={"field": "level"})
    policy = _locked(policy_id)
    if level == policy.service_level:
        raise Invalid(_("This is the service level already."), details={"field": "level"})
    return _write(policy, level, replenishment.required(reason), actor, at)


@transaction.atomic
def undo(*, policy_id: int, reason: str, actor: User | None, at: datetime) -> Proposed:
    """Back to the level before the last change."""
    policy = _locked(policy_id)
    last = PolicyChange.objects.filter(policy=policy).order_by("-id").first()
    if last is None or last.after != policy.service_level:
        raise Conflict(_("There is no change of the service level to take back."))
    return _write(policy, last.before, replenishment.required(reason), actor, at)


def _locked(policy_id: int) -> ReorderPolicy:
    policy = ReorderPolicy.objects.select_for_update(no_key=True).filter(pk=policy_id).first()
    if policy is None:
        raise Missing(_("There is no such reorder policy."), details={"policy": policy_id})
    return policy


def _write(policy: ReorderPolicy, level: Decimal | None, reason: str, actor: User | None, at: datetime) -> Proposed:
    PolicyChange.objects.create(
        policy=policy, before=policy.service_level, after=level, reason=reason, actor=actor, occurred_at=at
    )
    policy.service_level = level
    policy.save(update_fields=["service_level"])
    return replenishment.propose(at=at, actor=actor, policies=[policy.pk])
