"""What is expected to be asked for in each place, and how long goods would take to come there: the one door to look ahead.

Fresh advice counts, else what was recorded goes on.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from config.kernel import shop
from inventory import replenishment
from inventory.locking import Place
from inventory.models import DemandAdvice, ReorderPolicy, StockLevel
from inventory.queries import demand
from inventory.queries.terms import Book, margin
from inventory.replenishment import Basis
from inventory.stocking.values import LeadTime, Outlook

# Where nobody is known to buy from, goods are thought to take two weeks.
UNKNOWN_LEAD = LeadTime(14.0, 4.0)


@dataclass(frozen=True, slots=True)
class Expected:
    """`margin` is what a unit that cannot be sold would have earned. `basis` says where the demand was taken from."""

    outlook: Outlook
    lead: LeadTime
    basis: Basis
    margin: float
    is_on_sale: bool
    has_supplier: bool


def by_place(*, at: datetime) -> dict[Place, Expected]:
    """Of every enabled policy. Fresh advice counts, else what was shipped in the last weeks.

    A fixed number of statements, whatever the number of policies.
    """
    policies = list(ReorderPolicy.objects.filter(is_enabled=True).select_related("variant__product"))
    seen = _seen(policies, shop.day(at))
    terms = Book(at)
    found = {}
    for one in policies:
        place, offer = (one.variant_id, one.warehouse_id), terms.offers.get(one.variant_id)
        lead = terms.lead(offer) if offer else None
        found[place] = Expected(
            outlook=seen[place][0],
            lead=LeadTime(lead.mean, lead.deviation) if lead else UNKNOWN_LEAD,
            basis=seen[place][1],
            margin=margin(one.variant, offer.unit_cost if offer else one.variant.cost),
            is_on_sale=one.variant.is_on_sale,
            has_supplier=offer is not None,
        )
    return found


def outlooks(policies: Sequence[ReorderPolicy], *, as_of: date) -> dict[Place, Outlook]:
    """Of these policies, from `as_of` on. A fixed number of statements."""
    return {place: outlook for place, (outlook, _basis) in _seen(policies, as_of).items()}


def everywhere(*, as_of: date) -> dict[Place, Outlook]:
    """Wherever goods lie or lay, with or without a policy. A place that is left out shipped nothing: nothing is expected.

    Reports of stock look through here, so they see what the plans see.
    """
    found = advised(as_of=as_of)
    policies = ReorderPolicy.objects.filter(is_enabled=True).values_list("pk", "variant", "warehouse")
    found |= _recorded({policy: place for policy, *ends in policies if (place := (ends[0], ends[1])) not in found}, as_of)
    levels = StockLevel.objects.values_list("pk", "variant", "warehouse")
    others = {level: place for level, *ends in levels if (place := (ends[0], ends[1])) not in found}
    books = demand.of_levels(last_on=as_of - timedelta(days=1), levels=others) if others else {}
    found |= {others[level]: replenishment.outlook(book.demand) for level, book in books.items()}
    return {place: outlook for place, outlook in found.items() if any(outlook.daily)}


def advised(*, as_of: date) -> dict[Place, Outlook]:
    """What fresh advice expects from `as_of` on. One statement."""
    return {(one.variant_id, one.warehouse_id): outlook_of(one, as_of) for one in fresh(as_of=as_of)}


def fresh(*, as_of: date, variants: Collection[int] | None = None) -> Iterator[DemandAdvice]:
    """The advice that may be followed on `as_of`: made from nothing after the day before, and still valid. One statement."""
    rows = DemandAdvice.objects.filter(origin__lt=as_of, valid_until__gte=as_of).defer("explanation")
    return iter(rows if variants is None else rows.filter(variant__in=variants))


def outlook_of(advice: DemandAdvice, as_of: date) -> Outlook:
    """From `as_of` on: days that have passed since the advice was made are left out."""
    passed = (as_of - advice.origin).days - 1
    week = advice.daily[-7:]
    daily = tuple(advice.daily[passed:]) or (sum(week) / len(week),)
    return Outlook(daily, advice.dispersion, advice.doubt)


def _seen(policies: Sequence[ReorderPolicy], as_of: date) -> dict[Place, tuple[Outlook, Basis]]:
    advice = advised(as_of=as_of)
    places = {one.pk: (one.variant_id, one.warehouse_id) for one in policies}
    recorded = _recorded({policy: place for policy, place in places.items() if place not in advice}, as_of)
    return {
        place: (advice[place], Basis.ADVICE) if place in advice else (recorded[place], Basis.RECORDED)
        for place in places.values()
    }


def _recorded(policies: Mapping[int, Place], as_of: date) -> dict[Place, Outlook]:
    """By place, for policies by their keys. At most two statements."""
    books = demand.telling(last_on=as_of - timedelta(days=1), policies=policies)
    return {policies[policy]: replenishment.outlook(book.demand) for policy, book in books.items()}
