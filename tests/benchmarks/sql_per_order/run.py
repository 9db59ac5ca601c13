"""Statements it takes to place an order over the API, transaction control left out: by kind, lines and promotions."""

import json
from typing import Any

from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.local.services import Services
from tests.benchmarks import world

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def _statements(made: dict[str, Any], lines: int, total: str, key: str) -> list[str]:
    client = Client(raise_request_exception=True)
    body = {
        "channel": "bench",
        "customer": {"external_id": "bench-1"},
        "ship_to": {"name": "김하늘", "phone": "010-0000-0001", "postal_code": "04524", "address": "서울 중구 세종대로 110"},
        "expected_total": total,
        "lines": [{"sku": sku, "quantity": 1} for sku in made["skus"][:lines]],
    }
    reset_queries()
    with CaptureQueriesContext(connection) as seen:
        answer = client.post(
            "/api/v1/orders/", json.dumps(body), content_type="application/json", HTTP_HOST="localhost",
            headers={"Authorization": f"Token {made['token']}", "Idempotency-Key": key},
        )  # fmt: skip
    if answer.status_code == 409 and answer.json()["code"] == "price_changed":
        quoted = answer.json()["details"]["quote"]["total"]
        return _statements(made, lines, quoted, f"{key}+")
    if answer.status_code != 201:
        raise SystemExit(f"{answer.status_code}: {answer.content.decode()[:500]}")
    return [row["sql"] for row in seen.captured_queries if not row["sql"].startswith(CONTROL)]


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    world.furnish()
    made = world.build(promotions=0)
    table: dict[str, int] = {}
    kinds: dict[str, int] = {}
    there = 0
    for promotions in (0, 10, 100):
        if promotions:
            world.build(skus=1, promotions=promotions - there, prefix=f"MORE{promotions}")
            there = promotions
        _statements(made, 1, "0", f"warm-{promotions}")
        for lines in (1, 3, 30):
            found = _statements(made, lines, "0", f"{promotions}-{lines}")
            table[f"{lines} lines, {promotions} promotions"] = len(found)
            if (lines, promotions) == (3, 10):
                for sql in found:
                    kinds[sql.split(None, 1)[0]] = kinds.get(sql.split(None, 1)[0], 0) + 1
                for sql in found:
                    print("   ", " ".join(sql.split())[:150])
    print(f"statements to place: {table} (first: <= 18, constant)")
    return {"statements": table, "kinds_3_lines_10_promotions": kinds}
