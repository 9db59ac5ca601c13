"""The repository holds what it should: a known top level, no trace of one machine, lock files for any index, a light start."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.trees import APPS, ROOT, Module, environment, product, report, sample

FOLDERS = frozenset({"config", *APPS, "templates", "tests", "docs", "locale", "requirements"})
FILES = frozenset({"manage.py", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml"})
CONTAINERS = frozenset({"compose.yaml", "Containerfile"})
MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home/[a-z]+)/")
INDEX = re.compile(r"://|^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b")
HEAVY = ("numpy", "scipy", "pandas", "openpyxl")


def strangers(files: Iterable[str]) -> set[str]:
    """What lies at the top level and has no place there."""
    tops = {(path.split("/")[0], "/" in path) for path in files}
    return {top for top, folder in tops if not top.startswith(".") and top not in (FOLDERS if folder else FILES | CONTAINERS)}


def lines_matching(pattern: re.Pattern[str], path: str, text: str) -> list[str]:
    return [f"{path}:{number}: {line.strip()}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def runs_text(module: Module) -> Iterator[str]:
    """Text is never run as code."""
    for call, name in module.calls:
        if name in {"eval", "exec", "compile"}:
            yield module.at(call.lineno, f"calls {name}")


def loaded(names: Iterable[str], after: str) -> list[str]:
    """Which of these modules a fresh process holds after running a statement."""
    script = f"{after}\nimport sys\nprint(*[name for name in {list(names)!r} if name in sys.modules])"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment("config.settings"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # A checkout may belong to another user than the one who runs the tests.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def test_the_top_level_holds_only_what_belongs_there(tracked: list[str]) -> None:
    assert strangers(tracked) == set()


def test_no_file_knows_the_machine_it_was_written_on(tracked: list[str]) -> None:
    found = []
    for path in tracked:
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found += lines_matching(MACHINE_PATH, path, content.decode("utf-8", "replace"))
    assert found == []


def test_lock_files_name_no_index() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert locks
    assert [line for lock in locks for line in lines_matching(INDEX, lock.name, lock.read_text("utf-8"))] == []


def test_no_text_is_run_as_code() -> None:
    assert report(runs_text, product()) == ""


def test_a_started_process_carries_no_heavy_library() -> None:
    assert loaded(HEAVY, after="import django; django.setup()") == []


def test_a_stranger_at_the_top_level_is_reported() -> None:
    known = {"manage.py", "orders/models/order.py", ".ci/run", ".gitignore", "Containerfile"}
    assert strangers(known) == set()
    assert strangers(known | {"common/money.py", "notes.txt", "orders.py", "README.md/x"}) == {
        "common",
        "notes.txt",
        "orders.py",
        "README.md",
    }


@pytest.mark.parametrize("folder", ["work", "farm", "root", "home/clerk"])
def test_a_path_of_one_machine_is_reported(folder: str) -> None:
    # Put together here, so that this file does not hold what it forbids.
    assert lines_matching(MACHINE_PATH, "README.md", f"cd /{folder}/shop")
    assert not lines_matching(MACHINE_PATH, "README.md", f"https://shop.example/{folder}/shop and docs/{folder}/shop")


@pytest.mark.parametrize(
    "line",
    ["--index-url https://mirror.example/simple", "-i mirror", "django @ https://mirror.example/d.whl", "--find-links w"],
)
def test_an_index_in_a_lock_file_is_reported(line: str) -> None:
    assert lines_matching(INDEX, "base.txt", line)
    assert not lines_matching(INDEX, "base.txt", "httpx==1.0 \\\n    --hash=sha256:00")


def test_text_run_as_code_is_reported() -> None:
    assert report(runs_text, [sample("orders/views.py", "eval(request.GET['q'])")])
    assert not report(runs_text, [sample("orders/views.py", "import re\nre.compile('x')")])


def test_a_heavy_library_would_be_seen() -> None:
    assert loaded(["decimal", "numpy"], after="import decimal") == ["decimal"]
