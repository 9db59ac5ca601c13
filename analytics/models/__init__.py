from analytics.models.behaviour import (
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.rhythm import (
    BuyerType,
    BuyerTypeChange,
    BuyerTypeCount,
    CustomerRhythm,
    Playbook,
    RhythmRun,
    SlotConversion,
    SlotRun,
)
from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "BuyerType",
    "BuyerTypeChange",
    "BuyerTypeCount",
    "CustomerRhythm",
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
    "Playbook",
    "QuarantinedEvent",
    "RhythmRun",
    "RollupState",
    "SlotConversion",
    "SlotRun",
    "Visit",
    "VisitDay",
)
