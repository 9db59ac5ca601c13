"""A slip lets a page act once, however often it is sent: a double click, a reload, the browser's way back.

Each page that makes or changes something carries a fresh slip in a hidden field. It is spent in the transaction of what it was
sent for, as the idempotency key of the person who acts: two clicks at once wait for each other, and what is refused spends
nothing. Only pages of the back-office carry slips; what comes without one is done, as if from a page of its own.
"""

import secrets
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from config.kernel import clock, idempotency
from config.kernel.models import User

T = TypeVar("T")

FIELD = "slip"
SPENT = gettext_lazy("This was done already from the same page, and not a second time. Open the page anew to do it once more.")


class Spent(Exception):
    """The page has done its one thing before. No refusal of an operation: there is nothing to correct."""

    def __init__(self) -> None:
        super().__init__(SPENT)


def fresh() -> str:
    return secrets.token_urlsafe(12)


def kept(request: HttpRequest) -> str:
    """The slip of a form that is shown again, so that it stays one form; else a fresh one."""
    return _sent(request) or fresh()


def require_unspent(request: HttpRequest) -> None:
    """Refuses early what was done before, since what a page shows no longer fits what was done from it."""
    if (slip := _sent(request)) and idempotency.is_answered(key=slip, actor=_actor(request), route=_route(request)):
        raise Spent


def spend(request: HttpRequest, call: Callable[[], T]) -> T:
    """What `call` returns, called at most once for the slip that was sent, both in one transaction."""
    slip = _sent(request) or fresh()
    done: list[T] = []

    def run() -> tuple[int, bytes]:
        done.append(call())
        return 200, b""

    idempotency.once(key=slip, actor=_actor(request), route=_route(request), body=b"", call=run, at=clock.now())
    if not done:
        raise Spent
    return done[0]


def _sent(request: HttpRequest) -> str:
    # Whatever else was sent in its place, such as a NUL, no column could keep.
    return "".join(sign for sign in request.POST.get(FIELD, "") if sign.isprintable())[: idempotency.LONGEST_KEY]


def _route(request: HttpRequest) -> str:
    return f"{request.method} {request.path}"


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  pages of the admin are open to logged-in staff only
    return request.user
