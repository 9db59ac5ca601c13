"""What spreadsheets and reports read: every metric of the registry and every view that is not personal, as plain rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from analytics.metrics import METRICS, Cut, Metric
from analytics.queries import measuring, sales
from analytics.reading import SCHEMA, VIEWS, View
from campaigns.models import Segment
from config.kernel import exporting, shop
from config.kernel.errors import Invalid, Missing
from inventory.models import Category, Variant, Warehouse

# Rows of one answer; more are asked for span by span, or page by page.
MOST_ROWS = exporting.MOST_ROWS
LONGEST_DAYS = 1_100
# Views and metrics share names: what is counted in one stands row by row in the other.
VIEW = "view_"
# Without a span: four weeks, so that each weekday counts as often.
USUAL_DAYS = 28

# Rows of what some cuts name, by the column that is public of them.
_PUBLIC = {
    Cut.CATEGORY: (Category, "code"),
    Cut.SKU: (Variant, "sku"),
    Cut.WAREHOUSE: (Warehouse, "code"),
    Cut.SEGMENT: (Segment, "code"),
}


# Cuts whose keys stand in two columns.
_OF_TWO = {
    Cut.SLOT: [("weekday", "number"), ("hour", "number")],
    Cut.DAY_HOUR: [("day", "date"), ("hour", "number")],
}


class FeedRefused(Invalid):
    """`details` name the parameter."""

    code = "feed_refused"


class NoSuchFeed(Missing):
    code = "no_such_feed"


@dataclass(frozen=True)
class Column:
    """`kind` is one of date, moment, number, text and boolean."""

    name: str
    kind: str
    about: str


@dataclass(frozen=True)
class Asked:
    """`part` names the part of everything by the public keys of its cuts; `top` and `skip` cut pages out of a view."""

    first: date
    last: date
    by: Cut = Cut.DAY
    part: Mapping[Cut, str] = ()  # type: ignore[assignment]
    top: int = MOST_ROWS
    skip: int = 0


@dataclass(frozen=True)
class Feed:
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    has_more: bool = False


def span(first: str, last: str, at: datetime) -> tuple[date, date]:
    """The days that are asked for; up to today, where nothing else is said."""
    ends = _a_day("last", last) or shop.day(at)
    begins = _a_day("first", first) or ends - timedelta(days=USUAL_DAYS - 1)
    if begins > ends:
        raise FeedRefused(_("The first day lies after the last one."), details={"first": ["after_last"]})
    if (ends - begins).days >= LONGEST_DAYS:
        raise FeedRefused(_("At most %(most)s days at once.") % {"most": LONGEST_DAYS}, details={"first": ["too_long"]})
    return begins, ends


def _a_day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FeedRefused(_("A day is written as 2026-11-30."), details={name: ["invalid"]}) from None


def names() -> list[tuple[str, str]]:
    """Each feed by its name, with what it tells."""
    return [
        *((one.code, str(one.counts)) for one in METRICS.values()),
        *((f"{VIEW}{one.name}", one.about) for one in _views().values()),
    ]


def read(name: str, asked: Asked, *, at: datetime) -> Feed:
    if name in METRICS:
        return of_metrics([METRICS[name]], asked, at=at)
    if name.startswith(VIEW):
        return of_view(name.removeprefix(VIEW), asked)
    raise _no_such(name)


def final_until(at: datetime) -> date:
    """The last day whose figures are made; later ones are counted live and grow."""
    return sales.freshness(at=at).live_from - timedelta(days=1)


def of_metrics(metrics: Sequence[Metric], asked: Asked, *, at: datetime) -> Feed:
    of = measuring.Part({cut: _inner(cut, key) for cut, key in dict(asked.part).items()})
    found = measuring.rows(metrics, first=asked.first, last=asked.last, by=asked.by, of=of, at=at)
    if len(found) > MOST_ROWS:
        raise _too_many()
    outer = _outer(asked.by, [row.key for row in found])
    by = [Column(name, kind, "") for name, kind in _OF_TWO.get(asked.by, [(asked.by.value, _kind(asked.by))])]
    told = [Column(one.code, "number", f"{one.counts} {one.formula}") for one in metrics]
    return Feed([*by, *told], [[*outer(row.key), *(row.values[one.code] for one in metrics)] for row in found])


def view_columns(name: str) -> list[Column]:
    return [Column(column, kind, about) for column, kind, about in _described(_views()[name])]


def of_view(name: str, asked: Asked) -> Feed:
    view = _views().get(name)
    if view is None:
        raise _no_such(name)
    most = min(asked.top, MOST_ROWS)
    where = sql.SQL("WHERE {} BETWEEN %s AND %s").format(sql.Identifier(view.by_day)) if view.by_day else sql.SQL("")
    query = sql.SQL("SELECT {} FROM {} {} ORDER BY {} LIMIT %s OFFSET %s").format(
        sql.SQL(", ").join(sql.Identifier(one.name) for one in view.columns),
        sql.Identifier(SCHEMA, view.name),
        where,
        sql.SQL(", ").join(map(sql.Identifier, view.key)),
    )
    days = [asked.first, asked.last] if view.by_day else []
    with connection.cursor() as cursor:
        cursor.execute(query, [*days, most + 1, asked.skip])
        rows = cursor.fetchall()
    return Feed(view_columns(view.name), rows[:most], has_more=len(rows) > most)


def require_whole(feed: Feed) -> Feed:
    """For answers that know no pages."""
    if feed.has_more:
        raise _too_many()
    return feed


def _no_such(name: str) -> NoSuchFeed:
    return NoSuchFeed(_("There is no such feed."), details={"name": name})


def _too_many() -> FeedRefused:
    words = _("At most %(most)s rows fit into one answer: ask for fewer days.") % {"most": f"{MOST_ROWS:,}"}
    return FeedRefused(words, details={"first": ["too_many_rows"]})


def _views() -> dict[str, View]:
    return {one.name: one for one in VIEWS if not one.is_personal}


def _described(view: View) -> Iterator[tuple[str, str, str]]:
    kinds = {"date": "date", "timestamptz": "moment", "bool": "boolean", "varchar": "text", "text": "text", "jsonb": "text"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname, t.typname, col_description(a.attrelid, a.attnum) FROM pg_attribute AS a "
            "JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = %s::regclass AND a.attnum > 0 ORDER BY a.attnum",
            [f"{SCHEMA}.{view.name}"],
        )
        for column, kind, about in cursor.fetchall():
            yield column, kinds.get(kind, "number"), about


def _kind(by: Cut) -> str:
    if by in (Cut.DAY, Cut.WEEK, Cut.MONTH):
        return "date"
    return "number" if by in (Cut.HOUR, Cut.WEEKDAY) else "text"


def _inner(cut: Cut, key: str) -> Any:
    """The key of a row, by what is public of it."""
    if cut not in _PUBLIC:
        return key
    model, public = _PUBLIC[cut]
    found = model._default_manager.filter(**{public: key}).values_list("pk", flat=True).first()
    if found is None:
        raise FeedRefused(_("There is no such thing."), details={cut.value: ["unknown"]})
    return found


def _outer(cut: Cut, keys: Sequence[Any]) -> Any:
    if cut in _OF_TWO:
        return lambda key: key
    if cut not in _PUBLIC:
        return lambda key: (key,)
    model, public = _PUBLIC[cut]
    known = dict(model._default_manager.filter(pk__in=keys).values_list("pk", public))
    return lambda key: (known.get(key, ""),)


def cell(value: Any) -> Any:
    """As it is written into a file: moments with their zone, numbers without zeros nobody counted."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else value
