"""Ways to reach ClickHouse: a server over HTTP (`clickhouse-connect`), or the same engine inside this process (`chdb`).

The one inside works on a folder, which one process at a time may open: whoever else wants it waits for a while and is refused
then. Both speak the same SQL; what differs is how rows get in and out.
"""

import fcntl
import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from config.kernel.waits import Unavailable

# Seconds for which another process of the shop may keep the folder before whoever waits is refused.
PATIENCE = 20.0
# A read of the server, which may be of a whole day.
LONGEST = 300
_PIECE = 1 << 20
# Moments, which are what comes after the seconds, and 64-bit numbers come as they are.
_PLAIN: dict[str, Any] = {"output_format_json_quote_64bit_integers": 0}


class EventStoreAway(Unavailable):
    """Nobody answers there, or another process holds the folder."""

    code = "event_store_away"


class EventStoreRefused(RuntimeError):
    """ClickHouse refuses a statement. The message names no address and no password."""


class Engine(Protocol):
    """`prefix` stands before the name of each table."""

    prefix: str

    def run(self, statement: str) -> None: ...

    def rows(self, query: str) -> list[list[Any]]: ...

    def put(self, table: str, file: Path) -> None:
        """Adds a file of rows, tab-separated, in the order of the table's columns."""

    def get(self, query: str) -> Iterator[bytes]:
        """The rows, tab-separated, piece by piece."""


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    if url.startswith(("http://", "https://")):
        with _server(url) as server:
            yield server
    else:
        with _folder(Path(url.removeprefix("file://"))) as folder:
            yield folder


class _Server:
    def __init__(self, client: Any) -> None:
        self.client, self.prefix = client, ""

    def run(self, statement: str) -> None:
        with self._refusing():
            self.client.command(statement)

    def rows(self, query: str) -> list[list[Any]]:
        with self._refusing():
            told: bytes = self.client.raw_query(query, fmt="JSONCompactEachRow", settings=_PLAIN)
        return _read(told)

    def put(self, table: str, file: Path) -> None:
        with self._refusing(), file.open("rb") as rows:
            self.client.raw_insert(table, insert_block=rows, fmt="TabSeparated")

    def get(self, query: str) -> Iterator[bytes]:
        with self._refusing(), self.client.raw_stream(query, fmt="TabSeparated") as told:
            while piece := told.read(_PIECE):
                yield piece

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

        try:
            yield
        except OperationalError:
            # Its text names the address.
            raise _away() from None
        except ClickHouseError as error:
            raise _refused(error) from None


def _refused(error: Exception) -> EventStoreRefused:
    if _NOT_LET_IN.search(str(error)):
        return EventStoreRefused("ClickHouse does not let in the user of CLICKHOUSE_URL with that password.")
    return EventStoreRefused(_FOR_URL.sub("", str(error).split("\n", 1)[0])[:300])


_FOR_URL = re.compile(r"\s*\(for url [^)]*\)?")
# What ClickHouse says of a name or a password that it does not know.
_NOT_LET_IN = re.compile(r"AUTHENTICATION_FAILED|code:? ?516|HTTPDriver.*\b40[13]\b|status:? 40[13]", re.IGNORECASE)


@contextmanager
def _server(url: str) -> Iterator[Engine]:
    library = _library("clickhouse_connect", "clickhouse-connect")
    from clickhouse_connect.driver.exceptions import ClickHouseError

    # They tell addresses, and statements with what they hold.
    for name in ("urllib3", "clickhouse_connect"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        parts = urlsplit(url)
        client = library.get_client(
            host=parts.hostname, port=parts.port or (8443 if parts.scheme == "https" else 8123),
            secure=parts.scheme == "https", username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""), database=parts.path.strip("/") or "default",
            connect_timeout=10, send_receive_timeout=LONGEST, autogenerate_session_id=False,
        )  # fmt: skip
    except ClickHouseError as error:
        if _NOT_LET_IN.search(str(error)):
            raise _refused(error) from None
        raise _away() from None
    except ValueError:
        # Its text may hold a part of the password.
        raise EventStoreRefused("CLICKHOUSE_URL is no address of a server.") from None
    try:
        yield _Server(client)
    finally:
        client.close()


class _Folder:
    def __init__(self, session: Any) -> None:
        self.session, self.prefix = session, "shop."

    def run(self, statement: str) -> None:
        self._asked(statement, "TabSeparated")

    def rows(self, query: str) -> list[list[Any]]:
        said = ", ".join(f"{name} = {value}" for name, value in _PLAIN.items())
        return _read(self._asked(f"{query} SETTINGS {said}", "JSONCompactEachRow"))

    def put(self, table: str, file: Path) -> None:
        # The structure of the table itself: nothing is guessed from the rows.
        named = str(file).replace("\\", "\\\\").replace("'", "\\'")
        structure = ", ".join(f"{name} {kind}" for name, kind in self.rows(
            f"SELECT name, type FROM system.columns WHERE concat(database, '.', table) = '{table}' ORDER BY position"  # noqa: S608
        ))  # fmt: skip
        structure = structure.replace("'", "\\'")
        self.run(f"INSERT INTO {table} SELECT * FROM file('{named}', 'TabSeparated', '{structure}')")  # noqa: S608

    def get(self, query: str) -> Iterator[bytes]:
        yield self._asked(query, "TabSeparated")

    def _asked(self, statement: str, shape: str) -> bytes:
        try:
            told: bytes = self.session.query(statement, shape).bytes()
        except RuntimeError as error:  # of which the library's own kind is one
            raise EventStoreRefused(str(error).split("\n", 1)[0][:300]) from None
        return told


@contextmanager
def _folder(folder: Path) -> Iterator[Engine]:
    _library("chdb", "chdb")
    from chdb.session import Session

    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder.with_name(f"{folder.name}.lock")):
        try:
            session = Session(str(folder))
        except RuntimeError as error:
            raise _away() from error
        try:
            session.query("CREATE DATABASE IF NOT EXISTS shop")
            yield _Folder(session)
        finally:
            session.close()


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """The system lets go of it when its holder dies."""
    until = time.monotonic() + PATIENCE
    with file.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise _away() from None
                time.sleep(0.1)
        yield


def _library(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise EventStoreRefused(
            f"{package} is not installed: pip install '.[clickhouse]' brings what EVENTS_STORE=clickhouse needs."
        ) from error


def _read(told: bytes) -> list[list[Any]]:
    return [json.loads(line) for line in told.splitlines()]


def _away() -> EventStoreAway:
    return EventStoreAway(_("The second store of events does not answer, or is in use. Try again in a moment."))
