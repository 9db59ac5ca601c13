"""Who may tell events, and proof of whom they tell about."""

import secrets
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction

from analytics.models import EventSource

_PROOF = signing.TimestampSigner(salt="analytics.shopper")
PROOF_SECONDS = 30 * 24 * 3600


@transaction.atomic
def add(*, code: str, name: str, nature: EventSource.Nature, channel: str, at: datetime, **rest: Any) -> EventSource:
    """A new source with a key of its own."""
    key = f"src_{secrets.token_urlsafe(24)}"
    return EventSource.objects.create(code=code, name=name, nature=nature, channel=channel, key=key, created_at=at, **rest)


def proof(external_id: str) -> str:
    """What a browser shows to speak for this customer; the shop front's server fetches it for whoever has logged in."""
    return _PROOF.sign(external_id)


def proved(shown: str) -> str | None:
    """The customer a proof speaks for; None where it is none, or an old one."""
    try:
        return _PROOF.unsign(shown, max_age=PROOF_SECONDS)
    except signing.BadSignature:
        return None
