"""Makes the figures of a business day's visits, in the transaction in which its visits are made: see operations/visits.

Most are made of the visits themselves, so they agree with them whatever is stored meanwhile; what SKUs and search terms were
met with is read from the day's events, each in the visit it lies in.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model

from analytics.behaviour import paths, stages, terms
from analytics.behaviour.funnel import Reason
from analytics.behaviour.kinds import numbers
from analytics.models import DailyFunnel, DailyInterest, DailySearch, DailyVisitors, DailyVisitPath, HourlyVisits
from analytics.operations import planning
from config.kernel import shop
from config.kernel.business_time import day_period

# What stands for each business day, and goes with its visits.
ROLLUPS: tuple[type[Model], ...] = (HourlyVisits, DailyVisitors, DailyFunnel, DailyVisitPath, DailyInterest, DailySearch)

_HOURLY = f"""
    INSERT INTO analytics_hourlyvisits (
        day, hour, channel, visits, viewed, compared, decided, checkout, ordered, carted, carts_left, bounces,
        saw_out_of_stock, pages, searches, dry_searches, products, added, active_seconds,
        {", ".join(f"lost_{one}" for one in Reason)}
    )
    SELECT
        v.day, extract(hour FROM v.started_at AT TIME ZONE %(zone)s)::smallint, s.channel,
        count(*), count(v.viewed_at), count(v.compared_at), count(v.decided_at), count(v.checkout_at), count(v.ordered_at),
        count(*) FILTER (WHERE v.added > 0), count(*) FILTER (WHERE v.added > 0 AND v.ordered_at IS NULL),
        count(*) FILTER (WHERE v.is_bounce), count(*) FILTER (WHERE v.out_of_stock > 0),
        sum(v.pages), sum(v.searches), sum(v.dry_searches), sum(v.products), sum(v.added), sum(v.active_seconds),
        {", ".join(f"count(*) FILTER (WHERE v.reason = '{one}')" for one in Reason)}
    FROM analytics_visit AS v JOIN analytics_eventsource AS s ON s.id = v.source_id
    WHERE v.day = %(day)s GROUP BY 1, 2, 3
"""  # noqa: S608  put together from texts of this file

_VISITORS = """
    INSERT INTO analytics_dailyvisitors (day, channel, visitors)
    SELECT %(day)s, s.channel, count(DISTINCT v.visitor)
    FROM analytics_visit AS v JOIN analytics_eventsource AS s ON s.id = v.source_id
    WHERE v.day = %(day)s GROUP BY GROUPING SETS ((s.channel), ()) HAVING count(*) > 0
"""

_FUNNEL = """
    INSERT INTO analytics_dailyfunnel (day, channel, category_id, step, reason, visits)
    SELECT v.day, s.channel, c.id, v.step, v.reason, count(*)
    FROM analytics_visit AS v
    JOIN analytics_eventsource AS s ON s.id = v.source_id
    CROSS JOIN LATERAL (SELECT NULL::bigint AS id UNION ALL SELECT unnest(v.categories)) AS c
    WHERE v.day = %(day)s GROUP BY 1, 2, 3, 4, 5
"""

# As analytics/behaviour/paths.py tells them.
_PATHS = f"""
    INSERT INTO analytics_dailyvisitpath (day, channel, landing, acts, visits)
    SELECT
        v.day, s.channel,
        CASE
            WHEN v.landing IN ('', '{paths.FIRST_PAGE}') THEN v.landing
            WHEN split_part(v.landing, '/', 3) <> '' THEN '/' || split_part(v.landing, '/', 2) || '/'
            ELSE '{paths.ALONE}'
        END,
        (
            SELECT coalesce(string_agg(act.name, '{paths.BETWEEN}' ORDER BY act.at, act.place), '')
            FROM (VALUES {", ".join(f"('{name}', v.{name}_at, {place})" for place, name in enumerate(paths.ACTS))})
                AS act (name, at, place)
            WHERE act.at IS NOT NULL
        ),
        count(*)
    FROM analytics_visit AS v JOIN analytics_eventsource AS s ON s.id = v.source_id
    WHERE v.day = %(day)s GROUP BY 1, 2, 3, 4
"""  # noqa: S608  put together from texts of this product

# An event lies in the one visit of its visitor that had begun and had not ended.
_EVENTS = """
    FROM analytics_event AS e
    JOIN analytics_visit AS v
        ON v.day = %(day)s AND v.visitor = e.visitor AND e.occurred_at BETWEEN v.started_at AND v.ended_at
"""
_OF_THE_DAY = "e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL"

_INTEREST = f"""
    INSERT INTO analytics_dailyinterest (
        day, variant_id, views, viewing, viewing_out_of_stock, added, adding, wished, reviews, dwell_seconds
    )
    SELECT
        %(day)s, e.variant_id,
        count(*) FILTER (WHERE e.kind = ANY(%(viewed)s)), count(DISTINCT v.id) FILTER (WHERE e.kind = ANY(%(viewed)s)),
        count(DISTINCT v.id) FILTER (WHERE e.kind = ANY(%(viewed)s) AND e.properties -> 'in_stock' = 'false'),
        coalesce(sum(coalesce((e.properties ->> 'quantity')::numeric, 1)) FILTER (WHERE e.kind = ANY(%(added)s)), 0)::bigint,
        count(DISTINCT v.id) FILTER (WHERE e.kind = ANY(%(added)s)),
        count(*) FILTER (WHERE e.kind = ANY(%(wished)s)), count(*) FILTER (WHERE e.kind = ANY(%(reviewed)s)),
        coalesce(sum((e.properties ->> 'seconds')::numeric) FILTER (WHERE e.kind = ANY(%(dwelled)s)), 0)
    {_EVENTS}
    JOIN inventory_variant AS i ON i.id = e.variant_id
    WHERE {_OF_THE_DAY} AND e.kind = ANY(%(of_a_sku)s)
    GROUP BY e.variant_id
"""

_QUERIES = f"""
    SELECT DISTINCT e.properties ->> 'query' FROM analytics_event AS e
    WHERE {_OF_THE_DAY} AND e.kind = ANY(%(searches)s) AND e.properties ->> 'query' IS NOT NULL
"""  # noqa: S608  put together from texts of this file

_SEARCH = f"""
    INSERT INTO analytics_dailysearch (day, term, searches, visits, visitors, dry, viewed, added)
    WITH said AS (SELECT * FROM unnest(%(queries)s::text[], %(terms)s::text[]) AS said (query, term)),
    searched AS (
        SELECT v.id AS visit, v.visitor, said.term, count(*) AS searches, min(e.occurred_at) AS first_at,
            count(*) FILTER (WHERE e.properties -> 'results' = '0') AS dry
        {_EVENTS}
        JOIN said ON said.query = e.properties ->> 'query'
        WHERE {_OF_THE_DAY} AND e.kind = ANY(%(searches)s)
        GROUP BY v.id, v.visitor, said.term
    ),
    followed AS (
        SELECT v.id AS visit, max(e.occurred_at) FILTER (WHERE e.kind = ANY(%(viewed)s)) AS viewed_at,
            max(e.occurred_at) FILTER (WHERE e.kind = ANY(%(added)s)) AS added_at
        {_EVENTS}
        WHERE {_OF_THE_DAY} AND e.kind = ANY(%(viewed)s || %(added)s) AND v.searches > 0
        GROUP BY v.id
    )
    SELECT
        %(day)s, s.term, sum(s.searches), count(*), count(DISTINCT s.visitor), sum(s.dry),
        count(*) FILTER (WHERE f.viewed_at >= s.first_at), count(*) FILTER (WHERE f.added_at >= s.first_at)
    FROM searched AS s LEFT JOIN followed AS f USING (visit)
    GROUP BY s.term
"""  # noqa: S608  put together from texts of this file


# What one customer searched for, by the day of the visit.
_THEIRS = """
    SELECT DISTINCT v.day, e.properties ->> 'query'
    FROM analytics_visit AS v JOIN analytics_event AS e
        ON e.visitor = v.visitor AND e.occurred_at BETWEEN v.started_at AND v.ended_at
    WHERE v.customer_id = %(customer)s AND v.searches > 0 AND e.kind = ANY(%(searches)s) AND e.properties ->> 'query' <> ''
"""

_DROP_TERMS = """
    DELETE FROM analytics_dailysearch AS d USING unnest(%(days)s::date[], %(terms)s::text[]) AS said (day, term)
    WHERE d.day = said.day AND d.term = said.term
"""


def drop_terms(*, customer_id: int) -> set[date]:
    """Drops what this customer searched for from the terms of its days, and tells the days, which are to be made anew. To be
    called before the events forget it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_THEIRS, {"customer": customer_id, "searches": numbers("products_searched")})
        found = [(day, terms.term(query)) for day, query in cursor.fetchall()]
        cursor.execute(_DROP_TERMS, {"days": [day for day, _term in found], "terms": [term for _day, term in found]})
    return {day for day, _term in found}


def replace(*, day: date, is_forgotten: bool) -> None:
    """Puts what a day's visits say in the place of what is stored. To be called in the transaction that has made the visits.

    The events of a forgotten day no longer tell what was searched for: its terms stay as they were, but for those of few
    visitors, which tell of somebody.
    """
    for rollup in ROLLUPS:
        if rollup is not DailySearch:
            rollup._default_manager.filter(day=day).delete()
    said = _said(day)
    # The visits of the day were made a moment ago, so the database's statistics know none of them. A day of 260,000 events took
    # 159 s in place of 5.
    with planning.whole_joins():
        with connection.cursor() as cursor:
            for statement in (_HOURLY, _VISITORS, _FUNNEL, _PATHS, _INTEREST):
                cursor.execute(statement, said)
        terms_of_day = DailySearch.objects.filter(day=day)
        if is_forgotten:
            terms_of_day.filter(visitors__lt=terms.FEWEST_VISITORS).exclude(term=terms.WITHHELD).delete()
        else:
            terms_of_day.delete()
            _make_terms(said)


def _make_terms(said: dict[str, Any]) -> None:
    """The rule of terms is told in Python alone: it reads each text of the day once."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES, said)
        meant = {query: term for (query,) in cursor.fetchall() if (term := terms.term(query))}
        if meant:
            cursor.execute(_SEARCH, said | {"queries": list(meant), "terms": list(meant.values())})


def _said(day: date) -> dict[str, Any]:
    period = day_period(day, shop.zone())
    viewed, added, dwelled = stages.VIEWED, numbers("product_added"), numbers("dwelled")
    wished = numbers("product_wished")
    return {
        "day": day,
        "zone": settings.BUSINESS_TIME_ZONE,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "viewed": viewed,
        "added": added,
        "wished": wished,
        "reviewed": stages.REVIEWED,
        "dwelled": dwelled,
        "of_a_sku": [*viewed, *added, *wished, *stages.REVIEWED, *dwelled],
        "searches": numbers("products_searched"),
    }
