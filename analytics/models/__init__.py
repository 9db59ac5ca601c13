from analytics.models.behaviour import (
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.outlets import Erasure, Outlet, OutletFile, OutletRun
from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "DailyPromotion",
    "DailySales",
    "DailyStock",
    "Erasure",
    "Event",
    "EventBatch",
    "EventKind",
    "EventSource",
    "HourlyEvents",
    "HourlySales",
    "KnownVisitor",
    "Outlet",
    "OutletFile",
    "OutletRun",
    "QuarantinedEvent",
    "RollupState",
    "Visit",
    "VisitDay",
)
