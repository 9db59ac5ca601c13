"""One at a time at one order: who acts on what an older page showed is told so, and nothing happens."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from config.kernel import versions
from orders.operations import recording
from orders.queries import order_page

T = TypeVar("T")


@transaction.atomic
def take(*, number: str, seen: str, call: Callable[[], T]) -> T:
    """Makes the one operation call unless something has happened to the order since `seen`, the version on the page.

    Holds the order's lock meanwhile, so of two pages with the same version, or two clicks on one button, one is refused.
    """
    order = recording.locked(number)
    versions.require_seen(now=order_page.version(order=order), seen=seen)
    return call()
