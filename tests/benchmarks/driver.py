"""The load: a keep-alive asyncio client in a process of its own, so that its work is not mistaken for the shop's.

    python -m tests.benchmarks.driver < plan.json > result.json

A plan names the port, the clients, the seconds and the requests; each client draws
its orders from its own seed. Idempotency keys are new in each run, so that no run is answered with another's orders.
"""

import asyncio
import json
import random
import resource
import sys
import time
import uuid
from collections import Counter
from typing import Any


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    body = await reader.readexactly(length) if length else b""
    return status, body


def _order(plan: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """An order of `lines` SKUs out of the plan's; with `hot`, the first SKU is in every one."""
    skus = dice.sample(plan["skus"], plan["lines"])
    if plan.get("hot"):
        skus = [plan["skus"][0], *[sku for sku in skus if sku != plan["skus"][0]][: plan["lines"] - 1]]
        dice.shuffle(skus)
    lines = [{"sku": sku, "quantity": plan.get("quantity", 1)} for sku in skus]
    buyer = {"customer": {"external_id": f"bench-{dice.randrange(plan['customers'])}"}} if plan["customers"] else {}
    return plan["body"] | buyer | {"lines": lines}


def _batch(plan: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """What a page tells at once: `events` of them, each new, of one visitor."""
    now = int(time.time() * 1000)
    kinds = ("page_viewed", "product_viewed", "product_viewed", "dwelled", "product_added")
    events = []
    for number in range(plan["events"]):
        kind = kinds[number % len(kinds)]
        sku = {"sku": dice.choice(plan["skus"])}
        properties = {
            "page_viewed": {"path": "/cups/"},
            "product_viewed": sku | {"in_stock": True},
            "dwelled": {"path": "/cups/", "seconds": 4},
            "product_added": sku | {"quantity": 1},
        }[kind]
        events.append({"id": _identifier(now, dice), "at": now - 100 * number, "kind": kind, "properties": properties})
    return {"sent_at": now, "consent": True, "visitor": f"visitor-{dice.randrange(100_000)}", "events": events}


def _identifier(now: int, dice: random.Random) -> str:
    """A version 7 UUID, as the shop front's script makes them."""
    return str(uuid.UUID(int=(now << 80) | (7 << 76) | (dice.getrandbits(12) << 64) | (2 << 62) | dice.getrandbits(62)))


async def _client(
    plan: dict[str, Any], number: int, until: float, answers: list[tuple[int, float]], bodies: Counter[str]
) -> None:
    dice = random.Random(plan["seed"] * 1000 + number)  # noqa: S311
    reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
    left = plan.get("requests_per_client")
    while time.perf_counter() < until and left != 0:
        content = json.dumps(_batch(plan, dice) if "events" in plan else _order(plan, dice)).encode()
        head = (
            f"POST {plan['path']} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"{plan.get('headers', '')}Idempotency-Key: {uuid.uuid4()}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        began = time.perf_counter()
        status, body = await _exchange(reader, writer, head.encode() + content)
        answers.append((status, time.perf_counter() - began))
        if status >= 400:
            bodies[f"{status} {body[:300].decode(errors='replace')}"] += 1
        if left is not None:
            left -= 1
    writer.close()


async def _drive(plan: dict[str, Any]) -> dict[str, Any]:
    answers: list[tuple[int, float]] = []
    bodies: Counter[str] = Counter()
    began = time.perf_counter()
    until = began + plan["seconds"]
    await asyncio.gather(*(_client(plan, number, until, answers, bodies) for number in range(plan["clients"])))
    wall = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": wall,
        "statuses": dict(Counter(str(status) for status, _ in answers)),
        "good_ms": sorted(round(seconds * 1000, 3) for status, seconds in answers if status < 300),
        "refusals": dict(bodies.most_common(5)),
        "driver_cpu": usage.ru_utime + usage.ru_stime,
    }


if __name__ == "__main__":
    json.dump(asyncio.run(_drive(json.load(sys.stdin))), sys.stdout)
