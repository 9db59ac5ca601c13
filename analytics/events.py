"""What analytics tells."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.outbox import Event


@dataclass(frozen=True)
class BehaviorMatched(Event):
    """A rule over shoppers' behavior found something. Who it is about stands with the match, as long as it is kept."""

    topic: ClassVar[str] = "analytics.behavior_matched"
    rule: int
    match: int
    at: str
