"""What is expected to be asked for in each place that a reorder policy keeps, and how long goods would take to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean, pvariance

from inventory.locking import Place
from inventory.models import DemandAdvice, LearnedLeadTime, ReorderPolicy, SupplierOffer
from inventory.queries import demand
from inventory.replenishment import LONG_WINDOW_DAYS, Demand, days_that_count
from inventory.stocking import lead_times
from inventory.stocking.values import LeadTime, Outlook

# Where nobody is known to buy from, goods are thought to take two weeks.
UNKNOWN_LEAD = LeadTime(14.0, 4.0)
ADVICE, RECORDED = "ADVICE", "RECORDED"


@dataclass(frozen=True, slots=True)
class Expected:
    """`margin` is what a unit that cannot be sold would have earned, tax included. `basis` says whose word it is."""

    outlook: Outlook
    lead: LeadTime
    basis: str
    margin: Decimal
    is_on_sale: bool
    has_supplier: bool


def by_place(*, as_of: date) -> dict[Place, Expected]:
    """Of every enabled policy. Fresh advice counts, else what was shipped in the last weeks. At most six statements."""
    last_on = as_of - timedelta(days=1)
    policies = list(
        ReorderPolicy.objects.filter(is_enabled=True)
        .select_related("variant__product")
        .only("variant__list_price", "variant__cost", "variant__is_active", "variant__product__is_active", "warehouse_id")
    )
    advice = _advised(as_of)
    plain = [one.pk for one in policies if (one.variant_id, one.warehouse_id) not in advice]
    books = demand.recorded(last_on=last_on, policies=plain) if plain else {}
    empty = [pk for pk, book in books.items() if not days_that_count(book.demand)]
    if empty:
        books |= demand.recorded(last_on=last_on, policies=empty, days=LONG_WINDOW_DAYS)
    leads = _leads()
    found = {}
    for one in policies:
        place = (one.variant_id, one.warehouse_id)
        outlook = advice.get(place) or _recorded(books[one.pk].demand if one.pk in books else Demand((), ()))
        found[place] = Expected(
            outlook=outlook,
            lead=leads.get(one.variant_id, UNKNOWN_LEAD),
            basis=ADVICE if place in advice else RECORDED,
            margin=max(one.variant.list_price - one.variant.cost, Decimal(0)),
            is_on_sale=one.variant.is_on_sale,
            has_supplier=one.variant_id in leads,
        )
    return found


def _advised(as_of: date) -> dict[Place, Outlook]:
    """Advice begins with the day after its origin: the days that have passed since are left out."""
    found = {}
    rows = DemandAdvice.objects.filter(valid_until__gte=as_of, origin__lt=as_of)
    for variant, warehouse, origin, daily, dispersion in rows.values_list(
        "variant_id", "warehouse_id", "origin", "daily", "dispersion"
    ):
        passed = (as_of - origin).days - 1
        found[variant, warehouse] = Outlook(tuple(daily[passed:] or daily[-lead_times.WEEK :]), dispersion)
    return found


def _recorded(book: Demand) -> Outlook:
    counted = days_that_count(book)
    mean = fmean(counted) if counted else 0.0
    dispersion = pvariance(counted) / mean if mean else 1.0
    return Outlook((mean,), max(dispersion, 1.0))


def _leads() -> Mapping[int, LeadTime]:
    """By SKU, of its preferred supplier: as learned, else as promised."""
    learned = {
        offer: LeadTime(mean, deviation)
        for offer, mean, deviation in LearnedLeadTime.objects.filter(offer__isnull=False).values_list(
            "offer_id", "mean", "deviation"
        )
    }
    offers = SupplierOffer.objects.filter(is_preferred=True, supplier__is_active=True)
    return {
        variant: learned.get(pk) or lead_times.learned([], days)
        for pk, variant, days in offers.values_list("pk", "variant_id", "lead_time_days")
    }
