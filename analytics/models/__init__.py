from analytics.models.alerts import AlertRule, Incident, IncidentEntry, Notice, Report, ReportPack, Severity
from analytics.models.behaviour import (
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
    "AlertRule",
    "DailyPromotion",
    "DailySales",
    "DailyStock",
    "Event",
    "EventBatch",
    "EventKind",
    "EventSource",
    "HourlyEvents",
    "HourlySales",
    "Incident",
    "IncidentEntry",
    "KnownVisitor",
    "Notice",
    "QuarantinedEvent",
    "Report",
    "ReportPack",
    "RollupState",
    "Severity",
    "Visit",
    "VisitDay",
)
