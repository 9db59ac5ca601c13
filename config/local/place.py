"""Where embedded servers keep their data, their sockets and, for root, a copy of their binaries.

PostgreSQL refuses to run as root. Started by root, the servers therefore run as `nobody`, who may not be able to enter the
folder this checkout lies in: data and binaries then go to the system's lasting temporary folder.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
LASTING = Path("/var/tmp")  # noqa: S108  survives a reboot; ownership is checked before use
# The kernel takes 107 bytes for the path of a socket; the longest name in it is ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 88


class LocalError(Exception):
    """The embedded servers cannot start; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """Whom the servers run as, when that is not the present user."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Place:
    root: Path
    sockets: Path
    account: Account | None

    def folder(self, name: str) -> Path:
        """A closed folder that belongs to the servers' account."""
        path = self.root / name
        path.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            self.account.own(path)
        return path

    @property
    def logs(self) -> Path:
        path = self.root / "logs"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Whether this process alone may use the place; false while another demo runs here."""
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def remembered(self) -> dict[str, str]:
        """What this place remembers between runs: passwords, keys, the address of the running demo."""
        try:
            return dict(json.loads((self.root / "secrets.json").read_text()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as error:
            raise LocalError(f"{self.root / 'secrets.json'} is damaged; `make demo-reset` starts over.") from error

    def remember(self, **values: str) -> dict[str, str]:
        known = self.remembered() | values
        temporary = self.root / "secrets.json.new"
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(known, indent=1))
        temporary.replace(self.root / "secrets.json")
        return known

    def secret(self, name: str, *, strength: int = 48) -> str:
        """A random word of `strength` bytes, made at first use and the same ever after."""
        known = self.remembered()
        if name not in known:
            known = self.remember(**{name: secrets.token_urlsafe(strength)})
        return known[name]


def _servers_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _closed_folder(path: Path, mode: int) -> Path:
    """Makes a folder in a place open to all, and refuses one that somebody else has laid there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=mode)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise LocalError(f"{path} belongs to somebody else or is open to writing; remove it and try again.")
    path.chmod(mode)
    return path


def _sockets(root: Path, account: Account | None, name: str) -> Path:
    path = root / "run"
    if len(os.fsencode(path)) > LONGEST_SOCKET_FOLDER:
        path = _closed_folder(Path("/tmp") / f"backoffice-{os.geteuid()}-{name}", 0o700)  # noqa: S108
    path.mkdir(mode=0o700, exist_ok=True)
    if account:
        account.own(path)
    return path


def lasting() -> Place:
    """The demo's place: `.local/` in the checkout, or for root a folder of its own in the lasting temporary folder."""
    name = hashlib.sha256(os.fsencode(PROJECT)).hexdigest()[:10]
    account = _servers_account()
    if account:
        root = _closed_folder(LASTING / f"backoffice-{name}", 0o711)
    else:
        root = PROJECT / ".local"
        root.mkdir(mode=0o700, exist_ok=True)
    return Place(root, _sockets(root, account, name), account)


@contextmanager
def fleeting() -> Iterator[Place]:
    """A place for one run, removed with all that lies in it."""
    account = _servers_account()
    root = Path(tempfile.mkdtemp(prefix="backoffice-", dir="/tmp"))
    root.chmod(0o711 if account else 0o700)
    try:
        yield Place(root, _sockets(root, account, root.name), account)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def runnable(account: Account | None, distribution: str, site: Path, parts: tuple[str, ...]) -> Path:
    """The folder under which the `parts` of an installed wheel can be run by the servers' account: a copy, for root.

    The parts keep their places relative to each other: binaries find their libraries by a relative path.
    """
    if account is None:
        return site
    shelf = _closed_folder(LASTING / "backoffice-servers", 0o755)
    target = shelf / f"{distribution}-{importlib.metadata.version(distribution)}"
    if target.exists():
        return target
    fresh = Path(tempfile.mkdtemp(dir=shelf))
    fresh.chmod(0o755)
    for part in parts:
        (fresh / part).parent.mkdir(parents=True, exist_ok=True)
        if (site / part).is_dir():
            shutil.copytree(site / part, fresh / part, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
        else:
            shutil.copy2(site / part, fresh / part)
    try:
        fresh.rename(target)
    except OSError:  # Another run was faster.
        shutil.rmtree(fresh)
    return target


def site_of(package: str) -> Path | None:
    """The folder an installed package lies in, found without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent.parent if spec and spec.origin else None
