"""A night of forecasts and the proposals that follow, by the shop's own worker: time, memory, and how both grow."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from analytics.models import DemandDay, DemandSeries, ForecastRun
from analytics.operations import demand, forecasts
from analytics.queries import demand_source
from config.kernel import clock
from config.kernel.models import JobRun
from config.local.demo import PYTHON, stop_all
from config.local.place import PROJECT, Place, fleeting
from config.local.process import Child
from config.local.services import Services
from inventory.models import (
    Category,
    Product,
    ReorderPolicy,
    ReplenishmentProposal,
    Supplier,
    SupplierOffer,
    Variant,
    Warehouse,
)
from tests import builders
from tests.benchmarks import stage, world

PLACES = 5
DAYS, MONTH = 364, 28
SIZES = "NIGHTLY_SIZES"
LONGEST = 1_800

# SKUs of a long tail: the first sells about eight a day at each warehouse, the middle one every fourth day, with a week
# of their own. The demand of a month is drawn straight into the rollup.
_DEMAND = """
    INSERT INTO analytics_dailydemand
        (day, variant_id, warehouse_id, lines, units, bulk_units, promoted_units, returned_units, sold_out)
    SELECT %(day)s, variant_id, warehouse_id, 1, units, 0, 0, 0, 0 FROM (
        SELECT
            v.id AS variant_id, w.id AS warehouse_id,
            -- Poisson's by the chance of none, one, two ...: close enough for small means, rounded normal for large ones.
            CASE WHEN mean < 3 THEN
                (drawn > exp(-mean))::int + (drawn > exp(-mean) * (1 + mean))::int
                + (drawn > exp(-mean) * (1 + mean + mean ^ 2 / 2))::int
                + (drawn > exp(-mean) * (1 + mean + mean ^ 2 / 2 + mean ^ 3 / 6))::int
            ELSE greatest(round(mean + sqrt(mean) * (drawn + random() + random() - 1.5) * 2), 0)::int END AS units
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM inventory_variant WHERE sku LIKE 'NIGHT-%%') AS v
        CROSS JOIN inventory_warehouse AS w
        CROSS JOIN LATERAL (
            SELECT
                8.0 / (1 + 70.0 * v.place / %(skus)s)
                * (ARRAY[0.8, 0.9, 1.0, 1.0, 1.2, 1.4, 0.7])[1 + %(number)s %% 7] AS mean,
                random() AS drawn
        ) AS chance
    ) AS drawn WHERE units > 0
"""

# The months after the first are like it; every twentieth SKU sells nothing in its last ten days.
_AGAIN = """
    INSERT INTO analytics_dailydemand
        (day, variant_id, warehouse_id, lines, units, bulk_units, promoted_units, returned_units, sold_out)
    SELECT day + %(days)s, variant_id, warehouse_id, lines, units, 0, 0, 0, 0 FROM analytics_dailydemand
    WHERE day BETWEEN %(first)s AND %(first)s::date + %(month)s - 1
        AND NOT (variant_id %% 20 = 0 AND day + %(days)s > %(silent)s)
"""

# What guards each row and finds it again is dear for millions of them: it is taken off while they are drawn, and put back.
_GUARDS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = 'analytics_dailydemand'::regclass AND contype IN ('f', 'u')
"""


# What the night reads and writes, done by the database alone: the limit that ours is held against.
_READ = """
    SELECT variant_id, warehouse_id, array_agg(day), array_agg(units), array_agg(sold_out) FROM analytics_dailydemand
    WHERE variant_id BETWEEN %s AND %s AND day BETWEEN %s AND %s GROUP BY variant_id, warehouse_id
"""
_WRITTEN = (
    "analytics_demandseries",
    "analytics_demandforecast",
    "inventory_demandadvice",
    "inventory_replenishmentproposal",
    "inventory_purchaseorderline",
)


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    sizes = [int(one) for one in os.environ.get(SIZES, "200,400" if quick else "2500,5000").split(",")]
    world.furnish()
    found = {str(skus): _night(services, skus) for skus in sizes}
    for one in found.values():
        one["times_limit"] = round(_cpu(one) / max(one["limit_cpu"], 0.1), 1)
    heads = ("SKUs x 5", "seconds", "own cpu", "db cpu", "limit cpu", "x limit", "MB", "forecasts", "proposals")
    print(" ".join(f"{one:>10}" for one in heads))
    for skus, one in found.items():
        told = [one[name] for name in ("database_cpu", "limit_cpu", "times_limit")]
        row = (skus, one["seconds"], _own(one), *told, one["mb"]["all"], one["forecasts"], one["proposals"])
        print(" ".join(f"{value:>10}" for value in row))
    first, last = (found[str(one)] for one in (sizes[0], sizes[-1]))
    return {
        "nights": found,
        "times_the_skus": sizes[-1] / sizes[0],
        "times_the_cpu": round(_cpu(last) / _cpu(first), 2),
        "times_the_seconds": round(last["seconds"] / first["seconds"], 2),
    }


def _own(one: dict[str, Any]) -> float:
    return round(float(one["asking_cpu"] + one["worker_cpu"]), 1)


def _cpu(one: dict[str, Any]) -> float:
    return _own(one) + float(one["database_cpu"])


def _night(services: Services, skus: int) -> dict[str, Any]:
    _furnish(skus)
    assert services.postgres is not None and services.postgres.child is not None  # noqa: PT018
    server = services.postgres.child.process.pid
    at = clock.now()
    with fleeting() as place:
        worker = _worker(services, place)
        try:
            worker.wait_until(lambda: _answers(worker), seconds=60)
            asked, own = os.getpid(), time.process_time()
            began, served, worked = time.perf_counter(), stage.cpu_seconds(server), stage.cpu_seconds(worker.process.pid)
            with watched({"worker": worker.process.pid, "database": server, "asking": asked}) as peaks:
                forecasts.begin(at=at)
                planned = time.perf_counter() - began
                own = time.process_time() - own
                run = ForecastRun.objects.latest("pk")
                _wait(lambda: ForecastRun.objects.filter(pk=run.pk, ended_at__isnull=False).exists())
                forecast = time.perf_counter() - began
                _wait(lambda: JobRun.objects.filter(name=forecasts.PROPOSE, state="SUCCEEDED").exists())
                seconds = time.perf_counter() - began
            return {
                "seconds": round(seconds, 1),
                "preparing": round(planned, 1),
                "until_forecast": round(forecast, 1),
                "asking_cpu": round(own, 1),
                "worker_cpu": round(stage.cpu_seconds(worker.process.pid) - worked, 1),
                "database_cpu": round(stage.cpu_seconds(server) - served, 1),
                "mb": peaks,
                "load": round(os.getloadavg()[0], 1),
                **_limit(run, server),
                "forecasts": DemandSeries.objects.filter(origin=run.origin).count(),
                "proposals": ReplenishmentProposal.objects.filter(state="OPEN").count(),
            }
        finally:
            stop_all([worker])


def _worker(services: Services, place: Place) -> Child:
    """As the shop has it, with its two places; without beat, so that nothing else is done meanwhile."""
    options = (
        "--concurrency",
        "2",
        "--queues",
        "default,slow",
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
    )
    command = (PYTHON, "-m", "celery", "-A", "config", "worker", *options)
    return Child("worker", command, log=place.logs / "worker.log", environment=services.environment(), folder=PROJECT)


def _answers(worker: Any) -> bool:
    return len(list(stage.children_of(worker.process.pid))) >= 2


def _wait(done: Any) -> None:
    until = time.monotonic() + LONGEST
    while not done():
        failed = JobRun.objects.filter(state__in=["FAILED", "LOST"]).values_list("name", "error").first()
        if failed is not None or time.monotonic() > until:
            raise RuntimeError(f"The night did not end: {failed}.")
        time.sleep(0.2)


def _limit(run: ForecastRun, server: int) -> dict[str, float]:
    """Processor time of reading the same year part by part, and of writing the same rows once more, with their indexes."""
    served, own = stage.cpu_seconds(server), time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for first, last in run.chunks.order_by("number").values_list("first_variant", "last_variant"):
            cursor.execute(_READ, [first, last, run.origin - timedelta(days=DAYS - 1), run.origin])
            cursor.fetchall()
        for table in _WRITTEN:
            cursor.execute(f"CREATE TABLE limit_of_it (LIKE {table} INCLUDING ALL)")
            cursor.execute(f"INSERT INTO limit_of_it SELECT * FROM {table}")  # noqa: S608  names of this file
            cursor.execute("DROP TABLE limit_of_it")
    return {"limit_cpu": round(stage.cpu_seconds(server) - served + time.process_time() - own, 1)}


@contextmanager
def watched(roots: dict[str, int]) -> Iterator[dict[str, int]]:
    """The most memory that each of the trees of processes, and all of them at once, took meanwhile, in megabytes.

    A page that several processes share counts as its share of each (PSS), so that the sum is what the machine gives.
    """
    peaks, over = dict.fromkeys([*roots, "all"], 0), threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            now = {name: sum(_pss(one) for one in (pid, *_below(name, pid))) for name, pid in roots.items()}
            now["all"] = sum(now.values())
            for name, size in now.items():
                peaks[name] = max(peaks[name], size // 1024)

    def _below(name: str, pid: int) -> list[int]:
        # What asks has the servers below it, which stand on their own here.
        return [] if name == "asking" else list(stage.children_of(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def _furnish(skus: int) -> None:
    """Brings the shop to so many SKUs, each with an offer and policies, and a year of demand up to yesterday."""
    at = clock.now()
    last = demand.yesterday(at=at)
    first = last - timedelta(days=DAYS - 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            "TRUNCATE analytics_forecastrun, analytics_demandseries, analytics_dailydemand, analytics_demandday CASCADE"
        )
        # What stood open of a smaller shop would be work that its own night did not have.
        cursor.execute("TRUNCATE inventory_replenishmentproposal, inventory_purchaseorder, inventory_demandadvice CASCADE")
        cursor.execute("TRUNCATE kernel_jobrun CASCADE")
        _catalog(skus)
        _draw(cursor, first, skus)
        rules = demand_source.rules()
        DemandDay.objects.bulk_create(
            DemandDay(day=first + timedelta(days=one), state="CLEAN", rebuilt_at=at, rules=rules) for one in range(DAYS)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _draw(cursor: Any, first: date, skus: int) -> None:
    """Day by day, as a shop comes by them: the days of one SKU lie far apart."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(_GUARDS)
    guards = cursor.fetchall()
    for name, _definition in guards:
        cursor.execute(f'ALTER TABLE analytics_dailydemand DROP CONSTRAINT "{name}"')
    for number in range(MONTH):
        cursor.execute(_DEMAND, {"day": first + timedelta(days=number), "number": number, "skus": skus})
    silent = first + timedelta(days=DAYS - 11)
    for days in range(MONTH, DAYS, MONTH):
        cursor.execute(_AGAIN, {"first": first, "days": days, "month": MONTH, "silent": silent})
    for name, definition in guards:
        cursor.execute(f'ALTER TABLE analytics_dailydemand ADD CONSTRAINT "{name}" {definition}')


def _catalog(skus: int) -> None:
    """What is lacking of so many SKUs; nothing lies on the shelves, so that everything wanted is proposed."""
    places = list(Warehouse.objects.all()) or [builders.a_warehouse(f"night-{one}", one) for one in range(PLACES)]
    suppliers = list(Supplier.objects.all()) or [builders.a_supplier() for _ in range(40)]
    kinds = list(Category.objects.all()) or [builders.a_category(f"분류 {one}") for one in range(40)]
    known = Variant.objects.count()
    numbers = range(known, skus)
    products = Product.objects.bulk_create(Product(name=f"밤 {one}", category=kinds[one % 40]) for one in numbers)
    variants = Variant.objects.bulk_create(
        Variant(product=product, sku=f"NIGHT-{one:06}", list_price=Decimal(10_000 + one), cost=Decimal(4_000))
        for one, product in zip(numbers, products, strict=True)
    )
    SupplierOffer.objects.bulk_create(
        SupplierOffer(
            supplier=suppliers[number % 40], variant=one, unit_cost=one.cost, lead_time_days=7, minimum_quantity=1,
            order_multiple=1, is_preferred=True,
        )
        for number, one in enumerate(variants)
    )  # fmt: skip
    ReorderPolicy.objects.bulk_create(ReorderPolicy(variant=one, warehouse=place) for one in variants for place in places)
