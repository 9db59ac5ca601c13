"""Remarks of staff on an order, kept in its timeline."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Invalid
from config.kernel.models import User
from orders.models import OrderEvent
from orders.operations import recording

LONGEST = 300


class NoteInvalid(Invalid):
    code = "note_invalid"


@transaction.atomic
def note(*, number: str, text: str, actor: User | None, at: datetime) -> OrderEvent:
    """Adds a remark; nobody can change it afterwards."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise NoteInvalid(_("A note has 1 to %(most)s characters.") % {"most": LONGEST}, details={"field": "text"})
    return recording.tell(recording.locked(number), OrderEvent.Kind.NOTED, actor=actor, at=at, reason=text)
