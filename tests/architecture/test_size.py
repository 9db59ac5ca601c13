"""Files stay readable and say what they hold; tests stay importable."""

from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.trees import LAYERS, ROOT, Module, product, report, sample

MOST_LINES = 600
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "core", "base", "manager", "managers"}


def too_long(module: Module) -> Iterator[str]:
    lines = len(module.text.splitlines())
    if lines > MOST_LINES and not module.is_migration:
        yield f"{module.path}: {lines} lines; split it before it grows beyond {MOST_LINES}"


def named_after_nothing(module: Module) -> Iterator[str]:
    """A file or folder is named after what it holds, in the trade's words."""
    for part in module.path.removesuffix(".py").split("/"):
        if part in EMPTY_NAMES:
            yield f'{module.path}: "{part}" says nothing about what it holds'


def folders_without_init(files: Iterable[str]) -> set[str]:
    """Folders on the way to a Python file that are no packages.

    Without the topmost one, `tests/inventory` would shadow the real `inventory`.
    """
    known = set(files)
    folders = {"/".join(parts[:depth]) for parts in (file.split("/") for file in known) for depth in range(1, len(parts))}
    return {folder for folder in folders if f"{folder}/__init__.py" not in known}


def test_the_walk_sees_every_layer() -> None:
    # Otherwise every rule here would be content with an empty house.
    assert set(LAYERS) <= {module.unit for module in product()}


def test_no_module_is_a_giant() -> None:
    assert report(too_long, product()) == ""


def test_no_module_has_an_empty_name() -> None:
    assert report(named_after_nothing, product()) == ""


def test_every_folder_of_tests_is_a_package() -> None:
    assert folders_without_init(file.relative_to(ROOT).as_posix() for file in (ROOT / "tests").rglob("*.py")) == set()


def test_a_giant_is_reported_unless_it_is_a_migration() -> None:
    assert report(too_long, [sample("orders/views.py", "pass\n" * 601)])
    assert not report(too_long, [sample("orders/views.py", "pass\n" * 600)])
    assert not report(too_long, [sample("orders/migrations/0001_initial.py", "pass\n" * 601)])


@pytest.mark.parametrize(
    "path", ["orders/utils.py", "orders/core/prices.py", "config/local/helpers.py", "orders/models/base.py"]
)
def test_an_empty_name_is_reported(path: str) -> None:
    assert report(named_after_nothing, [sample(path, "")])


def test_a_telling_name_is_fine() -> None:
    assert report(named_after_nothing, [sample("inventory/operations/based_on_score.py", "")]) == ""


def test_a_folder_of_tests_that_is_no_package_is_reported() -> None:
    assert folders_without_init({"tests/orders/test_placing.py", "tests/__init__.py"}) == {"tests/orders"}
    assert folders_without_init({"tests/orders/__init__.py", "tests/orders/test_placing.py"}) == {"tests"}
