"""Sends one body to one address outside, and lets nobody use the shop to reach what lies inside.

The name is looked up once, every address found must be a public one, and the connection goes to exactly that address: a name
that answers otherwise a moment later changes nothing. Redirects are not followed, the answer's body is not read, and all of it
together, from the look-up to the status, has `SECONDS`. Networks in WEBHOOK_ALLOWED_NETWORKS are the shop's own: they may be
reached, and without TLS too.
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

SECONDS = 5.0
LONGEST_BODY = 64 * 1024
LONGEST_URL = 500

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# All that is given out of version 6, and what of it is for documents only.
_INTERNET = ipaddress.ip_network("2000::/3")
_DOCUMENTS = ipaddress.ip_network("3fff::/20")


class Unfit(ValueError):
    """An address that nothing is sent to; `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Answer:
    """The status of the receiver, or a code of what went wrong before one came."""

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def checked(url: str) -> None:
    """Raises `Unfit` where nothing may be sent to now."""
    _places(_parts(url), time.monotonic() + SECONDS)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Sends it once. Whatever the other side does, this comes back in time and raises nothing."""
    until = time.monotonic() + SECONDS
    if len(body) > LONGEST_BODY:
        return Answer(None, "too_long")
    try:
        parts = _parts(url)
        place = _places(parts, until)[0]
    except Unfit as refusal:
        return Answer(None, refusal.why)
    late = threading.Event()
    try:
        return _exchange(parts, place, body, headers, until, late)
    except TimeoutError:
        return Answer(None, "timeout")
    except ssl.SSLError:
        return Answer(None, "timeout" if late.is_set() else "tls")
    except (OSError, http.client.HTTPException):
        return Answer(None, "timeout" if late.is_set() else "no_connection")


def _exchange(
    parts: SplitResult, place: Address, body: bytes, headers: Mapping[str, str], until: float, late: threading.Event
) -> Answer:
    line = socket.create_connection((str(place), _port(parts)), timeout=_left(until))
    try:
        with _Deadline(line, until, late):
            if parts.scheme == "https":
                line = ssl.create_default_context().wrap_socket(
                    line, server_hostname=parts.hostname, do_handshake_on_connect=False
                )
                with _Deadline(line, until, late):
                    line.do_handshake()
                    return _said(line, parts, body, headers)
            return _said(line, parts, body, headers)
    finally:
        line.close()


def _said(line: socket.socket, parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> Answer:
    talk = http.client.HTTPConnection(parts.hostname or "", _port(parts))
    talk.sock = line
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    talk.request("POST", target, body, {**headers, "Host": parts.netloc, "Connection": "close"})
    with talk.getresponse() as answer:
        return Answer(answer.status, "" if 200 <= answer.status < 300 else f"http_{answer.status}")


class _Deadline:
    """Hangs up when the time is over: a receiver that sends a byte now and then would hold each single read for ever."""

    def __init__(self, line: socket.socket, until: float, late: threading.Event) -> None:
        self.line, self.late = line, late
        self.timer = threading.Timer(_left(until), self._over)
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_exception: object) -> None:
        self.timer.cancel()

    def _over(self) -> None:
        self.late.set()
        try:
            # The plain call also for TLS, which would first say goodbye to a peer that does not listen.
            socket.socket.shutdown(self.line, socket.SHUT_RDWR)
        except OSError:
            return


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _parts(url: str) -> SplitResult:
    """Raises `Unfit` for what is no plain address of a web server."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unfit("bad_url") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain or parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise Unfit("bad_url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Unfit("bad_url")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _places(parts: SplitResult, until: float) -> list[Address]:
    """Where the name leads. One address inside is enough to refuse all of them."""
    found = _looked_up(parts.hostname or "", _port(parts), until)
    own = [any(place in network for network in settings.WEBHOOK_ALLOWED_NETWORKS) for place in found]
    if not all(mine or is_public(place) for mine, place in zip(own, found, strict=True)):
        raise Unfit("private_address")
    if parts.scheme != "https" and not all(own):
        raise Unfit("not_https")
    return found


def is_public(place: Address) -> bool:
    """Whether it lies on the internet. Of version 6 only what is given out; an address of version 4 hidden in it counts."""
    if isinstance(place, ipaddress.IPv6Address):
        if place not in _INTERNET or place in _DOCUMENTS or place.teredo is not None:
            return False
        if place.sixtofour is not None:
            return is_public(place.sixtofour)
    return place.is_global and not place.is_multicast and not place.is_reserved


def _looked_up(host: str, port: int, until: float) -> list[Address]:
    """A resolver knows no time limit, so it is left behind when the time is over."""
    answers: queue.Queue[list[str] | None] = queue.Queue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(row[4][0]) for row in rows])
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=ask, daemon=True).start()
    try:
        told = answers.get(timeout=max(until - time.monotonic(), 0.01))
    except queue.Empty:
        raise Unfit("unresolved") from None
    if not told:
        raise Unfit("unresolved")
    # A zone such as %eth0 names a line of this machine.
    if any("%" in one for one in told):
        raise Unfit("private_address")
    return list(dict.fromkeys(ipaddress.ip_address(one) for one in told))
