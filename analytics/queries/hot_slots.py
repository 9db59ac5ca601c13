"""The hours of the week that decide, as the latest search found them: for pages, and for whoever plans a promotion."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.models import SlotConversion, SlotRun


@dataclass(frozen=True)
class Found:
    """The latest search, none before the first; every slot of one channel in the order of the week, and all channels."""

    run: SlotRun | None
    slots: Sequence[SlotConversion]
    channels: Sequence[str]

    @property
    def decisive(self) -> list[SlotConversion]:
        """The strongest first."""
        return sorted((one for one in self.slots if one.is_decisive), key=lambda one: -(one.lift or 0))


def latest(*, channel: str = "") -> Found:
    """`channel` empty: the whole shop."""
    run = SlotRun.objects.order_by("-last_on").first()
    if run is None:
        return Found(None, (), ())
    every = list(run.slots.order_by("channel", "weekday", "hour"))
    return Found(
        run, [one for one in every if one.channel == channel], sorted({one.channel for one in every if one.channel})
    )  # fmt: skip
