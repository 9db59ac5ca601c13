"""A shop whose demand is known: rows of DailyDemand as if days had been made."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from analytics.models import DailyDemand, ServedRegion
from inventory.models import Variant, Warehouse
from tests.analytics.builders import Line, an_order, seoul

ORIGIN = date(2026, 11, 18)
NOON = seoul("2026-11-18")
MORNING = seoul("2026-11-19", "02:00")


def wanted(variant: Variant, warehouse: Warehouse, units: Sequence[int], last: date = ORIGIN, **values: Any) -> None:
    """So many units on each of the days that end with `last`."""
    first = last - timedelta(days=len(units) - 1)
    DailyDemand.objects.bulk_create(
        DailyDemand(
            day=first + timedelta(days=number), variant=variant, warehouse=warehouse, units=count,
            **{"lines": 1, "bulk_units": 0, "promoted_units": 0, "returned_units": 0, "sold_out": 0, **values},
        )
        for number, count in enumerate(units)
        if count or values
    )  # fmt: skip


def ordered(variants: Sequence[Variant], places: Sequence[Warehouse], units: Sequence[int]) -> None:
    """Orders at noon of each of the days that end with the origin: the first SKU so many units, the second twice, and so on.

    Every warehouse serves a region of its own and gets the same orders.
    """
    for number, place in enumerate(places):
        ServedRegion.objects.create(warehouse=place, postal_prefix=str(number))
        for ago, count in enumerate(reversed(units)):
            lines = [Line(one, count * times) for times, one in enumerate(variants, 1)]
            an_order(NOON - timedelta(days=ago), *lines, ship_to={"postal_code": f"{number}0000"})
