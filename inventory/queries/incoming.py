"""What is on its way to each warehouse, and when it comes: the one place where supply that has not arrived is counted.

For planning, a purchase order counts in every open state, also a draft that staff wrote: what somebody means to buy is not
bought again. The draft that the replenishment itself keeps is no supply, because it is what is being thought over. What people
are shown as incoming has been approved. Goods between two warehouses always count where they are going.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.db.models import F, IntegerField, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from inventory import lifecycle
from inventory.locking import Place
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.queries import transfers

# A purchase that nobody has sent comes after its supplier's lead time, and where none is known after two weeks.
USUAL_LEAD_DAYS = 14
# What the supplier says does not come, does not come; what it says beyond the order is not counted on.
_TO_COME = "LEAST(COALESCE(line.confirmed_quantity, line.quantity), line.quantity)"
_WAY = f"""
    SELECT line.variant_id, purchase.warehouse_id, {_TO_COME} - line.received AS on_order, 0 AS in_transit,
           purchase.number, purchase.state, purchase.is_proposed AND purchase.state = 'DRAFT' AS is_thought_over,
           purchase.supplier_id, COALESCE(line.confirmed_on, purchase.expected_on) AS expected_on
    FROM inventory_purchaseorderline AS line
    JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
    WHERE line.received < {_TO_COME} AND purchase.state = ANY(%(open)s)
    UNION ALL
    SELECT line.variant_id, transfer.to_warehouse_id, 0, line.shipped - line.received - line.lost,
           transfer.number, transfer.state, false, NULL, transfer.expected_on
    FROM inventory_transferline AS line JOIN inventory_transferorder AS transfer ON transfer.id = line.transfer_id
    WHERE transfer.state = ANY(%(moving)s) AND line.shipped > line.received + line.lost
"""  # noqa: S608
# A table of its own inside of other statements, which need it from the same moment as the levels. Units, by SKU and warehouse.
STATEMENT = f"""
    SELECT variant_id, warehouse_id, SUM(on_order)::int AS on_order, SUM(in_transit)::int AS in_transit
    FROM ({_WAY}) AS way WHERE NOT is_thought_over GROUP BY 1, 2
"""  # noqa: S608
# What it is given: for planning, or for people.
GIVEN: Mapping[str, Any] = MappingProxyType(
    {"open": [PurchaseOrder.State.DRAFT.value, *lifecycle.AWAITED], "moving": [one.value for one in transfers.UNDER_WAY]}
)
AGREED: Mapping[str, Any] = MappingProxyType({**GIVEN, "open": list(lifecycle.AWAITED)})
_AGREED = f"""
    SELECT variant_id, warehouse_id, on_order + in_transit FROM ({STATEMENT}) AS incoming
    WHERE %(variants)s::bigint[] IS NULL OR variant_id = ANY(%(variants)s)
"""  # noqa: S608
# What a transfer without a day brings is expected now: a day is asked for when it leaves.
_DELIVERIES = f"""
    SELECT way.variant_id, way.warehouse_id,
           COALESCE(
               way.expected_on,
               %(today)s::date + CASE WHEN way.in_transit > 0 THEN 0 ELSE COALESCE(offer.lead_time_days, %(usual)s) END
           ) AS day,
           way.on_order + way.in_transit, way.number, way.state, way.in_transit > 0
    FROM ({_WAY}) AS way
    LEFT JOIN inventory_supplieroffer AS offer ON offer.variant_id = way.variant_id AND offer.supplier_id = way.supplier_id
    ORDER BY day, way.number, way.variant_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is outstanding on one line, and the day on which it is expected. `number` and `state` are those of its document."""

    variant_id: int
    warehouse_id: int
    on: date
    units: int
    number: str
    state: str
    is_transfer: bool

    @property
    def place(self) -> Place:
        return self.variant_id, self.warehouse_id

    @property
    def is_agreed(self) -> bool:
        """Goods have left another warehouse, or somebody with the right has approved the purchase."""
        return self.is_transfer or self.state in lifecycle.AWAITED

    @property
    def is_coming(self) -> bool:
        """The supplier has the order, or the goods are on the road."""
        return self.is_agreed and self.state != PurchaseOrder.State.APPROVED


def agreed(*, variants: Collection[int] | None = None) -> dict[Place, int]:
    """By SKU and warehouse the units that people are shown as incoming: of all SKUs, or of these. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_AGREED, {**AGREED, "variants": None if variants is None else list(variants)})
        return {(variant, warehouse): units for variant, warehouse, units in cursor.fetchall()}


def of_level() -> Combinable:
    """The same units as `agreed`, for lists of stock levels that show a page of them."""
    to_come = Least(Coalesce(F("confirmed_quantity"), F("quantity")), F("quantity"))
    bought = (
        PurchaseOrderLine.objects.filter(
            variant=OuterRef("variant"),
            purchase_order__warehouse=OuterRef("warehouse"),
            purchase_order__state__in=lifecycle.AWAITED,
            received__lt=to_come,
        )
        .order_by()
        .values("variant")
        .annotate(units=Sum(to_come - F("received")))
        .values("units")
    )
    moving = (
        transfers.moving()
        .filter(variant=OuterRef("variant"), transfer__to_warehouse=OuterRef("warehouse"))
        .order_by()
        .values("variant")
        .annotate(units=Sum(transfers.IN_TRANSIT))
        .values("units")
    )
    return Coalesce(Subquery(bought, output_field=IntegerField()), 0) + Coalesce(
        Subquery(moving, output_field=IntegerField()), 0
    )


def deliveries(*, today: date) -> list[Delivery]:
    """All that may still come, purchases of every open state and transfers alike, the earliest day first. One statement.

    What is overdue bears the day on which it should have come.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERIES, {**GIVEN, "today": today, "usual": USUAL_LEAD_DAYS})
        return [Delivery(*row) for row in cursor.fetchall()]
