"""Takes in what advertising showed and cost: a table as a whole or nothing of it, and the same table twice adds nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.behaviour import spending
from analytics.behaviour.spending import Mistake, Read, Spent
from analytics.models import AdSpend, SpendImport
from analytics.operations import locks
from config.kernel import shop
from config.kernel.errors import Invalid
from config.kernel.models import User

# Two that bring in the same rows wait for each other and never both.
# So many mistakes are told at once.
MOST_TOLD = 100


class SpendRefused(Invalid):
    """Something in the table cannot be meant. `mistakes` name each row and column."""

    code = "spend_refused"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        told = [
            {"row": one.row, "column": one.column, "problem": one.problem, "value": one.value} for one in mistakes[:MOST_TOLD]
        ]
        message = _("Nothing was taken in: the table has %(number)s mistakes.") % {"number": len(mistakes)}
        super().__init__(message, details={"mistakes": told, "number": len(mistakes)})
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Taken:
    """What became, or would become, of the rows."""

    added: int
    changed: int
    unchanged: int
    cost: Decimal
    run: SpendImport | None = None


def take_file(*, content: bytes, name: str, is_dry_run: bool, actor: User | None, at: datetime) -> Taken:
    """Reads a CSV file and takes its rows in; of a dry run only what would become of them is told."""
    read = spending.of_file(content, today=shop.day(at), currency=settings.SHOP_CURRENCY)
    return _take(read, name=name, is_dry_run=is_dry_run, actor=actor, at=at)


def take_rows(*, rows: Sequence[Mapping[str, str]], actor: User | None, at: datetime) -> Taken:
    """Takes rows in whose cells are texts."""
    read = spending.of_rows(enumerate(rows, 1), today=shop.day(at), currency=settings.SHOP_CURRENCY)
    return _take(read, name="", is_dry_run=False, actor=actor, at=at)


@transaction.atomic
def _take(read: Read, *, name: str, is_dry_run: bool, actor: User | None, at: datetime) -> Taken:
    if read.mistakes:
        raise SpendRefused(read.mistakes)
    rows = read.rows
    _alone()
    stored = _stored(rows)
    new = [one for one in rows if one.key not in stored]
    changed = [one for one in rows if one.key in stored and _differs(stored[one.key], one)]
    cost = sum((one.cost for one in rows), Decimal(0))
    told = Taken(len(new), len(changed), len(rows) - len(new) - len(changed), cost)
    if is_dry_run:
        return told
    run = SpendImport.objects.create(
        imported_at=at, actor=actor, name=name[-200:], first_day=min(one.day for one in rows),
        last_day=max(one.day for one in rows), added=told.added, changed=told.changed, unchanged=told.unchanged, cost=cost,
    )  # fmt: skip
    AdSpend.objects.bulk_create((_fresh(one, run) for one in new), batch_size=1_000)
    for one in changed:
        row = stored[one.key]
        row.impressions, row.clicks, row.cost, row.told_by = one.impressions, one.clicks, one.cost, run
        row.grouping, row.campaign_key = one.origin.grouping.value, one.origin.key
    kept = ["impressions", "clicks", "cost", "told_by", "grouping", "campaign_key"]
    AdSpend.objects.bulk_update([stored[one.key] for one in changed], kept, batch_size=1_000)
    return Taken(told.added, told.changed, told.unchanged, cost, run)


def _stored(rows: Sequence[Spent]) -> dict[tuple[object, ...], AdSpend]:
    """What is known of the days that the rows are of."""
    days = {one.day for one in rows}
    return {(one.day, one.source, one.medium, one.campaign): one for one in AdSpend.objects.filter(day__in=days)}


def _differs(stored: AdSpend, told: Spent) -> bool:
    return (stored.impressions, stored.clicks, stored.cost) != (told.impressions, told.clicks, told.cost)


def _fresh(told: Spent, run: SpendImport) -> AdSpend:
    origin = told.origin
    return AdSpend(
        day=told.day, source=origin.source, medium=origin.medium, campaign=origin.campaign, grouping=origin.grouping.value,
        campaign_key=origin.key, impressions=told.impressions, clicks=told.clicks, cost=told.cost, told_by=run,
    )  # fmt: skip


def _alone() -> None:
    locks.alone(locks.Lock.SPEND)
