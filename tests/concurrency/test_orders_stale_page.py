"""Two clicks that come from the same page of an order: the version they carry lets one of them act (F08)."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from orders.models import Fulfillment, Order
from orders.operations import fulfilling, turns
from orders.queries import order_page
from tests import builders
from tests.orders.races import outcome
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)

UNITS, CLICKS = 6, 4


def clicks(at: datetime) -> Counter[str]:
    """So many clicks on "ship one unit", all from one page. Each unit is there, so only the page's version holds them back."""
    order = builders.a_paid_order((builders.a_stocked_variant(UNITS), UNITS), at=at)
    line, seen = order.lines.get(), order_page.version(order=order)

    def ship() -> list[Fulfillment]:
        return fulfilling.ship(number=order.number, items={line.pk: 1}, actor=None, at=at)

    click: Callable[[], object] = lambda: turns.take(number=order.number, seen=seen, call=ship)  # noqa: E731
    return Counter(together(CLICKS, lambda _: outcome(click)))


def test_of_clicks_from_one_page_one_acts_and_the_others_are_told(at: datetime) -> None:
    assert clicks(at) == {"done": 1, "stale": CLICKS - 1}
    assert Fulfillment.objects.count() == 1


def test_control_looking_at_the_version_without_the_lock_lets_all_act(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    all_have_looked = threading.Barrier(CLICKS)

    def version(*, order: Order) -> str:
        seen = order_page.version(order=order)
        all_have_looked.wait(20)
        return seen

    unlocked = SimpleNamespace(locked=lambda number: Order.objects.get(number=number))
    monkeypatch.setattr(turns, "recording", unlocked)
    monkeypatch.setattr(turns, "order_page", SimpleNamespace(version=version))

    assert clicks(at) == {"done": CLICKS}
    assert Fulfillment.objects.count() == CLICKS
