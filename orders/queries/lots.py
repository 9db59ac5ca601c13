"""Which orders got units of a lot: who has to be told when it is called back."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from inventory.queries import lots
from orders.models import Fulfillment, Return


@dataclass(frozen=True)
class Received:
    """One parcel with units of the lot. `returned` came back since, of all parcels of its order."""

    order_id: int
    order: str
    parcel: str
    warehouse: str
    shipped_at: datetime
    units: int
    returned: int


def receivers(lot_id: int) -> list[Received]:
    """The latest parcel first. Four queries."""
    sent = dict(lots.sent(lot_id))
    back = lots.came_back(lot_id)
    returned: defaultdict[int, int] = defaultdict(int)
    for order_id, number in Return.objects.filter(number__in=back).values_list("order", "number"):
        returned[order_id] += back[number]
    parcels = Fulfillment.objects.filter(number__in=sent).select_related("order", "warehouse").order_by("-shipped_at", "-id")
    return [
        Received(
            one.order_id, one.order.number, one.number, one.warehouse.name, one.shipped_at, sent[one.number],
            returned[one.order_id],
        )
        for one in parcels
    ]  # fmt: skip
