"""How many SQL statements each page and each operation takes, held to the numbers in `query_budgets.json`.

Every GET of the back-office is asked as an owner, every operation of the API by an integration, in a shop with many rows of
everything. What takes another number than the one written down is asked in a shop with one row of everything as well, and so
is all of the API: a statement for each row is named. Numbers are written down only if both shops take as many.

The numbers are what an answer costs in all: finding the session or the token counts, transaction control does not. Nor do
answers that are kept for a moment (whether the parts of the shop are up) and what a process asks for once (content types).

    RECORD_QUERY_BUDGETS=1 pytest tests/test_query_budgets.py

writes the file anew.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from config.kernel import clock, health, tokens
from config.kernel.models import TokenScope
from tests.budgets import commands, pages
from tests.budgets.world import NOW, World
from tests.config.kernel.pages import a_client, a_staff_member

# Also for its place in the run: before the tests that empty the database.
pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_budgets.json")
BUDGETS: dict[str, int] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
RECORDING = bool(os.environ.get("RECORD_QUERY_BUDGETS"))
ONE, MANY = 1, 8
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
AGAIN = "Record anew: RECORD_QUERY_BUDGETS=1 pytest tests/test_query_budgets.py"


@dataclass(frozen=True)
class Answer:
    """The statements it took; `trouble` says what went wrong."""

    statements: list[str]
    trouble: str = ""


@dataclass(frozen=True)
class Cost:
    """The answer in a shop with many rows of everything and, where it was asked for, in one with one row."""

    many: Answer
    one: Answer | None = None


@dataclass(frozen=True)
class Caller:
    """An owner in the back-office, an integration at the API. What a call changes is taken back."""

    owner: Client
    integration: Client

    def read(self, name: str, address: str) -> tuple[int, list[str]]:
        assert address, "no row shows this button: let tests/budgets/world.py make one that does"
        client = self.integration if name.startswith("GET ") else self.owner
        with transaction.atomic():
            asked = self._counted(lambda: client.get(address))
            transaction.set_rollback(True)
        return asked

    def send(self, name: str, world: World) -> tuple[int, list[str]]:
        method = name.partition(" ")[0].lower()
        with transaction.atomic():
            sent = commands.COMMANDS[name](world, world.size)
            send = getattr(self.integration, method)
            headers = {"idempotency-key": "key"}
            asked = self._counted(
                lambda: send(f"/api/v1{sent.address}", sent.body, content_type="application/json", headers=headers)
            )
            transaction.set_rollback(True)
        return asked

    @staticmethod
    def _counted(ask: Callable[[], Any]) -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as captured:
            answer = ask()
            if answer.streaming:
                list(answer.streaming_content)
        return answer.status_code, [one["sql"] for one in captured if not one["sql"].startswith(CONTROL)]


def _ask(caller: Caller, world: World, schema: dict[str, Any], wanted: Callable[[str], bool]) -> dict[str, Answer]:
    """What answers with a page or a thing done. An address that refuses an owner or leads elsewhere is no page."""
    calls: dict[str, Callable[[], tuple[int, list[str]]]] = {
        name: partial(caller.read, name, address)
        for name, address in (pages.of_the_admin(world) | pages.of_the_api(world, schema)).items()
    }
    calls |= {name: partial(caller.send, name, world) for name in commands.COMMANDS}
    found = {}
    for name, call in calls.items():
        if not wanted(name):
            continue
        try:
            status, statements = call()
        except Exception as error:
            found[name] = Answer([], f"with {world.size} of everything: {error!r}")
            continue
        if status // 100 == 2:
            found[name] = Answer(statements)
        elif name[0] != "/":
            found[name] = Answer([], f"with {world.size} of everything: answered {status}")
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    published: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return published


@pytest.fixture(scope="module")
def costs(
    django_db_setup: None, django_db_blocker: Any, schema: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Cost]:
    """What everything costs that answers with a page or a thing done."""

    def in_a_shop(size: int, wanted: Callable[[str], bool]) -> dict[str, Answer]:
        with transaction.atomic():
            token = tokens.issue(account="budgets", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=NOW)
            caller = Caller(a_client(a_staff_member("owner")), Client(headers={"authorization": f"Token {token}"}))
            found = _ask(caller, World(size, NOW), schema, wanted)
            transaction.set_rollback(True)
        return found

    def in_doubt(name: str) -> bool:
        return RECORDING or name[0] != "/" or (name in many and len(many[name].statements) != BUDGETS.get(name))

    media = str(tmp_path_factory.mktemp("media"))
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        patch.setattr(clock, "now", lambda: NOW)
        parts = health.report(at=NOW)
        patch.setattr(health, "report", lambda *, at: parts)
        ContentType.objects.get_for_models(*admin.site._registry)
        many = in_a_shop(MANY, lambda name: True)
        one = in_a_shop(ONE, in_doubt)
    return {name: Cost(answer, one.get(name)) for name, answer in many.items()} | {
        name: Cost(Answer([], "answers with one of everything, and not with many"), answer)
        for name, answer in one.items()
        if name not in many
    }


def _alike(statement: str) -> str:
    """A statement without the values in it."""
    plain = re.sub(r"'(?:[^']|'')*'", "?", statement)
    plain = re.sub(r"\b\d+(\.\d+)?\b", "?", plain)
    return re.sub(r"\(\?(, ?\?)*\)", "(?)", plain)


def _told(statements: Counter[str]) -> str:
    return "\n".join(f"  {times} x {statement[:400]}" for statement, times in statements.most_common())


def growth(cost: Cost) -> str:
    """What is asked more often where there is more; empty where nothing is."""
    if cost.one is None or len(cost.one.statements) == len(cost.many.statements):
        return ""
    one, many = (Counter(map(_alike, answer.statements)) for answer in (cost.one, cost.many))
    return (
        f"{one.total()} statements with one of everything, {many.total()} with many.\n"
        f"More often with many:\n{_told(many - one)}\nMore often with one:\n{_told(one - many)}"
    )


def objection(cost: Cost, budget: int) -> str:
    """Why a cost does not fit its budget; empty where it does."""
    trouble = cost.many.trouble or (cost.one.trouble if cost.one else "")
    if found := trouble or growth(cost):
        return found
    taken = Counter(map(_alike, cost.many.statements))
    if taken.total() > budget:
        return f"{taken.total()} statements, {taken.total() - budget} more than the budget of {budget}:\n{_told(taken)}"
    if taken.total() < budget:
        return f"{taken.total()} statements, less than the budget of {budget}. {AGAIN}"
    return ""


@pytest.mark.parametrize("name", [] if RECORDING else sorted(BUDGETS))
def test_it_costs_what_is_written_down(name: str, costs: dict[str, Cost]) -> None:
    assert name in costs, f"{name} is no more. {AGAIN}"
    told = objection(costs[name], BUDGETS[name])
    assert not told, f"{name}: {told}"


def test_everything_has_a_budget(costs: dict[str, Cost]) -> None:
    if RECORDING:
        _record(costs)
        return
    missing = [f"{name}: {objection(cost, 0)}" for name, cost in sorted(costs.items()) if name not in BUDGETS]
    assert not missing, "Without a budget:\n" + "\n".join(missing) + f"\n{AGAIN}"


def _record(costs: dict[str, Cost]) -> None:
    taken = {name: len(cost.many.statements) for name, cost in sorted(costs.items())}
    unfit = [f"{name}: {told}" for name, number in taken.items() if (told := objection(costs[name], number))]
    assert not unfit, "Nothing was written down:\n" + "\n".join(unfit)
    FILE.write_text(json.dumps(taken, indent=2) + "\n", "utf-8")


def test_every_writing_operation_of_the_schema_is_tried(schema: dict[str, Any]) -> None:
    assert {name.partition("?")[0] for name in commands.COMMANDS} == pages.entries(schema)


def test_a_statement_for_each_row_is_named_with_how_often_it_came() -> None:
    many = Answer([f"SELECT a WHERE id = {number}" for number in range(12)])
    told = growth(Cost(many, Answer(["SELECT a WHERE id = 1"])))

    assert "1 statements with one of everything, 12 with many" in told
    assert "11 x SELECT a WHERE id = ?" in told


def test_more_than_the_budget_is_refused_and_less_asks_to_be_recorded() -> None:
    cost = Cost(Answer(["SELECT 1", "SELECT 2"]))

    assert objection(cost, 2) == ""
    assert "1 more than the budget of 1:\n  2 x SELECT ?" in objection(cost, 1)
    assert "RECORD_QUERY_BUDGETS" in objection(cost, 3)
