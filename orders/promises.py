"""The promises orders makes, recounted by SQL over all orders: units, amounts, money, and the prices they were sold at."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from config.kernel.invariants import Violation, invariant
from config.kernel.money import EXPONENTS
from inventory.events import ReservationsLost
from orders.models import ImportRun, Order

# The sweep runs every minute: what has been due for this long was forgotten.
OVERDUE = timedelta(minutes=15)
# Longer than from one nightly tidying to the next, and than a run may take.
UNFINISHED = timedelta(hours=36)
# Decimals of the currencies that have not two.
EXPONENTS_TOLD = json.dumps(EXPONENTS)


def _violations(number: str, statement: str, *parameters: str) -> Iterator[Violation]:
    """Each row of the statement is a subject and what is wrong with it.

    Orders of a channel "import:..." are a shop's past: they keep what its files say, overpayments and fractions included.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 1000", parameters)
        for subject, detail in cursor.fetchall():
            yield Violation(number, subject, detail)


@invariant("I4")
def open_units_are_held(at: datetime) -> Iterator[Violation]:
    """ordered = held + shipped + canceled + short. A loss that orders has not been told of yet is no violation."""
    yield from _violations(
        "I4",
        """
        WITH open AS (
            SELECT o.number, l.variant_id, sum(l.quantity - l.shipped - l.canceled - l.short) AS units
            FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
            WHERE l.quantity <> l.shipped + l.canceled + l.short GROUP BY 1, 2
        ), held AS (
            SELECT document_number AS number, variant_id, sum(quantity - consumed - released) AS units
            FROM inventory_reservation WHERE document_kind = 'ORDER' AND state = 'ACTIVE' GROUP BY 1, 2
        )
        SELECT 'order ' || number,
               format('SKU #%%s: %%s units are to go, %%s held', variant_id, coalesce(open.units, 0), coalesce(held.units, 0))
        FROM open FULL JOIN held USING (number, variant_id)
        WHERE coalesce(open.units, 0) <> coalesce(held.units, 0) AND NOT EXISTS (
            SELECT FROM kernel_outboxdelivery d JOIN kernel_outboxevent e ON e.id = d.event_id
            WHERE d.state <> 'HANDLED' AND e.topic = %s AND e.payload ->> 'document_number' = number
        )
        """,
        ReservationsLost.topic,
    )


@invariant("I4")
def shipped_and_returned_have_their_papers(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I4",
        """
        SELECT format('order %%s, line %%s', o.number, l.position),
               format('shipped %%s, in parcels %%s; returned %%s, in returns %%s',
                      l.shipped, coalesce(f.units, 0), l.returned, coalesce(r.units, 0))
        FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN (SELECT order_line_id, sum(quantity) AS units FROM orders_fulfillmentline GROUP BY 1) f
               ON f.order_line_id = l.id
        LEFT JOIN (SELECT x.order_line_id, sum(x.quantity) AS units FROM orders_returnline x
                   JOIN orders_return p ON p.id = x.parent_id AND p.state = 'RECEIVED' GROUP BY 1) r
               ON r.order_line_id = l.id
        WHERE l.shipped <> coalesce(f.units, 0) OR l.returned <> coalesce(r.units, 0)
        """,
    )


@invariant("I4")
def states_tell_what_has_left(at: datetime) -> Iterator[Violation]:
    """Nothing of an order that has ended, or is not on its way yet; everything of one that is shipped."""
    yield from _violations(
        "I4",
        """
        SELECT format('order %%s, line %%s', o.number, l.position),
               format('%%s, but of %%s units %%s are shipped, %%s canceled', o.state, l.quantity, l.shipped, l.canceled)
        FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        WHERE (o.state IN ('PLACED', 'PAID', 'PICKED') AND l.shipped > 0)
           OR (o.state IN ('CANCELED', 'EXPIRED') AND l.canceled <> l.quantity)
           OR (o.state = 'SHIPPED' AND l.shipped + l.canceled <> l.quantity)
        """,
    )


@invariant("I4")
def short_orders_say_so(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I4",
        """
        SELECT 'order ' || o.number, format('is_short is %%s, missing units %%s', o.is_short, coalesce(l.units, 0))
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(short) AS units FROM orders_orderline WHERE short > 0 GROUP BY 1) l
               ON l.order_id = o.id
        WHERE o.is_short <> (coalesce(l.units, 0) > 0)
        """,
    )


@invariant("I4")
def an_order_under_way_has_units_to_go(at: datetime) -> Iterator[Violation]:
    """Nothing left to pick or ship would leave it in the worklists for ever."""
    yield from _violations(
        "I4",
        """
        SELECT 'order ' || o.number, format('%%s, and every unit was shipped or canceled', o.state) FROM orders_order o
        WHERE o.state IN ('PAID', 'PICKED', 'PARTLY_SHIPPED') AND NOT EXISTS (
            SELECT FROM orders_orderline l WHERE l.order_id = o.id AND l.quantity > l.shipped + l.canceled
        )
        """,
    )


@invariant("I5")
def totals_are_the_sum_of_their_parts(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I5",
        """
        SELECT 'order ' || o.number, format('lines %%s, sum %%s; tax %%s, of lines %%s', o.lines_total, l.total, o.tax, l.tax)
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(total) AS total, sum(tax) AS tax FROM orders_orderline GROUP BY 1) l
               ON l.order_id = o.id
        WHERE o.lines_total <> coalesce(l.total, 0)
           OR o.tax - coalesce(l.tax, 0) NOT BETWEEN 0 AND o.shipping_fee - o.shipping_discount
        """,
    )
    yield from _violations(
        "I5",
        """
        SELECT format('order %%s, line %%s', o.number, l.position),
               format('%%s x %%s is not %%s; or a fraction of %%s', l.quantity, l.list_price, l.gross, o.currency)
        FROM orders_orderline l
        JOIN (SELECT *, coalesce((%s::jsonb ->> currency)::int, 2) AS decimals FROM orders_order) o ON o.id = l.order_id
        WHERE l.gross NOT IN (l.quantity * l.list_price, round(l.quantity * l.list_price, o.decimals))
           OR (l.total <> round(l.total, o.decimals) AND o.channel NOT LIKE 'import:%%')
        """,
        EXPONENTS_TOLD,
    )


@invariant("I5")
def discounts_are_the_sum_of_their_reasons(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I5",
        """
        SELECT format('order %%s, line %%s', o.number, l.position),
               format('discount %%s, its reasons %%s', l.discount, coalesce(d.amount, 0))
        FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM orders_orderdiscount WHERE line_id IS NOT NULL GROUP BY 1) d
               ON d.line_id = l.id
        WHERE l.discount <> coalesce(d.amount, 0)
        """,
    )
    yield from _violations(
        "I5",
        """
        SELECT 'order ' || o.number,
               format('shipping discount %%s, its reasons %%s', o.shipping_discount, coalesce(d.amount, 0))
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_orderdiscount WHERE line_id IS NULL GROUP BY 1) d
               ON d.order_id = o.id
        WHERE o.shipping_discount <> coalesce(d.amount, 0)
        """,
    )


@invariant("I6")
def money_is_the_sum_of_its_records(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number,
               format('paid %%s, payments %%s; refunded %%s, refunds %%s', o.paid, coalesce(p.amount, 0),
                      o.refunded, coalesce(r.amount, 0))
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_payment GROUP BY 1) p ON p.order_id = o.id
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_refund GROUP BY 1) r ON r.order_id = o.id
        WHERE o.paid <> coalesce(p.amount, 0) OR o.refunded <> coalesce(r.amount, 0)
        """,
    )


@invariant("I6")
def orders_are_paid_whole_and_once(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number, format('%%s, paid %%s of %%s', o.state, o.paid, o.total) FROM orders_order o
        WHERE o.channel NOT LIKE 'import:%%' AND (
            o.paid NOT IN (0, o.total) OR (o.state = 'PLACED' AND o.paid > 0)
            OR (o.state IN ('PAID', 'PICKED', 'PARTLY_SHIPPED', 'SHIPPED') AND o.paid <> o.total)
        )
        """,
    )


@invariant("I6")
def what_must_go_back_is_owed(at: datetime) -> Iterator[Violation]:
    """All of it for an order that is over, else at least what came back was worth."""
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number,
               format('owed %%s of %%s paid, returns are worth %%s', o.refund_owed, o.paid, coalesce(r.refund, 0))
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(refund) AS refund FROM orders_return WHERE state = 'RECEIVED' GROUP BY 1) r
               ON r.order_id = o.id
        WHERE (o.state IN ('CANCELED', 'EXPIRED') AND o.refund_owed <> o.paid)
           OR o.refund_owed < least(coalesce(r.refund, 0), o.paid)
        """,
    )


@invariant("I6")
def unmatched_money_is_in_the_worklist(at: datetime) -> Iterator[Violation]:
    """Until somebody has said what became of it."""
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number, format('has_unmatched is %%s, unmatched payments not settled %%s', o.has_unmatched,
                                            coalesce(u.payments, 0))
        FROM orders_order o
        LEFT JOIN (SELECT order_id, count(*) AS payments FROM orders_unmatchedpayment p
                   WHERE NOT EXISTS (SELECT FROM orders_settlement s WHERE s.payment_id = p.id) GROUP BY 1) u
               ON u.order_id = o.id
        WHERE o.has_unmatched <> (coalesce(u.payments, 0) > 0)
        """,
    )


@invariant("I6")
def one_report_is_counted_once(at: datetime) -> Iterator[Violation]:
    """A provider's reference names one row among payments and unmatched payments, and one among refunds and settlements."""
    yield from _violations(
        "I6",
        """
        WITH counted AS (
            SELECT 'CAME' AS direction, provider, reference FROM orders_payment
            UNION ALL SELECT 'CAME', provider, reference FROM orders_unmatchedpayment
            UNION ALL SELECT 'WENT', provider, reference FROM orders_refund
            UNION ALL SELECT 'WENT', provider, reference FROM orders_settlement WHERE outcome = 'PAID_BACK'
        ), rows AS (
            SELECT direction, lower(btrim(provider)) AS provider, btrim(reference) AS reference, count(*) AS times
            FROM counted GROUP BY 1, 2, 3
        ), names AS (
            SELECT direction, lower(btrim(provider)) AS provider, btrim(reference) AS reference, count(*) AS times
            FROM orders_providerreference GROUP BY 1, 2, 3
        )
        SELECT format('reference %%s %%s', provider, reference),
               format('%%s: written down %%s times, kept as a name %%s times', direction, coalesce(rows.times, 0),
                      coalesce(names.times, 0))
        FROM rows FULL JOIN names USING (direction, provider, reference)
        WHERE rows.times IS DISTINCT FROM 1 OR names.times IS DISTINCT FROM 1
        """,
    )


@invariant("I6")
def money_goes_back_the_way_it_came(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number, format('refund %%s by %%s, which took no payment of it', r.reference, r.provider)
        FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
        WHERE NOT EXISTS (
            SELECT FROM orders_payment p WHERE p.order_id = r.order_id AND p.provider = r.provider
            AND p.id = coalesce(r.payment_id, p.id)
        )
        UNION ALL
        SELECT 'order ' || o.number,
               format('unmatched payment %%s of %%s was paid back by %%s', u.reference, u.provider, s.provider)
        FROM orders_settlement s JOIN orders_unmatchedpayment u ON u.id = s.payment_id JOIN orders_order o ON o.id = u.order_id
        WHERE s.outcome = 'PAID_BACK' AND s.provider <> u.provider
        """,
    )


@invariant("I6")
def a_refund_says_what_went_back_where_two_payments_might_have(at: datetime) -> Iterator[Violation]:
    """An unmatched payment of its amount was open when it was written down. The timeline, written under the order's lock, knows
    what came first.
    """
    yield from _violations(
        "I6",
        """
        SELECT 'order ' || o.number,
               format('refund %%s does not say of which payment, and %%s of its amount was open', r.reference, u.reference)
        FROM orders_unmatchedpayment u
        JOIN orders_refund r ON r.order_id = u.order_id AND r.amount = u.amount AND r.payment_id IS NULL
        JOIN orders_order o ON o.id = u.order_id
        JOIN orders_orderevent went ON went.order_id = u.order_id AND went.kind = 'REFUNDED'
         AND went.details ->> 'provider' = r.provider AND went.details ->> 'reference' = r.reference
        JOIN orders_orderevent came ON came.order_id = u.order_id AND came.kind = 'UNMATCHED'
         AND came.details ->> 'provider' = u.provider AND came.details ->> 'reference' = u.reference
        WHERE came.id < went.id AND NOT EXISTS (
            SELECT FROM orders_orderevent settled WHERE settled.order_id = u.order_id AND settled.kind = 'SETTLED'
            AND settled.details ->> 'number' = u.reference AND settled.id < went.id
        )
        """,
    )


@invariant("I7")
def a_channels_number_is_one_order(at: datetime) -> Iterator[Violation]:
    yield from _violations(
        "I7",
        """
        SELECT format('%%s %%s', channel, external_number), format('%%s orders', count(*)) FROM orders_order
        WHERE external_number IS NOT NULL GROUP BY channel, external_number HAVING count(*) > 1
        """,
    )


@invariant("I13")
def discounts_were_on_offer(at: datetime) -> Iterator[Violation]:
    """As far as the present row can tell: a promotion changed since has a higher version than the one sold with."""
    yield from _violations(
        "I13",
        """
        SELECT 'order ' || o.number,
               format('promotion #%%s, version %%s sold, %%s now', p.id, d.promotion_version, p.version)
        FROM orders_orderdiscount d
        JOIN orders_order o ON o.id = d.order_id
        JOIN campaigns_promotion p ON p.id = d.promotion_id
        WHERE d.promotion_version > p.version OR (d.promotion_version = p.version
          AND (o.placed_at < p.starts_at OR o.placed_at >= coalesce(p.ends_at, 'infinity')))
        """,
    )


@invariant("I10")
def every_change_is_in_the_timeline(at: datetime) -> Iterator[Violation]:
    """One entry for the placing, for each parcel, payment, refund and received return, and for the end of an order; and for
    each payment that did not fit, and its settlement.
    """
    yield from _violations(
        "I10",
        """
        WITH told AS (
            SELECT order_id,
                   count(*) FILTER (WHERE kind = 'PLACED') AS placed,
                   count(*) FILTER (WHERE kind IN ('CANCELED', 'EXPIRED')) AS ended,
                   count(*) FILTER (WHERE kind IN ('PAID', 'PAID_LATE') AND details ? 'reference') AS paid,
                   count(*) FILTER (WHERE kind = 'REFUNDED') AS refunded,
                   count(*) FILTER (WHERE kind = 'SHIPPED') AS shipped,
                   count(*) FILTER (WHERE kind = 'RETURNED') AS returned,
                   count(*) FILTER (WHERE kind = 'UNMATCHED') AS unmatched,
                   count(*) FILTER (WHERE kind = 'SETTLED') AS settled
            FROM orders_orderevent GROUP BY order_id
        )
        SELECT 'order ' || o.number, format('its timeline does not tell what happened: %%s', row_to_json(told))
        FROM orders_order o
        LEFT JOIN told ON told.order_id = o.id
        LEFT JOIN (SELECT order_id, count(*) AS units FROM orders_payment GROUP BY 1) p ON p.order_id = o.id
        LEFT JOIN (SELECT order_id, count(*) AS units FROM orders_refund GROUP BY 1) r ON r.order_id = o.id
        LEFT JOIN (SELECT order_id, count(*) AS units FROM orders_fulfillment GROUP BY 1) f ON f.order_id = o.id
        LEFT JOIN (SELECT order_id, count(*) AS units FROM orders_return WHERE state = 'RECEIVED' GROUP BY 1) b
               ON b.order_id = o.id
        LEFT JOIN (SELECT u.order_id, count(*) AS units, count(s.id) AS settled FROM orders_unmatchedpayment u
                   LEFT JOIN orders_settlement s ON s.payment_id = u.id GROUP BY 1) m ON m.order_id = o.id
        WHERE (
            told.placed, told.ended, told.paid, told.refunded, told.shipped, told.returned, told.unmatched, told.settled
        ) IS DISTINCT FROM (
            1::bigint, (o.state IN ('CANCELED', 'EXPIRED'))::int::bigint, coalesce(p.units, 0), coalesce(r.units, 0),
            coalesce(f.units, 0), coalesce(b.units, 0), coalesce(m.units, 0), coalesce(m.settled, 0)
        )
        """,
    )


@invariant("I11")
def unpaid_orders_expire(at: datetime) -> Iterator[Violation]:
    for order in Order.objects.filter(state=Order.State.PLACED, payment_due_at__lt=at - OVERDUE)[:1000]:
        yield Violation("I11", f"order {order.number}", f"unpaid since {order.payment_due_at}, and not expired")


@invariant("I11")
def imports_come_to_an_end(at: datetime) -> Iterator[Violation]:
    """The nightly tidying closes imports whose worker died."""
    for run in ImportRun.objects.filter(finished_at__isnull=True, requested_at__lt=at - UNFINISHED)[:1000]:
        yield Violation("I11", f"import of history #{run.pk}", f"{run.state} since {run.requested_at}")
