"""32 buyers at once for 100 units over HTTP: exactly 100 may be sold, and the control must oversell."""

import threading
from typing import Any

from django.db import connection, connections

from config.local.services import Services
from inventory.models import StockLevel
from orders.models import Order
from tests.benchmarks import limit, stage, world

UNITS, BUYERS = 100, 32


def _naive_control() -> int:
    """Read, check, write, with nothing that guards: how many of 100 units it sells to 320 attempts."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench.naive AS SELECT 1 AS id, %s AS on_hand, 0 AS sold", [UNITS])
        cursor.execute("CREATE TABLE bench.naive_orders (id bigserial)")

    def buy() -> None:
        try:
            for _ in range(10):
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT on_hand - sold FROM bench.naive")
                    row = cursor.fetchone()
                    cursor.execute("SELECT pg_sleep(0.002)")
                    if row and row[0] > 0:
                        cursor.execute("INSERT INTO bench.naive_orders DEFAULT VALUES")
                        cursor.execute("UPDATE bench.naive SET sold = %s", [UNITS - row[0] + 1])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=buy) for _ in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench.naive_orders")
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    world.furnish()
    limit.prepare()
    control = _naive_control()
    results = {}
    for prefix, lines, total in (("ONE", 1, "12000"), ("THREE", 3, "30000")):
        made = world.build(skus=lines, promotions=1, on_hand=UNITS, prefix=prefix) | {"total": total}
        with stage.opened(services, made) as shop:
            # Each client shuffles its lines, so every order of locking is tried.
            drive = shop.drive(
                path="/api/v1/orders/", clients=BUYERS, seconds=120.0, requests_per_client=10, lines=lines, hot=True
            )
        levels = StockLevel.objects.filter(variant__sku__in=made["skus"]).order_by("pk")
        results[prefix.lower()] = {
            "attempts": BUYERS * 10,
            "placed": Order.objects.filter(lines__sku__in=made["skus"]).distinct().count(),
            "reserved_units": [one.reserved for one in levels],
            "statuses": drive.statuses,
            "server_errors": sum(count for status, count in drive.statuses.items() if status.startswith("5")),
        }
    figures = {"units": UNITS, "naive_control_sold": control, **results}
    sound = all(
        one["placed"] == UNITS and not one["server_errors"] and set(one["reserved_units"]) == {UNITS}
        for one in results.values()
    )
    placed = [one["placed"] for one in results.values()]
    print(f"sold {placed} of {UNITS} (control sold {control}): {'sound' if sound else 'NOT SOUND'}")
    if not sound or control <= UNITS:
        raise SystemExit(f"The guarantee or its control does not hold: {figures}")
    return figures
