"""Finds and parses the product's files for the house rules.

A rule is a function from one `Module` to the lines it objects to. `report` runs a rule over many modules; `sample` makes a
module from a snippet, so that each rule is also shown an offender it has to catch.
"""

import ast
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
APPS = ("inventory", "campaigns", "orders", "analytics")
LAYERS = ("config.kernel", *APPS)  # bottom to top
LABELS = ("kernel", *APPS)

# Pure functions: no database, no settings, no clock, no input or output. A new rule module is added here.
RULES = (
    "config/kernel/money.py",
    "config/kernel/business_time.py",
    "config/kernel/exporting.py",
    "config/kernel/errors.py",  # refusals are raised by rules too
    "*/pricing/*.py",
    "*/sourcing.py",
    "*/replenishment.py",  # the one at an app's root; the operation of that name lies one folder deeper
    "*/lifecycle.py",
    "inventory/order_days.py",
    "inventory/lots.py",
    "inventory/classing.py",
    "inventory/sharing.py",
    "inventory/risk.py",
    "analytics/closing.py",
    "analytics/behaviour/*.py",
    "analytics/rhythm/*.py",
    "analytics/figures.py",
    "analytics/projection.py",
    "analytics/metrics/values.py",
    "analytics/drawing.py",
    "orders/exploding.py",
    "orders/importing/values.py",
    "orders/importing/accounting.py",
    "orders/importing/matching.py",
    "orders/importing/opening.py",
    "orders/importing/books.py",
    "orders/importing/gathering.py",
    "orders/importing/own_orders.py",
    "orders/importing/online_retail.py",
    "orders/importing/olist.py",
    "analytics/forecasting/*.py",
    "analytics/simulation/*.py",
    "inventory/counting.py",
    "inventory/ageing.py",
    "inventory/projecting.py",
    "inventory/stocking/*.py",
    "inventory/balancing/*.py",
    "analytics/expecting.py",
    "analytics/aiming.py",
    "analytics/scoring.py",
    "analytics/survival.py",
    "analytics/cohorts.py",
    "analytics/changes.py",
    "analytics/comparing.py",
    "analytics/anomalies/*.py",
    "config/kernel/catalogue.py",
    "*/columns.py",
    "inventory/costing.py",
    "inventory/scoring.py",
    "analytics/reading/*.py",
)
SKIN = frozenset({"admin", "api", "views", "tasks", "subscribers"})


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is relative to the project and uses slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def package(self) -> str:
        return ".".join(self.path.split("/")[:-1])

    @cached_property
    def unit(self) -> str:
        """The layer it belongs to, "config" for the rest of the project package, else an empty text."""
        if self.path.startswith("config/kernel/"):
            return "config.kernel"
        first = self.path.split("/")[0]
        return first if first in {"config", *APPS} else ""

    @cached_property
    def kind(self) -> str:
        """The first word below the unit: `operations` for orders/operations/placing.py, `views` for orders/views.py."""
        below = self.path.split("/")[self.unit.count(".") + 1 :] if self.unit else [self.path]
        return below[0].removesuffix(".py")

    @property
    def is_rule(self) -> bool:
        return any(matches(self.path, pattern) for pattern in RULES)

    @property
    def is_skin(self) -> bool:
        return self.kind in SKIN or (self.kind == "management" and "/commands/" in self.path)

    @property
    def is_migration(self) -> bool:
        return self.kind == "migrations" and not self.path.endswith("/__init__.py")

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and full dotted name of everything imported: absolute, relative, anywhere, or through a literal name."""
        return list(_imports(self))

    @cached_property
    def names(self) -> list[tuple[int, str]]:
        """Line and full dotted name of everything read, with imported names spelled out."""
        aliases = _aliases(self)
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.append((node.lineno, _dotted(node, aliases)))
        return found

    @cached_property
    def calls(self) -> list[tuple[ast.Call, str]]:
        """Every call with the full dotted name of what is called; "?" stands for a nameless part."""
        aliases = _aliases(self)
        return [(node, _dotted(node.func, aliases)) for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    def at(self, line: int, words: str) -> str:
        return f"{self.path}:{line}: {words}"


Rule = Callable[[Module], Iterable[str]]


@cache
def product() -> tuple[Module, ...]:
    """Every Python file that ships: the apps, the project package and manage.py, without tests."""
    folders = ("config", *APPS)
    files = [ROOT / "manage.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]
    return tuple(Module(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files)


def shop() -> list[Module]:
    """The product without the launcher, which starts servers and is no part of the shop."""
    return [module for module in product() if not module.path.startswith("config/local/")]


def sample(path: str, source: str) -> Module:
    return Module(path, dedent(source).lstrip("\n"))


def report(rule: Rule, modules: Iterable[Module]) -> str:
    """Everything a rule objects to, one line each; empty where the house is in order."""
    return "\n".join(line for module in modules for line in rule(module))


def matches(path: str, pattern: str) -> bool:
    """Glob by whole path: `*` stays within a folder, `**` crosses folders."""
    parts = (re.escape(part) if part not in {"*", "**"} else {"*": "[^/]*", "**": ".*"}[part] for part in _pieces(pattern))
    return re.fullmatch("".join(parts), path) is not None


def under(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def environment(settings: str) -> dict[str, str]:
    """This process's environment for a started Django; what the settings insist on is filled in where it is unset."""
    needed = {"SECRET_KEY": "architecture", "DATABASE_URL": "postgres://nobody@/nothing", "REDIS_URL": "redis://localhost"}
    return {**needed, **os.environ, "DJANGO_SETTINGS_MODULE": settings}


def _pieces(pattern: str) -> list[str]:
    return re.findall(r"\*\*|\*|[^*]+", pattern)


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(module.package, node.module or "", node.level)
            for name in node.names:
                yield node.lineno, source if name.name == "*" else f"{source}.{name.name}"
        elif isinstance(node, ast.Call) and _dotted(node.func, {}).split(".")[-1] in {
            "import_module",
            "import_string",
            "__import__",
        }:
            text = literal(node.args[0] if node.args else keyword(node, "name"))
            if text is not None:
                dots = len(text) - len(text.lstrip("."))
                package = literal(node.args[1] if len(node.args) > 1 else keyword(node, "package"))
                yield node.lineno, _absolute(package or module.package, text[dots:], dots)


def _absolute(package: str, name: str, level: int) -> str:
    if not level:
        return name
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def _aliases(module: Module) -> dict[str, str]:
    known = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(module.package, node.module or "", node.level)
            for name in node.names:
                known[name.asname or name.name] = f"{source}.{name.name}"
    return known


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases)}.{node.attr}"
    return "?"
