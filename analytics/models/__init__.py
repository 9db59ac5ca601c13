from analytics.models.behaviour import (
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.rollups import (
    DailyOutcomes,
    DailyParcels,
    DailyPromotion,
    DailySales,
    DailyStock,
    HourlySales,
    RollupState,
)
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "DailyOutcomes",
    "DailyParcels",
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
