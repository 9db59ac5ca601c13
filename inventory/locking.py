"""The only place that locks stock.

One order, everywhere: the document (order, purchase order), then coupons, then stock levels by primary key. Levels are locked
once in a transaction, all together, as late as possible: two transactions that each hold what the other wants next would wait
for ever, and PostgreSQL would kill one of them. The lock of a level also covers its reservations: nobody writes a reservation
without it; nor does anybody write how much of a lot lies there. docs/algorithms/reservations.md tells the rest.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Invalid
from inventory.models import KitPart, StockLevel, Variant


class LiesAsParts(Invalid):
    """A kit has no stock of its own."""

    code = "lies_as_parts"


# A SKU in a warehouse, by their keys.
Place = tuple[int, int]


def _locked(levels: QuerySet[StockLevel]) -> list[StockLevel]:
    # no_key: rows that refer to a level need not wait for it.
    return list(levels.order_by("pk").select_for_update(of=("self",), no_key=True))


_COLUMNS = ("id", "variant_id", "warehouse_id", "on_hand", "reserved", "tracks_lots", "lots_due_on")
# By hand, because every order asks it; locked in the one order, and sorted for the caller afterwards.
_FOR_SALE = f"""
    SELECT {", ".join(f"level.{name}" for name in _COLUMNS)}, warehouse.priority
    FROM inventory_stocklevel AS level JOIN inventory_warehouse AS warehouse ON warehouse.id = level.warehouse_id
    WHERE level.variant_id = ANY(%s) AND warehouse.is_active
    ORDER BY level.id FOR NO KEY UPDATE OF level
"""  # noqa: S608  constants only


def lock_for_sale(variant_ids: Iterable[int]) -> list[StockLevel]:
    """The levels of these SKUs in every warehouse that serves orders, locked; those of the preferred warehouse come first."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_SALE, [list(set(variant_ids))])
        rows = cursor.fetchall()
    rows.sort(key=lambda row: (row[-1], row[2]))
    return [StockLevel.from_db(connection.alias, _COLUMNS, row[:-1]) for row in rows]


def lock_known(places: Iterable[Place]) -> dict[Place, StockLevel]:
    """The levels of these places, locked; a place without a level is left out."""
    return {(one.variant_id, one.warehouse_id): one for one in _locked(StockLevel.objects.filter(at(places)))}


def lock_levels(places: Iterable[Place]) -> dict[Place, StockLevel]:
    """The levels of these places, locked. Missing levels are made first, empty."""
    wanted = set(places)
    known = set(StockLevel.objects.filter(at(wanted)).values_list("variant_id", "warehouse_id"))
    if missing := sorted(wanted - known):
        variants = {variant for variant, _warehouse in missing}
        _require_shelved(variants)
        # A SKU that tracks lots has a level in every warehouse: only a warehouse that is newer than that lacks one here.
        lots = set(Variant.objects.filter(pk__in=variants, tracks_lots=True).values_list("pk", flat=True))
        # In one order too: whoever inserts the same level waits for the first to end.
        StockLevel.objects.bulk_create(
            (StockLevel(variant_id=v, warehouse_id=w, tracks_lots=v in lots) for v, w in missing), ignore_conflicts=True
        )
    return lock_known(wanted)


def _require_shelved(variant_ids: set[int]) -> None:
    """A SKU with a level does not become a kit, nor a kit get one: `kits.set_parts` holds the row that is asked for here."""
    if kits := kits_among(variant_ids):
        raise LiesAsParts(_("%(sku)s is a kit and lies nowhere: its parts do.") % {"sku": kits[0]}, details={"skus": kits})


def kits_among(variant_ids: Collection[int]) -> list[str]:
    """Which of these SKUs are kits. The others become none until the transaction ends."""
    with connection.cursor() as cursor:
        # Conflicts with nothing but that: foreign keys ask for the same, though only when the transaction ends.
        cursor.execute("SELECT id FROM inventory_variant WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(variant_ids)])
    return sorted(KitPart.objects.filter(kit__in=variant_ids).values_list("kit__sku", flat=True).distinct())


def at(places: Iterable[Place]) -> Q:
    """Rows at exactly these places: a level locked without need makes others wait for nothing."""
    by_warehouse: defaultdict[int, set[int]] = defaultdict(set)
    for variant, warehouse in places:
        by_warehouse[warehouse].add(variant)
    wanted = Q(pk__in=[])
    for warehouse, variants in sorted(by_warehouse.items()):
        wanted |= Q(warehouse_id=warehouse, variant_id__in=variants)
    return wanted
