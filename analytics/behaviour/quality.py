"""Whether a day of a source can be trusted, by thresholds that are written down here, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from statistics import median

# A promotion or a holiday moves a day's traffic by a third, rarely more: with half of it gone, something was not told.
INCOMPLETE = 0.5
# A kind with a mistake in it concerns one page in twenty; more than that, and what is missing bends the figures.
TOO_MANY_QUARANTINED = 0.05
# Even a quiet afternoon has a visitor every few minutes where a day has hundreds of events.
SILENT = timedelta(hours=3)
# Of fewer events than these a share or a gap says nothing.
FEW_SENT = 20
FEW_USUAL = 50
TALKATIVE = 300
# An online shop never closes, but at night nobody need come.
OPENS, CLOSES = time(9), time(23)
# A usual day is told by the same weekday of so many weeks before, and by no fewer than so many of them.
WEEKS = 4
FEWEST_WEEKS = 2

# Codes of what is wrong with a day, see analytics/admin/event_quality.py for their words.
IS_INCOMPLETE = "incomplete"
IS_QUARANTINED = "quarantined"
IS_SILENT = "silent"


@dataclass(frozen=True)
class Received:
    """What one source sent on one day. `events` are those of shoppers that happened on it, `usual` what is usual then."""

    batches: int = 0
    stored: int = 0
    doubled: int = 0
    quarantined: int = 0
    not_shoppers: int = 0
    late: int = 0
    silence: timedelta = timedelta(0)
    events: int = 0
    usual: float | None = None

    @property
    def sent(self) -> int:
        return self.stored + self.doubled + self.quarantined

    @property
    def doubled_share(self) -> float | None:
        return _share(self.doubled, self.sent)

    @property
    def quarantined_share(self) -> float | None:
        return _share(self.quarantined, self.stored + self.quarantined)

    @property
    def not_shoppers_share(self) -> float | None:
        return _share(self.not_shoppers, self.stored)

    @property
    def late_share(self) -> float | None:
        return _share(self.late, self.stored)

    @property
    def completeness(self) -> float | None:
        """1 on a day as usual; None while there is no past to compare with."""
        return None if not self.usual else self.events / self.usual


def usual(before: Sequence[int]) -> float | None:
    """Events of a usual day, from those of the same weekday in the weeks before; None where they are too few."""
    return median(before) if len(before) >= FEWEST_WEEKS else None


def troubles(day: Received) -> tuple[str, ...]:
    """Codes of what is wrong with a day; none where it can be trusted."""
    found = []
    if day.usual is not None and day.usual >= FEW_USUAL and (day.completeness or 0) < INCOMPLETE:
        found.append(IS_INCOMPLETE)
    kept_apart = day.quarantined_share
    if kept_apart is not None and day.stored + day.quarantined >= FEW_SENT and kept_apart > TOO_MANY_QUARANTINED:
        found.append(IS_QUARANTINED)
    if day.silence > SILENT and (day.usual if day.usual is not None else day.events) >= TALKATIVE:
        found.append(IS_SILENT)
    return tuple(found)


def silence_left(last_at: datetime | None, opens_at: datetime, until: datetime) -> timedelta:
    """The gap from the last batch of a day, or from the opening where there was none, to the closing."""
    began = opens_at if last_at is None else max(last_at, opens_at)
    return max(until - began, timedelta(0))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
