from analytics.models.behaviour import (
    DailyBatches,
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "DailyBatches",
    "DailyPromotion",
    "DailySales",
    "DailyStock",
    "Event",
    "EventBatch",
    "EventKind",
    "EventSource",
    "HourlyEvents",
    "HourlySales",
    "KnownVisitor",
    "QuarantinedEvent",
    "RollupState",
    "Visit",
    "VisitDay",
)
