"""Which parts made the change of a figure: each part's difference between two spans, as a share of the whole change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from analytics.metrics import Cut, Metric
from analytics.queries import measuring
from analytics.queries.measuring import Part, Row

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Contribution:
    """`share` is of the whole change; none where the whole did not change. A part may explain more than all of it."""

    key: Any
    before: Decimal
    now: Decimal
    share: Decimal | None

    @property
    def change(self) -> Decimal:
        return self.now - self.before


def contributions(
    metric: Metric, *, by: Cut, span: tuple[date, date], earlier: tuple[date, date], of: Part, at: datetime
) -> list[Contribution] | None:
    """The largest change first. None for a figure whose parts do not add up to the whole, such as an average."""
    now, before = (measuring.rows([metric], first=first, last=last, by=by, of=of, at=at) for first, last in (span, earlier))
    if not (_adds_up(metric, now) and _adds_up(metric, before)):
        return None
    values = [{row.key: row.values[metric.code] or NOTHING for row in rows} for rows in (now, before)]
    return explained(*values)


def explained(now: Mapping[Any, Decimal], before: Mapping[Any, Decimal]) -> list[Contribution]:
    whole = sum(now.values(), NOTHING) - sum(before.values(), NOTHING)
    found = []
    for key in {**now, **before}:
        change = now.get(key, NOTHING) - before.get(key, NOTHING)
        found.append(Contribution(key, before.get(key, NOTHING), now.get(key, NOTHING), change / whole if whole else None))
    return sorted(found, key=lambda one: (-abs(one.change), str(one.key)))


def _adds_up(metric: Metric, rows: list[Row]) -> bool:
    if metric.value is None:
        return False
    summed = {name: sum((row.facts[name] for row in rows), NOTHING) for name in metric.facts}
    return metric.value(summed) == sum((row.values[metric.code] or NOTHING for row in rows), NOTHING)
