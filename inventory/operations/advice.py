"""Takes over what somebody above expects to be sold. Inventory does not ask how they came to know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from math import isfinite
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import bulk
from config.kernel.errors import Invalid
from inventory.models import DemandAdvice

_AT_ONCE = 2000
# How long advice is followed when nobody says: a week without a new one, and the recorded demand counts again.
VALID_DAYS = 7


@dataclass(frozen=True, slots=True)
class Advice:
    """Demand expected of one SKU in one warehouse; `daily` begins with the day after the origin."""

    variant_id: int
    warehouse_id: int
    daily: Sequence[float]
    dispersion: float
    method: str
    doubt: float = 0.0
    explanation: Mapping[str, Any] = field(default_factory=dict)


def apply_advice(*, origin: date, advice: Iterable[Advice], at: datetime, valid_until: date | None = None) -> int:
    """Puts the advice in the place of what was advised before; tells how many rows that were.

    `origin` is the last day that was known. Advice from an older origin than what stands is left out, so that chunks that are
    tried again late do no harm. Each chunk of rows is one transaction of its own: run again after a failure, nothing doubles.
    """
    until = valid_until or origin + timedelta(days=VALID_DAYS)
    if until <= origin:
        raise Invalid(_("Advice is valid beyond the day it was made on."), details={"field": "valid_until"})
    written = 0
    rows = iter(advice)
    while chunk := list(islice(rows, _AT_ONCE)):
        written += _apply(list(_rows(chunk, origin, until, at)), origin)
    return written


@transaction.atomic
def _apply(rows: list[DemandAdvice], origin: date) -> int:
    places = {(row.variant_id, row.warehouse_id): row for row in rows}
    standing = DemandAdvice.objects.filter(variant__in={variant for variant, _warehouse in places}, origin__gt=origin)
    newer = set(standing.values_list("variant_id", "warehouse_id"))
    rows = [places[place] for place in sorted(places.keys() - newer)]
    bulk.put(rows, unique=("variant_id", "warehouse_id"))
    return len(rows)


def _rows(chunk: Iterable[Advice], origin: date, until: date, at: datetime) -> Iterator[DemandAdvice]:
    for one in chunk:
        if not one.daily or not all(isfinite(units) and units >= 0 for units in one.daily):
            raise Invalid(
                _("Expected demand is zero or more on at least one day."),
                details={"field": "daily", "variant": one.variant_id, "warehouse": one.warehouse_id},
            )
        if not (isfinite(one.dispersion) and isfinite(one.doubt) and one.doubt >= 0):
            raise Invalid(
                _("The variance over the mean and the doubt are numbers, the doubt not below zero."),
                details={"field": "dispersion", "variant": one.variant_id, "warehouse": one.warehouse_id},
            )
        yield DemandAdvice(
            variant_id=one.variant_id,
            warehouse_id=one.warehouse_id,
            origin=origin,
            daily=[round(float(units), 4) for units in one.daily],
            dispersion=max(round(float(one.dispersion), 4), 1.0),
            doubt=round(float(one.doubt), 4),
            method=one.method,
            valid_until=until,
            applied_at=at,
            explanation=dict(one.explanation),
        )
