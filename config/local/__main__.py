"""`python -m config.local COMMAND`: what the Makefile calls."""

import argparse
import subprocess
import sys

from . import browser, demo
from .place import LocalError, fleeting
from .services import started


def _run_with_services(command: list[str], *, durable: bool) -> int:
    with fleeting() as place, started(place, durable=durable) as services:
        return subprocess.call(command, env=services.environment(owner=True))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="start the demo shop and stay in the foreground")
    commands.add_parser("demo-reset", help="throw the demo shop's data away")
    commands.add_parser("browser", help="find Chromium, or install it")
    manage = commands.add_parser("manage", help="run manage.py on the demo shop's data")
    manage.add_argument("arguments", nargs=argparse.REMAINDER)
    run = commands.add_parser("run", help="run a command beside fresh servers that are thrown away after it")
    run.add_argument("--durable", action="store_true", help="flush to disk as production does (benchmarks, kill tests)")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()

    try:
        if chosen.command == "demo":
            demo.run()
        elif chosen.command == "demo-reset":
            demo.reset()
        elif chosen.command == "browser":
            print(browser.found_or_installed())
        elif chosen.command == "manage":
            return demo.manage_demo(chosen.arguments)
        else:
            arguments = chosen.arguments[1:] if chosen.arguments[:1] == ["--"] else chosen.arguments
            return _run_with_services(arguments, durable=chosen.durable)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
