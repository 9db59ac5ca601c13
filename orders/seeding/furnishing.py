"""What stands before the story's first day: catalog, warehouses, suppliers, customers, segments, promotions and coupons.

Writes rows; its caller, `orders.operations.seeding`, owns the transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from campaigns.models import Campaign, Consent, Coupon, CouponBatch, Promotion, Segment
from campaigns.operations import promotions, segments
from campaigns.operations.history import PastConsent, PastCustomer, write_customers
from campaigns.pricing.settings import CHOSEN, EVERYTHING, Settings
from campaigns.pricing.values import Key, Rule
from inventory.models import (
    Category,
    ReorderPolicy,
    Supplier,
    SupplierOffer,
    TaxClass,
    Variant,
    Warehouse,
)
from inventory.operations.history import PastProduct, PastVariant, write_catalog
from orders.queries.quoting import TAX_RATES
from orders.seeding import assortment, offers, supplying
from orders.seeding.offers import Offer, Standing
from orders.seeding.people import person
from orders.seeding.shelves import Slot
from orders.seeding.story import Offered, Shopper

# The share of customers who were there before the story begins, and of those the share of regulars.
REGULARS, VIPS = 0.35, 0.08
TEXT_VERSION = "2025-01"


@dataclass(frozen=True)
class Shop:
    """What the story needs to know of the furnished shop."""

    offered: tuple[Offered, ...]
    slots: tuple[tuple[Slot, ...], ...]
    warehouses: tuple[int, ...]
    suppliers: Mapping[str, int]


def furnish(*, opened_at: datetime, draw: Random) -> Shop:
    """Catalog, warehouses and suppliers, as of the day before the story begins."""
    warehouses = {
        one.code: Warehouse.objects.create(code=one.code, name=one.name, priority=one.priority) for one in assortment.STORES
    }
    suppliers = {
        one.code: Supplier.objects.create(code=one.code, name=one.name, email=f"orders@{one.code}.example.com")
        for one in assortment.MAKERS
    }
    makers = {one.code: one for one in assortment.MAKERS}
    paths, category_ids = _categories()
    wares = assortment.wares()
    variant_ids = write_catalog(
        products=[
            PastProduct(
                name=ware.name,
                category_id=category_ids[ware.shelf.code],
                tax_class=(TaxClass.EXEMPT if ware.shelf.exempt else TaxClass.STANDARD).value,
                created_at=opened_at,
                variants=tuple(PastVariant(one.sku, one.option, one.list_price, one.cost, one.barcode) for one in ware.items),
            )
            for ware in wares
        ]
    )
    product_ids = dict(Variant.objects.values_list("id", "product_id"))
    offered, slots = [], []
    supplied, policies = [], []
    for ware in wares:
        maker = makers[ware.shelf.maker]
        tax_rate = TAX_RATES[TaxClass.EXEMPT if ware.shelf.exempt else TaxClass.STANDARD]
        for item in ware.items:
            pk = variant_ids[item.sku]
            codes = paths[ware.shelf.code]
            offered.append(
                Offered(
                    variant_id=pk,
                    product_id=product_ids[pk],
                    sku=item.sku,
                    name=f"{ware.name} {item.option}".strip(),
                    list_price=item.list_price,
                    cost=item.cost,
                    tax_rate=tax_rate,
                    path=frozenset(category_ids[code] for code in codes),
                    codes=frozenset(codes),
                    group=codes[-1],
                    shelf=ware.shelf,
                    popularity=item.popularity,
                )
            )
            supplied += _supplier_offers(pk, item.cost, maker, suppliers, draw)
            places = [warehouses[code] for code in ware.shelf.stores]
            policies += [ReorderPolicy(variant_id=pk, warehouse=place, review_days=7) for place in places]
            shares = (0.8, 0.2) if len(places) == 2 else (1.0,)
            slots.append(
                tuple(
                    Slot(pk, place.pk, maker, item.cost, share, min(max(draw.gauss(1, 0.16), 0.6), 1.5))
                    for place, share in zip(places, shares, strict=True)
                )
            )
    SupplierOffer.objects.bulk_create(supplied)
    ReorderPolicy.objects.bulk_create(policies)
    supplying.agree(suppliers)
    return Shop(
        tuple(offered),
        tuple(slots),
        tuple(one.pk for one in sorted(warehouses.values(), key=lambda place: (place.priority, place.pk))),
        {code: one.pk for code, one in suppliers.items()},
    )


def _categories() -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
    """For each leaf its own code and those above it, the nearest first; and all categories' ids."""
    made: dict[str, Category] = {}
    for code, name, parent in assortment.GROUPS:
        made[code] = Category.objects.create(code=code, name=name, parent=made.get(parent))
    for shelf in assortment.SHELVES:
        made[shelf.code] = Category.objects.create(code=shelf.code, name=shelf.name, parent=made[shelf.parent])
    parents = {code: parent for code, _name, parent in assortment.GROUPS}
    paths: dict[str, tuple[str, ...]] = {
        shelf.code: (shelf.code, shelf.parent, parents[shelf.parent]) for shelf in assortment.SHELVES
    }
    return paths, {code: one.pk for code, one in made.items()}


def _supplier_offers(
    variant_id: int, cost: Decimal, maker: assortment.Maker, suppliers: Mapping[str, Supplier], draw: Random
) -> list[SupplierOffer]:
    """The preferred supplier's, and now and then a dearer one beside it."""

    def offer(one: assortment.Maker, unit_cost: Decimal, preferred: bool) -> SupplierOffer:
        return SupplierOffer(
            supplier=suppliers[one.code], variant_id=variant_id, unit_cost=unit_cost, lead_time_days=one.lead_days,
            minimum_quantity=one.minimum, order_multiple=one.pack, is_preferred=preferred,
        )  # fmt: skip

    found = [offer(maker, cost, True)]
    other = assortment.MAKERS[4]
    if maker.code != other.code and draw.random() < 0.2:
        found.append(offer(other, cost * 108 // 1000 * 10, False))
    return found


def invite(*, number: int, joins: Sequence[datetime], first: datetime, until: datetime, draw: Random) -> list[Shopper]:
    """Writes `number` customers: the regulars joined before the first day, the others at the moments given."""
    regulars = number - len(joins)
    moments = sorted(first - timedelta(minutes=draw.randrange(2 * 1440, 700 * 1440)) for _ in range(regulars)) + list(joins)
    people = [person(place, draw) for place in range(1, number + 1)]
    customers = [
        PastCustomer(one.external_id, joined, one.name, one.phone, one.email, _consents(joined, until, draw))
        for one, joined in zip(people, moments, strict=True)
    ]
    ids = write_customers(customers=customers)
    vips = set(draw.sample(range(regulars), max(int(regulars * VIPS), 1)))
    vip = Segment.objects.create(code="vip", name="단골 손님", description="오래 자주 찾아 주시는 손님")
    gifts = Segment.objects.create(code="gift-buyers", name="명절 선물 손님", description="지난 명절에 선물세트를 산 손님")
    segments.replace_members(segment_id=vip.pk, customer_ids=[ids[place] for place in vips], actor=None, at=first)
    givers = draw.sample(ids, number // 12)
    segments.replace_members(segment_id=gifts.pk, customer_ids=givers, actor=None, at=first)
    of_gifts = set(givers)
    return [
        Shopper(
            pk, joined, one.ship_to,
            frozenset(({vip.pk} if place in vips else set()) | ({gifts.pk} if pk in of_gifts else set())),
        )
        for place, (pk, joined, one) in enumerate(zip(ids, moments, people, strict=True))
    ]  # fmt: skip


def _consents(joined: datetime, until: datetime, draw: Random) -> tuple[PastConsent, ...]:
    """What somebody agreed to at sign-up, and some of it withdrawn later."""
    purposes, channels = Consent.Purpose, Consent.Channel
    given = []
    for kind, share in ((channels.EMAIL, 0.55), (channels.SMS, 0.42), (channels.PUSH, 0.3)):
        if draw.random() < share:
            given.append((kind.value, purposes.ADVERTISING.value))
            if kind != channels.EMAIL and draw.random() < 0.2:
                given.append((kind.value, purposes.NIGHT_ADVERTISING.value))
    said = [PastConsent(channel, purpose, True, joined, TEXT_VERSION, "sign-up") for channel, purpose in given]
    for channel, purpose in given:
        withdrawn = joined + timedelta(minutes=draw.randrange(1440, 400 * 1440))
        if draw.random() < 0.07 and withdrawn < until:
            said.append(PastConsent(channel, purpose, False, withdrawn, TEXT_VERSION, "mypage"))
    return tuple(said)


def announce_offers(planned: Sequence[Offer], *, at: datetime, draw: Random) -> list[Standing]:
    """Writes the promotions and their coupons, as decided at `at`."""
    category_ids = dict(Category.objects.values_list("code", "pk"))
    segment_ids = dict(Segment.objects.values_list("code", "pk"))
    campaigns: dict[str, Campaign] = {}
    standing = []
    for offer in planned:
        if offer.campaign not in campaigns:
            campaigns[offer.campaign] = Campaign.objects.create(name=offer.campaign)
        row = promotions.create(
            settings=_settings(offer, campaigns[offer.campaign].pk, category_ids, segment_ids), actor=None, at=at
        )
        standing.append(Standing(offer, _rule(row, offer, category_ids), _coupons(row, offer, at, draw)))
    return standing


def _settings(
    offer: Offer, campaign_id: int, category_ids: Mapping[str, int], segment_ids: Mapping[str, int]
) -> Settings:  # fmt: skip
    same: dict[str, Any] = {
        name: getattr(offer, name)
        for name in (
            "name", "starts_at", "ends_at", "weekdays", "percent", "amount", "buy", "get", "minimum_amount",
            "first_order_only", "needs_coupon", "usage_limit", "budget", "priority",
        )
    }  # fmt: skip
    return Settings(
        **same,
        benefit=offer.benefit.value,
        campaign_id=campaign_id,
        from_hour=offer.hours[0] if offer.hours else None,
        until_hour=offer.hours[1] if offer.hours else None,
        covers=CHOSEN if offer.categories else EVERYTHING,
        categories=tuple(category_ids[code] for code in offer.categories),
        segment_id=segment_ids[offer.segment] if offer.segment else None,
        usage_limit_per_customer=offer.per_customer,
        stacking_group=offer.group,
    )


def _rule(row: Promotion, offer: Offer, category_ids: Mapping[str, int]) -> Rule:
    return Rule(
        promotion_id=row.pk,
        version=row.version,
        name=row.name,
        benefit=offer.benefit,
        priority=offer.priority,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        weekdays=frozenset(offer.weekdays),
        hours=offer.hours,
        needs_coupon=offer.needs_coupon,
        categories=frozenset(category_ids[code] for code in offer.categories),
        covers_chosen=bool(offer.categories),
        segment=row.segment_id,
        minimum_amount=offer.minimum_amount,
        first_order_only=offer.first_order_only,
        percent=offer.percent or Decimal(0),
        amount=offer.amount or Decimal(0),
        buy=offer.buy or 0,
        get=offer.get or 0,
        stacking_group=offer.group,
    )


def _coupons(row: Promotion, offer: Offer, at: datetime, draw: Random) -> list[Key]:
    made = [Coupon(code=code, promotion=row, usage_limit=None, made_at=at) for code in offer.codes]
    if offer.batch:
        batch = CouponBatch.objects.create(name="리뷰 감사 쿠폰 1차", promotion=row, size=offer.batch, made_at=at)
        made += [Coupon(code=code, promotion=row, batch=batch, made_at=at) for code in offers.batch_codes(offer.batch, draw)]
    return [
        Key(one.code, one.pk, row.pk, left=one.usage_limit) for one in Coupon.objects.bulk_create(made, batch_size=5000)
    ]  # fmt: skip
