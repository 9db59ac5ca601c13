"""The registry of metrics. Pure: definitions and arithmetic; where their facts lie is told in queries/facts.py."""

from analytics.metrics import attribution, sales, service
from analytics.metrics.values import Cut, Facts, Good, Metric, Unit

METRICS: dict[str, Metric] = {one.code: one for one in (*sales.METRICS, *service.METRICS, *attribution.METRICS)}

__all__ = ("METRICS", "Cut", "Facts", "Good", "Metric", "Unit")
