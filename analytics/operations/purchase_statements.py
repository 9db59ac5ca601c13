"""The SQL that makes purchases and what follows from them, each text for a span of business days.

A person is a customer, or a browser in its visits that are nobody's. `person's visits` of an order are those of its customer,
and those of the browser it was placed with that are nobody's. Nothing looks back on visits for longer than `looks_back`. Of the
`frozen` days everything that rests on visits stays as it was made (purchase_keeping.py).
"""

from datetime import timedelta

from analytics.behaviour.kinds import numbers
from analytics.survival import DAYS_SINCE

# Of a line with canceled units the rest counts, and its amounts in proportion, as in analytics/extract.py.
_KEPT = "CASE WHEN l.canceled = 0 THEN l.{0} ELSE round(l.{0} * (l.quantity - l.canceled) / l.quantity, 4) END"
_STANDS = "{0}.state NOT IN ('CANCELED', 'EXPIRED')"

KINDS = {
    "PROMOTION_VIEWED": numbers("promotion_viewed"),
    "PROMOTION_CLICKED": numbers("promotion_clicked"),
    "MESSAGE_OPENED": numbers("message_opened"),
    "MESSAGE_CLICKED": numbers("message_clicked"),
}
CLICKS = ("PROMOTION_CLICKED", "MESSAGE_CLICKED")
CLICKS_COUNT_FOR = timedelta(days=7)
_CLICK_COUNTS_FOR = f"interval '{CLICKS_COUNT_FOR.days} days'"


def step(seconds: str) -> str:
    """The step of analytics/survival.py; a test holds the two together."""
    return f"""(CASE
        WHEN {seconds} < 7200 THEN floor({seconds} / 60)
        WHEN {seconds} < 86400 THEN 120 + floor(({seconds} - 7200) / 600)
        WHEN {seconds} < 1209600 THEN 252 + floor(({seconds} - 86400) / 3600)
        ELSE 564 + floor(({seconds} - 1209600) / 86400)
    END)::smallint"""


def _seconds(later: str, earlier: str) -> str:
    return f"greatest(extract(epoch FROM {later} - {earlier}), 0)"


_CODE = "coalesce(e.properties ->> 'promotion', e.properties ->> 'message', '')"

# Every one: which is the first of the week before an order depends on the order's own moment, within a day and a visit.
TOUCHES = f"""
    INSERT INTO analytics_touch (day, visitor, kind, code, at)
    SELECT (e.occurred_at AT TIME ZONE %(zone)s)::date, e.visitor, k.kind, {_CODE}, e.occurred_at
    FROM analytics_event AS e
    JOIN unnest(%(kind_numbers)s::int[], %(kind_names)s::text[]) AS k (number, kind) ON k.number = e.kind
    WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL
    ON CONFLICT DO NOTHING
"""  # noqa: S608  put together from texts of this file, as below

_ORDERS = f"""
    sold AS MATERIALIZED (
        SELECT
            o.id, o.number, o.channel, o.customer_id, o.placed_at, (o.placed_at AT TIME ZONE %(zone)s)::date AS day,
            extract(hour FROM o.placed_at AT TIME ZONE %(zone)s)::smallint AS hour
        FROM orders_order AS o
        WHERE o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s AND {_STANDS.format("o")}
    ),
    goods AS (
        SELECT
            sold.id, sum(l.quantity - l.canceled) AS units, sum({_KEPT.format("gross")}) AS gross,
            sum({_KEPT.format("discount")}) AS discounts
        FROM sold JOIN orders_orderline AS l ON l.order_id = sold.id GROUP BY sold.id
    )"""  # noqa: S608

# What the person of an order did, of what counts for a week: each kind and code once, seen first and clicked last.
PURCHASES = f"""
    WITH {_ORDERS},
    -- The visit that told the order; of several the one that began first, which is the browser's own.
    told AS MATERIALIZED (
        SELECT DISTINCT ON (number) number, v.visitor, v.customer_id, v.started_at, v.ended_at
        FROM analytics_visit AS v CROSS JOIN unnest(v.orders) AS number
        WHERE v.day >= %(first)s::date - 1 AND v.day <= %(last)s::date + 1 AND v.ordered_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM analytics_visitday AS d WHERE d.day = v.day AND d.is_forgotten)
        ORDER BY number, v.started_at, v.visitor
    ),
    bought AS MATERIALIZED (
        SELECT s.*, t.visitor, t.started_at, t.ended_at FROM sold AS s LEFT JOIN told AS t ON t.number = s.number
    ),
    carted AS (
        SELECT b.id, min(e.occurred_at) AS at
        FROM bought AS b JOIN analytics_event AS e
            ON e.visitor = b.visitor AND e.occurred_at >= b.started_at AND e.occurred_at <= least(b.ended_at, b.placed_at)
        WHERE e.occurred_at >= %(starts_at)s::timestamptz - interval '1 day'
            AND e.occurred_at < %(ends_at)s::timestamptz + interval '1 day' AND e.kind = ANY(%(added)s) AND e.traffic = 0
        GROUP BY b.id
    ),
    theirs AS MATERIALIZED (
        SELECT b.id, b.placed_at, v.visitor, v.started_at, v.ended_at
        FROM bought AS b JOIN analytics_visit AS v ON v.customer_id = b.customer_id
        WHERE v.started_at <= b.placed_at AND v.ended_at > b.placed_at - {_CLICK_COUNTS_FOR}
        UNION ALL
        SELECT b.id, b.placed_at, v.visitor, v.started_at, v.ended_at
        FROM bought AS b JOIN analytics_visit AS v ON v.visitor = b.visitor
        WHERE v.customer_id IS NULL AND v.started_at <= b.placed_at AND v.ended_at > b.placed_at - {_CLICK_COUNTS_FOR}
    ),
    touched AS MATERIALIZED (
        SELECT
            w.id, t.kind, t.code, CASE WHEN t.kind = ANY(%(clicks)s) THEN max(t.at) ELSE min(t.at) END AS at
        FROM theirs AS w JOIN analytics_touch AS t
            ON t.visitor = w.visitor AND t.at >= w.started_at AND t.at <= w.ended_at
        WHERE t.at <= w.placed_at AND t.at > w.placed_at - {_CLICK_COUNTS_FOR}
        GROUP BY w.id, t.kind, t.code
    ),
    clicked AS (
        SELECT DISTINCT ON (id) id, kind, code, at FROM touched WHERE kind = ANY(%(clicks)s) ORDER BY id, at DESC, kind, code
    ),
    made AS (
        INSERT INTO analytics_purchase (
            order_id, day, hour, channel, customer_id, visitor, placed_at, units, sales, is_first_order, gap_seconds,
            first_seen_at, visit_started_at, carted_at, touch_kind, touch_code, touched_at
        )
        SELECT
            b.id, b.day, b.hour, b.channel, b.customer_id, b.visitor, b.placed_at, coalesce(g.units, 0),
            coalesce(g.gross - g.discounts, 0), CASE WHEN b.customer_id IS NOT NULL THEN p.placed_at IS NULL END,
            floor({_seconds("b.placed_at", "p.placed_at")})::bigint * CASE WHEN p.placed_at IS NULL THEN NULL ELSE 1 END,
            least(
                (
                    SELECT min(v.started_at) FROM analytics_visit AS v
                    WHERE v.customer_id = b.customer_id AND v.started_at <= b.placed_at
                        AND v.started_at >= b.placed_at - %(looks_back)s
                ),
                (
                    SELECT min(v.started_at) FROM analytics_visit AS v
                    WHERE v.visitor = b.visitor AND v.customer_id IS NULL AND v.started_at <= b.placed_at
                        AND v.started_at >= b.placed_at - %(looks_back)s
                )
            ),
            b.started_at, c.at, coalesce(k.kind, ''), coalesce(k.code, ''), k.at
        FROM bought AS b
        LEFT JOIN goods AS g ON g.id = b.id
        LEFT JOIN carted AS c ON c.id = b.id
        LEFT JOIN clicked AS k ON k.id = b.id
        LEFT JOIN LATERAL (
            SELECT o.placed_at FROM orders_order AS o
            WHERE o.customer_id = b.customer_id AND (o.placed_at, o.id) < (b.placed_at, b.id) AND {_STANDS.format("o")}
            ORDER BY o.placed_at DESC, o.id DESC LIMIT 1
        ) AS p ON true
        RETURNING order_id, day, channel, placed_at, carted_at
    ),
    timed AS (
        SELECT m.day, 'CART' AS since, m.channel, '' AS code, m.carted_at AS at, m.placed_at, NULL::boolean AS planned
        FROM made AS m WHERE m.carted_at IS NOT NULL
        UNION ALL
        SELECT
            b.day, t.kind, b.channel, t.code, t.at, b.placed_at,
            CASE WHEN t.kind LIKE 'PROMOTION%%' THEN p.id IS NOT NULL END
        FROM touched AS t JOIN bought AS b ON b.id = t.id
        -- In force when the order was placed, as campaigns/pricing/schedule.py says.
        LEFT JOIN campaigns_promotion AS p
            ON t.kind LIKE 'PROMOTION%%' AND p.id::text = t.code AND b.placed_at >= p.starts_at
            AND (p.ends_at IS NULL OR b.placed_at < p.ends_at)
            AND (
                p.from_hour IS NULL
                OR (p.from_hour < p.until_hour AND b.hour >= p.from_hour AND b.hour < p.until_hour)
                OR (p.from_hour > p.until_hour AND (b.hour >= p.from_hour OR b.hour < p.until_hour))
            )
            AND (
                p.weekdays = '{{}}'
                OR extract(
                    isodow FROM b.day - CASE WHEN p.from_hour > p.until_hour AND b.hour < p.until_hour THEN 1 ELSE 0 END
                )::smallint - 1 = ANY(p.weekdays)
            )
    ),
    stepped AS (
        SELECT
            day, since, channel, code, {step(_seconds("placed_at", "at"))} AS step, count(*)::int AS number,
            count(*) FILTER (WHERE planned)::int AS planned, bool_or(planned IS NOT NULL) AS is_planned
        FROM timed GROUP BY 1, 2, 3, 4, 5
    ),
    timings AS (
        INSERT INTO analytics_dailytiming (day, since, channel, code, number, planned, steps, counts)
        SELECT
            day, since, channel, code, sum(number), CASE WHEN bool_or(is_planned) THEN sum(planned) END,
            array_agg(step ORDER BY step), array_agg(number ORDER BY step)
        FROM stepped WHERE day <> ALL(%(frozen)s::date[]) GROUP BY day, since, channel, code
    )
    SELECT count(*) FROM made
"""  # noqa: S608

BUYING = """
    INSERT INTO analytics_dailybuying (
        day, channel, new_orders, new_sales, repeat_orders, repeat_sales, guest_orders, guest_sales
    )
    SELECT
        day, channel, count(*) FILTER (WHERE is_first_order), coalesce(sum(sales) FILTER (WHERE is_first_order), 0),
        count(*) FILTER (WHERE NOT is_first_order), coalesce(sum(sales) FILTER (WHERE NOT is_first_order), 0),
        count(*) FILTER (WHERE is_first_order IS NULL), coalesce(sum(sales) FILTER (WHERE is_first_order IS NULL), 0)
    FROM analytics_purchase WHERE day BETWEEN %(first)s AND %(last)s GROUP BY day, channel
"""

# A visit's orders are those that stand: the purchases placed in it.
RETURNS = f"""
    WITH seen AS (
        SELECT
            v.day, s.channel, v.visitor, v.started_at,
            v.day - CASE WHEN v.customer_id IS NULL THEN (
                SELECT w.day FROM analytics_visit AS w
                WHERE w.visitor = v.visitor AND w.customer_id IS NULL AND w.started_at < d.starts_at
                ORDER BY w.started_at DESC LIMIT 1
            ) ELSE (
                SELECT w.day FROM analytics_visit AS w
                WHERE w.customer_id = v.customer_id AND w.started_at < d.starts_at
                ORDER BY w.started_at DESC LIMIT 1
            ) END AS since
        FROM analytics_visit AS v
        JOIN analytics_eventsource AS s ON s.id = v.source_id
        JOIN unnest(%(days)s::date[], %(midnights)s::timestamptz[]) AS d (day, starts_at) ON d.day = v.day
        WHERE v.day BETWEEN %(first)s AND %(last)s AND v.day <> ALL(%(frozen)s::date[])
            AND NOT EXISTS (SELECT 1 FROM analytics_visitday AS f WHERE f.day = v.day AND f.is_forgotten)
    ),
    ordered AS (
        SELECT visitor, visit_started_at, count(*) AS orders FROM analytics_purchase
        WHERE day BETWEEN %(first)s::date - 1 AND %(last)s::date + 1 AND visitor IS NOT NULL GROUP BY 1, 2
    )
    INSERT INTO analytics_dailyreturn (day, channel, since, visits, orders)
    SELECT
        day, channel,
        (SELECT max(one) FROM unnest(ARRAY[{", ".join(map(str, DAYS_SINCE))}]) AS one WHERE one <= since) AS class,
        count(*), coalesce(sum(o.orders), 0)
    FROM seen LEFT JOIN ordered AS o ON o.visitor = seen.visitor AND o.visit_started_at = seen.started_at
    WHERE since <= %(most_days)s
    GROUP BY 1, 2, 3
"""  # noqa: S608

CUSTOMERS = f"""
    WITH {_ORDERS},
    fact AS (
        SELECT
            sold.day, sold.customer_id, 1 AS orders, coalesce(g.units, 0) AS units, coalesce(g.gross, 0) AS gross,
            coalesce(g.discounts, 0) AS discounts, 0 AS returned, 0 AS visits
        FROM sold LEFT JOIN goods AS g ON g.id = sold.id WHERE sold.customer_id IS NOT NULL
        UNION ALL
        SELECT (r.received_at AT TIME ZONE %(zone)s)::date, o.customer_id, 0, 0, 0, 0, b.refund, 0
        FROM orders_return AS r JOIN orders_returnline AS b ON b.parent_id = r.id JOIN orders_order AS o ON o.id = r.order_id
        WHERE r.state = 'RECEIVED' AND r.received_at >= %(starts_at)s AND r.received_at < %(ends_at)s
            AND o.customer_id IS NOT NULL
        UNION ALL
        SELECT v.day, v.customer_id, 0, 0, 0, 0, 0, 1
        FROM analytics_visit AS v JOIN campaigns_customer AS c ON c.id = v.customer_id
        WHERE v.day BETWEEN %(first)s AND %(last)s
    )
    INSERT INTO analytics_dailycustomer (day, customer_id, orders, units, gross, discounts, returned, visits)
    SELECT day, customer_id, sum(orders), sum(units), sum(gross), sum(discounts), sum(returned), sum(visits)
    FROM fact GROUP BY 1, 2
"""  # noqa: S608

# Rows of the span, and the first after it of everybody who had or has one in it.
SINCE_BEFORE = """
    WITH due AS (
        SELECT id FROM analytics_dailycustomer WHERE day BETWEEN %(first)s AND %(last)s
        UNION
        SELECT (
            SELECT d.id FROM analytics_dailycustomer AS d WHERE d.customer_id = c.id AND d.day > %(last)s ORDER BY d.day LIMIT 1
        )
        FROM unnest(%(customers)s::bigint[]) AS c (id)
    ),
    found AS (
        SELECT d.id, d.day - (
            SELECT max(b.day) FROM analytics_dailycustomer AS b WHERE b.customer_id = d.customer_id AND b.day < d.day
        ) AS since
        FROM analytics_dailycustomer AS d JOIN due ON due.id = d.id
    )
    UPDATE analytics_dailycustomer AS d SET since = found.since
    FROM found WHERE found.id = d.id AND d.since IS DISTINCT FROM found.since
"""

# Days on which these customers first ordered, and these browsers were first seen as nobody's.
COHORTS_OF = """
    SELECT p.day FROM analytics_purchase AS p WHERE p.is_first_order AND p.customer_id = ANY(%(customers)s)
    UNION
    SELECT (
        SELECT v.day FROM analytics_visit AS v WHERE v.visitor = w.visitor AND v.customer_id IS NULL
        ORDER BY v.started_at LIMIT 1
    ) FROM unnest(%(visitors)s::bigint[]) AS w (visitor)
"""

# The next order of each of these customers, where it is no longer true that it is the first, or how long after the one before.
NEXT_ORDERS = f"""
    SELECT DISTINCT n.day
    FROM unnest(%(customers)s::bigint[]) AS c (id)
    JOIN LATERAL (
        SELECT p.day, p.placed_at, p.order_id, p.gap_seconds FROM analytics_purchase AS p
        WHERE p.customer_id = c.id AND p.placed_at >= %(ends_at)s ORDER BY p.placed_at, p.order_id LIMIT 1
    ) AS n ON true
    LEFT JOIN LATERAL (
        SELECT o.placed_at FROM orders_order AS o
        WHERE o.customer_id = c.id AND (o.placed_at, o.id) < (n.placed_at, n.order_id) AND {_STANDS.format("o")}
        ORDER BY o.placed_at DESC, o.id DESC LIMIT 1
    ) AS b ON true
    WHERE n.gap_seconds IS DISTINCT FROM
        CASE WHEN b.placed_at IS NOT NULL THEN floor({_seconds("n.placed_at", "b.placed_at")})::bigint END
"""  # noqa: S608

_LAST_SEEN = """
    CASE WHEN bought_at - began_at <= %(watched)s THEN bought_at ELSE least(%(until)s, began_at + %(watched)s) END
"""
_WATCHED = f"""
    outcome AS (
        SELECT
            day, channel, had_bought, bought_at IS NOT NULL AND bought_at - began_at <= %(watched)s AS has_bought,
            {step(_seconds(_LAST_SEEN, "began_at"))} AS step
        FROM newcomer
    ),
    counted AS (
        SELECT day, channel, had_bought, has_bought, step, count(*)::int AS number FROM outcome GROUP BY 1, 2, 3, 4, 5
    )
    INSERT INTO analytics_newcomer (
        since, day, channel, had_bought, persons, bought_steps, bought_counts, left_steps, left_counts
    )
    SELECT
        %(since)s, day, channel, had_bought, sum(number),
        coalesce(array_agg(step ORDER BY step) FILTER (WHERE has_bought), '{{}}'),
        coalesce(array_agg(number ORDER BY step) FILTER (WHERE has_bought), '{{}}'),
        coalesce(array_agg(step ORDER BY step) FILTER (WHERE NOT has_bought), '{{}}'),
        coalesce(array_agg(number ORDER BY step) FILTER (WHERE NOT has_bought), '{{}}')
    FROM counted GROUP BY day, channel, had_bought
"""  # noqa: S608

FIRST_VISITS = f"""
    WITH first_visit AS (
        SELECT v.day, s.channel, v.customer_id, v.visitor, v.started_at
        FROM analytics_visit AS v JOIN analytics_eventsource AS s ON s.id = v.source_id
        WHERE v.day BETWEEN %(first)s AND %(last)s AND v.day <> ALL(%(frozen)s::date[])
            AND NOT EXISTS (SELECT 1 FROM analytics_visitday AS d WHERE d.day = v.day AND d.is_forgotten)
            AND CASE WHEN v.customer_id IS NULL THEN NOT EXISTS (
            SELECT 1 FROM analytics_visit AS w
            WHERE w.visitor = v.visitor AND w.customer_id IS NULL AND w.started_at < v.started_at
                AND w.started_at >= v.started_at - %(looks_back)s
        ) ELSE NOT EXISTS (
            SELECT 1 FROM analytics_visit AS w
            WHERE w.customer_id = v.customer_id AND (w.started_at, w.visitor) < (v.started_at, v.visitor)
                AND w.started_at >= v.started_at - %(looks_back)s
        ) END
    ),
    newcomer AS (
        SELECT
            f.day, f.channel, f.started_at AS began_at,
            f.customer_id IS NOT NULL AND EXISTS (
                SELECT 1 FROM analytics_purchase AS p WHERE p.customer_id = f.customer_id AND p.placed_at < f.started_at
            ) AS had_bought,
            CASE WHEN f.customer_id IS NULL THEN (
                SELECT min(p.placed_at) FROM analytics_purchase AS p
                JOIN analytics_visit AS w
                    ON w.visitor = p.visitor AND w.started_at = p.visit_started_at AND w.customer_id IS NULL
                WHERE p.visitor = f.visitor AND p.placed_at >= f.started_at AND p.placed_at < %(until)s
            ) ELSE (
                SELECT min(p.placed_at) FROM analytics_purchase AS p
                WHERE p.customer_id = f.customer_id AND p.placed_at >= f.started_at AND p.placed_at < %(until)s
            ) END AS bought_at
        FROM first_visit AS f
    ),
    {_WATCHED}"""  # noqa: S608

FIRST_ORDERS = f"""
    WITH newcomer AS (
        SELECT
            f.day, f.channel, f.placed_at AS began_at, false AS had_bought, (
                SELECT p.placed_at FROM analytics_purchase AS p
                WHERE p.customer_id = f.customer_id AND (p.placed_at, p.order_id) > (f.placed_at, f.order_id)
                    AND p.placed_at < %(until)s
                ORDER BY p.placed_at, p.order_id LIMIT 1
            ) AS bought_at
        FROM analytics_purchase AS f WHERE f.day BETWEEN %(first)s AND %(last)s AND f.is_first_order
    ),
    {_WATCHED}"""  # noqa: S608

COHORT_MONTHS = """
    INSERT INTO analytics_cohortmonth (day, channel, months, customers, orders, sales, returned)
    SELECT
        f.day, f.channel,
        (extract(year FROM d.day) - extract(year FROM f.day)) * 12 + extract(month FROM d.day) - extract(month FROM f.day),
        count(DISTINCT d.customer_id) FILTER (WHERE d.orders > 0), sum(d.orders), sum(d.gross - d.discounts), sum(d.returned)
    FROM analytics_purchase AS f JOIN analytics_dailycustomer AS d ON d.customer_id = f.customer_id AND d.day >= f.day
    WHERE f.day BETWEEN %(first)s AND %(last)s AND f.is_first_order AND d.day <= %(until_day)s
        AND (d.orders > 0 OR d.returned > 0)
    GROUP BY 1, 2, 3
"""
