"""Deeds of the shop in whose middle its process may die, and what must be true after it did (F14).

Each deed has a world of its own made for it, is done by a process that can be killed at any point (tests/probe/doomed.py), and
is then sent again the way the world would: by the caller with the same idempotency key, or by the next round of the worker.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client

from config.kernel import clock, invariants, outbox, tokens
from config.kernel.models import TokenScope
from inventory.models import StockLevel
from inventory.operations import purchasing, stock
from inventory.operations.purchasing import Wanted
from orders.models import Order, Return
from orders.operations import canceling, fulfilling, paying, returning, unmatched
from orders.operations.placing import Buyer
from tests import builders
from tests.orders import races
from tests.probe.doomed import COMMIT_SENT, Doomed, Life
from tests.recounting import LONG_AGO

Told = dict[str, Any]
_next = itertools.count(1)


# --- What a child does: one call of the skin, with plain values -------------------------------------------------------------


def send(path: str, body: Mapping[str, Any], token: str, key: str) -> tuple[int, str]:
    """A request, through every layer that one from outside passes."""
    answer = Client(raise_request_exception=False).post(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers={"host": "localhost", "authorization": f"Token {token}", "idempotency-key": key},
    )
    return answer.status_code, answer.content.decode()


def deliver(at: str) -> None:
    outbox.deliver_due(at=datetime.fromisoformat(at))


def expire(at: str) -> None:
    canceling.expire_due(at=datetime.fromisoformat(at))


# --- The worlds ---------------------------------------------------------------------------------------------------------------


def _request(path: str, body: Mapping[str, Any]) -> Told:
    number = next(_next)
    token = tokens.issue(account=f"partner-{number}", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=clock.now())
    return {"path": path, "body": body, "token": token, "key": f"key-{number}"}


def _offer(at: datetime) -> tuple[str, str, list[tuple[Any, int]]]:
    """A code that counts, and a basket of two SKUs, one of which lies in two warehouses of which neither has enough."""
    near, far = builders.a_warehouse(priority=10), builders.a_warehouse(priority=20)
    cup, pot = builders.a_stocked_variant(3, near, list_price=12_000), builders.a_stocked_variant(5, near, list_price=8_000)
    builders.stocked(cup, far, 3)
    promotion = builders.a_promotion(
        at, needs_coupon=True, usage_limit=9, usage_limit_per_customer=1, products=[cup.product]
    )  # fmt: skip
    code = builders.a_coupon(promotion, usage_limit=5).code
    return code, f"buyer-{next(_next)}", [(cup, 4), (pot, 1)]


def _placed(at: datetime) -> Order:
    code, buyer, basket = _offer(at)
    # Known already: what is given once to each customer is not quoted to nobody in particular.
    builders.a_customer(at, external_id=buyer)
    return builders.a_placed_order(*basket, at=at, codes=[code], customer=Buyer(buyer))


def _paid(at: datetime) -> Order:
    order = _placed(at)
    paying.record_payment(
        number=order.number, provider="card", reference=f"p-{order.number}", amount=order.total, paid_at=at, actor=None, at=at
    )
    return order


def _place() -> Told:
    code, buyer, basket = _offer(clock.now())
    lines = [{"sku": variant.sku, "quantity": quantity} for variant, quantity in basket]
    told = {"customer": {"external_id": buyer, "name": "김하늘"}, "codes": [code], "external_number": f"W-{next(_next)}"}
    # 4 x 12,000 less ten percent, and 8,000; nothing for the shipping of so much.
    return _request("orders/", {"lines": lines, "ship_to": builders.SHIP_TO, "expected_total": "51200", **told})


def _pay() -> Told:
    order = _placed(clock.now())
    body = {"provider": "card", "reference": f"p-{order.number}", "amount": f"{order.total:.0f}"}
    return _request(f"orders/{order.number}/payments/", body)


def _keep() -> Told:
    """Money that does not fit: the answer is a refusal, and the money is kept."""
    order = _placed(clock.now())
    body = {"provider": "card", "reference": f"p-{order.number}", "amount": f"{order.total - 1:.0f}"}
    return _request(f"orders/{order.number}/payments/", body)


def _settle() -> Told:
    order = _paid(clock.now())
    at, reference = clock.now(), f"twice-{order.number}"
    unmatched.take(number=order.number, provider="card", reference=reference, amount=order.total, paid_at=at, actor=None, at=at)
    body = {"payment": reference, "reference": f"r-{order.number}", "reason": "이중 결제"}
    return _request(f"orders/{order.number}/pay-back/", body)


def _ship() -> Told:
    return _request(f"orders/{_paid(clock.now()).number}/ship/", {"carrier": "CJ"})


def _cancel() -> Told:
    return _request(f"orders/{_paid(clock.now()).number}/cancel/", {"reason": "변심"})


def _refund() -> Told:
    order = _paid(clock.now())
    canceling.cancel(number=order.number, reason="변심", actor=None, at=clock.now())
    body = {"reference": f"r-{order.number}", "amount": f"{order.total:.0f}", "reason": "변심"}
    return _request(f"orders/{order.number}/refunds/", body)


def _take_back() -> Told:
    at = clock.now()
    order = _paid(at)
    fulfilling.ship(number=order.number, actor=None, at=at)
    place = StockLevel.objects.filter(variant__in=order.lines.values("variant")).values_list("warehouse_id", flat=True)[0]
    returning.accept(number=order.number, items={1: 2}, warehouse_id=place, reason="변심", actor=None, at=at)
    number = Return.objects.get(order=order).number
    return _request(f"returns/{number}/receive/", {"restocked": [{"position": 1, "quantity": 1}]})


def _receive() -> Told:
    at, place = clock.now(), builders.a_warehouse()
    skus = [builders.a_stocked_variant(1, place), builders.a_variant()]
    wanted = [Wanted(one.pk, 9, Decimal(4_700)) for one in skus]
    order = purchasing.draft(
        supplier_id=builders.a_supplier().pk, warehouse_id=place.pk, lines=wanted, actor=None, at=at
    )  # fmt: skip
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at)
    lines = [{"sku": one.sku, "quantity": 6} for one in skus]
    return _request(f"purchase-orders/{order.number}/receive/", {"delivery_note": f"DN-{next(_next)}", "lines": lines})


def _deliver() -> Told:
    """Events that wait: of a loss that makes an order short, and of stock that changed."""
    outbox.deliver_due(at=clock.now())
    _, _, basket = _offer(clock.now())
    builders.a_placed_order(*basket[1:], at=clock.now())
    pot = basket[1][0]
    place = StockLevel.objects.get(variant=pot).warehouse_id
    stock.write_off(variant_id=pot.pk, warehouse_id=place, quantity=5, reason="파손", actor=None, at=clock.now())
    return {"at": clock.now().isoformat()}


def _expire() -> Told:
    at = clock.now()
    _placed(at - timedelta(hours=2))
    return {"at": at.isoformat()}


def _same(told: Told) -> Told:
    return told


def _next_round(told: Told) -> Told:
    """The worker's, once nobody can still be at work on what the dead one had begun."""
    later = datetime.fromisoformat(told["at"]) + outbox.LEASE + timedelta(seconds=1)
    return told | {"at": later.isoformat()}


@dataclass(frozen=True)
class Deed:
    prepare: Callable[[], Told]
    do: Callable[..., Any] = send
    again: Callable[[Told], Told] = _same
    # Of the answer, where it is a refusal and something is written down all the same.
    refused: int | None = None


DEEDS = {
    "placing": Deed(_place),
    "paying": Deed(_pay),
    "keeping what does not fit": Deed(_keep, refused=409),
    "settling": Deed(_settle),
    "shipping": Deed(_ship),
    "canceling": Deed(_cancel),
    "refunding": Deed(_refund),
    "taking back": Deed(_take_back),
    "receiving goods": Deed(_receive),
    "delivering events": Deed(_deliver, deliver, _next_round),
    "expiring": Deed(_expire, expire, _next_round),
}


# --- What must be true ----------------------------------------------------------------------------------------------------

# Sums over columns that change in place. Everything else that happens adds a row.
_SUMS = {
    "inventory_stocklevel": ("on_hand", "reserved"),
    "inventory_reservation": ("quantity", "consumed", "released"),
    "inventory_purchaseorderline": ("received",),
    "campaigns_promotion": ("used", "spent"),
    "campaigns_coupon": ("used",),
    "orders_order": ("total", "paid", "refunded", "refund_owed"),
    "orders_orderline": ("shipped", "canceled", "returned", "short"),
    "analytics_rollupstate": ("marks",),
}
# A business day has one row however often it is marked.
_NOT_COUNTED = {"analytics_rollupstate"}


def _tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def contents() -> dict[str, str]:
    """A fingerprint of every row of every table."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} AS t"  # noqa: S608
            for table in _tables()
        ))  # fmt: skip
        return dict(cursor.fetchall())


def figures() -> dict[str, Decimal]:
    """How many rows each table has, and the sums of what is counted in place."""
    asked = [(table, "count(*)") for table in _tables() if table not in _NOT_COUNTED]
    asked += [(table, f"coalesce(sum({column}), 0)") for table, columns in _SUMS.items() for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(
            f"SELECT '{table} {what}', {what}::numeric FROM {table}" for table, what in asked  # noqa: S608  names from above
        ))  # fmt: skip
        return dict(cursor.fetchall())


def changes(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {what: after[what] - number for what, number in before.items() if after[what] != number}


def _buried(life: Life) -> None:
    """Waits until the server has noticed the death of its client, and done or undone what was on the wire."""

    def is_gone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [life.session])
            return cursor.fetchone() == (0,)

    races.until(is_gone)


@dataclass(frozen=True)
class Calm:
    """A life without a death: the points it passes, the status of its answer, and what it and its repetition changed."""

    points: tuple[str, ...]
    status: int | None
    changed: dict[str, Decimal]

    @property
    def uncommitted(self) -> int:
        """How many points it passes before anything may be committed."""
        return self.points.index(COMMIT_SENT)


def calm(doomed: Doomed, deed: Deed) -> Calm:
    told = deed.prepare()
    before = figures()
    life = doomed.run(deed.do, told)
    status = life.answer[0] if life.answer else None
    assert status == deed.refused if deed.refused else status is None or status < 300, life.answer
    again = doomed.run(deed.do, deed.again(told))
    assert again.answer == life.answer
    return Calm(life.points, status, changes(before, figures()))


def killed(doomed: Doomed, deed: Deed, told: Told, after: int) -> Life:
    life = doomed.run(deed.do, told, die_after=after)
    assert life.killed, f"it has no {after} points: {life.points}"
    _buried(life)
    return life


def done_again(doomed: Doomed, deed: Deed, told: Told, known: Calm, before: Mapping[str, Decimal]) -> list[str]:
    """What is wrong once the deed was sent again, and once more."""
    first = doomed.run(deed.do, deed.again(told)).answer
    second = doomed.run(deed.do, deed.again(told)).answer
    found = []
    if first != second or (first[0] if first else None) != known.status:
        found.append(f"answered {first}, then {second}")
    if (changed := changes(before, figures())) != known.changed:
        found.append(f"changed {changed} instead of {known.changed}")
    return found


def faults(doomed: Doomed, deed: Deed, known: Calm, points: Iterable[int]) -> list[str]:
    """Kills it at each of these points, of which only the last may lie at a commit or beyond; then has it done, twice.

    One world serves all the deaths before a commit, for each must leave it row for row as it was.
    """
    told = deed.prepare()
    before, rows = figures(), contents()
    found: list[str] = []
    where = "not killed"
    for after in points:
        life = killed(doomed, deed, told, after)
        where = f"killed after point {after}, {life.points[-1]}"
        if after > known.uncommitted:
            found += [f"{where}: {broken}" for broken in invariants.check_all(at=LONG_AGO)]
        elif rows != (now := contents()):
            return [f"{where}: left behind in {[table for table in rows if rows[table] != now.get(table)]}"]
    return found + [f"{where}: {fault}" for fault in done_again(doomed, deed, told, known, before)]


def all_faults(doomed: Doomed, deed: Deed, known: Calm) -> list[str]:
    """Of every point there is."""
    found = faults(doomed, deed, known, range(1, known.uncommitted + 2))
    for after in range(known.uncommitted + 2, len(known.points) + 1):
        found += faults(doomed, deed, known, [after])
    return found
