"""Sets what is to be sold in a month. A month that is over keeps the target it was judged by."""

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from analytics.models import SalesTarget
from config.kernel import shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User


class TargetRefused(Invalid):
    code = "sales_target_invalid"


class TargetExists(Conflict):
    """Of each month and category there is one."""

    code = "sales_target_exists"


class UnknownTarget(Missing):
    code = "sales_target_not_found"


def add_target(
    *, month: date, category_id: int | None, amount: Decimal, units: int | None, actor: User | None, at: datetime
) -> SalesTarget:
    if month.day != 1:
        raise TargetRefused(_("A month is told by its first day."), details={"field": "month"})
    _check(month, amount, units, at)
    try:
        with transaction.atomic():
            return SalesTarget.objects.create(
                month=month, category_id=category_id, amount=amount, units=units, set_by=actor, set_at=at
            )
    except IntegrityError as refusal:
        raise TargetExists(_("This month has a target for this already; change that one.")) from refusal


@transaction.atomic
def change_target(*, target_id: int, amount: Decimal, units: int | None, actor: User | None, at: datetime) -> SalesTarget:
    target = _locked(target_id)
    _check(target.month, amount, units, at)
    target.amount, target.units, target.set_by, target.set_at = amount, units, actor, at
    target.save(update_fields=["amount", "units", "set_by", "set_at"])
    return target


@transaction.atomic
def drop_target(*, target_id: int, at: datetime) -> None:
    target = _locked(target_id)
    _require_open(target.month, at)
    target.delete()


def is_open(month: date, at: datetime) -> bool:
    return month >= shop.day(at).replace(day=1)


def _check(month: date, amount: Decimal, units: int | None, at: datetime) -> None:
    _require_open(month, at)
    if amount <= 0:
        raise TargetRefused(_("A target is more than nothing."), details={"field": "amount"})
    if units is not None and units <= 0:
        raise TargetRefused(_("A target is more than nothing."), details={"field": "units"})


def _require_open(month: date, at: datetime) -> None:
    if not is_open(month, at):
        raise TargetRefused(_("This month is over; its target stays as it was."), details={"field": "month"})


def _locked(target_id: int) -> SalesTarget:
    target = SalesTarget.objects.select_for_update(no_key=True, of=("self",)).filter(pk=target_id).first()
    if target is None:
        raise UnknownTarget(_("There is no such target any more."), details={"target": target_id})
    return target
