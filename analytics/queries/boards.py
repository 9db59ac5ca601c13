"""Which boards somebody sees, and what stands on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from analytics.metrics import METRICS, Cut, Metric
from analytics.models import Board, BoardTile
from analytics.queries import measuring, naming
from analytics.queries.measuring import Part, Row
from config.kernel import shop
from config.kernel.models import User

# More would be slow, and nobody looks at more.
MOST_TILES = 12


@dataclass(frozen=True)
class Shown:
    """A tile with its figures. `rows` are by its cut; a number has none, and `before` is of as many days before."""

    tile: BoardTile
    metric: Metric
    by: Cut | None
    first: date
    last: date
    whole: Row | None
    before: Decimal | None
    rows: list[Row]


def visible(boards: QuerySet[Board], user: User) -> QuerySet[Board]:
    """One's own, those shared with one's role, and all for an owner of the shop."""
    if user.is_superuser:
        return boards
    roles = list(user.groups.values_list("name", flat=True))
    return boards.filter(Q(owner=user) | Q(shared_with__overlap=roles))


def cuts(tile: BoardTile) -> tuple[Cut, ...]:
    """All by which a tile tells its metric apart, the one of its rows last."""
    by = by_of(tile)
    return (*_told(tile), *([by] if by else []))


def by_of(tile: BoardTile) -> Cut | None:
    if tile.form == BoardTile.Form.NUMBER:
        return None
    if tile.form == BoardTile.Form.HEAT:
        return Cut.SLOT
    return Cut(tile.cut) if tile.cut else Cut.HOUR if tile.days == BoardTile.Days.TODAY else Cut.DAY


def part(tile: BoardTile) -> Part:
    """What no channel tells of any more has no figures."""
    told = _told(tile)
    found, strange = naming.part(told)
    return Part({**found.chosen, **{cut: told[cut] for cut in strange}})


def _told(tile: BoardTile) -> dict[Cut, str | int]:
    told = {Cut.CHANNEL: tile.channel, Cut.CATEGORY: tile.category_id, Cut.WAREHOUSE: tile.warehouse_id}
    return {cut: value for cut, value in told.items() if value}


def shown(tiles: Sequence[BoardTile], *, at: datetime) -> list[Shown]:
    """The figures of these tiles, up to today or, where only whole days can be told or compared, to yesterday."""
    return [_shown(tile, METRICS[tile.metric], at) for tile in tiles[:MOST_TILES]]


def _shown(tile: BoardTile, metric: Metric, at: datetime) -> Shown:
    last = shop.day(at)
    if tile.days > BoardTile.Days.TODAY and (
        tile.form == BoardTile.Form.NUMBER or not measuring.knows_open_day(metric, cuts(tile))
    ):
        # Whole days are compared with whole days.
        last -= timedelta(days=1)
    first = last - timedelta(days=tile.days - 1)
    by = by_of(tile)
    scope: dict[str, Any] = {"of": part(tile), "at": at}
    whole, before, rows = None, None, []
    if by is None:
        span: dict[str, Any] = {"first": first, "last": last, **scope}
        whole = measuring.whole([metric], **span)
        earlier = timedelta(days=tile.days if tile.days > 1 else 7)
        before = measuring.whole([metric], **span | {"first": first - earlier, "last": last - earlier}).values[metric.code]
    else:
        rows = measuring.rows([metric], first=first, last=last, by=by, **scope)
    return Shown(tile, metric, by, first, last, whole, before, rows)
