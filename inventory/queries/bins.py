"""Where in a warehouse people find a SKU."""

from collections.abc import Collection, Mapping

from inventory.locking import Place
from inventory.models import BinPlace


def codes(*, places: Collection[Place]) -> Mapping[Place, str]:
    """The bins of each place in use, its default first: "A-03-2, B-01-1". A place without a bin is left out. One query."""
    rows = (
        BinPlace.objects.filter(
            variant_id__in={variant for variant, _w in places},
            warehouse_id__in={warehouse for _v, warehouse in places},
            bin__is_active=True,
        )
        .order_by("-is_default", "bin__code")
        .values_list("variant_id", "warehouse_id", "bin__code")
    )
    wanted = set(places)
    found: dict[Place, str] = {}
    for variant, warehouse, code in rows:
        place = (variant, warehouse)
        if place in wanted:
            found[place] = f"{found[place]}, {code}" if place in found else code
    return found


def in_bins(*, warehouse_id: int, begins: str, most: int) -> list[int]:
    """SKUs that have their place in bins whose code begins so, in the order in which one walks by them."""
    rows = (
        BinPlace.objects.filter(warehouse_id=warehouse_id, bin__code__istartswith=begins, bin__is_active=True)
        .order_by("bin__code", "variant__sku")
        .values_list("variant_id", flat=True)[: 2 * most]
    )
    return list(dict.fromkeys(rows))[: most + 1]
