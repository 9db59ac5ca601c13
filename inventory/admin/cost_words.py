"""What a SKU costs on average and what margin it leaves, in words."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from config.kernel.admin import wording
from config.kernel.money import round_half_up
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
        average=_whole(found.average),
        is_known=found.is_known,
        net=wording.amount(margin.net),
        margin=_whole(margin.amount),
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
    return Step(one, what, _whole(one.value), _whole(one.average_before), _whole(one.average))


def _whole(amount: Decimal) -> str:
    """Averages are kept to four decimals; people read them in whole units of the currency."""
    return wording.amount(round_half_up(amount, settings.SHOP_CURRENCY))
