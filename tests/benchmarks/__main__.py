"""`python -m tests.benchmarks NAME...`: runs benchmarks against durable servers of their own, all of them without a name.

Each prints a table and one line of JSON; what the figures mean stands in the README beside its `run.py`.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from config.local.place import fleeting
from config.local.services import started

HERE = Path(__file__).parent
NAMES = sorted(path.parent.name for path in HERE.glob("*/run.py"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it runs, not how fast")
    parser.add_argument("--here", action="store_true", help="in this process")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
    if chosen.here:
        for name in chosen.names:
            one(name, quick=chosen.quick)
        return 0
    for name in chosen.names or NAMES:
        # A process each: a benchmark must not find the last one's connections, caches or memory.
        command = [sys.executable, "-m", "tests.benchmarks", name, "--here", *(["--quick"] if chosen.quick else [])]
        status = subprocess.call(command)
        if status:
            return 1
    return 0


def one(name: str, *, quick: bool) -> None:
    with fleeting() as place, started(place, durable=True) as services:
        os.environ.update(
            services.environment(owner=True) | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings", "LOG_LEVEL": "WARNING"}
        )
        import django

        django.setup()
        run = importlib.import_module(f"tests.benchmarks.{name}.run")
        from tests.benchmarks.stage import machine

        before = machine()
        print(f"\n== {name} ==  {json.dumps(before)}", flush=True)
        figures = run.run(services, quick=quick)
        print(json.dumps({"benchmark": name, "machine": before, "load_after": machine()["load"], **figures}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
