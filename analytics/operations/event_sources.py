"""Who may tell events, and proof of whom they tell about."""

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.behaviour import addresses
from analytics.models import EventSource
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

log = logging.getLogger(__name__)

E = TypeVar("E", bound=ValueError)

_PROOF = signing.TimestampSigner(salt="analytics.shopper")
PROOF_SECONDS = 30 * 24 * 3600
MOST_ADDRESSES = 50


class BadSource(Invalid):
    """`details` names the field."""

    code = "invalid_event_source"


class UnknownSource(Missing):
    code = "unknown_event_source"


class NoKey(Conflict):
    """A server shows an API token; its source has no key to be replaced."""

    code = "event_source_without_key"


@transaction.atomic
def add(
    *,
    code: str,
    name: str,
    nature: EventSource.Nature,
    channel: str,
    at: datetime,
    origins: Sequence[str] = (),
    internal_networks: Sequence[str] = (),
    requests_a_minute: int = 6_000,
    is_active: bool = True,
) -> EventSource:
    """A new source with a key of its own."""
    return EventSource.objects.create(
        code=code,
        name=name,
        nature=nature,
        channel=channel,
        key=_new_key(),
        origins=checked_origins(origins),
        internal_networks=checked_networks(internal_networks),
        requests_a_minute=_checked_rate(requests_a_minute),
        is_active=is_active,
        created_at=at,
    )


@transaction.atomic
def change(
    *,
    source_id: int,
    name: str,
    channel: str,
    origins: Sequence[str],
    internal_networks: Sequence[str],
    requests_a_minute: int,
    actor: User | None,
) -> EventSource:
    """What a source is called and what it may do. Its code and its nature stay: servers name it by the one, and the other says
    whether its key is public.
    """
    source = _locked(source_id)
    source.name, source.channel = name, channel
    source.origins, source.internal_networks = checked_origins(origins), checked_networks(internal_networks)
    source.requests_a_minute = _checked_rate(requests_a_minute)
    source.save(update_fields=["name", "channel", "origins", "internal_networks", "requests_a_minute"])
    log.info("event source %s changed by user %s", source.code, actor.pk if actor else None)
    return source


@transaction.atomic
def renew_key(*, source_id: int, actor: User | None) -> EventSource:
    """Another key; what shows the old one is refused."""
    source = _locked(source_id)
    if source.nature == EventSource.Nature.SERVER:
        raise NoKey(_("A server shows an API token; there is no key to replace."))
    source.key = _new_key()
    source.save(update_fields=["key"])
    log.info("event source %s given another key by user %s", source.code, actor.pk if actor else None)
    return source


@transaction.atomic
def switch(*, source_id: int, on: bool, actor: User | None) -> EventSource:
    """What comes from a source that is off is refused; what came before stays."""
    source = _locked(source_id)
    source.is_active = on
    source.save(update_fields=["is_active"])
    log.info("event source %s switched %s by user %s", source.code, "on" if on else "off", actor.pk if actor else None)
    return source


def checked_origins(said: Sequence[str]) -> list[str]:
    """As browsers spell them, each once. Raises `BadSource`."""

    def refusal(text: str, error: addresses.NotAnOrigin) -> str:
        return _("“%(text)s” is no address of a shop front: write it as https://shop.example, without a path.") % {"text": text}

    return _checked("origins", said, addresses.origin, addresses.NotAnOrigin, refusal)


def checked_networks(said: Sequence[str]) -> list[str]:
    """Each once. Raises `BadSource`."""

    def refusal(text: str, error: addresses.NotANetwork) -> str:
        if error.meant:
            return _("“%(text)s” is an address within a network: write %(meant)s.") % {"text": text, "meant": error.meant}
        return _("“%(text)s” is no network: write it as 203.0.113.0/24.") % {"text": text}

    return _checked("internal_networks", said, addresses.network, addresses.NotANetwork, refusal)


def _checked(
    field: str, said: Sequence[str], read: Callable[[str], str], error: type[E], refusal: Callable[[str, E], str]
) -> list[str]:
    found: dict[str, None] = {}
    for text in said:
        try:
            found[read(text)] = None
        except error as wrong:
            raise BadSource(refusal(text[:100], wrong), details={"field": field}) from None
    if len(found) > MOST_ADDRESSES:
        raise BadSource(_("Name at most %(most)s.") % {"most": MOST_ADDRESSES}, details={"field": field})
    return list(found)


def _checked_rate(said: int) -> int:
    if said < 1:
        raise BadSource(_("Allow at least one request a minute."), details={"field": "requests_a_minute"})
    return said


def _locked(source_id: int) -> EventSource:
    source = EventSource.objects.select_for_update(no_key=True).filter(pk=source_id).first()
    if source is None:
        raise UnknownSource(_("There is no such event source."))
    return source


def _new_key() -> str:
    return f"src_{secrets.token_urlsafe(24)}"


def proof(external_id: str) -> str:
    """What a browser shows to speak for this customer; the shop front's server fetches it for whoever has logged in."""
    return _PROOF.sign(external_id)


def proved(shown: str) -> str | None:
    """The customer a proof speaks for; None where it is none, or an old one."""
    try:
        return _PROOF.unsign(shown, max_age=PROOF_SECONDS)
    except (signing.BadSignature, ValueError):
        # What is no text at all, such as half of a surrogate pair, cannot even be signed.
        return None
