"""A repeated request gets the answer already given; a misused key is refused."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from config.kernel import idempotency
from config.kernel.errors import Conflict, InProgress
from config.kernel.models import IdempotencyKey, User

pytestmark = pytest.mark.django_db


class Shop:
    """Makes one group for each call that gets through."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.storefront = User.objects.create_user("storefront", is_service=True)
        self.partner = User.objects.create_user("partner", is_service=True)

    def call(self) -> tuple[int, bytes]:
        group = Group.objects.create(name=f"effect {self.effects() + 1}")
        return 201, f'{{"name": "{group.name}", "이름": "하나"}}'.encode()

    def effects(self) -> int:
        return Group.objects.filter(name__startswith="effect ").count()

    def once(
        self, key: str = "key-1", actor: User | None = None, route: str = "POST /api/v1/orders/", body: bytes = b"{}"
    ) -> idempotency.Answer:
        return idempotency.once(key=key, actor=actor or self.storefront, route=route, body=body, call=self.call, at=self.at)


@pytest.fixture
def shop(at: datetime) -> Shop:
    return Shop(at)


def test_the_first_request_is_carried_out_and_the_second_gets_the_same_bytes(shop: Shop) -> None:
    first = shop.once()
    second = shop.once()

    assert shop.effects() == 1
    assert (first.status, first.repeated) == (201, False)
    assert (second.status, second.repeated) == (201, True)
    assert second.content == first.content


def test_a_key_with_another_body_is_refused_and_nothing_happens(shop: Shop) -> None:
    shop.once()

    with pytest.raises(idempotency.KeyReused) as refusal:
        shop.once(body=b'{"more": 1}')

    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")
    assert shop.effects() == 1


def test_the_same_key_of_another_account_or_for_another_address_is_another_key(shop: Shop) -> None:
    shop.once()

    assert not shop.once(actor=shop.partner).repeated
    assert not shop.once(route="POST /api/v1/returns/").repeated
    assert not shop.once(key="key-2").repeated
    assert shop.effects() == 4


def test_an_address_of_any_length_takes_a_key(shop: Shop) -> None:
    route = "POST /api/v1/" + "x" * 3000

    assert not shop.once(route=route).repeated
    assert shop.once(route=route).repeated
    assert not shop.once(route=route + "y").repeated


def test_a_refusal_stores_nothing_so_that_a_later_try_may_succeed(shop: Shop) -> None:
    def refuse() -> tuple[int, bytes]:
        shop.call()
        raise Conflict("sold out")

    with pytest.raises(Conflict):
        idempotency.once(key="key-1", actor=shop.storefront, route="POST /api/v1/orders/", body=b"{}", call=refuse, at=shop.at)

    assert shop.effects() == 0
    assert not IdempotencyKey.objects.exists()
    assert not shop.once().repeated


def test_a_key_without_its_answer_says_that_the_twin_is_still_working(shop: Shop) -> None:
    shop.once()
    IdempotencyKey.objects.update(status_code=None)

    with pytest.raises(InProgress) as refusal:
        shop.once()

    assert refusal.value.status == 409
    assert shop.effects() == 1


def test_old_keys_are_pruned_and_may_be_used_anew(shop: Shop, at: datetime) -> None:
    shop.once("old")
    IdempotencyKey.objects.update(created_at=at - idempotency.KEPT - timedelta(seconds=1))
    shop.once("young")

    assert idempotency.prune(at=at) == 1

    assert IdempotencyKey.objects.get().key == "young"
    assert not shop.once("old").repeated
