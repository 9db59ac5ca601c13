"""Rules are pure functions: the same values in, the same values out; no database, settings, clock or outside world."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.architecture.trees import APPS, ROOT, RULES, Module, matches, product, report, sample, under

# Parts of the standard library that reach out of the function: files, network, processes, threads, clocks, chance, logs.
WORLD = {
    *("asyncio", "concurrent", "multiprocessing", "subprocess", "threading", "signal"),
    *("ftplib", "http", "select", "smtplib", "socket", "socketserver", "ssl", "urllib"),
    *("glob", "io", "logging", "pathlib", "shutil", "sqlite3", "tempfile"),
    *("getpass", "os", "platform", "secrets", "sys", "time", "uuid"),
}
WORLD_CALLS = frozenset({"open", "print", "input", "eval", "exec", "compile", "breakpoint", "globals", "__import__"})
CLOCK_CALLS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
SEEDED = frozenset({"random.Random", "numpy.random.default_rng"})
# Values that live in a module which also reaches out.
CALM = frozenset({"uuid.UUID"})
# Where whole assortments are counted at once.
NUMBERS = frozenset({"numpy", "scipy", "lightgbm"})
NUMERIC = ("analytics/forecasting/", "analytics/simulation/", "inventory/balancing/")
# Texts that are put into a language where they are shown: to a definition they are values.
WORDS = frozenset({"django.utils.translation.gettext_lazy", "django.utils.translation.pgettext_lazy"})


def imports_more_than_rules(module: Module) -> Iterator[str]:
    """A rule imports the calm part of the standard library and other rules; numeric ones also arrays."""
    for line, name in module.imports:
        root = name.split(".")[0]
        if root in {"config", "tests", *APPS}:
            fine = _names_a_rule(name)
        elif root in NUMBERS:
            fine = module.path.startswith(NUMERIC)
        elif name in WORDS:
            fine = module.path.startswith("analytics/metrics/")
        else:
            fine = name in CALM or (root in sys.stdlib_module_names and root not in WORLD)
        if not fine:
            yield module.at(line, f"a rule imports {name}")


def touches_the_world(module: Module) -> Iterator[str]:
    """A rule reads no clock, file or screen, and draws no number without a seed."""
    for call, name in module.calls:
        chance = name.startswith(("random.", "numpy.random."))
        seeded = name in SEEDED and bool(call.args or call.keywords)
        if name in WORLD_CALLS or name.endswith(CLOCK_CALLS) or (chance and not seeded):
            yield module.at(call.lineno, f"a rule calls {name}")


def imports_numbers_elsewhere(module: Module) -> Iterator[str]:
    if module.path.startswith(NUMERIC):
        return
    for line, name in module.imports:
        if any(under(name, library) for library in NUMBERS):
            yield module.at(line, f"{name} belongs to {', '.join(NUMERIC)}")


def strictly_typed(files: Sequence[str], folder: Path) -> str:
    """What strict mypy says about these files alone; empty where it is content."""
    # Without the project's own configuration: pure code needs no plug-in, hence no settings and no database.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "--no-error-summary"]
    done = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def _names_a_rule(name: str) -> bool:
    """Whether a dotted name is a rule module, a package of them, or something within one."""
    parts = name.split(".")
    stems = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return any(matches(f"{stem}{end}", pattern) for stem in stems for end in (".py", "/__init__.py") for pattern in RULES)


def _rules() -> list[Module]:
    return [module for module in product() if module.is_rule]


def test_rules_import_only_rules_and_the_calm_standard_library() -> None:
    assert report(imports_more_than_rules, _rules()) == ""


def test_rules_touch_no_clock_file_screen_or_chance() -> None:
    assert report(touches_the_world, _rules()) == ""


def test_arrays_stay_in_the_numeric_rules() -> None:
    assert report(imports_numbers_elsewhere, product()) == ""


def test_rules_pass_strict_mypy() -> None:
    files = [module.path for module in _rules()]
    if not files:
        pytest.skip("no rule module exists yet")
    assert strictly_typed(files, ROOT) == ""


def test_a_rule_is_told_from_an_operation_of_the_same_name() -> None:
    assert sample("inventory/replenishment.py", "").is_rule
    assert sample("campaigns/pricing/engine.py", "").is_rule
    assert not sample("inventory/operations/replenishment.py", "").is_rule
    assert not sample("orders/numbering.py", "").is_rule


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import models",
        "from django.conf import settings",
        "import rest_framework",
        "from celery import shared_task",
        "import requests",
        "import uuid",
        "from uuid import uuid4",
        "import socket",
        "from os import environ",
        "import numpy as np",
        "from campaigns.models import Promotion",
        "from ..queries import offers",
        "from config.kernel import outbox",
        "def late():\n    from campaigns import models",
    ],
)
def test_a_rule_that_imports_more_is_reported(source: str) -> None:
    assert report(imports_more_than_rules, [sample("campaigns/pricing/engine.py", source)])


def test_a_rule_may_import_rules_and_numbers() -> None:
    source = """
        import random
        from dataclasses import dataclass
        from decimal import Decimal
        from campaigns.pricing import values
        from config.kernel.money import Money
        from .values import Basket
    """
    assert report(imports_more_than_rules, [sample("campaigns/pricing/engine.py", source)]) == ""
    assert report(imports_more_than_rules, [sample("analytics/forecasting/methods.py", "import numpy as np")]) == ""


@pytest.mark.parametrize(
    "source",
    [
        "open('prices.csv')",
        "print('quoted')",
        "from datetime import datetime as moment\nmoment.now()",
        "import datetime\ndatetime.date.today()",
        "import random\nrandom.random()",
        "import random\nrandom.Random()",
        "from random import choice\nchoice([1, 2])",
        "import numpy as np\nnp.random.default_rng()",
        "import numpy as np\nnp.random.normal(0, 1)",
    ],
)
def test_a_rule_that_touches_the_world_is_reported(source: str) -> None:
    assert report(touches_the_world, [sample("analytics/forecasting/methods.py", source)])


def test_a_seeded_generator_is_fine() -> None:
    source = "import random\nimport numpy as np\nrandom.Random(7).random()\nnp.random.default_rng(seed=7).normal()"
    assert report(touches_the_world, [sample("analytics/forecasting/methods.py", source)]) == ""


def test_arrays_elsewhere_are_reported() -> None:
    assert report(imports_numbers_elsewhere, [sample("orders/views.py", "def page():\n    from numpy import mean")])


def test_an_untyped_rule_is_reported(tmp_path: Path) -> None:
    (tmp_path / "sourcing.py").write_text("def plan(lines):\n    return lines\n", "utf-8")
    assert "untyped" in strictly_typed(["sourcing.py"], tmp_path)
