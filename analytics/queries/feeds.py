"""What spreadsheets and reports read: every metric of the registry and every view that is not personal, as plain rows."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from analytics.metrics import METRICS, Cut, Metric
from analytics.queries import measuring, naming, sales
from analytics.queries.measuring import Part
from analytics.reading import SCHEMA, VIEWS, View
from config.kernel import exporting, shop
from config.kernel.business_time import day_period
from config.kernel.errors import Invalid, Missing

# Rows of one answer; more are asked for span by span, or page by page.
MOST_ROWS = exporting.MOST_ROWS
LONGEST_DAYS = 1_100
# Views and metrics share names: what is counted in one stands row by row in the other.
VIEW = "view_"
# Without a span: four weeks, so that each weekday counts as often.
USUAL_DAYS = 28

# Whatever a shop can know lies between.
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


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
    """`of` is the part of everything that a metric is asked of. `top` rows make a page of a view; the next one begins `after`
    what the page before it said, `skip` leaves out so many rows.
    """

    first: date
    last: date
    by: Cut = Cut.DAY
    of: Part = measuring.EVERYTHING
    top: int = MOST_ROWS
    skip: int = 0
    after: str = ""


@dataclass(frozen=True)
class Feed:
    """`further` says after which row the next page begins; empty where there is none."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    further: str = ""


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
    found = measuring.rows(metrics, first=asked.first, last=asked.last, by=asked.by, of=asked.of, at=at)
    if len(found) > MOST_ROWS:
        raise _too_many()
    outer = _outer(asked.by, [row.key for row in found])
    by = [Column(one.value, _kind(one), "") for one in _PARTS_OF.get(asked.by, (asked.by,))]
    told = [Column(one.code, "number", f"{one.counts} {one.formula}") for one in metrics]
    return Feed([*by, *told], [[*outer(row.key), *(row.values[one.code] for one in metrics)] for row in found])


def view_columns(name: str) -> list[Column]:
    return [Column(column, kind, about) for column, kind, about in _described(_views()[name])]


def view_types(name: str) -> list[tuple[str, str]]:
    """Each column with its type, as the database calls it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [f"{SCHEMA}.{_views()[name].name}"],
        )
        return list(cursor.fetchall())


def of_view(name: str, asked: Asked) -> Feed:
    view = _views().get(name)
    if view is None:
        raise _no_such(name)
    most = min(asked.top, MOST_ROWS)
    query, values = page_query(view, asked, most + 1)
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
    further = _after(view, rows[most - 1]) if most and len(rows) > most else ""
    return Feed(view_columns(view.name), rows[:most], further)


def page_query(view: View, asked: Asked, limit: int) -> tuple[sql.Composable, list[Any]]:
    """A page begins where its index says that the one before ended: the thousandth costs what the first does."""
    by = sql.SQL(", ").join(map(sql.Identifier, order(view)))
    where, values = within(view, asked.first, asked.last) if view.by_day else (sql.SQL("true"), [])
    if asked.after:
        after = _read_after(view, asked.after)
        where = sql.SQL("{} AND ({}) > ({})").format(where, by, sql.SQL(", ").join([sql.Placeholder()] * len(after)))
        values = [*values, *after]
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %s OFFSET %s").format(
        sql.SQL(", ").join(sql.Identifier(one.name) for one in view.columns), sql.Identifier(SCHEMA, view.name), where, by
    )
    return query, [*values, limit, asked.skip]


def within(view: View, first: date, last: date) -> tuple[sql.Composable, list[Any]]:
    """The condition for rows of these business days, by what has an index: not by a day that is worked out."""
    if not view.by_moment:
        return sql.SQL("{} BETWEEN %s AND %s").format(sql.Identifier(view.by_day)), [first, last]
    moment = sql.Identifier(view.by_moment)
    bounds = [day_period(first, shop.zone()).starts_at, day_period(last, shop.zone()).ends_at]
    return sql.SQL("{} >= %s AND {} < %s").format(moment, moment), bounds


def order(view: View) -> list[str]:
    """In time, then by what tells rows apart."""
    return list(dict.fromkeys([one for one in (view.by_moment or view.by_day, *view.key) if one]))


def _after(view: View, row: Sequence[Any]) -> str:
    place = {one.name: number for number, one in enumerate(view.columns)}
    said = [str(cell(row[place[name]])) for name in order(view)]
    return base64.urlsafe_b64encode(json.dumps(said, ensure_ascii=False).encode()).decode()


def _read_after(view: View, text: str) -> list[Any]:
    kinds = {one.name: one.kind for one in view_columns(view.name)}
    try:
        said = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        names = order(view)
        if not isinstance(said, list) or len(said) != len(names):
            raise ValueError("another table's")
        return [_VALUES[kinds[name]](one) for name, one in zip(names, said, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise FeedRefused(_("This is not where a page ended."), details={"$skiptoken": ["invalid"]}) from None


def _moment(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _whole(said: str) -> int:
    if not isinstance(said, str) or len(said) > 18:
        raise ValueError("not a number of ours")
    return int(said)


def _text(said: str) -> str:
    if not isinstance(said, str) or "\0" in said:
        raise ValueError("not a text")
    said.encode()
    return said


_VALUES = {"date": date.fromisoformat, "moment": _moment, "number": _whole, "text": _text}


def require_whole(feed: Feed) -> Feed:
    """For answers that know no pages."""
    if feed.further:
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


# What several columns tell.
_PARTS_OF = {Cut.SLOT: (Cut.WEEKDAY, Cut.HOUR), Cut.DAY_HOUR: (Cut.DAY, Cut.HOUR)}
_PUBLIC = (Cut.CATEGORY, Cut.SKU, Cut.WAREHOUSE, Cut.SEGMENT)


def _outer(cut: Cut, keys: Sequence[Any]) -> Any:
    """The keys of rows by what is public of them."""
    if cut in _PARTS_OF:
        return lambda key: key
    if cut not in _PUBLIC:
        return lambda key: (key,)
    known = naming.names(cut, keys)
    return lambda key: (known[key].code if key in known else "",)


def cell(value: Any) -> Any:
    """As it is written into a file: moments with their zone, numbers without zeros nobody counted."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else value
