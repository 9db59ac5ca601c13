"""The lists staff live in, at ten thousand and at a million orders: statements, and how much slower the large shop answers."""

import time
from base64 import b64decode, b64encode
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from campaigns.models import Customer
from config.kernel import clock, tokens
from config.kernel.models import TokenScope, User
from config.local.services import Services
from orders.models import Order
from tests.benchmarks import world

SMALL, LARGE = 10_000, 1_000_000
DEEP = 100_000  # rows before the page of the API that is read by cursor
REPEATS = 7


def _pages() -> dict[str, str]:
    """Address by name, with numbers and customers that exist."""
    order = Order.objects.order_by("-id")[100]
    customer = Customer.objects.order_by("-id")[50]
    week = clock.now() - timedelta(days=7)
    period = urlencode({"placed_at_from": f"{week:%Y-%m-%d}", "placed_at_to": f"{clock.now():%Y-%m-%d}"})
    return {
        "orders": "/admin/orders/order/",
        "orders to pick": "/admin/orders/order/?list=to_pick",
        "orders of a state": "/admin/orders/order/?state__exact=SHIPPED",
        "orders of a week": f"/admin/orders/order/?{period}",
        "orders by number": f"/admin/orders/order/?q={order.number}",
        "orders by customer": f"/admin/orders/order/?{urlencode({'q': customer.external_id})}",
        "movements": "/admin/inventory/stockmovement/",
        "movements of a kind": "/admin/inventory/stockmovement/?kind__exact=RETURN",
        "customers": "/admin/campaigns/customer/",
        "customers by name": f"/admin/campaigns/customer/?{urlencode({'q': customer.name})}",
        "dashboard": "/admin/",
    }


def _read(client: Client, address: str, headers: dict[str, str]) -> tuple[float, int]:
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address, HTTP_HOST="localhost", headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
        answer.getvalue()
    return (time.perf_counter() - began) * 1000, len(seen)


def _measure(orders: int) -> dict[str, tuple[float, int]]:
    call_command("flush", interactive=False, verbosity=0)
    world.furnish()
    call_command("seed_demo", days=365, orders=orders, verbosity=0)
    world.analyzed()
    owner = User.objects.create_superuser("bench-owner", password=get_random_string(20))
    client = Client()
    client.force_login(owner)
    token = tokens.issue(account="bench", scopes=[TokenScope.Scope.READ_ONLY], actor=None, at=clock.now())
    found = {}
    for name, address in _pages().items():
        _read(client, address, {})
        turns = [_read(client, address, {}) for _ in range(REPEATS)]
        found[name] = (median(one for one, _ in turns), turns[-1][1])
    headers = {"Authorization": f"Token {token}"}
    found["API, first page"] = _api(client, "/api/v1/orders/", headers)
    found["API, after many"] = _api(client, _deep(client, headers, min(DEEP, orders // 2)), headers)
    return found


def _api(client: Client, address: str, headers: dict[str, str]) -> tuple[float, int]:
    _read(client, address, headers)
    turns = [_read(client, address, headers) for _ in range(REPEATS)]
    return median(one for one, _ in turns), turns[-1][1]


def _deep(client: Client, headers: dict[str, str], rows: int) -> str:
    """The address of the page after so many rows: a cursor names the moment of the last row it has shown."""
    page = client.get("/api/v1/orders/", HTTP_HOST="localhost", headers=headers).json()
    parts = urlsplit(page["next"])
    cursor = parse_qs(b64decode(parse_qs(parts.query)["cursor"][0]).decode())
    last = Order.objects.order_by("-placed_at", "-id").values_list("placed_at", flat=True)[rows]
    cursor["p"] = [str(last)]
    return f"{parts.path}?{urlencode({'cursor': b64encode(urlencode(cursor, doseq=True).encode()).decode()})}"


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    small = _measure(2_000 if quick else SMALL)
    large = _measure(4_000 if quick else LARGE)
    table = {
        name: {
            "statements": [small[name][1], large[name][1]],
            "ms": [round(small[name][0], 1), round(large[name][0], 1)],
            "ratio": round(large[name][0] / small[name][0], 2),
        }
        for name in small
    }
    for name, row in table.items():
        print(f"{name:22} statements {row['statements']}, ms {row['ms']}, ratio {row['ratio']} (first: <= 2)")
    return {"lists": table}
