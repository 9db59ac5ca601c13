"""Every operation of the published API, called with generated input by every kind of token: nothing undocumented comes back.

No server error, no status or shape that the schema does not tell, and no success without a token.
"""

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="needs the packages of `make prove`")

from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks as conformance

from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from inventory.models import Variant
from orders.models import Order, Return
from tests import builders, live

pytestmark = pytest.mark.prove

CHECKS = [
    schemathesis.checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]
TOKENS: dict[str, str] = {}
KNOWN: dict[str, list[str]] = {}
DICE = random.Random(7)  # noqa: S311


@pytest.fixture(scope="module")
def api(shop: live.Shop, django_db_blocker: Any) -> Any:
    """The schema of the running shop, which holds a few rows that generated requests can find."""
    with django_db_blocker.unblock():
        at = clock.now()
        warehouse = builders.a_warehouse("main")
        for _ in range(5):
            builders.a_stocked_variant(1000, warehouse)
        builders.a_customer(external_id="known-customer")
        builders.a_promotion(at)
        for scope in TokenScope.Scope:
            TOKENS[scope] = tokens.issue(account=f"fuzz-{scope.lower()}", scopes=[scope], actor=None, at=at)
        KNOWN["sku"] = list(Variant.objects.values_list("sku", flat=True))
    return schemathesis.openapi.from_url(f"{shop.url}/api/v1/schema/?format=json")


def _refresh(django_db_blocker: Any) -> None:
    """Numbers of documents that earlier requests have made."""
    with django_db_blocker.unblock():
        KNOWN["number"] = list(Order.objects.order_by("-id").values_list("number", flat=True)[:20])
        KNOWN["return_number"] = list(Return.objects.order_by("-id").values_list("number", flat=True)[:20])


def _sometimes_known(case: Any) -> None:
    """Puts in what exists, half of the time: input that is always unknown only ever tests the look-up."""
    for name in list(case.path_parameters or {}):
        if KNOWN.get(name) and DICE.random() < 0.7:
            case.path_parameters[name] = DICE.choice(KNOWN[name])
    body = case.body if isinstance(case.body, dict) else {}
    for line in body.get("lines") or []:
        if isinstance(line, dict) and "sku" in line and DICE.random() < 0.8:
            line["sku"] = DICE.choice(KNOWN["sku"])
            if isinstance(line.get("quantity"), int) and line["quantity"] > 0:
                line["quantity"] = line["quantity"] % 5 + 1


def _each_operation(api: Any, check: Callable[[Any], None], examples: int) -> int:
    """Runs `check` on generated calls of every operation; fails with one finding for each operation that does wrong."""
    findings, seen = [], 0
    for found in api.get_all_operations():
        operation = found.ok()
        run = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)(
            given(case=operation.as_strategy())(check)
        )
        seen += 1
        try:
            run()
        except BaseExceptionGroup as many:
            findings.append(f"{operation.label}: {[str(one)[:600] for one in many.exceptions]}")
        except AssertionError as one:
            findings.append(f"{operation.label}: {str(one)[:1500]}")
    assert not findings, "\n\n".join(findings)
    return seen


@pytest.mark.parametrize("scope", [str(scope) for scope in TokenScope.Scope])
def test_nothing_undocumented_comes_back(api: Any, scope: str, django_db_blocker: Any) -> None:
    def check(case: Any) -> None:
        _refresh(django_db_blocker)
        _sometimes_known(case)
        headers = {"Authorization": f"Token {TOKENS[scope]}"}
        if DICE.random() < 0.9:
            headers["Idempotency-Key"] = str(uuid.UUID(int=DICE.getrandbits(128)))
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    assert _each_operation(api, check, examples=60) > 0


def test_nothing_succeeds_without_a_token(api: Any) -> None:
    def check(case: Any) -> None:
        if not case.operation.definition.raw.get("security"):
            return
        response = case.call(headers={"Idempotency-Key": str(uuid.UUID(int=DICE.getrandbits(128)))})
        assert not 200 <= response.status_code < 300, f"{response.status_code} without a token"
        forged = case.call(headers={"Authorization": "Token " + "0" * 64})
        assert not 200 <= forged.status_code < 300, f"{forged.status_code} with a forged token"

    assert _each_operation(api, check, examples=10) > 0
