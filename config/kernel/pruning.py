"""Dropping old rows without holding locks on many of them at once."""

from typing import Any

from django.db.models import QuerySet

BATCH = 5000


def drop(rows: QuerySet[Any], *, batch: int = BATCH) -> int:
    """Deletes the rows a batch at a time, and tells how many of them; what hangs on them goes with them uncounted."""
    dropped = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:batch]):
        dropped += rows.filter(pk__in=keys).delete()[1].get(rows.model._meta.label, 0)
    return dropped
