from analytics.models.attribution import (
    AdSpend,
    AttributionDay,
    DailyAttribution,
    DailyPath,
    OrderTouch,
    SpendImport,
)
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
    "AdSpend",
    "AttributionDay",
    "DailyAttribution",
    "DailyOutcomes",
    "DailyParcels",
    "DailyPath",
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
    "OrderTouch",
    "QuarantinedEvent",
    "RollupState",
    "SpendImport",
    "Visit",
    "VisitDay",
)
