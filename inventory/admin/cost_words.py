"""What a SKU costs on average and what margin it leaves, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.kernel.admin import wording
from inventory.models import CostEntry
from inventory.queries.costs import Cost


@dataclass(frozen=True)
class Step:
    row: CostEntry
    what: str
    value: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    average: str
    is_known: bool
    net: str
    margin: str
    percent: str
    is_loss: bool
    steps: list[Step]


def cost(found: Cost) -> Told:
    margin = found.margin
    return Told(
        average=wording.total(found.average),
        is_known=found.is_known,
        net=wording.amount(margin.net),
        margin=wording.total(margin.amount),
        percent="" if margin.percent is None else f"{margin.percent}",
        is_loss=margin.amount < 0,
        steps=[_step(one) for one in found.steps],
    )


def _step(one: CostEntry) -> Step:
    landed = one.landed_cost
    what = (
        _("%(units)s units beside %(before)s") % {"units": f"{one.units:,}", "before": f"{one.units_before:,}"}
        if landed is None
        else _("%(kind)s on %(before)s units") % {"kind": landed.get_kind_display(), "before": f"{one.units_before:,}"}
    )
    return Step(one, what, wording.total(one.value), wording.total(one.average_before), wording.total(one.average))
