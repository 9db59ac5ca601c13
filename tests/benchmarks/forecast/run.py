"""How many series a second the nightly forecast does on one core, and whether twice the series cost twice the time.

Drawn shops of a year: negative binomial demand, levels of 0.05 to 20 a day, a week with a closed day. Chunks of 1,000 as the
workers take them. Processor time, so that other work on the machine does not count.
"""

import time
from typing import Any

import numpy as np

from analytics.forecasting.nightly import Pooled, forecast, pool
from analytics.forecasting.panels import Panel, panel
from config.local.services import Services

DAYS, HORIZON, CHUNK = 365, 28, 1_000
WEEK = np.array([1.1, 1.0, 1.0, 1.0, 1.3, 0.6, 0.0])
SIZES = (2_000, 4_000, 8_000, 16_000)


def shop(size: int, seed: int = 1) -> Panel:
    drawn = np.random.default_rng(seed)
    level = np.exp(drawn.uniform(np.log(0.05), np.log(20), size))
    mean = level[:, None] * np.resize(WEEK, DAYS)
    units = drawn.negative_binomial(np.maximum(mean / 2, 1e-9), 1 / 3)
    return panel(units.tolist(), kin=(np.arange(size) % 20).tolist())


def run(_services: Services, *, quick: bool) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    print(f"{'series':>8} {'seconds':>8} {'a second':>9} {'ratio':>6}")
    for size in SIZES[:2] if quick else SIZES:
        whole = shop(size)
        common = Pooled.of(pool(whole.part(slice(0, 2_000))).plain())
        began = time.process_time()
        for first in range(0, size, CHUNK):
            forecast(whole.part(slice(first, first + CHUNK)), HORIZON, pooled=common)
        spent = time.process_time() - began
        ratio = spent / rows[-1]["seconds"] if rows else None
        rows.append({"series": size, "seconds": round(spent, 2), "a_second": round(size / spent), "ratio": ratio})
        print(f"{size:8,} {spent:8.2f} {size / spent:9,.0f} {'' if ratio is None else f'{ratio:6.2f}'}")
    return {"rows": rows}
