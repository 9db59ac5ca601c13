"""Where a shop front is opened from, and which networks are the shop's own: as a browser and a router spell them."""

import ipaddress
import re

_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_USUAL = {"http": 80, "https": 443}


class NotAnOrigin(ValueError):
    """Not `http(s)://host[:port]`."""


class NotANetwork(ValueError):
    """No network; `meant` is the one that was probably meant, where that can be told."""

    def __init__(self, meant: str = "") -> None:
        super().__init__(meant)
        self.meant = meant


def origin(text: str) -> str:
    """As a browser sends it: small letters, a Korean name in its ASCII spelling, no port where it is the usual one."""
    found = _ORIGIN.fullmatch(text.strip())
    if found is None:
        raise NotAnOrigin
    scheme, host, port = found[1].lower(), _host(found[2]), found[3]
    if port is None or int(port) == _USUAL[scheme]:
        return f"{scheme}://{host}"
    if not 0 < int(port) < 65_536:
        raise NotAnOrigin
    return f"{scheme}://{host}:{int(port)}"


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(text[1:-1])}]"
        except ValueError:
            raise NotAnOrigin from None
    try:
        host = text.encode("idna").decode().lower()
    except UnicodeError:
        raise NotAnOrigin from None
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise NotAnOrigin
    return host


def network(text: str) -> str:
    """A network, or one address as the network of itself. Everybody's is nobody's."""
    try:
        wide = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise NotANetwork from None
    try:
        exact = ipaddress.ip_network(text.strip())
    except ValueError:
        raise NotANetwork(str(wide)) from None
    if exact.prefixlen == 0:
        raise NotANetwork
    return str(exact)
