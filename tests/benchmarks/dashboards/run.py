"""Pages and questions over a year of events, at 1, 10 and 100 million of them: how long, how much longer, and whether exact."""

import os
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from analytics.behaviour.funnel import Step
from analytics.metrics import METRICS, Cut
from analytics.models import HourlySales, TrendingProduct
from analytics.operations import rollups, trending
from analytics.queries import funnel, live, measuring
from analytics.queries import trending as ranks
from config.kernel import clock, shop
from config.kernel.models import User
from config.local.services import Services
from tests.benchmarks import stage, world
from tests.benchmarks.dashboards import engines, filling, shape
from tests.benchmarks.dashboards.engines import Asked

SIZES = (1_000_000, 10_000_000, 100_000_000)
QUICK = (100_000,)
# Beyond, visitors are multiplied, the key has no index and copies have no ids: the whole must fit on 15 GB.
DRAWN, QUICK_DRAWN = 10_000_000, 20_000
# They read tables that are filled otherwise by size, such as visits, of ten days only from 10 million on: no ratio is told.
FILLED_OTHERWISE = ("live board", "visits", "home")
# Below, the shop's own operations make every day; from here on the last ones.
IN_SQL = 10_000_000
LAST = 10
REPEATS = 20
WEEKS = 28


def _sizes(quick: bool) -> tuple[int, ...]:
    """DASHBOARDS_SIZES="1000000,10000000" asks for others."""
    told = os.environ.get("DASHBOARDS_SIZES")
    return tuple(int(one) for one in told.split(",")) if told else QUICK if quick else SIZES


def _questions(at: datetime) -> dict[str, Callable[[], Any]]:
    """What pages ask, without the page."""
    today = shop.day(at)
    year, month = today - timedelta(days=shape.DAYS), today - timedelta(days=WEEKS)

    def rows(code: str, first: date, by: Cut) -> Callable[[], Any]:
        return lambda: measuring.rows([METRICS[code]], first=first, last=today, by=by, at=at)

    return {
        "heat map, 28 days": rows("visits", month, Cut.SLOT),
        "heat map, a year": rows("visits", year, Cut.SLOT),
        "funnel, 28 days": lambda: funnel.funnel(first=month, last=today),
        "funnel, a year": lambda: funnel.funnel(first=year, last=today),
        "conversion by day, a year": rows("conversion", year, Cut.DAY),
        "sales by day, a year": rows("sales", year, Cut.DAY),
        "views by category, 28 days": rows("product_views", month, Cut.CATEGORY),
        "views by category, a year": rows("product_views", year, Cut.CATEGORY),
        "views by SKU, 28 days": rows("product_views", month, Cut.SKU),
        "live: today's course": lambda: live.course("sales", at=at),
        "live: visits of this hour": lambda: live.hours(("orders", "visits", "conversion"), at=at),
        "trending": lambda: list(ranks.for_sale()[:100]),
    }


def _pages(at: datetime) -> dict[str, str]:
    today = shop.day(at)
    month = {"first": f"{today - timedelta(days=WEEKS):%Y-%m-%d}", "last": f"{today:%Y-%m-%d}"}
    year = {"first": f"{today - timedelta(days=shape.DAYS):%Y-%m-%d}", "last": f"{today:%Y-%m-%d}"}

    def explorer(**asked: str) -> str:
        return f"{reverse('admin:analytics_explorer')}?{urlencode(asked)}"

    def listed(model: str, **asked: str) -> str:
        return f"{reverse(f'admin:analytics_{model}_changelist')}?{urlencode(asked)}"

    return {
        "explorer: visits and heat map": explorer(metric="visits", by="day", **month),
        "explorer: visits, a year": explorer(metric="visits", by="day", **year),
        "explorer: views by category": explorer(metric="product_views", by="category", **month),
        "funnel": listed("dailyfunnel", **month),
        "sales": listed("hourlysales", **month),
        "searches": listed("dailysearch", **month),
        "live board": reverse("admin:analytics_live"),
        "trending": listed("trendingproduct"),
        "visits": listed("visit"),
        "home": reverse("admin:index"),
    }


def _times(services: Services, work: Callable[[], Any], repeats: int = REPEATS) -> list[float]:
    """Median, 95th percentile and processor time of one turn in ms, after one to warm up. The last is of this process and the
    database together, and says more on a machine with other work.
    """
    work()
    taken, spent = [], _spent(services)
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    processor = (_spent(services) - spent) * 1000 / repeats
    return [round(one, 1) for one in (median(taken), sorted(taken)[int(repeats * 0.95) - 1], processor)]


def _spent(services: Services) -> float:
    database = services.postgres.child if services.postgres else None
    return time.process_time() + (stage.cpu_seconds(database.process.pid) if database else 0)


def _get(client: Client, address: str) -> None:
    answer = client.get(address, HTTP_HOST="localhost")
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")
    answer.getvalue()


def _unequal(raw: Asked, days: list[date], at: datetime) -> dict[str, int]:
    """Cells in which the figures of the rollups are not what counting the events in SQL gives."""
    first, last = days[0], days[-1]
    slots = measuring.rows([METRICS["visits"]], first=first, last=last, by=Cut.SLOT, at=at)
    heat = {row.key: int(row.facts["visits"]) for row in slots if row.facts["visits"]}
    stages = ("visits", "visits_viewed", "visits_decided", "visits_checkout", "visits_ordered")
    asked = [METRICS[one] for one in ("visits", "viewed_share", "decided_share", "checkout_share", "conversion")]
    by_day = measuring.rows(asked, first=first, last=last, by=Cut.DAY, at=at)
    steps = {f"{row.key}": tuple(int(row.facts[one]) for one in stages) for row in by_day if row.facts["visits"]}
    skus = measuring.rows([METRICS["product_views"]], first=first, last=last, by=Cut.SKU, at=at)
    views = {row.key: int(row.facts["product_views"]) for row in skus if row.facts["product_views"]}
    ordered = sum(one[-1] for one in raw.answers["funnel by day"].values())
    bought = next(one.reached for one in funnel.funnel(first=first, last=last) if one.step is Step.BUY)
    return {
        "heat map": _differing(heat, raw.answers["heat map"]),
        "funnel by day": _differing(steps, raw.answers["funnel by day"]),
        "funnel page": int(bought != ordered),
        "views by SKU": _differing(views, raw.answers["views by SKU"]),
        "sales": _differing(*_orders(days)),
        "trending": _differing(*_trending(at)),
    }


def _orders(days: list[date]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    stored: dict[Any, int] = {}
    closed = days[-1] - timedelta(days=1)
    for day, orders in HourlySales.objects.filter(day__range=(days[0], closed)).values_list("day", "orders"):
        stored[day] = stored.get(day, 0) + orders
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT day, count(*) FROM orders_order, LATERAL (SELECT (placed_at AT TIME ZONE 'Asia/Seoul')::date AS day) AS local
            WHERE state NOT IN ('CANCELED', 'EXPIRED') AND day BETWEEN %s AND %s GROUP BY 1
            """,
            [days[0], closed],
        )
        return {day: orders for day, orders in stored.items() if orders}, dict(cursor.fetchall())


def _trending(at: datetime) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Each person once for a SKU, an act and an hour of the last seven days."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT variant_id, count(*) FILTER (WHERE kind = 2), count(*) FILTER (WHERE kind = 7),
                count(*) FILTER (WHERE kind = 5)
            FROM (
                SELECT DISTINCT variant_id, kind, visitor, date_trunc('hour', occurred_at) FROM analytics_event
                WHERE occurred_at BETWEEN %(at)s::timestamptz - interval '7 days' AND %(at)s AND kind IN (2, 5, 7)
                    AND traffic = 0 AND visitor IS NOT NULL
            ) AS acts
            GROUP BY 1
            """,
            {"at": at},
        )
        raw = {variant: tuple(counts) for variant, *counts in cursor.fetchall()}
    rows = TrendingProduct.objects.values_list("variant_id", "viewers", "wishers", "carters")
    return {variant: tuple(counts) for variant, *counts in rows if any(counts)}, raw


def _differing(one: dict[Any, Any], other: dict[Any, Any]) -> int:
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


def _measure(services: Services, events: int, client: Client, at: datetime, *, drawn: int, stands: bool) -> dict[str, Any]:
    """At most `drawn` events are drawn, and multiplied if there are to be more; `stands`: those are there."""
    is_lean, days = events > drawn, shape.days(at)
    found: dict[str, Any] = {"seconds": {}}

    def step(name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        done = work()
        found["seconds"][name] = round(time.perf_counter() - began, 1)
        print(f"{events:>11,} {name}: {found['seconds'][name]} s, load {os.getloadavg()[0]:.1f}", flush=True)
        return done

    by_operations = days if events < IN_SQL and not is_lean else days[-LAST:]
    others = days[: len(days) - len(by_operations)]
    if not (is_lean and stands):
        filling.empty()
        step("drawn", lambda: shape.generate(min(events, drawn), at=at))
        if others:
            step("other days in SQL", lambda: filling.in_sql(others, at=at))
    if is_lean:
        step("multiplied", lambda: shape.multiply(events // drawn - 1))
        step("other days multiplied", lambda: filling.multiply(others, events // drawn))
    found["nightly"] = step("by operations", lambda: filling.by_operations(by_operations, at=at))
    found["otherwise"] = sum(filling.differing(day) for day in by_operations[-3:])
    filling.tidy()
    found["rank"] = _times(services, lambda: trending.rank(at=at), 7)
    raw = step("asked raw", lambda: engines.postgres(events, days[0], days[-1]))
    found["unequal"] = _unequal(raw, days, at)
    found["questions"] = {name: _times(services, work) for name, work in _questions(at).items()}
    found["pages"] = {
        name: _times(services, lambda address=address: _get(client, address)) for name, address in _pages(at).items()
    }
    _say(events, found)
    found["raw"] = {"postgresql": {"seconds": raw.seconds, "bytes": raw.size}}
    for name, engine in (("duckdb", engines.duckdb), ("clickhouse", engines.clickhouse)):
        copy = step(name, lambda engine=engine: engine(events, days[0], days[-1], is_lean=is_lean))
        found["raw"][name] = copy.absent or {
            "seconds": copy.seconds,
            "bytes": copy.size,
            "unequal": sum(_differing(copy.answers[one], raw.answers[one]) for one in raw.answers),
        }
    print(found["raw"], flush=True)
    return found


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    at = clock.now()
    world.furnish()
    call_command("seed_demo", days=shape.DAYS, orders=2_000 if quick else 10_000, verbosity=0)
    rollups.rebuild_everything(actor=None, at=at)
    shape.furnish(at)
    world.analyzed()
    owner = User.objects.create_superuser("bench-owner", password=get_random_string(20))
    client = Client()
    client.force_login(owner)
    sizes = _sizes(quick)
    drawn = QUICK_DRAWN if quick else DRAWN
    found: dict[int, dict[str, Any]] = {}
    for place, size in enumerate(sizes):
        found[size] = _measure(services, size, client, at, drawn=drawn, stands=place > 0 and sizes[place - 1] == drawn)
    if len(found) > 1:
        _compare(found)
    return {"dashboards": {f"{size}": one for size, one in found.items()}}


def _say(events: int, one: dict[str, Any]) -> None:
    """Of one size, as soon as it is known: a run may be broken off."""
    print(f"\n{events:,} events. A closed day by the shop's operations, s: {one['nightly']}; ranking, ms: {one['rank']}")
    print(f"cells that are not what the events are: {one['unequal']}; rows SQL makes otherwise: {one['otherwise']}")
    for part in ("questions", "pages"):
        for name, times in one[part].items():
            print(f"{part:9} {name:32} {_told(times)}", flush=True)


def _told(times: list[float]) -> str:
    return " ".join(f"{one:7.1f}" for one in times)


def _compare(found: dict[int, dict[str, Any]]) -> None:
    sizes = list(found)
    print(f"\nmedian, p95, processor ms at {', '.join(f'{one:,}' for one in sizes)} events; last to first: medians, processor")
    for part in ("questions", "pages"):
        for name in found[sizes[0]][part]:
            times = [found[size][part][name] for size in sizes]
            growth = [last / first for first, last in zip(times[0], times[-1], strict=True)]
            told = "  ".join(_told(one) for one in times)
            grown = "-" if part == "pages" and name in FILLED_OTHERWISE else f"{growth[0]:.2f} {growth[2]:.2f} (<= 2)"
            print(f"{part:9} {name:32} {told}  {grown}")
