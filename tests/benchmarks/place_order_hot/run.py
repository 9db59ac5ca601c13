"""One SKU in every order, at 8 and at 32 clients, against the hot function of pgbench in turn."""

from statistics import median
from typing import Any

from config.local.services import Services
from tests.benchmarks import limit, stage, world

ROUNDS, SECONDS = 3, 5.0
# A shop with some orders behind it: on empty tables the database plans as if they stayed empty.
PAST = 20_000


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    rounds, seconds = (1, 2.0) if quick else (ROUNDS, SECONDS)
    world.furnish()
    limit.prepare()
    made = world.build()
    world.remember(PAST)
    func: dict[int, list[float]] = {8: [], 32: []}
    ours: dict[int, list[stage.Drive]] = {8: [], 32: []}
    with stage.opened(services, made) as shop:
        shop.drive(path="/api/v1/orders/", clients=8, seconds=1.0, seed=99, hot=True)
        for number in range(rounds):
            for clients in (8, 32):
                func[clients].append(limit.pgbench(services, "func", "hot", clients, seconds).rate)
                ours[clients].append(
                    shop.drive(path="/api/v1/orders/", clients=clients, seconds=seconds, seed=number * 100 + clients, hot=True)
                )
    at8, at32 = (median(one.rate for one in ours[clients]) for clients in (8, 32))
    figures = {
        "hot_8_per_second": round(at8, 1),
        "hot_32_per_second": round(at32, 1),
        "func_hot_8_per_second": round(median(func[8]), 1),
        "func_hot_32_per_second": round(median(func[32]), 1),
        "percent_of_func_8": round(100 * at8 / median(func[8]), 2),
        "percent_of_func_32": round(100 * at32 / median(func[32]), 2),
        "rate_32_over_8": round(at32 / at8, 3),
        "p50_p95_p99_ms_8": [round(median(getattr(one, name) for one in ours[8]), 1) for name in ("p50", "p95", "p99")],
        "p50_p95_p99_ms_32": [round(median(getattr(one, name) for one in ours[32]), 1) for name in ("p50", "p95", "p99")],
        "statuses_32": ours[32][-1].statuses,
        "refusals_32": ours[32][-1].refusals,
    }
    print(
        f"hot: {figures['hot_8_per_second']}/s at 8 clients = {figures['percent_of_func_8']} % of func hot (first: >= 8), "
        f"{figures['hot_32_per_second']}/s at 32; 32 over 8: {figures['rate_32_over_8']} (first: >= 0.8)"
    )
    return figures
