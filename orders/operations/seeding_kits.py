"""One order of the demo shop's kit, so that its page shows how a kit is picked and priced by its parts."""

from datetime import datetime

from django.db import transaction

from inventory.models import KitPart
from orders.models import OrderLine
from orders.operations import placing
from orders.operations.placing import Buyer
from orders.queries import quoting

UNITS = 2
BUYER = Buyer("C000001")
SHIP_TO = {
    "name": "김하늘",
    "phone": "010-0000-0001",
    "postal_code": "48058",
    "address": "부산광역시 해운대구 센텀중앙로 97",
    "detail": "101동 1201호",
}


@transaction.atomic
def order(*, at: datetime) -> str:
    """Answers the order's number; nothing where no kit is sold, or one was ordered before."""
    sku = KitPart.objects.order_by("kit__sku").values_list("kit__sku", flat=True).first()
    if sku is None or OrderLine.objects.filter(kit__isnull=False).exists():
        return ""
    lines = [(sku, UNITS)]
    total = quoting.quote(lines=lines, codes=(), customer_external_id=BUYER.external_id, at=at).total
    placed = placing.place_order(
        channel="web", lines=lines, customer=BUYER, ship_to=SHIP_TO, expected_total=total, actor=None, at=at
    )
    return placed.number
