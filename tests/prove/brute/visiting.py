"""Visits, out of events as they were sent: whose they are, what was done in them, and which orders they tell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal as D
from typing import Any

from inventory.models import Variant
from tests.prove.brute.counting import Item
from tests.prove.clicks import HALF_AN_HOUR, SEOUL


@dataclass(frozen=True)
class Told:
    """One event of a shopper who agreed to be known again. `customer` is whom its batch named."""

    visitor: str
    at: datetime
    client_at: datetime
    id: int
    kind: str
    channel: str
    variant: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    customer: int | None = None


@dataclass(eq=False)
class Seen:
    """One visit; `customer` is whose it is, if anybody's."""

    visitor: str
    events: list[Told]
    customer: int | None = None

    @property
    def starts(self) -> datetime:
        return self.events[0].at

    @property
    def ends(self) -> datetime:
        return self.events[-1].at

    @property
    def day(self) -> date:
        return self.starts.astimezone(SEOUL).date()

    @property
    def channel(self) -> str:
        return self.events[0].channel

    @property
    def person(self) -> tuple[str, int | str]:
        """A customer, or a browser in visits that are nobody's."""
        return ("browser", self.visitor) if self.customer is None else ("customer", self.customer)

    @property
    def orders(self) -> set[str]:
        return {one.properties["order"] for one in self.events if one.kind == "order_completed"}

    def of(self, *kinds: str) -> list[Told]:
        return [one for one in self.events if one.kind in kinds]


@dataclass
class Visiting:
    visits: list[Seen]
    # Clicks and sightings, by the visitor's name.
    touches: dict[str, list[tuple[datetime, str, str]]]
    # As how many customers each browser has shown itself.
    shown: Mapping[str, set[str]]

    @property
    def telling(self) -> dict[str, list[Seen]]:
        """The visits that tell an order, by its number; the one that began first is the order's own."""
        found: dict[str, list[Seen]] = defaultdict(list)
        for visit in sorted(self.visits, key=lambda one: one.starts):
            for number in visit.orders:
                found[number].append(visit)
        return found


_TOUCHES = ("promotion_viewed", "promotion_clicked", "message_opened", "message_clicked")


def read(told: Iterable[Told], shown: Mapping[str, set[str]], known: Mapping[str, int]) -> Visiting:
    """`shown` are the customers that each browser has shown itself as, `known` those that the shop knows."""
    theirs: dict[str, list[Told]] = defaultdict(list)
    touches: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for one in told:
        if one.kind in _TOUCHES:
            code = one.properties.get("promotion") or one.properties.get("message") or ""
            touches[one.visitor].append((one.at, one.kind, code))
        # Who opens a message has not come to the shop.
        if one.kind != "message_opened":
            theirs[one.visitor].append(one)
    visits: list[Seen] = []
    for visitor, events in theirs.items():
        events.sort(key=lambda one: (one.at, one.client_at, one.id))
        begun: list[Seen] = []
        for event in events:
            last = begun[-1].events[-1].at if begun else None
            if (
                last is None
                or (event.at - last).total_seconds() >= HALF_AN_HOUR
                or last.astimezone(SEOUL).date() != event.at.astimezone(SEOUL).date()
            ):
                begun.append(Seen(visitor, []))
            begun[-1].events.append(event)
        names = shown.get(visitor, set())
        only = known.get(next(iter(names))) if len(names) == 1 else None
        for visit in begun:
            named = {one.customer for one in visit.events if one.customer is not None}
            visit.customer = only if not named else next(iter(named)) if len(named) == 1 else None
        visits += begun
    return Visiting(sorted(visits, key=lambda one: (one.starts, one.visitor)), touches, shown)


@dataclass(frozen=True)
class Catalog:
    """By SKU."""

    product: Mapping[int, int]
    category: Mapping[int, int]


def catalog() -> Catalog:
    rows = list(Variant.objects.values_list("pk", "product_id", "product__category_id"))
    return Catalog({pk: product for pk, product, _ in rows}, {pk: category for pk, _, category in rows})


def items(visits: Iterable[Seen], goods: Catalog) -> tuple[list[Item], list[Item]]:
    """Of visits; and of each SKU in each visit."""
    of_visits, of_skus = [], []
    for visit in visits:
        at = visit.starts.astimezone(SEOUL)
        of_visits.append(Item(at, _facts(visit, goods), {"channel": (visit.channel,)}))
        for sku, facts in _skus(visit).items():
            of_skus.append(Item(at, facts, {"sku": (sku,), "category": (goods.category[sku],)}))
    return of_visits, of_skus


def _facts(visit: Seen, goods: Catalog) -> dict[str, Any]:
    pages, views, searches = visit.of("page_viewed"), visit.of("product_viewed"), visit.of("products_searched")
    products: dict[Any, set[Any]] = defaultdict(set)
    for view in views:
        product = goods.product[view.variant] if view.variant else view.properties.get("sku")
        products[goods.category[view.variant] if view.variant else None].add(product)
    of_one = max((len(found) for category, found in products.items() if category is not None), default=0)
    of_any = sum(len(found) for found in products.values())
    carted, ordered = bool(visit.of("product_added")), bool(visit.of("order_completed"))
    return {
        "visits": 1,
        "pages": len(pages),
        "bounces": int(len(pages) == 1 and len(visit.events) == 1 + len(visit.of("dwelled"))),
        "ordered": int(ordered),
        "viewed": int(bool(views)),
        "compared": int(of_one >= 2 or of_any >= 3 or bool(visit.of("reviews_viewed"))),
        "decided": int(bool(visit.of("product_added", "product_wished", "cart_viewed", "checkout_started"))),
        "checkout": int(bool(visit.of("checkout_started"))),
        "carted": int(carted),
        "left": int(carted and not ordered),
        "seconds": sum((D(str(one.properties["seconds"])) for one in visit.of("dwelled")), D(0)),
        "out_of_stock": int(any(one.properties.get("in_stock") is False for one in views)),
        "searches": len(searches),
        "dry": sum(one.properties.get("results") == 0 for one in searches),
    }


def _skus(visit: Seen) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(
        lambda: {"views": 0, "viewing": 0, "missing": 0, "adding": 0, "wishes": 0, "looked": D(0)}
    )
    for one in visit.events:
        if one.variant is None:
            continue
        if one.kind == "product_viewed":
            found[one.variant]["views"] += 1
            found[one.variant]["viewing"] = 1
            found[one.variant]["missing"] |= one.properties.get("in_stock") is False
        elif one.kind == "product_added":
            found[one.variant]["adding"] = 1
        elif one.kind == "product_wished":
            found[one.variant]["wishes"] += 1
        elif one.kind == "dwelled":
            found[one.variant]["looked"] += D(str(one.properties["seconds"]))
    return found
