from django.db import migrations

# What was written on timelines, refunds and settlements cannot be changed by the role that runs the shop. For somebody who was
# erased, and for nobody else, this blanks it.
ERASE_TEXTS = """
CREATE FUNCTION orders_erase_texts(person bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaigns_customer WHERE id = person AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'customer % was not erased', person;
    END IF;
    UPDATE orders_orderevent AS e SET reason = '' FROM orders_order AS o
        WHERE o.customer_id = person AND e.order_id = o.id AND e.reason <> '';
    UPDATE orders_refund AS r SET reason = '' FROM orders_order AS o
        WHERE o.customer_id = person AND r.order_id = o.id AND r.reason <> '';
    UPDATE orders_settlement AS s SET reason = '' FROM orders_unmatchedpayment AS p, orders_order AS o
        WHERE o.customer_id = person AND p.order_id = o.id AND s.payment_id = p.id AND s.reason <> '';
END $$;
REVOKE ALL ON FUNCTION orders_erase_texts(bigint) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0002_erasure'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(ERASE_TEXTS, reverse_sql='DROP FUNCTION orders_erase_texts(bigint)'),
    ]
