"""What finding levels costs: the rule, the exact optimum, and a simulated shop of one size and of twice that."""

import time
from collections.abc import Callable
from typing import Any

from analytics.simulation import running, traces
from analytics.simulation.policies import Name
from analytics.simulation.world import Setting
from config.local.services import Services
from inventory.stocking import exact, policy
from inventory.stocking.values import Economics, LeadTime, Outlook

PUBLISHED = range(10, 80, 5)


def _seconds(what: Callable[[], Any]) -> float:
    began = time.process_time()
    what()
    return time.process_time() - began


def _simulated(skus: int) -> float:
    means = [0.2 + number % 20 for number in range(skus)]
    made = traces.stationary(means=means, ratio=4.0, days=150, warm_up=90, price=10.0, seed=1)
    return _seconds(lambda: running.once(made, Name.OWN, Setting()))


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    costs = Economics(unit_cost=6, lost_margin=4, order_cost=4)
    count = 200 if quick else 2000

    def decide() -> None:
        for number in range(count):
            outlook = Outlook((0.1 + number / count * 50,), 1 + number % 60, 0.2)
            policy.decide(outlook, LeadTime(7, 2), costs)

    rule = _seconds(decide) / count
    slowest = max(_seconds(lambda mean=mean: exact.optimum(exact.Case(mean, 1, 0, 64, 1, 9))) for mean in PUBLISHED)
    some = 60 if quick else 250
    once, twice = _simulated(some), _simulated(2 * some)
    figures = {"decide_ms": rule * 1e3, "exact_slowest_ms": slowest * 1e3, "twice_the_skus": twice / once}
    print({name: round(value, 2) for name, value in figures.items()}, "(exact: <= 5 ms; twice the SKUs: <= 2.2)")
    return figures
