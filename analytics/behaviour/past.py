"""What shoppers did in the past, as it is written many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happened:
    """`id` is 128 bits; `client_at` is by the device's clock."""

    id: int
    client_at: datetime
    occurred_at: datetime
    kind: int
    variant_id: int | None
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """One batch as it was received. `doubled` events had come before, `unreadable` ones are what the storefront sent."""

    received_at: datetime
    visitor: str | None = None
    customer_id: int | None = None
    customer: str | None = None
    traffic: int = 0
    events: tuple[Happened, ...] = ()
    doubled: int = 0
    unreadable: tuple[Mapping[str, Any], ...] = ()
