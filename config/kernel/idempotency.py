"""A repeated request gets the answer already given, byte for byte; nothing happens twice.

Insert the key, call, store the answer, commit: one transaction. A twin that arrives meanwhile waits on the unique key, for as
long as the connection's lock timeout (5 s), and then either gets the same bytes or is told to come back.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable

from config.kernel import pruning
from config.kernel.errors import InProgress, Invalid
from config.kernel.models import IdempotencyKey, User

LONGEST_KEY = 200
LONGEST_ROUTE = 200
KEPT = timedelta(days=7)


class KeyReused(Invalid):
    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes
    repeated: bool = False


def once(*, key: str, actor: User, route: str, body: bytes, call: Callable[[], tuple[int, bytes]], at: datetime) -> Answer:
    """The answer of `call`, made at most once for (actor, route, key).

    A refusal (any exception of `call`) rolls back and stores nothing, so a corrected state may answer differently later.
    Raises `InProgress` while a twin is still working, `KeyReused` when the key came with another body before.
    """
    digest = hashlib.sha256(body).hexdigest()
    route = _short(route)
    with transaction.atomic():
        if not _claim(actor.pk, route, key, digest, at):
            return _given(actor.pk, route, key, digest)
        status, content = call()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kernel_idempotencykey SET status_code = %s, answer = %s "
                "WHERE actor_id = %s AND route = %s AND key = %s",
                [status, content, actor.pk, route, key],
            )
        return Answer(status, content)


def is_answered(*, key: str, actor: User, route: str) -> bool:
    """Whether `once` has answered this before; a twin that is still at work does not count."""
    return IdempotencyKey.objects.filter(actor=actor, route=_short(route), key=key).exists()


def _short(route: str) -> str:
    return route if len(route) <= LONGEST_ROUTE else f"sha256:{hashlib.sha256(route.encode()).hexdigest()}"


def _claim(actor_id: int, route: str, key: str, digest: str, at: datetime) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_idempotencykey (actor_id, route, key, body_hash, answer, created_at) "
                "VALUES (%s, %s, %s, %s, '', %s) ON CONFLICT (actor_id, route, key) DO NOTHING",
                [actor_id, route, key, digest, at],
            )
            return bool(cursor.rowcount == 1)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise InProgress(_("The same request is still being worked on.")) from error
        raise


def _given(actor_id: int, route: str, key: str, digest: str) -> Answer:
    known = IdempotencyKey.objects.filter(actor_id=actor_id, route=route, key=key).first()
    if known is None or known.status_code is None:
        raise InProgress(_("The same request is still being worked on."))
    if known.body_hash != digest:
        raise KeyReused(_("This idempotency key was used for a different request."), details={"key": key})
    return Answer(known.status_code, bytes(known.answer), repeated=True)


def prune(*, at: datetime) -> int:
    return pruning.drop(IdempotencyKey.objects.filter(created_at__lt=at - KEPT))
