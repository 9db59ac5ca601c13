"""Callers of the API, one for each kind of token."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.kernel import clock, tokens
from config.kernel.models import TokenScope

Scope = TokenScope.Scope


class Caller(APIClient):
    """Sends JSON, and with each POST a key of its own unless one is given."""

    keys = 0

    def send(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        Caller.keys += 1
        return self.post(f"/api/v1{path}", body or {}, format="json", HTTP_IDEMPOTENCY_KEY=key or f"key-{Caller.keys}")

    def read(self, path: str, **query: Any) -> Any:
        return self.get(f"/api/v1{path}", query)


MakeCaller = Callable[..., Caller]


@pytest.fixture
def caller(db: None) -> MakeCaller:
    def make(*scopes: Scope) -> Caller:
        account = "-".join(("test", *(scope.lower() for scope in scopes)))
        token = tokens.issue(account=account, scopes=scopes, actor=None, at=clock.now())
        return Caller(HTTP_AUTHORIZATION=f"Token {token}", raise_request_exception=True)

    return make


@pytest.fixture
def storefront(caller: MakeCaller) -> Caller:
    return caller(Scope.STOREFRONT)


@pytest.fixture
def integration(caller: MakeCaller) -> Caller:
    return caller(Scope.INTEGRATION)


@pytest.fixture
def reader(caller: MakeCaller) -> Caller:
    return caller(Scope.READ_ONLY)
