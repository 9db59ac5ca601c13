from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group

from config.kernel.outbox import subscribe
from tests.probe.events import BellRung


@subscribe(BellRung, name="probe.answers_the_door")
def answer_the_door(payload: dict[str, Any], *, at: datetime) -> None:
    """Its effect is one row: a group named after the door."""
    Group.objects.create(name=f"somebody at {payload['door']}")
