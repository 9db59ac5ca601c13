"""Migrations are named by hand, can be taken back, stand on their own and do not lock a table that is in use."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from tests.architecture.trees import LABELS, ROOT, Module, environment, keyword, literal, product, report, sample, under

REVERSES = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}
LIVE_CODE_ALLOWED = ("config.kernel.fields",)  # a column's type, which a migration has to name


def named_by_machine(module: Module) -> Iterator[str]:
    name = module.path.split("/")[-1].removesuffix(".py")
    if not re.fullmatch(r"\d{4}_[a-z][a-z0-9_]*", name) or re.match(r"\d{4}_auto_", name):
        yield f"{module.path}: name it NNNN_what_it_does"


def cannot_be_taken_back(module: Module) -> Iterator[str]:
    """Hand-written steps name their reverse, or the file says in IRREVERSIBLE_BECAUSE why there is none."""
    if any(_constant(node, "IRREVERSIBLE_BECAUSE") for node in module.tree.body):
        return
    for call, name in module.calls:
        reverse = REVERSES.get(name.split(".")[-1])
        if reverse is None:
            continue
        given = call.args[1] if len(call.args) > 1 else keyword(call, reverse)
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            yield module.at(call.lineno, f"give {reverse}, or say why not in IRREVERSIBLE_BECAUSE")


def imports_live_code(module: Module) -> Iterator[str]:
    """Today's code is not the code that a migration was written for."""
    for line, name in module.imports:
        known = name.split(".")[0] in {"django", *sys.stdlib_module_names}
        if not known and not any(under(name, allowed) for allowed in LIVE_CODE_ALLOWED):
            yield module.at(line, f"a migration imports {name}")


def locks_a_table_to_index_it(module: Module) -> Iterator[str]:
    """An index on a table that already holds rows is built beside the traffic, which PostgreSQL does outside a transaction."""
    migration = next((node for node in module.tree.body if isinstance(node, ast.ClassDef)), None)
    settings = {} if migration is None else {_target(node): _value(node) for node in migration.body}
    created = {
        (literal(keyword(call, "name")) or "").lower() for call, name in module.calls if name.split(".")[-1] == "CreateModel"
    }
    for call, name in module.calls:
        model = (literal(call.args[0] if call.args else keyword(call, "model_name")) or "").lower()
        if name.endswith("AddIndex") and model not in created and settings.get("initial") is not True:
            yield module.at(call.lineno, f"index {model} with AddIndexConcurrently, in a migration of its own")
        if name.endswith("AddIndexConcurrently") and settings.get("atomic") is not False:
            yield module.at(call.lineno, "AddIndexConcurrently needs atomic = False")


def left_behind(schema: list[str]) -> list[str]:
    """What still bears one of our names in a schema that should hold none of our tables, and any function at all."""
    ours = tuple(f"{label}_" for label in LABELS)
    return [thing for thing in schema if thing.startswith("function ") or thing.split()[1].startswith(ours)]


def _target(node: ast.stmt) -> str:
    return getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""


def _value(node: ast.stmt) -> object:
    return node.value.value if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) else None


def _constant(node: ast.stmt, name: str) -> bool:
    value = _value(node)
    return _target(node) == name and isinstance(value, str) and bool(value.strip())


def _migrations() -> list[Module]:
    return [module for module in product() if module.is_migration]


def test_migrations_are_named_by_hand() -> None:
    assert report(named_by_machine, _migrations()) == ""


def test_hand_written_steps_can_be_taken_back_or_say_why_not() -> None:
    assert report(cannot_be_taken_back, _migrations()) == ""


def test_migrations_import_no_live_code() -> None:
    assert report(imports_live_code, _migrations()) == ""


def test_an_index_on_a_table_in_use_is_built_concurrently() -> None:
    assert report(locks_a_table_to_index_it, _migrations()) == ""


@pytest.mark.parametrize("name", ["0002_auto_20260101_1200", "2_add_state", "0002", "0002_Add-State"])
def test_a_name_made_by_machine_is_reported(name: str) -> None:
    assert report(named_by_machine, [sample(f"orders/migrations/{name}.py", "")])


@pytest.mark.parametrize("name", ["0001_initial", "0002_order_numbers", "0003_autofill_totals"])
def test_a_name_made_by_hand_is_fine(name: str) -> None:
    assert report(named_by_machine, [sample(f"orders/migrations/{name}.py", "")]) == ""


@pytest.mark.parametrize(
    "step",
    [
        "migrations.RunPython(fill)",
        "RunPython(code=fill, reverse_code=None)",
        "migrations.RunSQL('CREATE SEQUENCE order_number')",
        "migrations.RunSQL(sql='CREATE SEQUENCE order_number')",
    ],
)
def test_a_step_without_reverse_is_reported_unless_it_says_why(step: str) -> None:
    path = "orders/migrations/0002_fill.py"
    assert report(cannot_be_taken_back, [sample(path, step)])
    assert report(cannot_be_taken_back, [sample(path, f'IRREVERSIBLE_BECAUSE = ""\n{step}')])
    assert not report(cannot_be_taken_back, [sample(path, f'IRREVERSIBLE_BECAUSE = "the old column is gone"\n{step}')])


@pytest.mark.parametrize(
    "step",
    [
        "migrations.RunPython(fill, migrations.RunPython.noop)",
        "migrations.RunPython(fill, reverse_code=empty)",
        "migrations.RunSQL('CREATE SEQUENCE n', 'DROP SEQUENCE n')",
        "migrations.RunSQL(sql='CREATE SEQUENCE n', reverse_sql='DROP SEQUENCE n')",
    ],
)
def test_a_step_with_reverse_is_fine(step: str) -> None:
    assert report(cannot_be_taken_back, [sample("orders/migrations/0002_fill.py", step)]) == ""


@pytest.mark.parametrize(
    "source", ["from orders.models import Order", "from .. import lifecycle", "import config.kernel.money"]
)
def test_live_code_in_a_migration_is_reported(source: str) -> None:
    assert report(imports_live_code, [sample("orders/migrations/0002_fill.py", source)])


def test_django_and_the_money_column_are_fine_in_a_migration() -> None:
    source = "import uuid\nimport django.db.models.deletion\nimport config.kernel.fields\nfrom django.db import migrations"
    assert report(imports_live_code, [sample("orders/migrations/0002_fill.py", source)]) == ""


def test_a_locking_index_is_reported() -> None:
    path = "orders/migrations/0002_index.py"
    plain = """
        class Migration(migrations.Migration):
            operations = [migrations.AddIndex(model_name="order", index=models.Index(fields=["state"], name="by_state"))]
    """
    inside_a_transaction = """
        class Migration(migrations.Migration):
            operations = [AddIndexConcurrently("order", models.Index(fields=["state"], name="by_state"))]
    """
    assert report(locks_a_table_to_index_it, [sample(path, plain)])
    assert report(locks_a_table_to_index_it, [sample(path, inside_a_transaction)])


def test_a_concurrent_index_and_one_on_a_new_table_are_fine() -> None:
    concurrent = """
        class Migration(migrations.Migration):
            atomic = False
            operations = [AddIndexConcurrently("order", models.Index(fields=["state"], name="by_state"))]
    """
    on_a_new_table = """
        class Migration(migrations.Migration):
            operations = [
                migrations.CreateModel(name="Order", fields=[]),
                migrations.AddIndex(model_name="order", index=models.Index(fields=["state"], name="by_state")),
            ]
    """
    for source in (concurrent, on_a_new_table):
        assert report(locks_a_table_to_index_it, [sample("orders/migrations/0002_index.py", source)]) == ""


@pytest.mark.django_db
def test_the_database_lags_behind_no_model() -> None:
    from django.core.management import call_command

    # Our labels only: a package that forgot a migration of its own is not ours to repair.
    call_command("makemigrations", *LABELS, check_changes=True, dry_run=True, verbosity=1)


@pytest.mark.django_db
def test_a_model_without_migration_would_be_seen_on_the_database(settings) -> None:
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {"analytics": "nowhere"}
    with pytest.raises(SystemExit):
        call_command("makemigrations", "analytics", check_changes=True, dry_run=True, verbosity=0)


def test_something_left_behind_is_reported() -> None:
    left = ["relation orders_order r", "column inventory_variant.sku text NO", "function refuse_change "]
    assert left_behind(["relation django_migrations r", "relation authtoken r", *left]) == left


# All tables are made and taken away again: half a minute, which `make test` has better use for.
@pytest.mark.prove
def test_every_app_leaves_the_database_empty_when_taken_back() -> None:
    if "DATABASE_URL" not in os.environ:
        pytest.skip("needs a PostgreSQL server in DATABASE_URL")
    import psycopg

    server = os.environ["DATABASE_URL"]
    name = f"reversible_{uuid4().hex[:12]}"
    # A database of its own: taking tables away would pull the floor from under the other tests.
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        _migrate(url)
        before = _schema(url)
        # Every app stands on the kernel's staff, so that all of them go with it.
        _migrate(url, "kernel", "zero")
        left = left_behind(_schema(url))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    assert any("kernel_user" in thing for thing in before)
    assert left == []


def _migrate(url: str, *target: str) -> None:
    command = [sys.executable, "manage.py", "migrate", *target, "--no-input", "--verbosity=0"]
    settings = os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings")
    surroundings = {**environment(settings), "DATABASE_URL": url}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"migrate {' '.join(target)}: {done.stdout}{done.stderr}"


def _schema(url: str) -> list[str]:
    """Everything that migrations made: tables, columns, indexes, sequences, constraints, triggers and functions."""
    import psycopg

    statement = """
        SELECT 'relation ' || relname || ' ' || relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL
        SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT 'function ' || proname || ' ' || pg_get_function_identity_arguments(oid)
          FROM pg_proc WHERE pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')  -- an extension's own
        ORDER BY 1
    """
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(statement)]
