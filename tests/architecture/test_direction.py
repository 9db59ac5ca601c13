"""Imports and relations point down: kernel < inventory < campaigns < orders < analytics, and inside an app towards the rules.

An import linter sees only imports; a relation given as text, or a migration's dependency, would slip through.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.trees import APPS, LAYERS, SKIN, Module, keyword, literal, product, report, sample, under

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField", "GenericRelation"}
STATE_AND_DEEDS = frozenset({"models", "operations", "queries"})
MAY_NOT_IMPORT = {
    # What is stored and decided is worded for each reader, later.
    "operations": SKIN | {"words"},
    "queries": SKIN | {"words"},
    "models": SKIN | {"operations", "queries", "words"},
    # What mails, files and pages say in common.
    "words": SKIN | {"operations"},
    # A worker needs no page.
    "tasks": frozenset({"admin", "api", "views"}),
}


def imports_upward(module: Module) -> Iterator[str]:
    """Of ours, a layer imports itself and the layers below: no app above, no settings module, no Celery app, no tests."""
    if module.unit not in LAYERS:
        return
    allowed = LAYERS[: LAYERS.index(module.unit) + 1]
    for line, name in module.imports:
        ours = name.split(".")[0] in {"config", "tests", *APPS}
        if ours and not any(under(name, layer) for layer in allowed):
            yield module.at(line, f"{module.unit} imports {name}")


def relates_upward(module: Module) -> Iterator[str]:
    """No relation, model look-up or migration dependency names, as text, an app above."""
    if module.unit not in LAYERS:
        return
    above = set(LAYERS[LAYERS.index(module.unit) + 1 :])
    for line, text in _named_models(module.tree):
        if text.split(".")[0].lower() in above:
            yield module.at(line, f'{module.unit} names "{text}"')


def imports_an_app(module: Module) -> Iterator[str]:
    """The project package outside the kernel names apps as text only."""
    if module.unit != "config":
        return
    for line, name in module.imports:
        if name.split(".")[0] in APPS:
            yield module.at(line, f"config imports {name}")


def imports_outward(module: Module) -> Iterator[str]:
    """State knows no deeds, deeds know no skin, rules know neither state nor deeds."""
    if module.unit not in APPS:
        return
    forbidden = STATE_AND_DEEDS | SKIN if module.is_rule else MAY_NOT_IMPORT.get(module.kind, frozenset())
    for line, name in module.imports:
        layer = next((layer for layer in LAYERS if under(name, layer)), name)
        if name.removeprefix(layer).strip(".").split(".")[0] in forbidden:
            yield module.at(line, f"{'a rule' if module.is_rule else module.kind} imports {name}")


def _named_models(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named = [keyword(node, word) for word in ("to", "through", "app_label")]
            if called in RELATIONS | {"get_model", "get_registered_model", "get_app_config", "get_by_natural_key"}:
                named += node.args[:1]
            bases = keyword(node, "bases")
            named += bases.elts if isinstance(bases, ast.Tuple) else []
            yield from ((each.lineno, text) for each in named if each is not None and (text := literal(each)))
        elif isinstance(node, ast.Assign) and {getattr(target, "id", "") for target in node.targets} & {
            "dependencies",
            "run_before",
        }:
            pairs = [pair for pair in ast.walk(node.value) if isinstance(pair, ast.Tuple) and pair.elts]
            yield from ((pair.lineno, text) for pair in pairs if (text := literal(pair.elts[0])))


def test_no_layer_imports_a_layer_above() -> None:
    assert report(imports_upward, product()) == ""


def test_no_relation_names_a_layer_above() -> None:
    assert report(relates_upward, product()) == ""


def test_the_project_package_names_apps_as_text() -> None:
    assert report(imports_an_app, product()) == ""


def test_inside_an_app_nothing_imports_outward() -> None:
    assert report(imports_outward, product()) == ""


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("inventory/models/stock.py", "import orders.models"),
        ("inventory/models/stock.py", "from orders.models import Order"),
        ("inventory/models/stock.py", "def f():\n    from orders import models"),
        ("inventory/models/stock.py", "if TYPE_CHECKING:\n    from campaigns.models import Customer"),
        ("inventory/models/stock.py", "importlib.import_module('analytics.extract')"),
        ("inventory/models/stock.py", "import_module('..orders', package='inventory.models')\nimport config.settings"),
        ("inventory/tasks.py", "from config.celery import app"),
        ("orders/operations/placing.py", "from tests.builders import a_variant"),
        ("campaigns/queries/offers.py", "from ...orders import models"),
        ("config/kernel/jobs.py", "from inventory import tasks"),
        ("config/kernel/jobs.py", "from config import celery"),
        ("config/kernel/jobs.py", "from ..local import servers"),
    ],
)
def test_an_upward_import_is_reported(path: str, source: str) -> None:
    assert report(imports_upward, [sample(path, source)])


def test_an_import_of_a_layer_below_is_fine() -> None:
    source = """
        from decimal import Decimal
        from config.kernel import outbox
        from inventory.operations import reservations
        from . import events
        from ..lifecycle import may
        import ordersystem
    """
    assert report(imports_upward, [sample("orders/operations/placing.py", source)]) == ""


@pytest.mark.parametrize(
    "source",
    [
        'order = models.ForeignKey("orders.Order", models.CASCADE)',
        'order = OneToOneField(to="orders.order", on_delete=CASCADE)',
        'orders = models.ManyToManyField("inventory.Variant", through="orders.OrderLine")',
        'Order = apps.get_model("orders", "Order")',
        'Order = apps.get_model("analytics.DailySales")',
        'ContentType.objects.get(app_label="orders", model="order")',
        'class Migration:\n    dependencies = [("inventory", "0001_initial"), ("orders", "0001_initial")]',
        'class Migration:\n    run_before = [("campaigns", "0001_initial")]',
        'migrations.CreateModel(name="Line", bases=("orders.orderline",))',
    ],
)
def test_an_upward_relation_given_as_text_is_reported(source: str) -> None:
    assert report(relates_upward, [sample("inventory/models/reservation.py", source)])


def test_a_relation_to_a_layer_below_is_fine() -> None:
    source = """
        variant = models.ForeignKey("inventory.Variant", models.PROTECT)
        document_kind = models.CharField(default="orders.order")
        dependencies = [("inventory", "0001_initial")]
    """
    assert report(relates_upward, [sample("campaigns/models/coupon.py", source)]) == ""


@pytest.mark.parametrize("path", ["config/urls.py", "config/celery.py", "config/local/__main__.py"])
def test_an_app_imported_by_the_project_package_is_reported(path: str) -> None:
    assert report(imports_an_app, [sample(path, "from orders.tasks import sweep")])
    assert not report(imports_an_app, [sample(path, 'include("orders.urls")')])


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("orders/operations/placing.py", "from orders.tasks import send_confirmation"),
        ("orders/operations/placing.py", "from inventory.api.serializers import Level"),
        ("orders/operations/placing.py", "from config.kernel.admin import ReadOnly"),
        ("orders/queries/worklists.py", "from ..admin import order"),
        ("orders/models/order.py", "from orders.operations import placing"),
        ("orders/models/order.py", "from ..queries import worklists"),
        ("orders/lifecycle.py", "from .models import Order"),
        ("campaigns/pricing/engine.py", "from campaigns.queries import offers"),
        ("analytics/tasks.py", "from analytics.admin import incidents"),
        ("analytics/words/mails.py", "from analytics.operations import notices"),
        ("analytics/operations/notices.py", "from analytics.words import mails"),
    ],
)
def test_an_outward_import_inside_an_app_is_reported(path: str, source: str) -> None:
    assert report(imports_outward, [sample(path, source)])


def test_the_skin_may_import_operations_and_operations_may_import_rules() -> None:
    assert not report(imports_outward, [sample("orders/admin/order.py", "from orders.operations import placing")])
    assert not report(imports_outward, [sample("orders/operations/placing.py", "from orders import lifecycle, models")])
