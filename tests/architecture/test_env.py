"""What the environment may say is read in one place, once each, and explained in `.env.example`."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.architecture.trees import ROOT, Module, literal, report, sample, shop, under

SETTINGS = "config/settings.py"
VARIABLE = re.compile(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=")


def variables_read(settings: Module) -> list[str]:
    """Names handed to django-environ; "?" stands for a name that is not written out."""
    reads = [call for call, name in settings.calls if name == "env" or (under(name, "env") and name != "env.read_env")]
    return [literal(call.args[0] if call.args else None) or "?" for call in reads]


def variables_explained(example: str) -> tuple[set[str], set[str]]:
    """All variables of an example file, and those without a sentence on the line above."""
    lines = example.splitlines()
    named = [(found[1], before) for before, line in zip(["", *lines], lines, strict=False) if (found := VARIABLE.match(line))]
    bare = {name for name, before in named if not before.startswith("#") or VARIABLE.match(before)}
    return {name for name, _ in named}, bare


def reads_the_environment(module: Module) -> Iterator[str]:
    """Only the settings know the environment; naming the settings module is the one default a door may set."""
    if module.path != SETTINGS:
        for line, name in module.imports:
            if under(name, "environ"):
                yield module.at(line, "django-environ is for the settings")
    doors = {id(call.func.value) for call, name in module.calls if name == "os.environ.setdefault" and _names_settings(call)}
    aliases = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    for node, name in _reads(module):
        if name in aliases and id(node) not in doors:
            yield module.at(node.lineno, f"reads {name}; take a setting instead")


def _names_settings(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and literal(call.args[0] if call.args else None) == "DJANGO_SETTINGS_MODULE"


def _reads(module: Module) -> Iterator[tuple[ast.AST, str]]:
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.Name | ast.Attribute))
    loads = (node for node in nodes if isinstance(node.ctx, ast.Load))
    yield from zip(loads, (name for _, name in module.names), strict=True)


def _settings() -> Module:
    return next(module for module in shop() if module.path == SETTINGS)


def test_every_variable_is_read_once_by_its_name() -> None:
    assert [name for name, times in Counter(variables_read(_settings())).items() if times > 1 or name == "?"] == []


def test_the_example_explains_exactly_the_variables_that_are_read() -> None:
    explained, bare = variables_explained((ROOT / ".env.example").read_text("utf-8"))
    assert sorted(explained) == sorted(variables_read(_settings()))
    assert bare == set()


def test_only_the_settings_read_the_environment() -> None:
    assert report(reads_the_environment, shop()) == ""


def test_variables_are_found_whatever_their_type() -> None:
    source = """
        env = environ.Env()
        env.read_env(BASE_DIR / ".env")
        A = env("A")
        B = env.bool("B", default=False)
        C = timedelta(seconds=env.float("C", default=0))
        D = env.db_url("A")
        E = env.str(name)
    """
    assert sorted(variables_read(sample(SETTINGS, source))) == ["?", "A", "A", "B", "C"]


def test_a_variable_without_a_sentence_is_reported() -> None:
    example = "# The database.\nDATABASE_URL=\n# Off in the shop.\n# DEBUG=on\n\nREDIS_URL=\nSHOP_NAME=\n"
    assert variables_explained(example) == ({"DATABASE_URL", "DEBUG", "REDIS_URL", "SHOP_NAME"}, {"REDIS_URL", "SHOP_NAME"})


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['SHOP_NAME']",
        "import os\nos.environ.get('SHOP_NAME')",
        "from os import getenv\ngetenv('SHOP_NAME')",
        "from os import environ as surroundings\nsurroundings['SHOP_NAME']",
        "import os\nos.environ.setdefault('SHOP_NAME', 'x')",
        "import environ",
    ],
)
def test_reading_the_environment_elsewhere_is_reported(source: str) -> None:
    assert report(reads_the_environment, [sample("orders/tasks.py", source)])


def test_naming_the_settings_module_is_fine() -> None:
    source = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')"
    assert report(reads_the_environment, [sample("manage.py", source)]) == ""
