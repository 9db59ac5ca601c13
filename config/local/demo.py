"""The demo: every process of the shop as one foreground group, from an empty folder to a page that can be looked at."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from types import FrameType
from urllib.parse import quote

from . import first_order, tables
from .place import PROJECT, LocalError, Place, lasting
from .process import Child
from .services import Services, started

PYTHON = sys.executable
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the demo to end."""


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not break off the orderly stop that the first one began.
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    raise Stopped


def _first_port() -> int:
    wanted = os.environ.get("PORT", "8000")
    if not wanted.isdecimal() or not 0 < int(wanted) < 65_436:
        raise LocalError(f"PORT is {wanted!r}; it must be a number from 1 to 65435.")
    return int(wanted)


def free_port(first: int) -> int:
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LocalError(f"No free port from {first} to {first + 99}.")


def manage(services: Services, *arguments: str, owner: bool = False, feed: str = "") -> str:
    """The standard output of one `manage.py` command; its refusal ends the demo with its own words."""
    done = subprocess.run(
        [PYTHON, "manage.py", *arguments],
        cwd=PROJECT,
        env=services.environment(owner=owner),
        input=feed,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _answer(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  loopback, built above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def shop_processes(services: Services, place: Place, port: int, *, web_processes: int = 2, **more: str) -> list[Child]:
    """Starts web, worker and beat; `more` is added to their environment."""
    environment = services.environment() | more

    def child(name: str, *command: str, **extra: str) -> Child:
        return Child(name, command, log=place.logs / f"{name}.log", environment=environment | extra, folder=PROJECT)

    celery = (PYTHON, "-m", "celery", "-A", "config")
    return [
        child(
            "web", PYTHON, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(web_processes), "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
            "config.wsgi:application", DATABASE_POOL_SIZE="4",
        ),
        child(
            "worker", *celery, "worker", "--concurrency", "2", "--queues", "default,slow", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle",
        ),
        child("beat", *celery, "beat", "--loglevel", "INFO", "--pidfile", ""),
    ]  # fmt: skip


def stop_all(children: list[Child]) -> None:
    """Asks all at once, so that the slowest alone sets the time."""
    for child in children:
        if child.alive:
            child.process.send_signal(child.stop_signal)
    for child in reversed(children):
        child.stop()


def wait_until_ready(children: list[Child], url: str, *, seconds: float = 60) -> None:
    """Ready means: pages answer, migrations are in, and a task has gone through Redis and a worker."""

    def ready() -> bool:
        check_alive(children)
        return _answer(f"{url}/readyz") == 200

    children[0].wait_until(ready, seconds=seconds)


def check_alive(children: list[Child]) -> None:
    """Raises with the last words of the first child that has ended by itself."""
    for child in children:
        if not child.alive:
            raise LocalError(f"{child.name} ended by itself.\n{child.last_words()}")


def _access(services: Services, place: Place) -> tuple[str, list[str], str]:
    """The staff password, the logins and the storefront token, the same at each start."""
    password = place.secret("staff_password", strength=9)
    known = place.remembered().get("storefront_token", "")
    made = json.loads(manage(services, "demo_access", feed=json.dumps({"password": password, "token": known})))
    place.remember(storefront_token=made["token"])
    return password, made["logins"], made["token"]


def _watch(children: list[Child]) -> None:
    while True:
        check_alive(children)
        time.sleep(0.5)


def run() -> None:
    began = time.monotonic()
    place = lasting()
    with place.claimed() as alone:
        if not alone:
            raise LocalError(f"The demo is already running at {place.remembered().get('url', 'another terminal')}.")
        tables.require_current(place)
        for name in SIGNALS:
            signal.signal(name, _stop)
        children: list[Child] = []
        try:
            print("Starting PostgreSQL and Redis ...", flush=True)
            with started(place, durable=True) as services:
                print("Preparing the database ...", flush=True)
                manage(services, "prepare", "--app-role", services.app_role, owner=True)
                tables.remember(place)
                place.remember(prepared="yes")
                password, logins, token = _access(services, place)
                _fill(services, place)
                print("Starting web, worker and beat ...", flush=True)
                port = free_port(_first_port())
                url = f"http://127.0.0.1:{port}"
                place.remember(url=url)
                try:
                    # Mails go to a folder, where the link that a supplier confirms by can be tried.
                    mails = place.root / "mails"
                    children = shop_processes(services, place, port, SHOP_URL=url, EMAIL_URL=f"filemail:///{quote(str(mails))}")
                    wait_until_ready(children, url)
                    tries = first_order.commands(url, token)
                    _greet(url, password, logins, token, tries, place, time.monotonic() - began)
                    _watch(services.children + children)
                finally:
                    stop_all(children)
        except Stopped:
            print("\nStopped. `make demo` goes on where this left off; `make demo-reset` starts over.")


def _fill(services: Services, place: Place) -> None:
    """Puts a year of life into an empty shop, once. A shop that has a life of its own keeps it."""
    filled = place.remembered().get("filled")
    if filled:
        age = (datetime.now(UTC) - datetime.fromisoformat(filled)).days
        if age:
            print(f"The year in this shop ended {age} days ago; `make demo-reset` opens one that ends now.", flush=True)
        return
    print("Filling the shop with a year of orders; only the first start does this ...", flush=True)
    try:
        manage(services, "seed_demo", "--scale", "medium")
        manage(services, "seed_kit_order")
        manage(services, "seed_regions")
        manage(services, "seed_events")
        manage(services, "rebuild_analytics")
        manage(services, "seed_alerts")
        manage(services, "forecast_demand", "--weeks", "4")
        manage(services, "seed_simulation")
        manage(services, "seed_targets")
    except LocalError as refusal:
        print(f"The shop stays as it is. {refusal}", flush=True)
        return
    place.remember(filled=datetime.now(UTC).isoformat())


def _greet(
    url: str, password: str, logins: list[str], token: str, tries: list[str], place: Place, seconds: float
) -> None:  # fmt: skip
    told = "".join(f"\n  {line}\n" for line in tries)
    if told:
        told = f"\n  Try a quote and an order:\n{told}"
    print(
        f"""
  The shop is open (after {seconds:.0f} seconds).

  Back-office   {url}/admin/
  API           {url}/api/v1/docs/

  Staff         {", ".join(logins)}
  Password      {password}   (one for all of them)
  API token     Authorization: Token {token}
{told}
  Mails         {place.root / "mails"}   (none is sent; each is a file)
  Logs          {place.logs}
  Ctrl-C stops everything.
""",
        flush=True,
    )


def reset() -> None:
    place = lasting()
    with place.claimed() as alone:
        if not alone:
            raise LocalError("The demo is running; stop it first (Ctrl-C in its terminal).")
        for path in place.root.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    if os.environ.get("DATABASE_URL"):
        print("The launcher's own files are gone; the database in DATABASE_URL is yours and stays as it is.")
    else:
        print("The demo shop is gone; `make demo` opens a new one.")


def manage_demo(arguments: list[str]) -> int:
    """Runs one `manage.py` command on the demo's data, whether the demo is running or not."""
    place = lasting()
    if "prepared" not in place.remembered():
        raise LocalError("There is no demo shop yet; `make demo` opens one.")
    with place.claimed() as alone:
        services = Services(place, durable=True)
        try:
            if alone:
                services.start()
            return subprocess.call([PYTHON, "manage.py", *arguments], cwd=PROJECT, env=services.environment(owner=True))
        finally:
            if alone:
                services.stop()
