"""Who may tell events: a browser by its source's public key, from the shop front's own pages; a server by its API token."""

import ipaddress
import threading
import time
from functools import lru_cache
from typing import Any

import crawleruseragents
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from analytics.models import Event, EventSource
from config.kernel import accounts, clock, throttling
from config.kernel.authentication import count_guess
from config.kernel.permissions import Scope

TELLERS = frozenset({Scope.STOREFRONT, Scope.INTEGRATION})
# A source that staff change or switch off counts in every process after at most so many seconds.
KEPT_SECONDS = 10.0
NEW_AFTER_SECONDS = 1.0

_reading = threading.Lock()
_kept: tuple[float, dict[tuple[str, str], EventSource]] | None = None


def source_of(nature: EventSource.Nature, name: str) -> EventSource | None:
    """The active source of this name, which is a browser's key or a server's code."""
    found = _sources(KEPT_SECONDS).get((nature, name))
    # One that has just been added is asked for at once, and strangers make no process read more often than this.
    return found or _sources(NEW_AFTER_SECONDS).get((nature, name))


def _sources(most_seconds: float) -> dict[tuple[str, str], EventSource]:
    global _kept
    kept = _kept
    if kept is None or time.monotonic() - kept[0] > most_seconds:
        with _reading:
            if _kept is not None and _kept is not kept:
                return _kept[1]  # Somebody else has read them while this one waited.
            active = EventSource.objects.filter(is_active=True)
            found = {(one.nature, one.key if one.nature == EventSource.Nature.BROWSER else one.code): one for one in active}
            _kept = kept = (time.monotonic(), found)
    return kept[1]


def forget() -> None:
    """The next batch reads the sources anew."""
    global _kept
    _kept = None


class TellsEvents(BasePermission):
    """Finds the source and hands it on as `request.event_source`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        token: Any = request.auth
        if token is not None:
            if TELLERS.isdisjoint(token.granted):
                return False
            source = source_of(EventSource.Nature.SERVER, request.query_params.get("source", ""))
            if source is None:
                raise PermissionDenied(_("Name an active source of the kind server as `source`."))
        else:
            source = source_of(EventSource.Nature.BROWSER, request.query_params.get("key", ""))
            if source is None:
                count_guess(request)
                raise AuthenticationFailed(_("There is no active event source with this key."))
            origin = request.headers.get("Origin")
            if source.origins and origin not in source.origins:
                raise PermissionDenied(_("This source does not take events from that page."))
        request.event_source = source  # type: ignore[attr-defined]
        return True


class EventsThrottle(BaseThrottle):
    """Counts the requests of a source, and those of an address. Runs after the permission, which finds the source."""

    def __init__(self) -> None:
        self.moment = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.moment = clock.now().timestamp()
        source: EventSource = request.event_source  # type: ignore[attr-defined]
        # The address first: what one of them sends too much must not use up what the source may take from the others.
        who = f"events:{accounts.client_address(request)}"
        if source.nature == EventSource.Nature.BROWSER and not throttling.within(
            who, settings.EVENTS_RATE_PER_ADDRESS, moment=self.moment
        ):
            return False
        return throttling.within(f"events:{source.pk}", source.requests_a_minute, moment=self.moment)

    def wait(self) -> float:
        return throttling.seconds_left(self.moment)


def count_events(request: Request, source: EventSource, number: int) -> None:
    """Counts the events of a batch, for the source and for a browser's address. Raises `Throttled` beyond what a minute may
    hold: a batch costs by what it holds, and requests say little about that.
    """
    moment = clock.now().timestamp()
    if source.nature == EventSource.Nature.BROWSER:
        address = accounts.client_address(request)
        _within(f"events:sent:{address}", settings.EVENTS_PER_ADDRESS, moment, number)
    _within(f"events:sent:{source.pk}", settings.EVENTS_PER_SOURCE, moment, number)


def count_quarantined(source: EventSource, number: int) -> None:
    """Counts events that cannot be read. Raises `Throttled` where a source sends too many of them: each is kept as it came."""
    if number:
        _within(f"events:quarantined:{source.pk}", settings.EVENTS_QUARANTINED_PER_SOURCE, clock.now().timestamp(), number)


def _within(who: str, most: int, moment: float, number: int) -> None:
    if not throttling.within(who, most, moment=moment, amount=number):
        raise Throttled(wait=throttling.seconds_left(moment))


def traffic(request: Request, source: EventSource) -> Event.Traffic:
    """Whether a shopper, a crawler or one of the shop's own people is told about. A server tells about others than itself."""
    if source.nature == EventSource.Nature.SERVER:
        return Event.Traffic.SHOPPER
    if _is_crawler(request.headers.get("User-Agent", "")[:500]):
        return Event.Traffic.BOT
    address = accounts.client_address(request)
    if address and source.internal_networks and _is_within(address, tuple(source.internal_networks)):
        return Event.Traffic.INTERNAL
    return Event.Traffic.SHOPPER


@lru_cache(maxsize=4096)
def _is_crawler(agent: str) -> bool:
    """A browser always says what it is."""
    return not agent or crawleruseragents.is_crawler(agent)


@lru_cache(maxsize=4096)
def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        spoken = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(spoken in ipaddress.ip_network(network, strict=False) for network in networks)
