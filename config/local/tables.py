"""Whether the tables of the demo's database are those that the migrations of this checkout would make.

Nothing is released, so first migrations are still rewritten in place. A database that has run an earlier wording counts them as
done and would fail later, page by page.
"""

import hashlib
import json
from pathlib import Path

from .place import PROJECT, LocalError, Place

FILE = "migrations.json"
OUTDATED = """\
데모 쇼핑몰의 데이터가 이 버전과 맞지 않습니다. `make demo-reset`으로 지우고 다시 시작해 주세요.
The data of the demo shop was made by another version: `make demo-reset` throws it away, then start again.

  {files}"""


def digests(project: Path = PROJECT) -> dict[str, str]:
    """Of every migration of the shop, by its path."""
    found = sorted({*project.glob("*/migrations/[0-9]*.py"), *project.glob("*/*/migrations/[0-9]*.py")})
    return {path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def remember(place: Place, project: Path = PROJECT) -> None:
    """What has run now. Called once all of it has."""
    (place.root / FILE).write_text(json.dumps(digests(project), indent=1))


def require_current(place: Place, project: Path = PROJECT) -> None:
    """Refuses a database of which a migration has been rewritten or taken back since it ran; new ones may come."""
    if "prepared" not in place.remembered():
        return
    path = place.root / FILE
    now = digests(project)
    ran: dict[str, str] = json.loads(path.read_text()) if path.exists() else dict.fromkeys(now, "")
    changed = [name for name, digest in ran.items() if now.get(name) != digest]
    if changed:
        raise LocalError(OUTDATED.format(files="\n  ".join(changed)))
