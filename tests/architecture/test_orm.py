"""Who may write, lock and enqueue: operations write and lock, queries only read, the skin does neither."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.trees import Module, keyword, matches, report, sample, shop

WRITES = {
    *("save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("asave", "acreate", "aupdate", "adelete"),
}
ENQUEUES = {"delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "send_task"}
MAY_LOCK = ("config/kernel/**", "*/locking.py", "*/operations/**")


def writes_in_a_query(module: Module) -> Iterator[str]:
    """A query reads. (A dict is merged with `|`, so that `.update(` always means a table.)"""
    if module.kind == "queries":
        for call, name in _methods(module):
            if name in WRITES:
                yield module.at(call.lineno, f"a query calls .{name}()")


def transaction_in_the_skin(module: Module) -> Iterator[str]:
    """Operations own transactions and locks; the skin makes one call."""
    if not module.is_skin:
        return
    for line, name in [*module.imports, *module.names]:
        if name.endswith("transaction.atomic"):
            yield module.at(line, "a transaction in the skin; make it one operation")
    for call, name in _methods(module):
        if name == "select_for_update":
            yield module.at(call.lineno, "a lock in the skin; make it one operation")


def locks_too_much_or_elsewhere(module: Module) -> Iterator[str]:
    """A lock leaves foreign keys alone (no_key), or a comment that names no_key says why it cannot; and it has its places."""
    for call, name in _methods(module):
        if name != "select_for_update":
            continue
        explained = any("no_key" in words for words in _comments_about(module, call))
        wanted = keyword(call, "no_key")
        if not (isinstance(wanted, ast.Constant) and wanted.value is True) and not explained:
            yield module.at(call.lineno, "lock with no_key=True, or say in a comment why no_key is not enough")
        if not any(matches(module.path, place) for place in MAY_LOCK):
            yield module.at(call.lineno, f"locks outside {', '.join(MAY_LOCK)}")


def refuses_to_nest(module: Module) -> Iterator[str]:
    """Operations nest, so no transaction insists on being the outermost."""
    for call, _ in module.calls:
        wanted = keyword(call, "durable")
        if wanted is not None and not (isinstance(wanted, ast.Constant) and wanted.value is False):
            yield module.at(call.lineno, "durable=True; operations nest")


def enqueues_below_the_skin(module: Module) -> Iterator[str]:
    """What must follow an operation goes through the outbox; tasks are started by the skin."""
    if module.kind in {"operations", "queries", "models"} or module.is_rule:
        for call, name in _methods(module):
            if name in ENQUEUES:
                yield module.at(call.lineno, f"calls .{name}(); record an event instead")


def _methods(module: Module) -> Iterator[tuple[ast.Call, str]]:
    for call, _ in module.calls:
        if isinstance(call.func, ast.Attribute):
            yield call, call.func.attr


def _comments_about(module: Module, call: ast.Call) -> list[str]:
    """Comments within the statement up to the end of the call, and the block of them right above it."""
    lines = module.text.splitlines()
    around = (node for node in ast.walk(module.tree) if isinstance(node, ast.stmt) and node.lineno <= call.lineno)
    start = max(node.lineno for node in around if (node.end_lineno or node.lineno) >= call.lineno) - 1
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return [line.partition("#")[2] for line in lines[start : call.end_lineno]]


def test_queries_only_read() -> None:
    assert report(writes_in_a_query, shop()) == ""


def test_the_skin_opens_no_transaction_and_takes_no_lock() -> None:
    assert report(transaction_in_the_skin, shop()) == ""


def test_locks_are_narrow_and_lie_where_locks_belong() -> None:
    assert report(locks_too_much_or_elsewhere, shop()) == ""


def test_no_transaction_refuses_to_nest() -> None:
    assert report(refuses_to_nest, shop()) == ""


def test_nothing_below_the_skin_enqueues() -> None:
    assert report(enqueues_below_the_skin, shop()) == ""


@pytest.mark.parametrize("call", ["order.save()", "Order.objects.create(number=1)", "lines.filter(x=1).update(state='PAID')"])
def test_a_write_in_a_query_is_reported(call: str) -> None:
    assert report(writes_in_a_query, [sample("orders/queries/worklists.py", call)])
    assert not report(writes_in_a_query, [sample("orders/operations/placing.py", call)])


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import transaction\nwith transaction.atomic():\n    pass",
        "from django.db.transaction import atomic\n@atomic\ndef page(request): ...",
        "Order.objects.select_for_update(no_key=True).get()",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        *("orders/admin/order.py", "orders/api/views.py", "orders/views.py", "orders/tasks.py"),
        "orders/management/commands/seed_demo.py",
    ],
)
def test_a_transaction_or_lock_in_the_skin_is_reported(path: str, source: str) -> None:
    assert report(transaction_in_the_skin, [sample(path, source)])


def test_after_commit_is_fine_in_the_skin() -> None:
    source = "from django.db import transaction\ntransaction.on_commit(ring)"
    assert report(transaction_in_the_skin, [sample("orders/views.py", source)]) == ""


def test_a_wide_lock_is_reported_unless_it_says_why() -> None:
    path = "orders/operations/placing.py"
    assert report(locks_too_much_or_elsewhere, [sample(path, "Order.objects.select_for_update().get()")])
    assert report(locks_too_much_or_elsewhere, [sample(path, "Order.objects.select_for_update(no_key=False).get()")])
    assert not report(locks_too_much_or_elsewhere, [sample(path, "Order.objects.select_for_update(no_key=True).get()")])
    explained = """
        # The row is deleted below, so no_key is not enough:
        # nobody may point at it meanwhile.
        order = (
            Order.objects
            .select_for_update()
            .get()
        )
    """
    assert not report(locks_too_much_or_elsewhere, [sample(path, explained)])


def test_a_lock_outside_its_places_is_reported() -> None:
    source = "Level.objects.select_for_update(no_key=True)"
    for path in ("inventory/queries/availability.py", "inventory/models/stock.py", "inventory/sourcing.py"):
        assert report(locks_too_much_or_elsewhere, [sample(path, source)])
    for path in ("inventory/locking.py", "inventory/operations/stock.py", "config/kernel/outbox.py"):
        assert not report(locks_too_much_or_elsewhere, [sample(path, source)])


def test_a_transaction_that_refuses_to_nest_is_reported() -> None:
    assert report(refuses_to_nest, [sample("config/kernel/outbox.py", "with transaction.atomic(durable=True):\n    pass")])
    assert not report(refuses_to_nest, [sample("config/kernel/outbox.py", "with transaction.atomic():\n    pass")])


@pytest.mark.parametrize("call", ["confirm.delay(order_id=1)", "confirm.apply_async()", "confirm.delay_on_commit(order_id=1)"])
def test_enqueuing_below_the_skin_is_reported(call: str) -> None:
    for path in (
        "orders/operations/placing.py",
        "orders/queries/worklists.py",
        "orders/models/order.py",
        "orders/lifecycle.py",
    ):
        assert report(enqueues_below_the_skin, [sample(path, call)])
    assert not report(enqueues_below_the_skin, [sample("orders/views.py", call)])
