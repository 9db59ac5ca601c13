"""After a test that may have moved stock or money the promises of the shop are recounted, as `manage.py check_invariants` does.

A test that breaks one on purpose says so and why: `@pytest.mark.breaks_promises("the lock is taken away")`.

What a check asks the database is learned once, and asked after each test in one call for all checks. A check of which anything
comes back is run itself, and its word counts. A test in which every promise holds, as nearly all do, so pays few milliseconds.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from psycopg import ClientCursor

from config.kernel import invariants
from config.kernel.invariants import Check

# Sweeps do not run between the lines of a test: before all of it, nothing counts as forgotten by them.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EVERY = frozenset({"inventory", "campaigns", "orders", "analytics"})
# Whose promises, by folder of tests. A lower app's test knows nothing above it: it reserves for orders that do not exist. Those
# of analytics write orders and movements as rows, at whatever moment of the past a figure needs them. Those of e2e share one
# running shop, rows of the dashboard's tests included: the walk recounts what it added itself, and so do the long proofs.
WHOSE = {
    "inventory": frozenset({"inventory"}),
    "campaigns": frozenset({"inventory", "campaigns"}),
    "orders": EVERY,
    "analytics": frozenset({"analytics"}),
    "concurrency": EVERY,
}
_questions: dict[Check, list[tuple[str, Any]]] = {}


def learn() -> None:
    """Listens to what each check asks an empty database."""
    for _, check in invariants._checks:
        asked = _questions[check] = []

        def listen(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any, to: list[Any] = asked) -> Any:
            # Without parameters a percent sign stands for itself.
            to.append((sql.replace("%", "%%"), ()) if parameters is None else (sql, parameters))
            return execute(sql, parameters, *rest)

        with connection.execute_wrapper(listen):
            assert list(check(LONG_AGO)) == [], "the database is not empty"
    for folder in WHOSE:
        _write(folder)


def _checks(folder: str) -> list[Check]:
    return [check for check in _questions if check.__module__.split(".")[0] in WHOSE[folder]]


def _write(folder: str) -> None:
    """A function of the database that tells of which checks anything comes back; planned once in each session."""
    with connection.cursor() as cursor:
        writer = ClientCursor(cursor.connection)
        lines = [
            f"_answers := _answers || ({' OR '.join(f'EXISTS ({writer.mogrify(*asked)})' for asked in _questions[check])});"
            for check in _checks(folder)
        ]
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION recount_{folder}() RETURNS boolean[] LANGUAGE plpgsql AS $function$ "
            f"DECLARE _answers boolean[] := ARRAY[]::boolean[]; BEGIN {' '.join(lines)} RETURN _answers; END $function$"
        )


def is_due(item: pytest.Item, folder: str) -> bool:
    """Whether the test had a database, and has not said that it breaks a promise."""
    has_database = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(_fixtures(item))
    return folder in WHOSE and bool(has_database) and item.get_closest_marker("breaks_promises") is None


def _fixtures(item: pytest.Item) -> Iterable[str]:
    return getattr(item, "fixturenames", ())


def broken(folder: str) -> list[str]:
    """The promises that do not hold at the end of a test. What a failed statement has spoiled cannot be asked any more."""
    if connection.needs_rollback:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT recount_{folder}()")
        (told,) = cursor.fetchone()
    return [
        f"{one.invariant} {one.subject}: {one.detail}"
        for check, anything in zip(_checks(folder), told, strict=True)
        if anything
        for one in check(LONG_AGO)
    ]
