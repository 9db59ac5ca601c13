from analytics.models.behaviour import (
    Event,
    EventBatch,
    EventKind,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    QuarantinedEvent,
)
from analytics.models.boards import Board, BoardTile
from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.models.visits import Visit, VisitDay

__all__ = (
    "Board",
    "BoardTile",
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
