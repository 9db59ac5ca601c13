"""What campaigns tells."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True)
class PromotionStarted(Event):
    topic: ClassVar[str] = "campaigns.promotion_started"
    promotion_id: int
    at: str


@dataclass(frozen=True)
class PromotionEnded(Event):
    topic: ClassVar[str] = "campaigns.promotion_ended"
    promotion_id: int
    at: str
