from analytics.models.behaviour import (
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.interest import DailyFunnel, DailyInterest, DailySearch, DailyVisitors, HourlyVisits, TrendingProduct
from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "DailyFunnel",
    "DailyInterest",
    "DailyPromotion",
    "DailySales",
    "DailySearch",
    "DailyStock",
    "DailyVisitors",
    "Event",
    "EventBatch",
    "EventKind",
    "EventSource",
    "HourlyEvents",
    "HourlySales",
    "HourlyVisits",
    "KnownVisitor",
    "QuarantinedEvent",
    "RollupState",
    "TrendingProduct",
    "Visit",
    "VisitDay",
)
