"""What a refusal looks like, everywhere.

    DomainError                     an operation refuses; carries code, message, details and the HTTP status it maps to
    ├── Conflict          (409)     the state of the shop does not allow it now
    │   ├── InProgress    (409)     a twin of this request is still running
    │   ├── Busy          (409)     the database waited in vain for what others hold (config/kernel/waits.py)
    │   └── Stale         (409)     somebody else changed it since the page that asks was shown (versions.py)
    ├── Invalid           (422)     the request contradicts itself or an earlier one
    ├── Missing           (404)     the thing named does not exist
    ├── Unavailable       (503)     the database is away (config/kernel/waits.py)
    └── TooSlow           (503)     a statement took longer than it may (config/kernel/waits.py)

Each app derives its own (`InsufficientStock`, `CouponRefused`) beside the operation that raises it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal in the shop's words.

    `code` is stable and machine-readable, `message` is a sentence for the user (translated lazily), `details` holds JSON
    values that say which line, field or row is meant. Where waiting helps, `retry_after` says how many seconds.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    retry_after: ClassVar[int] = 0

    def __init__(self, message: Any, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})

    def __str__(self) -> str:
        return str(self.message)


class Conflict(DomainError):
    code = "conflict"
    status = 409


class InProgress(Conflict):
    code = "in_progress"
    retry_after: ClassVar[int] = 2


class Stale(Conflict):
    code = "stale"


class Invalid(DomainError):
    code = "invalid"
    status = 422


class Missing(DomainError):
    code = "not_found"
    status = 404
