"""Compares the stored demand of a day with a recount from the source."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from analytics.models import DemandDay
from analytics.queries import demand_source
from config.kernel.models import OutboxDelivery

_COMPARE = f"""
    WITH {demand_source.SELECTION},
    stored AS (SELECT {", ".join(demand_source.COLUMNS)} FROM analytics_dailydemand WHERE day = %(day)s)
    SELECT
        coalesce(stored.variant_id, demand.variant_id), coalesce(stored.warehouse_id, demand.warehouse_id),
        {", ".join(f"stored.{one}, demand.{one}" for one in demand_source.COLUMNS[3:])}
    FROM stored FULL JOIN demand USING (day, variant_id, warehouse_id)
    WHERE ({", ".join(f"stored.{one}" for one in demand_source.COLUMNS[3:])}) IS DISTINCT FROM
        ({", ".join(f"demand.{one}" for one in demand_source.COLUMNS[3:])})
    ORDER BY 1, 2
"""  # noqa: S608  put together from texts of this app


@dataclass(frozen=True)
class Cell:
    subject: str
    column: str
    stored: Any
    recounted: Any


def clean_days() -> list[date]:
    """Those that claim to be as the source and the present regions say."""
    clean = DemandDay.objects.filter(state=DemandDay.State.CLEAN, rules=demand_source.rules())
    return list(clean.order_by("day").values_list("day", flat=True))


def differences(day: date) -> list[Cell]:
    """Every differing cell of a day that still makes the same claim when the comparison ends."""
    before = _claim(day)
    found = list(_compare(day)) if before else []
    return found if found and before == _claim(day) and not _on_its_way(day) else []


def _compare(day: date) -> Iterator[Cell]:
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {**demand_source.given(day, day), "day": day})
        for variant, warehouse, *values in cursor.fetchall():
            for column, stored, recounted in zip(demand_source.COLUMNS[3:], values[::2], values[1::2], strict=True):
                if stored != recounted:
                    yield Cell(f"SKU {variant} at {warehouse}", column, stored, recounted)


def _claim(day: date) -> tuple[Any, ...] | None:
    state = DemandDay.objects.filter(pk=day, state=DemandDay.State.CLEAN, rules=demand_source.rules())
    return state.values_list("marks", "rebuilt_at").first()


def _on_its_way(day: date) -> bool:
    """Whether an event that will mark this day has been recorded and not been delivered yet."""
    told = str(day)
    about = Q(event__payload__on=told) | Q(event__payload__first_on__lte=told)
    pending = OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING, subscriber__startswith="analytics.")
    return pending.filter(about).exists()
