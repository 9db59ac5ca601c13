"""The registry of metrics: what each figure is. Where their facts lie is told in queries/facts.py."""

from analytics.metrics import attribution, behaviour, purchases, sales, service
from analytics.metrics.values import Cut, Facts, Good, Metric, Unit

METRICS: dict[str, Metric] = {
    one.code: one
    for one in (
        *behaviour.METRICS,
        *purchases.METRICS,
        *sales.METRICS,
        *service.METRICS,
        *attribution.METRICS,
    )
}

__all__ = ("METRICS", "Cut", "Facts", "Good", "Metric", "Unit")
