"""The only place that locks stock.

One order, everywhere: the document (order, purchase order), then coupons, then stock levels by primary key. Levels are locked
once in a transaction, all together, as late as possible: two transactions that each hold what the other wants next would wait
for ever, and PostgreSQL would kill one of them. docs/algorithms/reservations.md tells the rest.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from inventory.models import StockLevel


def _locked(levels: QuerySet[StockLevel]) -> list[StockLevel]:
    # no_key: rows that refer to a level need not wait for it.
    return list(levels.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_for_sale(variant_ids: Iterable[int]) -> list[StockLevel]:
    """The levels of these SKUs in every warehouse that serves orders, locked; `warehouse` is loaded."""
    return _locked(
        StockLevel.objects.filter(variant_id__in=set(variant_ids), warehouse__is_active=True).select_related("warehouse")
    )


def lock_levels(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    """The levels of these (variant, warehouse) pairs, locked. Missing levels are made first, empty."""
    wanted = set(pairs)
    levels = StockLevel.objects.filter(variant_id__in={v for v, _ in wanted}, warehouse_id__in={w for _, w in wanted})
    known = set(levels.values_list("variant_id", "warehouse_id"))
    if wanted - known:
        StockLevel.objects.bulk_create(
            (StockLevel(variant_id=v, warehouse_id=w) for v, w in sorted(wanted - known)), ignore_conflicts=True
        )
    return {(one.variant_id, one.warehouse_id): one for one in _locked(levels) if (one.variant_id, one.warehouse_id) in wanted}
