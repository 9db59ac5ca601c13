"""When the database gives up: a lock that does not come free, or a database that is away, is a refusal and no fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import structlog
from django.db import OperationalError
from django.utils.translation import gettext_lazy as _
from psycopg import Error
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from config.kernel.errors import Conflict, DomainError

logger = structlog.get_logger(__name__)

# The database rolled the work back because others held what it needed, or because it took too long.
GAVE_UP = (LockNotAvailable, DeadlockDetected, QueryCanceled)
# Shut down by hand or by a crash, starting up, no connection left; 08 is the family of broken connections.
AWAY = ("57P01", "57P02", "57P03", "53300")


class Busy(Conflict):
    code = "busy"
    retry_after: ClassVar[int] = 2


class Unavailable(DomainError):
    code = "unavailable"
    status = 503
    retry_after: ClassVar[int] = 5


def refusal(error: BaseException | None) -> Busy | Unavailable | None:
    """What to tell whoever asked; None when the error says nothing of the kind and is a fault."""
    cause = error.__cause__ if isinstance(error, OperationalError) else None
    if isinstance(cause, GAVE_UP):
        found: Busy | Unavailable = Busy(
            _("Others are at work on the same things. Nothing was changed; try again in a moment.")
        )
    elif isinstance(cause, Error) and _is_away(cause.sqlstate):
        found = Unavailable(_("The database does not answer. Try again in a moment."))
    else:
        return None
    logger.warning("database_gave_up", code=found.code, cause=type(cause).__name__)
    return found


def _is_away(sqlstate: str | None) -> bool:
    """A connection that never came about or broke without a word has no state at all."""
    return sqlstate is None or sqlstate in AWAY or sqlstate.startswith("08")


@contextmanager
def refusing() -> Iterator[None]:
    """For pages that tell a refusal in their own place: what gave up inside is raised as `Busy`.

    A database that is away is left to the page of errors, since nothing more can be asked of it.
    """
    try:
        yield
    except OperationalError as error:
        told = refusal(error)
        if isinstance(told, Busy):
            raise told from error
        raise
