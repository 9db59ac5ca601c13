"""What pages and the API show of the rhythm of customers. Everything is read as the nightly reading left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.models import BuyerType, BuyerTypeChange, BuyerTypeCount, CustomerRhythm, Playbook, RhythmRun
from campaigns.queries import customers
from inventory.models import Category

SHOWN_CHANGES = 20
CHARTED = timedelta(days=90)


def of_customer(external_id: str) -> tuple[str, CustomerRhythm | None]:
    """The customer behind the storefront's key, who must be known, with the rhythm where one was read."""
    customer = customers.by_external_id(external_id)
    return customer.external_id, CustomerRhythm.objects.filter(pk=customer.pk).first()


def changes(customer_id: int) -> list[BuyerTypeChange]:
    """The latest first."""
    rows = BuyerTypeChange.objects.filter(customer_id=customer_id).select_related("actor").order_by("-pk")
    return list(rows[:SHOWN_CHANGES])


def categories(pks: Sequence[int]) -> dict[int, Category]:
    return Category.objects.in_bulk(list(pks))


@dataclass(frozen=True)
class Counts:
    """The latest counts by type, and those of the days before; nothing before the first reading."""

    run: RhythmRun | None
    latest: dict[str, BuyerTypeCount]
    days: Sequence[date]
    by_type: dict[str, list[int | None]]
    playbooks: Sequence[Playbook]


def last_run() -> RhythmRun | None:
    return RhythmRun.objects.filter(ended_at__isnull=False).order_by("-pk").first()


def counts() -> Counts:
    run = last_run()
    playbooks = sorted(Playbook.objects.all(), key=lambda one: BuyerType.values.index(one.buyer_type))
    if run is None:
        return Counts(None, {}, (), {}, playbooks)
    rows = BuyerTypeCount.objects.filter(day__gt=run.as_of - CHARTED, day__lte=run.as_of)
    by_cell = {(row.day, row.buyer_type): row for row in rows}
    days = sorted({day for day, _type in by_cell})
    spread = [days[0] + timedelta(days=number) for number in range((days[-1] - days[0]).days + 1)] if days else []
    by_type = {
        one: [by_cell[day, one].customers if (day, one) in by_cell else None for day in spread] for one in BuyerType.values
    }
    latest = {one: by_cell[run.as_of, one] for one in BuyerType.values if (run.as_of, one) in by_cell}
    return Counts(run, latest, spread, by_type, playbooks)
