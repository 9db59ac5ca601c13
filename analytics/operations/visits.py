"""Makes the visits of business days from shoppers' events: a day is replaced as a whole, never counted up.

Days are marked by whoever counts newly stored events (operations/event_figures.py) and made every few minutes, the open day
too. What is marked while a day is made stays marked. See docs/algorithms/journey.md.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DataError, connection, transaction
from django.db.models import (
    Exists,
    Model,
    OuterRef,
)

from analytics import closing
from analytics.behaviour import stages
from analytics.behaviour.kinds import numbers
from analytics.models import (
    KnownVisitor,
    Visit,
    VisitDay,
)
from analytics.operations import (
    attribution_days,
    day_states,
    event_lending,
    interest,
    locks,
    purchase_marks,
)
from analytics.queries import (
    event_recount,
)
from config.kernel import shop
from config.kernel.business_time import day_period

log = logging.getLogger(__name__)

# So many newly known visitors are told to the visits in one transaction.
MOST_KNOWN = 20_000


@dataclass(frozen=True)
class Rebuilt:
    days: int = 0
    visits: int = 0
    source_rows: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Rebuilt") -> "Rebuilt":
        return Rebuilt(
            self.days + other.days,
            self.visits + other.visits,
            self.source_rows + other.source_rows,
            self.seconds + other.seconds,
        )


# The one customer a visitor is known as; nobody where it is known as several, even if the shop does not know them all.
_THE_ONE = """
    SELECT CASE WHEN count(*) = 1 THEN min(k.customer_id) END
    FROM analytics_knownvisitor AS k WHERE k.visitor = {visitor} AND NOT k.is_new
"""

# Events of one moment stand in the order of the client's own clock. The stages are those of behaviour/stages.py.
_MAKE = f"""
    WITH told AS (
        SELECT
            e.visitor, e.occurred_at, e.client_at, e.id, e.kind, e.source_id, e.customer_id, e.variant_id, e.properties AS said,
            v.product_id, p.category_id,
            CASE WHEN e.kind = ANY(%(viewed)s) THEN coalesce('p' || v.product_id, 's' || (e.properties ->> 'sku'), '') END
                AS product,
            nullif(concat(
                e.properties ->> 'referrer', e.properties ->> 'utm_source', e.properties ->> 'utm_medium',
                e.properties ->> 'utm_campaign', e.properties ->> 'utm_term', e.properties ->> 'utm_content',
                e.properties ->> 'gclid', e.properties ->> 'fbclid', e.properties ->> 'napm', e.properties ->> 'kakao_click'
            ), '') IS NOT NULL AS says_origin
        FROM analytics_event AS e
        LEFT JOIN inventory_variant AS v ON v.id = e.variant_id AND e.kind = ANY(%(viewed)s)
        LEFT JOIN inventory_product AS p ON p.id = v.product_id
        WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL
            AND e.kind <> ALL(%(elsewhere)s)
    ),
    begun AS (
        SELECT *, CASE WHEN occurred_at - lag(occurred_at) OVER in_order < %(ends_after)s THEN 0 ELSE 1 END AS begins
        FROM told WINDOW in_order AS (PARTITION BY visitor ORDER BY occurred_at, client_at, id)
    ),
    placed AS (
        SELECT *, sum(begins) OVER so_far AS visit, row_number() OVER so_far AS place
        FROM begun
        WINDOW so_far AS (PARTITION BY visitor ORDER BY occurred_at, client_at, id ROWS UNBOUNDED PRECEDING)
    ),
    product AS (
        SELECT
            visitor, visit, product, min(occurred_at) AS seen_at, min(category_id) AS category_id,
            bool_or(said -> 'in_stock' = 'false') AS out_of_stock
        FROM placed WHERE product IS NOT NULL GROUP BY visitor, visit, product
    ),
    nth AS (
        SELECT
            *, row_number() OVER (PARTITION BY visitor, visit ORDER BY seen_at) AS of_any,
            row_number() OVER (PARTITION BY visitor, visit, category_id ORDER BY seen_at) AS of_category
        FROM product
    ),
    looked AS (
        SELECT
            visitor, visit, count(*) AS products, count(*) FILTER (WHERE out_of_stock) AS out_of_stock,
            array_agg(DISTINCT category_id ORDER BY category_id) FILTER (WHERE category_id IS NOT NULL) AS categories,
            min(seen_at) FILTER (
                WHERE of_any >= %(of_any)s OR (category_id IS NOT NULL AND of_category >= %(of_category)s)
            ) AS compared_at
        FROM nth GROUP BY visitor, visit
    ),
    bought AS (
        SELECT visitor, visit, array_agg(number ORDER BY place) AS orders
        FROM (
            SELECT visitor, visit, said ->> 'order' AS number, min(place) AS place
            FROM placed WHERE kind = ANY(%(ordered)s) GROUP BY visitor, visit, said ->> 'order'
        ) AS numbers
        GROUP BY visitor, visit
    ),
    whole AS (
        SELECT
            visitor, visit, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS events,
            count(*) FILTER (WHERE kind = ANY(%(pages)s)) AS pages,
            count(*) FILTER (WHERE kind = ANY(%(searches)s)) AS searches,
            count(*) FILTER (WHERE kind = ANY(%(searches)s) AND said -> 'results' = '0') AS dry_searches,
            count(*) FILTER (WHERE kind = ANY(%(pages)s)) = 1 AND bool_and(kind = ANY(%(pages)s || %(dwelled)s)) AS is_bounce,
            coalesce(sum(coalesce((said ->> 'quantity')::numeric, 1)) FILTER (WHERE kind = ANY(%(added)s)), 0)::bigint AS added,
            coalesce(sum((said ->> 'seconds')::numeric) FILTER (WHERE kind = ANY(%(dwelled)s)), 0) AS active_seconds,
            (array_agg(source_id ORDER BY place))[1] AS source_id,
            (array_agg(said ->> 'path' ORDER BY place) FILTER (WHERE said ->> 'path' <> ''))[1] AS landing,
            (array_agg(said ORDER BY place) FILTER (WHERE says_origin))[1] AS origin,
            min(occurred_at) FILTER (WHERE kind = ANY(%(viewed)s)) AS viewed_at,
            min(occurred_at) FILTER (WHERE kind = ANY(%(reviewed)s)) AS reviewed_at,
            min(occurred_at) FILTER (WHERE kind = ANY(%(deciding)s)) AS decided_at,
            min(occurred_at) FILTER (WHERE kind = ANY(%(checkout)s)) AS checkout_at,
            min(occurred_at) FILTER (WHERE kind = ANY(%(ordered)s)) AS ordered_at,
            -- Two who were named in one visit: whose it was is not guessed.
            count(customer_id) > 0 AS is_named,
            CASE WHEN min(customer_id) = max(customer_id) THEN min(customer_id) END AS named
        FROM placed GROUP BY visitor, visit
    ),
    made AS (
        INSERT INTO analytics_visit (
            day, visitor, customer_id, is_named, source_id, started_at, ended_at, events, pages, products, out_of_stock,
            searches, added, active_seconds, landing, referrer, utm_source, utm_medium, utm_campaign, click_id,
            viewed_at, compared_at, decided_at, checkout_at, ordered_at, orders, dry_searches, is_bounce, categories
        )
        SELECT
            %(day)s, w.visitor,
            CASE WHEN %(is_forgotten)s THEN NULL WHEN w.is_named THEN w.named ELSE ({_THE_ONE.format(visitor="w.visitor")}) END,
            w.is_named AND NOT %(is_forgotten)s, w.source_id, w.started_at, w.ended_at, w.events, w.pages,
            coalesce(l.products, 0), coalesce(l.out_of_stock, 0), w.searches, w.added, w.active_seconds,
            coalesce(w.landing, ''), coalesce(w.origin ->> 'referrer', ''), coalesce(w.origin ->> 'utm_source', ''),
            coalesce(w.origin ->> 'utm_medium', ''), coalesce(w.origin ->> 'utm_campaign', ''),
            CASE
                WHEN w.origin ->> 'gclid' <> '' THEN 'gclid' WHEN w.origin ->> 'fbclid' <> '' THEN 'fbclid'
                WHEN w.origin ->> 'napm' <> '' THEN 'napm' WHEN w.origin ->> 'kakao_click' <> '' THEN 'kakao_click' ELSE ''
            END,
            w.viewed_at, least(l.compared_at, w.reviewed_at), w.decided_at, w.checkout_at, w.ordered_at,
            coalesce(b.orders, ARRAY[]::varchar[]), w.dry_searches, w.is_bounce, coalesce(l.categories, ARRAY[]::bigint[])
        FROM whole AS w
        LEFT JOIN looked AS l ON l.visitor = w.visitor AND l.visit = w.visit
        LEFT JOIN bought AS b ON b.visitor = w.visitor AND b.visit = w.visit
        RETURNING events
    ),
    viewed AS (SELECT DISTINCT variant_id, product_id, category_id FROM placed WHERE product_id IS NOT NULL)
    SELECT
        (SELECT count(*) FROM made), (SELECT coalesce(sum(events), 0)::bigint FROM made),
        (SELECT coalesce(bit_xor(hashtextextended(concat_ws(' ', variant_id, product_id, category_id), 0)), 0) FROM viewed)
"""  # noqa: S608  put together from texts of this file

_SETTLE = """
    INSERT INTO analytics_visitday (day, state, marks, rebuilt_at, source_rows, seconds, catalog, is_forgotten)
    VALUES (%(day)s, 'CLEAN', %(marks)s, %(at)s, %(source_rows)s, %(seconds)s, %(catalog)s, %(is_forgotten)s)
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN analytics_visitday.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN analytics_visitday.marks = excluded.marks THEN NULL ELSE analytics_visitday.dirtied_at END,
        rebuilt_at = excluded.rebuilt_at, source_rows = excluded.source_rows, seconds = excluded.seconds,
        catalog = excluded.catalog, is_forgotten = excluded.is_forgotten
"""

# A customer whom the shop comes to know later is looked for until then.
_SETTLE_KNOWN = """
    WITH due AS (
        SELECT k.id, c.id AS customer_id
        FROM analytics_knownvisitor AS k LEFT JOIN campaigns_customer AS c ON c.external_id = k.external_id
        WHERE k.customer_id IS NULL AND (k.is_new OR c.id IS NOT NULL)
        ORDER BY k.id LIMIT %(most)s
    )
    UPDATE analytics_knownvisitor AS k SET is_new = false, customer_id = due.customer_id, settled_at = %(at)s
    FROM due WHERE k.id = due.id RETURNING k.visitor
"""

_RENAME = f"""
    UPDATE analytics_visit AS v SET customer_id = r.customer_id
    FROM (
        SELECT w.visitor, ({_THE_ONE.format(visitor="w.visitor")}) AS customer_id
        FROM unnest(%(visitors)s::bigint[]) AS w (visitor)
    ) AS r
    WHERE v.visitor = r.visitor AND NOT v.is_named AND v.customer_id IS DISTINCT FROM r.customer_id
        AND NOT EXISTS (SELECT 1 FROM analytics_visitday AS d WHERE d.day = v.day AND d.is_forgotten)
"""  # noqa: S608  put together from texts of this file


def mark(*, days: Iterable[date], at: datetime) -> None:
    """Tells that the visits of these days are stale."""
    day_states.mark(VisitDay, days=days, at=at)


def rebuild(*, days: Iterable[date], at: datetime) -> Rebuilt:
    """Makes the visits of these days anew, each in a transaction of its own."""
    return sum((_rebuild_day(day, at) for day in sorted(set(days))), Rebuilt())


def rebuild_due(*, at: datetime, seconds: float = 240) -> Rebuilt:
    """Makes every day that is marked, the latest first; what is left after `seconds` is due the next time."""
    done = Rebuilt()
    while settle_known(at=at) == MOST_KNOWN:
        log.info("more than %s visitors are newly known", MOST_KNOWN)
    due = VisitDay.objects.filter(state=VisitDay.State.DIRTY).order_by("-day").values_list("day", flat=True)
    for day in list(due):
        if done.seconds >= seconds:
            break
        try:
            done += _rebuild_day(day, at)
        except DataError:
            # It stays due, and the others are made whatever it holds.
            log.exception("the visits of %s cannot be made", day)
    return done


def rebuild_days(*, first: date | None, last: date | None, at: datetime) -> Rebuilt:
    """Makes business days anew, both included; without bounds all of them, and drops the visits of days outside."""
    told = event_recount.first_moment()
    begins, ends = first or (shop.day(told) if told else None), last or shop.day(at)
    wanted = closing.days(begins, ends) if begins else []
    if first is None and last is None:
        _drop_outside(wanted)
    return rebuild(days=wanted, at=at)


@transaction.atomic
def settle_known(*, at: datetime, most: int = MOST_KNOWN) -> int:
    """Tells the visits as whom visitors have shown themselves since the last time, and how many of these there were."""
    known_alone()
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_KNOWN, {"most": most, "at": at})
        visitors = [visitor for (visitor,) in cursor.fetchall()]
    _rename(visitors, at)
    return len(visitors)


def known_otherwise(*, visitors: list[int], at: datetime) -> None:
    """Tells the visits as whom these visitors are known now; to be called by who is alone with that."""
    _rename(visitors, at)


@transaction.atomic
def forget_known(*, before: date, at: datetime) -> None:
    """Drops who was first known before this day and has not been here since."""
    known_alone()

    # Who has been here since is still known: their first day grows old, and they do not.
    since = Visit.objects.filter(visitor=OuterRef("visitor"), day__gte=before)
    stale = KnownVisitor.objects.filter(~Exists(since), first_at__lt=day_period(before, shop.zone()).starts_at)
    visitors = list(stale.values_list("visitor", flat=True))
    stale.delete()
    _rename(visitors, at)


def personal_from(at: datetime) -> date:
    """The first business day whose events and visits may still tell whose they are."""
    return shop.day(at - timedelta(days=settings.EVENTS_PERSONAL_DAYS))


@transaction.atomic
def _rebuild_day(day: date, at: datetime) -> Rebuilt:
    """Readers see the former visits of this day or the new ones, never a part of either."""
    began = time.monotonic()
    one_at_a_time(day)
    # Read before the events are: a mark that is not in here yet belongs to events that may not be in the visits either.
    state = VisitDay.objects.filter(day=day).values_list("marks", "is_forgotten").first()
    marks, is_forgotten = state or (0, False)
    is_forgotten = is_forgotten or day < personal_from(at)
    with event_lending.lent(day):
        visits, source_rows, catalog = _replace(day, is_forgotten)
        interest.replace(day=day, is_forgotten=is_forgotten)
    seconds = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "day": day,
                "marks": marks,
                "at": at,
                "source_rows": source_rows,
                "seconds": seconds,
                "catalog": catalog,
                "is_forgotten": is_forgotten,
            },
        )
    purchase_marks.visits_made(day=day, at=at)
    attribution_days.visits_made(day=day, at=at)
    return Rebuilt(1, visits, source_rows, seconds)


def _replace(day: date, is_forgotten: bool) -> tuple[int, int, int]:
    """Puts what the events say in the place of what is stored: how many visits, of how many events, by which catalog."""
    Visit.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, _said(day) | {"is_forgotten": is_forgotten})
        visits, source_rows, catalog = cursor.fetchone()
        return visits, source_rows, catalog


def _said(day: date) -> dict[str, Any]:
    period = day_period(day, shop.zone())
    return {
        "day": day,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "ends_after": stages.VISIT_ENDS_AFTER,
        "of_category": stages.COMPARED_OF_ONE_CATEGORY,
        "of_any": stages.COMPARED_OF_ANY_CATEGORY,
        "elsewhere": stages.ELSEWHERE,
        "viewed": stages.VIEWED,
        "reviewed": stages.REVIEWED,
        "deciding": stages.DECIDING,
        "checkout": stages.CHECKOUT,
        "ordered": stages.ORDERED,
        "pages": numbers("page_viewed"),
        "searches": numbers("products_searched"),
        "added": numbers("product_added"),
        "dwelled": numbers("dwelled"),
    }


def _rename(visitors: list[int], at: datetime) -> None:
    if visitors:
        named = sorted(set(visitors))
        days = attribution_days.days_of_visitors(named)
        with connection.cursor() as cursor:
            cursor.execute(_RENAME, {"visitors": named})
        purchase_marks.visitors_renamed(visitors=named, at=at)
        attribution_days.mark(days=days | attribution_days.days_of_visitors(named), at=at)


def one_at_a_time(day: date) -> None:
    """Waits for whoever makes this day, for two that replace the same visits would meet in the unique constraint; and for
    whoever changes which customer a visitor is, for what is being made is not seen by that.
    """
    locks.in_common(locks.Lock.KNOWN)
    locks.days_alone(locks.Lock.VISIT_DAYS, [day])


def known_alone() -> None:
    """No day's visits are made until the present transaction ends."""
    locks.alone(locks.Lock.KNOWN)


@transaction.atomic
def _drop_outside(wanted: list[date]) -> None:
    tables: tuple[type[Model], ...] = (Visit, VisitDay, *interest.ROLLUPS)
    for table in tables:
        strays = table._default_manager.all()
        if wanted:
            strays = strays.exclude(day__range=(wanted[0], wanted[-1]))
        strays.delete()
