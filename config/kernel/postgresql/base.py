"""Django's PostgreSQL, whose pool asks a connection whether it still lives only where there is reason to doubt it.

A server that stops, crashes or ends a session says so or closes its end, and an idle connection has that to read at once;
looking costs no round trip. A machine that vanishes says nothing, so whoever has not answered for a while is asked.
"""

import select
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

TRUSTED_SECONDS = 5.0

_answered: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and not lives(connection):
            # The pool opens another in its place, and gives up after its own time.
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def lives(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection can be used."""
    try:
        if not _has_news(connection) and monotonic() - _answered.get(connection, 0.0) < TRUSTED_SECONDS:
            return True
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    _answered[connection] = monotonic()
    return True


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    """Nobody asked anything, so whatever there is to read is the end of the connection, or a notice."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
