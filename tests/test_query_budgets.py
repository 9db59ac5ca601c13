"""How many SQL statements each page and each operation takes, held to the numbers in `query_budgets.json`.

Every GET of the back-office is asked as an owner, every operation of the API by an integration, first where there is one of
everything and then where there are many. The numbers are what an answer costs in all: finding the session or the token counts,
transaction control does not. Neither do answers that are kept for a moment (whether the parts of the shop are up), nor what a
process asks for once (content types): both are asked for before counting.

    RECORD_QUERY_BUDGETS=1 pytest tests/test_query_budgets.py

writes the file anew, where everything costs the same for one as for many.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.template import Template
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from config.kernel import clock, health, tokens
from config.kernel.models import TokenScope
from tests.budgets import commands, pages
from tests.budgets.world import NOW, World
from tests.config.kernel.test_admin import a_client, a_staff_member

FILE = Path(__file__).with_name("query_budgets.json")
BUDGETS: dict[str, int] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
RECORDING = bool(os.environ.get("RECORD_QUERY_BUDGETS"))
ONE, MANY, ROUNDS = 1, 10, 2
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
AGAIN = "Record anew: RECORD_QUERY_BUDGETS=1 pytest tests/test_query_budgets.py"


@dataclass
class Cost:
    """The statements of one answer, where there is one of everything and where there are many; or why there is none."""

    one: list[str] = field(default_factory=list)
    many: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    trouble: str = ""


@dataclass(frozen=True)
class Caller:
    """An owner in the back-office, an integration at the API. What a call changes is taken back."""

    owner: Client
    integration: Client

    def read(self, name: str, address: str) -> tuple[int, list[str]]:
        client = self.integration if name.startswith("GET ") else self.owner
        with transaction.atomic():
            asked = self._counted(lambda: client.get(address))
            transaction.set_rollback(True)
        return asked

    def send(self, name: str, world: World, size: int) -> tuple[int, list[str]]:
        method = name.partition(" ")[0].lower()
        with transaction.atomic():
            sent = commands.COMMANDS[name](world, size)
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


def _ask_everything(caller: Caller, world: World, schema: dict[str, Any], costs: dict[str, Cost], when: str) -> None:
    def note(name: str, ask: Callable[[], tuple[int, list[str]]]) -> None:
        cost = costs.setdefault(name, Cost())
        try:
            status, statements = ask()
        except Exception as error:
            cost.trouble = f"with {when}: {error!r}"
            return
        setattr(cost, when, statements)
        if status // 100 == 2:
            cost.answered.append(when)
        elif name in commands.COMMANDS:
            cost.trouble = f"with {when}: answered {status}"

    for name, address in (pages.of_the_admin(world) | pages.of_the_api(world, schema)).items():
        if when == "many" and name in costs and not (costs[name].answered or costs[name].trouble):
            continue  # It refused an owner before.
        note(name, lambda name=name, address=address: caller.read(name, address))
    for name in commands.COMMANDS:
        note(name, lambda name=name: caller.send(name, world, world.size))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    published: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return published


@pytest.fixture(scope="module")
def costs(
    django_db_setup: None, django_db_blocker: Any, schema: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Cost]]:
    """What everything costs that answers with a page or a thing done."""
    found: dict[str, Cost] = {}
    media = str(tmp_path_factory.mktemp("media"))
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        patch.setattr(clock, "now", lambda: NOW)
        # Copies of what each template was given are of no use here, and take a tenth of the time.
        patch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))
        patch.setattr(health, "report", lambda *, at, kept=health.report(at=NOW): kept)
        with transaction.atomic():
            ContentType.objects.get_for_models(*admin.site._registry)
            token = tokens.issue(account="budgets", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=NOW)
            caller = Caller(a_client(a_staff_member("owner")), Client(headers={"authorization": f"Token {token}"}))
            world = World(NOW)
            world.furnish(ONE)
            _ask_everything(caller, world, schema, found, "one")
            for _ in range(ROUNDS):
                world.furnish(ONE)
            world.furnish(MANY)
            _ask_everything(caller, world, schema, found, "many")
            transaction.set_rollback(True)
    # An address that answers neither time refuses an owner, or leads elsewhere: no page.
    yield {name: cost for name, cost in found.items() if cost.answered or cost.trouble}


def _alike(statement: str) -> str:
    """A statement without the values in it."""
    plain = re.sub(r"'(?:[^']|'')*'", "?", statement)
    plain = re.sub(r"\b\d+(\.\d+)?\b", "?", plain)
    return re.sub(r"\(\?(, ?\?)*\)", "(?)", plain)


def _told(statements: Counter[str]) -> str:
    return "\n".join(f"  {times} x {statement[:400]}" for statement, times in statements.most_common())


def growth(cost: Cost) -> str:
    """What is asked more often where there is more; empty where nothing is."""
    one, many = (Counter(map(_alike, statements)) for statements in (cost.one, cost.many))
    if len(cost.one) == len(cost.many):
        return ""
    return (
        f"{len(cost.one)} statements where there is one of everything, {len(cost.many)} where there are many.\n"
        f"More often with many:\n{_told(many - one)}\nMore often with one:\n{_told(one - many)}"
    )


def objection(cost: Cost, budget: int) -> str:
    """Why a cost does not fit its budget; empty where it does."""
    if cost.trouble:
        return cost.trouble
    if len(set(cost.answered)) == 1:
        return f"answers only with {cost.answered[0]} of everything"
    if grown := growth(cost):
        return grown
    taken = len(cost.many)
    if taken > budget:
        return f"{taken} statements, {taken - budget} more than the budget of {budget}:\n{_told(Counter(map(_alike, cost.many)))}"
    if taken < budget:
        return f"{taken} statements, less than the budget of {budget}. {AGAIN}"
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
    missing = {name: growth(cost) or cost.trouble or len(cost.many) for name, cost in costs.items() if name not in BUDGETS}
    assert not missing, f"Without a budget: {missing}. {AGAIN}"


def _record(costs: dict[str, Cost]) -> None:
    unfit = {name: told for name, cost in sorted(costs.items()) if (told := objection(cost, len(cost.many)))}
    assert not unfit, "Nothing was recorded:\n" + "\n".join(f"{name}: {told}" for name, told in unfit.items())
    FILE.write_text(json.dumps({name: len(cost.many) for name, cost in sorted(costs.items())}, indent=2) + "\n", "utf-8")


def test_every_writing_operation_of_the_schema_is_tried(schema: dict[str, Any]) -> None:
    assert {name.partition("?")[0] for name in commands.COMMANDS} == pages.entries(schema)


def test_a_statement_for_each_row_is_named_with_how_often_it_came() -> None:
    told = growth(Cost(["SELECT a WHERE id = 1"], [f"SELECT a WHERE id = {number}" for number in range(12)]))

    assert "1 statements where there is one of everything, 12 where there are many" in told
    assert "11 x SELECT a WHERE id = ?" in told


def test_more_than_the_budget_is_refused_and_less_asks_to_be_recorded() -> None:
    cost = Cost(["SELECT 1", "SELECT 2"], ["SELECT 1", "SELECT 2"], answered=["one", "many"])

    assert objection(cost, 2) == ""
    assert "1 more than the budget of 1:\n  2 x SELECT ?" in objection(cost, 1)
    assert "RECORD_QUERY_BUDGETS" in objection(cost, 3)
