"""Finding one shipment, payment, refund, return or event among millions."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from orders.queries.worklists import FOUND

Row = TypeVar("Row", bound=Model)


def found(rows: QuerySet[Row], *, term: str, names: tuple[str, ...]) -> QuerySet[Row]:
    """Rows with this order number, or with this value in one of the columns `names`, in full.

    Looked up first, each in its own index, because one condition over two tables would be served by none.
    """
    term = term.strip()
    if not term:
        return rows
    table = rows.model._default_manager
    lookups: list[QuerySet[Any, Any]] = [
        table.filter(**{name: term}).order_by().values("pk")[:FOUND] for name in ("order__number", *names)
    ]
    keys = lookups[0].union(*lookups[1:], all=True) if names else lookups[0]
    return rows.filter(pk__in=[row["pk"] for row in keys])
