"""Places orders at the real endpoint and measures it against pgbench and a bare view, in turn, in the same run."""

from statistics import median
from typing import Any

from config.local.services import Services
from tests.benchmarks import limit, stage, world

ROUNDS, SECONDS, CLIENTS = 3, 5.0, 8
# A shop with some orders behind it: on empty tables the database plans as if they stayed empty.
PAST = 20_000


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    rounds, seconds = (1, 2.0) if quick else (ROUNDS, SECONDS)
    world.furnish()
    limit.prepare()
    made = world.build()
    world.remember(PAST)
    multi, func, bare, ours = [], [], [], []
    with stage.opened(services, made) as shop:
        for path, is_bare in (("/api/v1/bare/", True), ("/api/v1/orders/", False)):
            warm = shop.drive(path=path, clients=CLIENTS, seconds=1.0, seed=99, bare=is_bare)
            if warm.refusals:
                raise SystemExit(f"{path} refuses: {warm.refusals}")
        for number in range(rounds):
            multi.append(limit.pgbench(services, "multi", "spread", CLIENTS, seconds).rate)
            func.append(limit.pgbench(services, "func", "spread", CLIENTS, seconds).rate)
            bare.append(shop.drive(path="/api/v1/bare/", clients=CLIENTS, seconds=seconds, seed=number, bare=True))
            ours.append(shop.drive(path="/api/v1/orders/", clients=CLIENTS, seconds=seconds, seed=number))
    rate = median(one.rate for one in ours)
    figures = {
        "orders_per_second": round(rate, 1),
        "multi_per_second": round(median(multi), 1),
        "func_per_second": round(median(func), 1),
        "bare_per_second": round(median(one.rate for one in bare), 1),
        "percent_of_multi": round(100 * rate / median(multi), 2),
        "times_bare": round(rate / median(one.rate for one in bare), 3),
        "cpu_ms_per_order": round(median(one.cpu_ms for one in ours), 2),
        "web_ms_per_order": round(median(one.web_ms for one in ours), 2),
        "database_ms_per_order": round(median(one.database_ms for one in ours), 2),
        "p50_p95_p99_ms": [round(median(getattr(one, name) for one in ours), 1) for name in ("p50", "p95", "p99")],
        "statuses": ours[-1].statuses,
    }
    print(
        f"multi {figures['multi_per_second']}/s, bare view {figures['bare_per_second']}/s, "
        f"ours {figures['orders_per_second']}/s: {figures['percent_of_multi']} % of multi (first: >= 6), "
        f"{figures['cpu_ms_per_order']} ms CPU an order (first: <= 11), p50/p95/p99 {figures['p50_p95_p99_ms']} ms"
    )
    return figures
