"""When the database gives up: a lock that does not come free, or a database that is away, is a refusal and no fault.

A statement that takes too long is refused in words too, but it is a fault of the shop and logged as one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import structlog
from django.db import DatabaseError, OperationalError
from django.utils.translation import gettext_lazy as _
from psycopg import Error
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from config.kernel.errors import Conflict, DomainError

logger = structlog.get_logger(__name__)

# The database rolled the work back because others held what it needed.
HELD = (LockNotAvailable, DeadlockDetected)
# Shut down by hand or by a crash, starting up, no connection left, a session closed for lingering in a transaction; 08 is the
# family of broken connections.
AWAY = ("57P01", "57P02", "57P03", "53300", "25P03")


class Busy(Conflict):
    code = "busy"
    # Of one of several rows, for others may have been changed.
    told_of_row = _("Others are at work on it; it is left as it was.")
    retry_after: ClassVar[int] = 2


class Unavailable(DomainError):
    code = "unavailable"
    status = 503
    retry_after: ClassVar[int] = 5


class TooSlow(DomainError):
    """A statement ran into its limit of time. The same request would most likely do so again."""

    code = "too_slow"
    told_of_row = _("It takes the database too long; it is left as it was.")
    status = 503


def refusal(error: BaseException | None) -> Busy | Unavailable | TooSlow | None:
    """What to tell whoever asked; None when the error says nothing of the kind and is a fault."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    if isinstance(cause, QueryCanceled):
        logger.error("statement_too_slow", cause=type(cause).__name__)
        return TooSlow(_("This takes the database too long. Nothing was changed; ask for less at a time."))
    found: Busy | Unavailable
    if is_held(error):
        found = Busy(_("Others are at work on the same things. Nothing was changed; try again in a moment."))
    elif is_away(error):
        found = Unavailable(_("The database does not answer. Try again in a moment."))
    else:
        return None
    logger.warning("database_gave_up", code=found.code, cause=type(cause).__name__)
    return found


def is_held(error: BaseException | None) -> bool:
    """Whether others held what the work needed. Nothing is wrong with the work, and a later try may do it."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, HELD)


def is_away(error: BaseException | None) -> bool:
    """Whether nobody answers. A connection that never came about or broke without a word has no state at all."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    if not isinstance(cause, Error):
        return False
    if cause.sqlstate is None:
        return isinstance(error, OperationalError)
    return cause.sqlstate in AWAY or cause.sqlstate.startswith("08")


@contextmanager
def refusing() -> Iterator[None]:
    """For pages that tell a refusal in their own place: what gave up inside is raised as `Busy` or `TooSlow`.

    A database that is away is left to the page of errors, since nothing more can be asked of it.
    """
    try:
        yield
    except OperationalError as error:
        told = refusal(error)
        if isinstance(told, (Busy, TooSlow)):
            raise told from error
        raise
