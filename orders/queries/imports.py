"""What the database holds of an imported past: recounted for the report, and asked for by the next import."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import F, Max

from orders.models import ImportedDocument, ImportRun, OrderLine

# Months by the files' own calendar: the shop's wall clock, with moved dates moved back.
_GROSS = """
    SELECT to_char((placed_at AT TIME ZONE %(zone)s) - make_interval(days => %(shift)s), 'YYYY-MM'), sum(total)
    FROM orders_order JOIN orders_importeddocument document
      ON document.run_id = %(run)s AND document.kind = 'SALE' AND document.number = external_number
    WHERE channel = %(channel)s GROUP BY 1
"""
# What a credit note gave back is named by it: "profile:C536379", and "#2" for the second sale it gives back to.
_RETURNS = """
    WITH given AS (
        SELECT reference AS number, refunded_at AS at, amount FROM orders_refund
        UNION ALL
        SELECT number, accepted_at, refund FROM orders_return WHERE order_id IS NULL
    )
    SELECT to_char((given.at AT TIME ZONE %(zone)s) - make_interval(days => %(shift)s), 'YYYY-MM'), -sum(given.amount)
    FROM given JOIN orders_importeddocument document
      ON document.run_id = %(run)s AND document.kind = 'CREDIT'
     AND document.number = split_part(substr(given.number, length(%(profile)s) + 2), '#', 1)
    WHERE given.number LIKE %(profile)s || ':%%' GROUP BY 1
"""


def sums_by_month(*, run: ImportRun, channel: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Gross sales and returns of one run as the tables of orders hold them; returns are negative."""
    values: dict[str, str | int] = {
        "run": run.pk,
        "profile": run.profile,
        "channel": channel,
        "zone": settings.BUSINESS_TIME_ZONE,
        "shift": run.shift_days,
    }
    gross = dict(_rows(_GROSS, values))
    returns = dict(_rows(_RETURNS, values))
    nothing = Decimal(0)
    return {month: (gross.get(month, nothing), returns.get(month, nothing)) for month in {*gross, *returns}}


def _rows(statement: str, values: Mapping[str, str | int]) -> list[tuple[str, Decimal]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(month, amount) for month, amount in cursor.fetchall()]


def read_before(*, profile: str, numbers: Iterable[str]) -> dict[str, bytes]:
    """The rows of those documents that an earlier import has read, by number."""
    known = ImportedDocument.objects.filter(profile=profile, number__in=list(numbers))
    return {number: bytes(digests) for number, digests in known.values_list("number", "digests")}


def shift_of_earlier(*, profile: str) -> int | None:
    """By how many days earlier imports of this profile moved its dates; None when there were none."""
    shift: int | None = ImportRun.objects.filter(
        profile=profile, state=ImportRun.State.IMPORTED, rows_imported__gt=0
    ).aggregate(shift=Max("shift_days"))["shift"]
    return shift


def lines_out(
    *, channel: str, whose: Iterable[str], by_order: bool, skus: Iterable[str]
) -> Iterator[tuple[tuple[str, str, Decimal], datetime, int, int, int, int]]:
    """Lines of earlier imports with units that may still come back.

    Key (customer or number of the order, SKU, price), moment, order, line, variant, units still out.
    """
    named_by = "order__external_number" if by_order else "order__customer__external_id"
    lines = (
        OrderLine.objects.filter(
            **{f"{named_by}__in": list(whose)},
            order__channel=channel,
            sku__in=list(skus),
            shipped__gt=F("returned"),
        )
        .order_by("order__placed_at", "id")
        .values_list(
            *(named_by, "sku", "list_price", "order__placed_at", "order_id", "id", "variant_id"),
            F("shipped") - F("returned"),
        )
    )
    for owner, sku, price, at, order_id, line_id, variant_id, out in lines.iterator(chunk_size=5000):
        yield (owner, sku, price), at, order_id, line_id, variant_id, out
