"""What is expected to be asked for in each place that a reorder policy keeps, and how long goods would take to come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, pvariance

from config.kernel import shop
from inventory.locking import Place
from inventory.models import DemandAdvice, ReorderPolicy
from inventory.queries import demand
from inventory.queries.replenishment import outlook_of
from inventory.queries.terms import Book, margin
from inventory.replenishment import LONG_WINDOW_DAYS, Basis, Demand, days_that_count
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


def by_place(*, at: datetime, variants: Collection[int] | None = None) -> dict[Place, Expected]:
    """Of every enabled policy, or those of these SKUs. Fresh advice counts, else what was shipped in the last weeks.

    A fixed number of statements, whatever the number of policies.
    """
    today = shop.day(at)
    last_on = today - timedelta(days=1)
    rows = ReorderPolicy.objects.filter(is_enabled=True).select_related("variant__product")
    policies = list(rows if variants is None else rows.filter(variant__in=variants))
    advice = advised(as_of=today)
    unadvised = [one.pk for one in policies if (one.variant_id, one.warehouse_id) not in advice]
    books = demand.recorded(last_on=last_on, policies=unadvised) if unadvised else {}
    empty = [pk for pk, book in books.items() if not days_that_count(book.demand)]
    if empty:
        books |= demand.recorded(last_on=last_on, policies=empty, days=LONG_WINDOW_DAYS)
    terms = Book(at, variants)
    found = {}
    for one in policies:
        place, offer = (one.variant_id, one.warehouse_id), terms.offers.get(one.variant_id)
        lead = terms.lead(offer) if offer else None
        found[place] = Expected(
            outlook=advice[place] if place in advice else _recorded(books[one.pk].demand),
            lead=LeadTime(lead.mean, lead.deviation) if lead else UNKNOWN_LEAD,
            basis=Basis.ADVICE if place in advice else Basis.RECORDED,
            margin=margin(one.variant, offer.unit_cost if offer else one.variant.cost),
            is_on_sale=one.variant.is_on_sale,
            has_supplier=offer is not None,
        )
    return found


def advised(*, as_of: date) -> dict[Place, Outlook]:
    """What fresh advice expects from `as_of` on. One statement."""
    last_on = as_of - timedelta(days=1)
    rows = DemandAdvice.objects.filter(origin__lte=last_on, valid_until__gte=as_of).defer("explanation")
    return {(one.variant_id, one.warehouse_id): outlook_of(one, last_on) for one in rows.iterator(chunk_size=2000)}


def _recorded(book: Demand) -> Outlook:
    """As flat as it is known: the mean of the days that count, and how much they differ."""
    counted = days_that_count(book)
    mean = fmean(counted) if counted else 0.0
    dispersion = pvariance(counted) / mean if mean else 1.0
    return Outlook((mean,), max(dispersion, 1.0))
