"""Rows of tables as plain values, for a person who asks what is kept of them."""

from typing import Any

from django.db.models import QuerySet

from config.kernel.models import User


def rows(found: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    """Every column of these rows, in order of their keys, without the staff who wrote them: they are other people."""
    if not names:
        fields = found.model._meta.concrete_fields
        names = tuple(one.attname for one in fields if one.column and one.related_model is not User)
    return list(found.order_by("pk").values(*names))
