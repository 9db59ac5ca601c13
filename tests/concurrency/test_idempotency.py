"""Fifty times the same request at the same moment is one request."""

import threading
import time
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from config.kernel import idempotency
from config.kernel.errors import InProgress
from config.kernel.models import IdempotencyKey, User
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)

TWINS = 50


@pytest.fixture
def storefront() -> User:
    return User.objects.create_user("storefront", is_service=True)


def place() -> tuple[int, bytes]:
    name = f"order {uuid.uuid4()}"
    Group.objects.create(name=name)
    time.sleep(0.02)
    return 201, name.encode()


def orders() -> int:
    return Group.objects.filter(name__startswith="order ").count()


def request(storefront: User, at: datetime, **other: Any) -> idempotency.Answer:
    given: dict[str, Any] = {"key": "key-1", "route": "POST /api/v1/orders/", "body": b"{}", "call": place} | other
    return idempotency.once(actor=storefront, at=at, **given)


def test_fifty_twins_have_one_effect_and_one_answer(storefront: User, at: datetime) -> None:
    answers = together(TWINS, lambda _: request(storefront, at))

    assert orders() == 1
    assert len({(answer.status, answer.content) for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1


def test_control_looking_the_key_up_before_inserting_it_has_many_effects(storefront: User, at: datetime) -> None:
    all_have_looked = threading.Barrier(TWINS)

    def look_up_then_insert(twin: int) -> None:
        with transaction.atomic():
            known = IdempotencyKey.objects.filter(actor=storefront, key__startswith="key-1").exists()
            # The moment between the look and the insert, held open, so that the race does not hang on luck.
            all_have_looked.wait(30)
            if known:
                return
            status, content = place()
            # A key of its own for each row stands for a table without the unique key.
            IdempotencyKey.objects.create(
                actor=storefront, route="", key=f"key-1 {twin}", status_code=status, answer=content, created_at=at
            )

    together(TWINS, look_up_then_insert)

    assert orders() > 1, "not powered: the race did not show without the unique key"


def test_a_twin_of_a_request_that_takes_too_long_is_told_to_come_back(storefront: User, at: datetime) -> None:
    working, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[int, bytes]:
        working.set()
        go_on.wait(20)
        return place()

    answers: list[idempotency.Answer] = []
    first = threading.Thread(target=lambda: answers.extend(together(1, lambda _: request(storefront, at, call=slow))))
    first.start()
    try:
        assert working.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        began = time.monotonic()
        with pytest.raises(InProgress) as refusal:
            request(storefront, at)
        waited = time.monotonic() - began
    finally:
        go_on.set()
        first.join()

    assert (refusal.value.status, refusal.value.retry_after) == (409, 2)
    assert 0.1 <= waited < 3  # far from the twenty seconds that the first one would have kept it
    assert request(storefront, at) == idempotency.Answer(201, answers[0].content, repeated=True)
    assert orders() == 1


def test_the_twin_of_a_refused_request_is_carried_out_instead(storefront: User, at: datetime) -> None:
    working, go_on = threading.Event(), threading.Event()

    def refuse() -> tuple[int, bytes]:
        place()
        working.set()
        go_on.wait(20)
        raise InProgress("not now")

    def first_request(_: int) -> None:
        with pytest.raises(InProgress):
            request(storefront, at, call=refuse)

    first = threading.Thread(target=lambda: together(1, first_request))
    first.start()
    assert working.wait(20)
    threading.Timer(0.1, go_on.set).start()
    answer = request(storefront, at)
    first.join()

    assert not answer.repeated
    assert orders() == 1
