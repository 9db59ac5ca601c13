"""Requests a minute for each token, or for each address that shows none; and attempts to log in.

An atomic counter in Redis: DRF's own throttle reads and then writes its history, and lets bursts through. When Redis is away
requests are let through, since throttling protects and does not decide.
"""

import hashlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.kernel import clock

if TYPE_CHECKING:
    # At run time rest_framework.views imports this module while it is itself half imported.
    from rest_framework.views import APIView

log = logging.getLogger(__name__)
# Logins tried in a minute, from one address over all names and for one name over all addresses. An office behind one address
# stays below the first; who guesses gets no further than this, and nobody is kept out for longer than the minute.
LOGINS_PER_ADDRESS = 30
LOGINS_PER_NAME = 20
WINDOW_SECONDS = 60
SILENCE_SECONDS = 10.0

_making = threading.Lock()
_client: redis.Redis | None = None
_silent_until = 0.0


def _counter() -> redis.Redis:
    global _client
    with _making:
        if _client is None:
            # Threads beyond the connections wait their turn; a plain pool would refuse them, and a burst switch throttling off.
            pool = redis.BlockingConnectionPool.from_url(
                str(settings.CACHES["default"]["LOCATION"]),
                max_connections=16,
                timeout=1,
                socket_timeout=0.5,
                socket_connect_timeout=0.5,
            )
            _client = redis.Redis(connection_pool=pool)
        return _client


def count(who: str, *, moment: float, amount: int = 1) -> int:
    """How much `who` has made in this window, this `amount` included; requests, if nothing else is said."""
    key = f"throttle:{who}:{int(moment // WINDOW_SECONDS)}"
    counter: Any = _counter()
    made = int(counter.incrby(key, amount))
    if made == amount:
        # Should this get lost, a counter of a minute that is over stays behind, and holds nobody up.
        counter.expire(key, WINDOW_SECONDS * 2)
    return made


def within(who: str, most: int, *, moment: float, amount: int = 1) -> bool:
    """Counts this request of `who`, or this `amount`, and tells whether it is among the first `most` of its window."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return True
    try:
        return count(who, moment=moment, amount=amount) <= most
    except redis.RedisError as error:
        _silent_until = time.monotonic() + SILENCE_SECONDS
        log.warning("throttling is off for a while: %s", type(error).__name__)
        return True


def seconds_left(moment: float) -> float:
    return WINDOW_SECONDS - moment % WINDOW_SECONDS


def login_within(name: str, address: str | None) -> bool:
    """Counts one attempt to log in, for the name and for the address, and tells whether both are within their minute."""
    moment = clock.now().timestamp()
    # Names may be long and odd, and are nobody else's business.
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
    name_within = within(f"login:name:{digest}", LOGINS_PER_NAME, moment=moment)
    return (not address or within(f"login:address:{address}", LOGINS_PER_ADDRESS, moment=moment)) and name_within


class TokenThrottle(BaseThrottle):
    def __init__(self) -> None:
        self.moment = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.moment = clock.now().timestamp()
        token: Any = request.auth
        if token is not None:
            return within(f"token:{token.pk[:32]}", settings.API_RATE_PER_TOKEN, moment=self.moment)
        return within(f"address:{self.get_ident(request)}", settings.API_RATE_PER_ADDRESS, moment=self.moment)

    def wait(self) -> float:
        return seconds_left(self.moment)
