"""The database connection of this process, when it may have died."""

from django.db import connection


def replace_if_broken() -> None:
    """Closes a connection that a failed statement showed to be dead or that is due for its check; the next statement opens
    a new one. A connection inside a transaction is left to that transaction's own end.
    """
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
