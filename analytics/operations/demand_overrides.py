"""Staff know what no forecast can: a fair, a film, a new customer. What they expect wins over it, for a while, with a reason.

Whatever is expected in the end is what the replenishment is advised, at once.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from analytics import expecting
from analytics.expecting import Said
from analytics.models import DemandOverride, DemandSeries
from config.kernel import shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory.operations.advice import Advice, apply_advice


class UnknownSeries(Missing):
    """Nothing is expected of this SKU in this warehouse yet."""

    code = "demand_series_not_found"


class OverrideRefused(Invalid):
    code = "demand_override_invalid"


class NothingSet(Conflict):
    code = "demand_override_not_set"


@transaction.atomic
def set_demand(
    *,
    series_id: int,
    first_on: date,
    last_on: date,
    units_a_day: Decimal | None,
    percent: int | None,
    reason: str,
    actor: User | None,
    at: datetime,
) -> DemandOverride:
    """From one day to another this is expected instead of the forecast; what was set before ends."""
    series = _locked(series_id)
    if (units_a_day is None) == (percent is None):
        raise OverrideRefused(_("Say either units a day or percent of the forecast."), details={"field": "units_a_day"})
    if units_a_day is not None and not 0 <= units_a_day < 10_000_000:
        raise OverrideRefused(_("Expected demand cannot be negative."), details={"field": "units_a_day"})
    if percent is not None and not 0 <= percent <= 1000:
        raise OverrideRefused(_("Say a percentage from 0 to 1000."), details={"field": "percent"})
    if not reason.strip():
        raise OverrideRefused(_("Say why: the reason stays with the SKU."), details={"field": "reason"})
    if last_on < first_on or last_on < shop.day(at):
        raise OverrideRefused(_("The last day lies before the first, or is over."), details={"field": "last_on"})
    if (last_on - first_on).days >= DemandOverride.MOST_DAYS:
        raise OverrideRefused(
            _("Choose at most %(days)s days.") % {"days": DemandOverride.MOST_DAYS}, details={"field": "last_on"}
        )
    _end(DemandOverride.objects.filter(series=series, ended_at=None), actor, "", at)
    made = DemandOverride.objects.create(
        series=series,
        first_on=first_on,
        last_on=last_on,
        units_a_day=units_a_day,
        percent=percent,
        reason=reason.strip(),
        made_by=actor,
        made_at=at,
    )
    advise(series=[series], at=at)
    return made


@transaction.atomic
def take_back(*, series_id: int, reason: str, actor: User | None, at: datetime) -> None:
    """The forecast holds again."""
    series = _locked(series_id)
    if not _end(DemandOverride.objects.filter(series=series, ended_at=None), actor, reason.strip(), at):
        raise NothingSet(_("Staff have set nothing for this SKU."), details={"series": series_id})
    advise(series=[series], at=at)


def end_over(*, at: datetime) -> int:
    """Ends what has served its time; how many."""
    return _end(DemandOverride.objects.filter(ended_at=None, last_on__lt=shop.day(at)), None, "", at)


def advise(*, series: Sequence[DemandSeries], at: datetime) -> None:
    """Tells the replenishment what is expected of these SKUs, with what staff have set. All of one origin or of several."""
    standing = {
        one.series_id: one
        for one in DemandOverride.objects.filter(series__in=[row.pk for row in series], ended_at=None)
    }  # fmt: skip
    for origin in sorted({row.origin for row in series}):
        advice = [_advice(row, standing.get(row.pk)) for row in series if row.origin == origin]
        apply_advice(origin=origin, advice=advice, at=at, valid_until=_valid_until(origin, at))


def _valid_until(origin: date, at: datetime) -> date:
    """A week after the evening, but not less than today: what staff set today is followed today."""
    return max(origin + timedelta(days=7), shop.day(at) + timedelta(days=1))


def _advice(row: DemandSeries, override: DemandOverride | None) -> Advice:
    said = as_said(override)
    told = {
        "demand_class": row.demand_class,
        "level": round(row.level, 4),
        "trend": round(row.trend, 4),
        "weekdays": [round(one, 3) for one in row.weekdays],
    }
    if override is not None:
        told["override"] = {
            "first_on": str(override.first_on),
            "last_on": str(override.last_on),
            "units_a_day": None if override.units_a_day is None else str(override.units_a_day),
            "percent": override.percent,
            "reason": override.reason,
        }
    return Advice(
        variant_id=row.variant_id,
        warehouse_id=row.warehouse_id,
        daily=expecting.effective(row.daily, row.origin, said),
        dispersion=row.dispersion,
        method=row.method,
        explanation=told,
    )


def as_said(override: DemandOverride | None) -> Said | None:
    if override is None:
        return None
    units = None if override.units_a_day is None else float(override.units_a_day)
    return Said(override.first_on, override.last_on, units, override.percent)


def _locked(series_id: int) -> DemandSeries:
    row = DemandSeries.objects.select_for_update(no_key=True).filter(pk=series_id).first()
    if row is None:
        raise UnknownSeries(_("Nothing is expected of this SKU in this warehouse yet."), details={"series": series_id})
    return row


def _end(standing: QuerySet[DemandOverride], actor: User | None, reason: str, at: datetime) -> int:
    return standing.update(ended_at=at, ended_by=actor, end_reason=reason)
