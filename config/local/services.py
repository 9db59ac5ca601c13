"""PostgreSQL and Redis together, and the environment a shop process needs to find them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from .place import Place
from .postgres import APP, OWNER, Postgres
from .process import Child
from .redis import Redis

# What is needed to run the project's programs at all; nothing else of the caller's environment reaches them.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "CHROMIUM", "CI", "SHOP_CURRENCY")


class Services:
    """Servers named in DATABASE_URL and REDIS_URL are used as they are; the others are started here."""

    def __init__(self, place: Place, *, durable: bool) -> None:
        self.place = place
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(place, durable=durable)
        self.redis = None if os.environ.get("REDIS_URL") else Redis(place)

    def start(self) -> None:
        for server in (self.postgres, self.redis):
            if server:
                server.start()

    @property
    def children(self) -> list[Child]:
        return [server.child for server in (self.postgres, self.redis) if server and server.child]

    def stop(self) -> None:
        for server in (self.redis, self.postgres):
            if server:
                server.stop()

    @property
    def app_role(self) -> str:
        """The database role that runs the shop."""
        return APP if self.postgres else urlsplit(os.environ["DATABASE_URL"]).username or ""

    def _database(self, role: str) -> str:
        if self.postgres:
            return self.postgres.url(role)
        own = os.environ.get("DATABASE_OWNER_URL") if role == OWNER else None
        return own or os.environ["DATABASE_URL"]

    def environment(self, *, owner: bool = False) -> dict[str, str]:
        """Variables for a process of the shop; `owner` gives the role that may change the schema."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return kept | {
            "DATABASE_URL": self._database(OWNER if owner else APP),
            "REDIS_URL": self.redis.url if self.redis else os.environ["REDIS_URL"],
            "SECRET_KEY": self.place.secret("secret_key"),
            # What lies in the checkout is for the shop of whoever put it there.
            "ENV_FILE": "",
            "HTTPS": "off",
            "LOG_FORMAT": "console",
            "PYTHONUNBUFFERED": "1",
        }


@contextmanager
def started(place: Place, *, durable: bool) -> Iterator[Services]:
    services = Services(place, durable=durable)
    try:
        services.start()
        yield services
    finally:
        services.stop()
