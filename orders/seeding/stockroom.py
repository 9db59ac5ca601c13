"""The stockroom of the demo: every SKU has a bin, counts wait for somebody, and one suggestion was dismissed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from config.kernel import shop
from config.kernel.models import User
from inventory.models import Bin, BinPlace, StockCount, StockLevel
from inventory.operations import counting, excess
from inventory.queries import ageing

# Bins of a rack, and racks of an aisle.
LEVELS, RACKS = 4, 6


def furnish(places: Sequence[tuple[int, int]]) -> None:
    """`places` are SKUs with their warehouses; neighbours in the catalog lie beside each other."""
    by_warehouse: defaultdict[int, list[int]] = defaultdict(list)
    for variant, warehouse in places:
        by_warehouse[warehouse].append(variant)
    for warehouse, variants in sorted(by_warehouse.items()):
        bins = Bin.objects.bulk_create(Bin(warehouse_id=warehouse, code=_code(number)) for number in range(len(variants)))
        BinPlace.objects.bulk_create(
            BinPlace(bin=one, variant_id=variant, warehouse_id=warehouse) for one, variant in zip(bins, variants, strict=True)
        )


def _code(number: int) -> str:
    rack, level = divmod(number, LEVELS)
    aisle, rack = divmod(rack, RACKS)
    letters = chr(ord("A") + aisle % 26) * (aisle // 26 + 1)
    return f"{letters}-{rack + 1:02}-{level + 1}"


def leave_work(*, counter: User | None, buyer: User | None, at: datetime, draw: Random) -> None:
    """This morning's counts and the list of what is due, as people and the jobs of the night would have left them."""
    levels = list(StockLevel.objects.filter(on_hand__gt=6).order_by("warehouse_id", "variant_id"))
    if len(levels) >= 20:
        here = [one for one in levels if one.warehouse_id == levels[0].warehouse_id]
        _count(here[:8], StockCount.Basis.SKUS, "선반 점검", counter, at, draw, hand_in=True)
        _count(here[8:18], StockCount.Basis.CYCLE, "", counter, at, draw, hand_in=False)
    counting.propose_due(at=at)
    too_many = [one for one in ageing.aged(today=shop.day(at)) if one.suggestion]
    if len(too_many) > 3 and (suggestion := too_many[3].suggestion):
        excess.dismiss(
            variant_id=too_many[3].variant_id, warehouse_id=too_many[3].warehouse_id, action=suggestion.action,
            days=ageing.COVER_DAYS, reason="연말 선물전에서 함께 판매할 물량입니다", actor=buyer, at=at,
        )  # fmt: skip


def _count(
    levels: Sequence[StockLevel],
    basis: StockCount.Basis,
    note: str,
    actor: User | None,
    at: datetime,
    draw: Random,
    *,
    hand_in: bool,
) -> None:
    if not levels:
        return
    opened = counting.open_count(
        warehouse_id=levels[0].warehouse_id, variant_ids=[one.variant_id for one in levels], basis=basis, note=note,
        actor=actor, at=at - timedelta(minutes=50),
    )  # fmt: skip
    some = levels if hand_in else levels[: len(levels) // 2]
    found = {one.variant_id: one.on_hand + draw.choice((0, 0, 0, -1, 1)) for one in some}
    found[some[0].variant_id] = some[0].on_hand - 4
    counting.enter(number=opened.number, found=found, actor=actor, at=at)
    if hand_in:
        # Four too few are looked at once more: it stays at that.
        taken = counting.hand_in(number=opened.number, actor=actor, at=at)
        if taken.state == StockCount.State.RECOUNT:
            asked = {line.variant_id: line.counted or 0 for line in taken.lines.all() if line.is_asked}
            counting.enter(number=opened.number, found=asked, actor=actor, at=at)
            counting.hand_in(number=opened.number, actor=actor, at=at)
