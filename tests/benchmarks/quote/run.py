"""What pricing a basket costs: 3 and 30 lines, with 10 to 10,000 promotions in force.

Two shops. In `mixed` ten promotions are for everything and the others each for three of 10,000 products, as the campaigns of a
large shop are. In `all` every promotion is for everything and gives something on every line: the worst that can be set up.
"""

import gc
import time
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Promotion
from campaigns.pricing.values import Basket, BasketLine
from campaigns.queries import offers
from config.kernel import clock
from config.local.services import Services
from inventory.models import Product
from tests import builders
from tests.benchmarks import world

PRODUCTS = 10_000
FOR_EVERYTHING = 10
TARGET_MS = 15.0


def _offer(at: datetime, number: int, *, mixed: bool, products: list[int], chance: Random) -> None:
    """`number` promotions in force, and as many that ended long ago."""
    Promotion.products.through.objects.all().delete()
    Promotion.objects.all().delete()

    def one(position: int, *, past: bool) -> Promotion:
        chosen = mixed and position >= FOR_EVERYTHING
        return Promotion(
            name=f"promotion {position}", benefit="PERCENT", percent=Decimal("0.5"),
            covers=Promotion.Covers.CHOSEN if chosen else Promotion.Covers.EVERYTHING, priority=position % 100,
            starts_at=at - timedelta(days=400 if past else 1), ends_at=at - timedelta(days=300) if past else None,
        )  # fmt: skip

    every = [one(position, past=past) for past in (True, False) for position in range(number)]
    rows = Promotion.objects.bulk_create(every, batch_size=1000)
    through = Promotion.products.through
    chosen = [row for row in rows if row.covers == Promotion.Covers.CHOSEN]
    through.objects.bulk_create(
        (through(promotion=row, product_id=pk) for row in chosen for pk in chance.sample(products, 3)), batch_size=5000
    )
    world.analyzed()


def _basket(products: list[int], lines: int, chance: Random) -> Basket:
    chosen = chance.sample(products, lines)
    return Basket(
        tuple(BasketLine(f"S-{pk}", 1, Decimal(10_000), pk, frozenset({1, 2}), Decimal(10)) for pk in chosen),
        customer_id=1, shipping_fee=Decimal(3000),
    )  # fmt: skip


def _measure(at: datetime, products: list[int], lines: int, rounds: int, chance: Random) -> dict[str, float]:
    baskets = [_basket(products, lines, chance) for _ in range(rounds)]
    for basket in baskets[:5]:
        offers.quote(basket, at=at, shipping_tax_rate=Decimal(10))
    with CaptureQueriesContext(connection) as seen:
        given = len(offers.quote(baskets[0], at=at, shipping_tax_rate=Decimal(10)).discounts)
    took = []
    gc.collect()
    worked = time.process_time()
    for basket in baskets:
        began = time.perf_counter()
        offers.quote(basket, at=at, shipping_tax_rate=Decimal(10))
        took.append((time.perf_counter() - began) * 1000)
    worked = time.process_time() - worked
    took.sort()
    return {
        "p50_ms": round(took[len(took) // 2], 2), "p95_ms": round(took[int(len(took) * 0.95)], 2),
        "python_cpu_ms": round(worked / rounds * 1000, 2), "statements": len(seen),
        "discounts": given,
    }  # fmt: skip


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    world.furnish()
    at = clock.now()
    chance = Random(197)  # noqa: S311  a workload, not a secret
    category = builders.a_category("벤치")
    made = Product.objects.bulk_create(Product(name=f"잔 {number}", category=category) for number in range(PRODUCTS))
    products = [one.pk for one in made]
    figures: dict[str, Any] = {}
    plan = [("mixed", number) for number in (10, 100, 1_000, 10_000)] + [("all", 10), ("all", 100)]
    for shop, number in plan[: 2 if quick else None]:
        _offer(at, number, mixed=shop == "mixed", products=products, chance=chance)
        for lines in (3, 30):
            found = _measure(at, products, lines, 20 if quick else 300, chance)
            figures[f"{shop}, {number} promotions, {lines} lines"] = found
            print(f"  {shop:5} {number:6,} promotions {lines:3} lines: {found}", flush=True)
    asked = figures["mixed, 100 promotions, 30 lines"]["p95_ms"]
    print(f"30 lines x 100 promotions: p95 {asked} ms (first: <= {TARGET_MS} ms)")
    return figures
