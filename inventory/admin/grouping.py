"""Proposals as a buyer works them off: by supplier and warehouse, with what the draft comes to and what keeps it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel.admin import wording
from inventory.admin import explaining, labels
from inventory.models import ReplenishmentProposal
from inventory.queries import automatic
from inventory.queries.automatic import Hindrance, Judged
from inventory.queries.replenishment import price_of, prices_of

# More drafts and lines than these are worked off from the lists.
MOST_GROUPS, MOST_LINES = 100, 30
WAITS: Mapping[str, Any] = {
    Hindrance.BY_STAFF: gettext_lazy("staff changed it"),
    Hindrance.MODE: gettext_lazy("waits for approval"),
    Hindrance.NOT_TODAY: gettext_lazy("no order day today"),
    Hindrance.BELOW_MINIMUM: gettext_lazy("below the minimum order value"),
    Hindrance.NOT_BOUGHT: gettext_lazy("nothing is bought from the supplier"),
    Hindrance.TERMS: gettext_lazy("below the MOQ or beside the packs"),
    Hindrance.LIMIT: gettext_lazy("above the lowest approval limit"),
    Hindrance.AMOUNT: gettext_lazy("above the amount that is ordered by itself"),
    Hindrance.UNUSUAL: gettext_lazy("more than is usual"),
}


@dataclass(frozen=True)
class Row:
    url: str
    sku: str
    product: str
    units: int
    cover: str
    why: str
    is_suggestion: bool
    cost: str


@dataclass
class Group:
    supplier: str
    warehouse: str
    number: str = ""
    url: str = ""
    amount: str = ""
    order_days: str = ""
    next_on: str = ""
    missing: str = ""
    waits: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    more: int = 0
    suggested: int = 0
    accept_url: str = ""


def groups(at: datetime, *, sees_costs: bool) -> list[Group]:
    """In a fixed number of queries, however many proposals are open."""
    judged = automatic.judged(at=at)[:MOST_GROUPS]
    made = {(one.order.supplier_id, one.order.warehouse_id): _group(one, sees_costs=sees_costs) for one in judged}
    found = (
        ReplenishmentProposal.objects.filter(state=ReplenishmentProposal.State.OPEN)
        .select_related("variant__product", "warehouse", "offer__supplier")
        .order_by("offer__supplier__name", "warehouse__priority", "variant__sku", "id")
    )
    counted: defaultdict[tuple[int, int], int] = defaultdict(int)
    for proposal in found[: MOST_GROUPS * MOST_LINES]:
        place = (proposal.offer.supplier_id, proposal.warehouse_id)
        if place not in made:
            made[place] = Group(str(proposal.offer.supplier), str(proposal.warehouse))
        counted[place] += 1
        if proposal.is_suggestion:
            made[place].suggested += 1
            made[place].accept_url = reverse("admin:inventory_replenishmentproposal_accept_all", args=place)
        if counted[place] <= MOST_LINES:
            made[place].rows.append(_row(proposal, sees_costs=sees_costs))
        else:
            made[place].more += 1
    return sorted(made.values(), key=lambda one: (one.supplier, one.warehouse))


def _group(judged: Judged, *, sees_costs: bool) -> Group:
    order = judged.order
    weekdays = "·".join(str(WEEKDAYS_ABBR[day]) for day in sorted(order.supplier.order_weekdays))
    return Group(
        supplier=str(order.supplier),
        warehouse=str(order.warehouse),
        number=order.number,
        url=reverse("admin:inventory_purchaseorder_change", args=[order.pk]),
        amount=wording.amount(judged.amount, order.currency) if sees_costs else "",
        order_days=weekdays,
        next_on=f"{judged.next_on:%Y-%m-%d}",
        missing=wording.amount(judged.missing, order.currency) if sees_costs and judged.missing else "",
        waits=[str(WAITS[why]) + _some(skus) for why, skus in judged.hindrances.items()],
    )


def _some(skus: list[str]) -> str:
    """The first few, where it is about single lines."""
    named = [sku for sku in skus if sku]
    if not named:
        return ""
    return f" ({', '.join(named[:3])}{f' +{len(named) - 3}' if len(named) > 3 else ''})"


def _row(proposal: ReplenishmentProposal, *, sees_costs: bool) -> Row:
    plan = proposal.explanation["plan"]
    cover = plan["days_of_cover"]
    prices = prices_of(proposal.explanation)
    return Row(
        url=reverse("admin:inventory_replenishmentproposal_change", args=[proposal.pk]),
        sku=proposal.variant.sku,
        product=labels.variant_name(proposal.variant),
        units=proposal.units,
        cover="-" if cover is None else str(cover),
        why=_("%(position)s of %(target)s, service level %(level)s")
        % {
            "position": f"{plan['position']:,}",
            "target": f"{plan['target']:,}",
            "level": explaining.percent(proposal.explanation["terms"]["service_level"]),
        },
        is_suggestion=proposal.is_suggestion,
        cost=wording.amount(proposal.units * price_of(proposal.units, prices)) if sees_costs and prices else "",
    )
