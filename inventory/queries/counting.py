"""Which SKUs are to be counted and why, and what the system believes lies there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection

from config.kernel import shop
from inventory import counting
from inventory.locking import Place
from inventory.models import CountDue, StockClass, StockCount, StockCountLine, StockLevel, Variant
from inventory.queries import bins, marks, shelves
from inventory.queries.marks import Since

# More lines than one person counts before something moves; a sheet may have more.
MOST = 200
MOST_ON_SHEET = 2_000


@dataclass(frozen=True)
class Line:
    """`expected` is the quantity on the counter's screen, against which the count is compared later."""

    variant: Variant
    expected: int
    reserved: int


def by_sku(skus: Collection[str]) -> tuple[list[int], list[str]]:
    """The ids of these SKUs in the order given, and the codes that do not exist."""
    known = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    return [known[sku] for sku in skus if sku in known], [sku for sku in skus if sku not in known]


def in_category(*, category_id: int, warehouse_id: int, most: int = MOST) -> list[int]:
    """SKUs of the category and of those below it that ever lay in the warehouse; `most` + 1 of them tell of more."""
    return list(
        StockLevel.objects.filter(warehouse_id=warehouse_id, variant__product__category__in=shelves.below(category_id))
        .order_by("variant__sku")
        .values_list("variant_id", flat=True)[: most + 1]
    )


def lines(*, warehouse_id: int, variant_ids: Collection[int]) -> list[Line]:
    """One line for each SKU, in the order given; what never lay there is expected to be none."""
    variants = Variant.objects.select_related("product").in_bulk(variant_ids)
    levels = {one.variant_id: one for one in StockLevel.objects.filter(warehouse_id=warehouse_id, variant_id__in=variant_ids)}
    empty = StockLevel()
    return [
        Line(variants[pk], levels.get(pk, empty).on_hand, levels.get(pk, empty).reserved)
        for pk in variant_ids
        if pk in variants
    ]


def due_now(*, warehouse_id: int, abc: str = "", most: int = MOST_ON_SHEET) -> list[int]:
    """SKUs of the nightly list, those that have waited longest first; of one class where `abc` names it."""
    rows = CountDue.objects.filter(warehouse_id=warehouse_id)
    if abc:
        rows = rows.filter(abc=abc)
    return list(rows.order_by("due_on", "id").values_list("variant_id", flat=True)[: most + 1])


# What was counted last, and what was corrected by hand since.
_COUNTED = """
    SELECT level.variant_id, level.warehouse_id, level.on_hand, counted.last, COALESCE(corrected.entries, 0)
    FROM inventory_stocklevel AS level
    LEFT JOIN (
        SELECT line.variant_id, taken.warehouse_id, max(line.counted_at) AS last
        FROM inventory_stockcountline AS line JOIN inventory_stockcount AS taken ON taken.id = line.count_id
        WHERE taken.state = 'POSTED' AND line.counted IS NOT NULL
        GROUP BY 1, 2
    ) AS counted ON counted.variant_id = level.variant_id AND counted.warehouse_id = level.warehouse_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS entries FROM inventory_stockmovement AS movement
        WHERE movement.variant_id = level.variant_id AND movement.warehouse_id = level.warehouse_id
          AND movement.occurred_at > counted.last AND movement.kind IN ('ADJUSTMENT', 'WRITE_OFF')
          AND movement.document_kind NOT IN ('COUNT', 'OPENING')
    ) AS corrected ON counted.last IS NOT NULL
    JOIN inventory_variant AS variant ON variant.id = level.variant_id AND variant.is_active
    WHERE NOT EXISTS (
        SELECT FROM inventory_stockcountline AS line JOIN inventory_stockcount AS taken ON taken.id = line.count_id
        WHERE line.variant_id = level.variant_id AND taken.warehouse_id = level.warehouse_id
          AND taken.state IN ('OPEN', 'RECOUNT', 'COUNTED')
    )
"""


@dataclass(frozen=True, slots=True)
class Due:
    place: Place
    abc: str
    why: str
    due_on: date
    last_counted_at: datetime | None
    every_days: int
    corrections: int


def due(*, at: datetime) -> list[Due]:
    """What should be counted next, and why; what stands on a sheet already is left out.

    How often is said by the class that was learned last; what has none is counted as seldom as C.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED)
        levels = cursor.fetchall()
    abc = {
        (variant, warehouse): one for variant, warehouse, one in StockClass.objects.values_list("variant", "warehouse", "abc")
    }
    every = dict(zip("ABC", settings.STOCK_COUNT_DAYS, strict=True))
    today = shop.day(at)
    found = []
    for variant, warehouse, on_hand, last, corrections in levels:
        kind = abc.get((variant, warehouse), "C")
        reason = counting.due(
            today=today, last_counted_on=shop.day(last) if last else None, every_days=every[kind], on_hand=on_hand,
            corrections=corrections,
        )  # fmt: skip
        if reason:
            found.append(Due((variant, warehouse), kind, reason.why, reason.due_on, last, every[kind], corrections))
    return found


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line as people see it: with its bins, what moved since it was counted, and what its difference is worth."""

    line: StockCountLine
    bin: str
    since: Since

    @property
    def value(self) -> Decimal:
        return self.line.difference * (self.line.unit_cost or Decimal(0))


def sheet(*, count: StockCount) -> list[SheetLine]:
    """All lines in the order in which one walks: by bin, then by SKU. Of a posted count nothing has moved since."""
    lines: Sequence[StockCountLine] = list(count.lines.select_related("variant__product"))
    codes = bins.codes(places=[(line.variant_id, count.warehouse_id) for line in lines])
    since: Mapping[int, Since] = {}
    if count.state in (StockCount.State.RECOUNT, StockCount.State.COUNTED):
        counted = {line.variant_id: (line.mark, line.counted_at) for line in lines if line.counted_at}
        since = marks.since(warehouse_id=count.warehouse_id, marks=counted)
    none = Since({})
    shown = [
        SheetLine(line, codes.get((line.variant_id, count.warehouse_id), ""), since.get(line.variant_id, none))
        for line in lines
    ]
    return sorted(shown, key=lambda one: (not one.bin, one.bin, one.line.variant.sku))


def seen(*, count: StockCount, variant_ids: Collection[int], at: datetime) -> dict[int, int]:
    """The marks of the ledger that a page of the sheet carries, to notice what moves before it is sent."""
    standing = marks.standing(warehouse_id=count.warehouse_id, variant_ids=variant_ids, at=at)
    return {variant: one.mark for variant, one in standing.items()}
