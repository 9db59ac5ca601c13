"""Whose orders the demo's southern warehouse is to serve, so that its demand is told apart from where goods happened to lie."""

from django.db import transaction

from analytics.models import ServedRegion
from inventory.models import Warehouse

SOUTH = "busan"
PROVINCES = ("부산광역시", "울산광역시", "경상남도", "대구광역시")


@transaction.atomic
def furnish() -> int:
    """Into a shop that tells no regions apart and has the warehouse; tells how many it wrote."""
    place = Warehouse.objects.filter(code=SOUTH).first()
    if place is None or ServedRegion.objects.exists():
        return 0
    return len(ServedRegion.objects.bulk_create(ServedRegion(warehouse=place, province=one) for one in PROVINCES))
