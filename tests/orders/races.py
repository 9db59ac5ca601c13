"""Races between people who want the same: each told once, run small in tests/concurrency and at full size in tests/prove."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection

from config.kernel.errors import DomainError
from inventory import locking
from inventory.models import Reservation, StockLevel, Variant
from inventory.operations import reservations
from orders.models import Order
from orders.operations import canceling, paying, placing
from orders.operations.placing import Buyer
from tests import builders
from tests.probe.together import together

# What somebody without locks would do: read, then write what was read plus one's own.
_OVERWRITE = """
    UPDATE inventory_stocklevel AS level SET reserved = change.reserved
    FROM unnest(%s::bigint[], %s::int[]) AS change (id, reserved) WHERE level.id = change.id
"""


def outcome(call: Callable[[], Any]) -> str:
    """ "done", or the code of the refusal."""
    try:
        call()
    except DomainError as refusal:
        return refusal.code
    except OperationalError as error:
        return type(error.__cause__).__name__
    return "done"


def buy(lines: Sequence[tuple[str, int]], at: datetime, *, total: int, buyer: str = "") -> Order:
    return placing.place_order(
        channel="web",
        lines=lines,
        customer=Buyer(buyer) if buyer else None,
        ship_to=builders.SHIP_TO,
        expected_total=Decimal(total),
        actor=None,
        at=at,
    )


def sold_out(cup: Variant, buyers: int, at: datetime) -> Counter[str]:
    """So many buyers want one unit each, of 12,000 won, at the same moment (F01)."""
    wanted = [(cup.sku, 1)]
    return Counter(together(buyers, lambda one: outcome(lambda: buy(wanted, at, total=15_000, buyer=f"c-{one}"))))


def without_guards(patch: Any, buyers: int) -> None:
    """Takes the lock and the guarded update away, and holds the moment between them open until all have looked."""
    all_have_looked = threading.Barrier(buyers)

    def look(variant_ids: Any) -> list[StockLevel]:
        levels = list(StockLevel.objects.filter(variant_id__in=set(variant_ids), warehouse__is_active=True))
        all_have_looked.wait(30)
        return levels

    def overwrite(changes: Any) -> None:
        with connection.cursor() as cursor:
            wanted = [one.level.reserved + one.reserved for one in changes]
            cursor.execute(_OVERWRITE, [[one.level.pk for one in changes], wanted])

    patch.setattr(locking, "lock_for_sale", look)
    patch.setattr(reservations.ledger, "shift", overwrite)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # The view of activity stands still within a transaction; the view of locks does not.
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0]) > 0


def until(ready: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def last_unit(patch: Any, at: datetime) -> tuple[str, str]:
    """While the first buyer stands between the check and the write, the second comes and gets as far as they can (F02)."""
    cup = builders.a_stocked_variant(1, list_price=12_000)
    second: list[str] = []
    interrupted = threading.Event()
    shift = reservations.ledger.shift

    def come() -> None:
        second.append(outcome(lambda: buy([(cup.sku, 1)], at, total=15_000)))

    rival = threading.Thread(target=lambda: together(1, lambda _: come()))

    def interrupt(changes: Any) -> None:
        if not interrupted.is_set():
            interrupted.set()
            rival.start()
            until(lambda: bool(second) or somebody_waits())
        shift(changes)

    with patch.context() as patched:
        patched.setattr(reservations.ledger, "shift", interrupt)
        first = outcome(lambda: buy([(cup.sku, 1)], at, total=15_000))
        rival.join(30)
    return first, second[0]


def crossed(clients: int, orders: int, at: datetime) -> Counter[str]:
    """Half of the clients order A and B, the others B and A (F04)."""
    cup, pot = (builders.a_stocked_variant(clients * orders, list_price=6_000) for _ in range(2))

    def order(client: int) -> list[str]:
        lines = [(one.sku, 1) for one in ((cup, pot) if client % 2 else (pot, cup))]
        return [outcome(lambda: buy(lines, at, total=15_000)) for _ in range(orders)]

    return Counter(answer for answers in together(clients, order, seconds=120) for answer in answers)


def locking_as_they_come(patch: Any, clients: int) -> None:
    """Locks level by level in the order of the lines, and waits between them until everybody holds their first."""
    all_hold_one = threading.Barrier(clients)
    seen: threading.local = threading.local()

    def lock(variant_ids: Any) -> list[StockLevel]:
        levels = []
        for variant_id in variant_ids:
            rows = StockLevel.objects.filter(variant_id=variant_id)
            levels += list(rows.select_for_update(of=("self",), no_key=True))
            if not hasattr(seen, "waited"):
                seen.waited = True
                all_hold_one.wait(30)
        return levels

    patch.setattr(locking, "lock_for_sale", lock)


def payment_meets_expiry(offset: float, at: datetime) -> Order:
    """The payment comes `offset` seconds after the sweep begins, or before it where negative (F07)."""
    order = builders.a_placed_order(at=at)
    due = at + timedelta(minutes=60)

    def act(one: int) -> None:
        time.sleep(max(offset if one else -offset, 0.0))
        if one:
            told = {"provider": "card", "reference": f"p-{order.number}", "amount": order.total, "paid_at": due}
            paying.record_payment(number=order.number, actor=None, at=due, **told)
        else:
            canceling.expire_due(at=due)

    together(2, act)
    return Order.objects.get(pk=order.pk)


def is_settled(order: Order) -> bool:
    """Paid with its stock held, or expired with the money due to go back and no stock held."""
    held = Reservation.objects.filter(document_number=order.number, state=Reservation.State.ACTIVE).exists()
    if order.state == Order.State.PAID:
        return held and order.paid == order.total and not order.refund_due
    return order.state == Order.State.EXPIRED and not held and order.refund_due == (order.paid > 0)
