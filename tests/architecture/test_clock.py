"""The moment is read once, in the skin, from the one clock, and passed on as `at`."""

from collections.abc import Iterator

import pytest

from tests.architecture.trees import Module, report, sample, shop, under

# `Now` is the database's clock: it would not follow CLOCK_OFFSET.
CLOCKS = (
    "timezone.now",
    "timezone.localdate",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "models.functions.Now",
)
THE_CLOCK = "config/kernel/clock.py"
# Kernel modules that are skin and operation in one file, and why they may read the moment themselves.
KERNEL_SKIN = {
    "config/kernel/authentication.py": "a token is valid or expired at the moment it is shown",
    "config/kernel/jobs.py": "wraps every background run: a run's own start and end are the moments it records",
    "config/kernel/throttling.py": "counts requests per minute as they arrive",
}


def reads_another_clock(module: Module) -> Iterator[str]:
    """Nobody but the one clock asks Django, Python or the database for the time."""
    if module.path == THE_CLOCK or module.is_migration:  # a migration repeats the defaults of Django's own user
        return
    for line, name in module.names:
        if name in CLOCKS or name.endswith(tuple(f".{clock}" for clock in CLOCKS)):
            yield module.at(line, f"reads {name}; the one clock is config.kernel.clock")


def reads_the_clock_below_the_skin(module: Module) -> Iterator[str]:
    """Operations, queries, models and rules are handed the moment."""
    commands = module.kind == "management" and "/commands/" in module.path
    if module.is_skin or commands or module.kind == "middleware" or module.path in KERNEL_SKIN:
        return
    for line, name in module.imports:
        if under(name, "config.kernel.clock"):
            yield module.at(line, "reads the clock below the skin; take `at` instead")


def test_only_one_module_asks_for_the_time() -> None:
    assert report(reads_another_clock, shop()) == ""


def test_only_the_skin_reads_the_clock() -> None:
    assert report(reads_the_clock_below_the_skin, shop()) == ""


def test_no_module_of_the_kernel_is_exempt_for_nothing() -> None:
    idle = [module.path for module in shop() if not any(under(name, "config.kernel.clock") for _, name in module.imports)]
    assert set(KERNEL_SKIN) & set(idle) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from django.utils import timezone\ntimezone.now()",
        "from django.utils.timezone import now\nnow()",
        "placed_at = models.DateTimeField(default=timezone.now)",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from django.db.models.functions import Now\nOrder.objects.filter(due_at__lt=Now())",
    ],
)
def test_another_clock_is_reported(source: str) -> None:
    assert report(reads_another_clock, [sample("orders/views.py", source)])


def test_durations_and_the_one_clock_are_fine() -> None:
    source = "from datetime import datetime, time\nimport time as timer\ntimer.monotonic()\ntime(9)\ndatetime.max"
    assert report(reads_another_clock, [sample("orders/views.py", source)]) == ""
    assert report(reads_another_clock, [sample(THE_CLOCK, "from django.utils import timezone\ntimezone.now()")]) == ""


@pytest.mark.parametrize("source", ["from config.kernel import clock", "from config.kernel.clock import now"])
@pytest.mark.parametrize("path", ["orders/operations/placing.py", "orders/models/order.py", "config/kernel/money.py"])
def test_the_clock_below_the_skin_is_reported(path: str, source: str) -> None:
    assert report(reads_the_clock_below_the_skin, [sample(path, source)])


@pytest.mark.parametrize(
    "path", ["orders/api/views.py", "orders/tasks.py", "orders/management/commands/seed_demo.py", "config/kernel/middleware.py"]
)
def test_the_skin_may_read_the_clock(path: str) -> None:
    assert report(reads_the_clock_below_the_skin, [sample(path, "from config.kernel import clock")]) == ""
