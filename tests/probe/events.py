from dataclasses import dataclass

from config.kernel.outbox import Event


@dataclass(frozen=True)
class BellRung(Event):
    topic = "probe.bell_rung"

    door: str
