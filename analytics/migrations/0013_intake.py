import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Whoever comes behind a waiting lock waits, too: none of these waits for a lock for longer than this, and tries again later.
PATIENCE = "SET lock_timeout = '200ms'"

# Made beside the table with its indexes and its bounds, so that taking it in looks at no row of it.
MAKE_MONTH = f"""
CREATE OR REPLACE FUNCTION analytics_make_event_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' {PATIENCE} AS $$
DECLARE
    starts_at timestamptz := date_trunc('month', month::timestamptz);
    ends_at timestamptz := starts_at + interval '1 month';
    named text := 'analytics_event_' || to_char(starts_at, 'YYYY_MM');
BEGIN
    IF to_regclass(named) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE analytics_event INCLUDING ALL, '
        'CONSTRAINT event_month_bounds CHECK (client_at >= %L AND client_at < %L))', named, starts_at, ends_at);
    LOCK TABLE analytics_event_stray IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
        'WITH moved AS (DELETE FROM analytics_event_stray WHERE client_at >= %L AND client_at < %L RETURNING *) '
        'INSERT INTO %I SELECT * FROM moved', starts_at, ends_at, named);
    EXECUTE format(
        'ALTER TABLE analytics_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', named, starts_at, ends_at);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT event_month_bounds', named);
    RETURN true;
END $$;
"""

MAKE_MONTH_BEFORE = """
CREATE OR REPLACE FUNCTION analytics_make_event_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    starts_at timestamptz := date_trunc('month', month::timestamptz);
    ends_at timestamptz := starts_at + interval '1 month';
    named text := 'analytics_event_' || to_char(starts_at, 'YYYY_MM');
BEGIN
    IF to_regclass(named) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE analytics_event_stray IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE analytics_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', named);
    EXECUTE format(
        'WITH moved AS (DELETE FROM analytics_event_stray WHERE client_at >= %L AND client_at < %L RETURNING *) '
        'INSERT INTO %I SELECT * FROM moved', starts_at, ends_at, named);
    EXECUTE format(
        'ALTER TABLE analytics_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', named, starts_at, ends_at);
    RETURN true;
END $$;
"""

# What happened since `kept_from` by our clock was told by a client whose clock is behind: it becomes a stray.
DROP_MONTH = f"""
CREATE FUNCTION analytics_drop_event_month(month date, kept_from timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' {PATIENCE} AS $$
DECLARE
    starts_at timestamptz := date_trunc('month', month::timestamptz);
    named text := 'analytics_event_' || to_char(starts_at, 'YYYY_MM');
BEGIN
    IF to_regclass(named) IS NULL OR starts_at + interval '1 month' > kept_from THEN
        RETURN false;
    END IF;
    LOCK TABLE ONLY analytics_event IN ACCESS EXCLUSIVE MODE;
    -- Everybody waits now. Whoever holds a part of it alone, such as a vacuum, is not waited for.
    PERFORM set_config('lock_timeout', '20ms', true);
    EXECUTE format('ALTER TABLE analytics_event DETACH PARTITION %I', named);
    EXECUTE format('INSERT INTO analytics_event_stray SELECT * FROM %I WHERE occurred_at >= %L', named, kept_from);
    EXECUTE format('DROP TABLE %I', named);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION analytics_drop_event_month(date, timestamptz) FROM PUBLIC;
"""

# Strays, and events of clients whose clocks are ahead: they lie in a month that is kept.
DROP_OLD = """
CREATE FUNCTION analytics_drop_old_events(kept_from timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    strays bigint;
    ahead bigint;
BEGIN
    DELETE FROM analytics_event_stray WHERE occurred_at < kept_from;
    GET DIAGNOSTICS strays = ROW_COUNT;
    DELETE FROM analytics_event WHERE occurred_at < kept_from AND client_at >= kept_from + interval '31 days';
    GET DIAGNOSTICS ahead = ROW_COUNT;
    RETURN strays + ahead;
END $$;
REVOKE ALL ON FUNCTION analytics_drop_old_events(timestamptz) FROM PUBLIC;
"""

# The secret is known to this call alone. One call gives a visitor, or an order, one number; another call gives another.
FORGET = """
CREATE FUNCTION analytics_forget_events(
    starts_at timestamptz, ends_at timestamptz, own_from smallint, hidden text[], renamed text[], kept text[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    secret text := gen_random_uuid()::text || gen_random_uuid()::text;
    forgotten bigint;
BEGIN
    UPDATE analytics_event SET
        customer_id = NULL,
        visitor = ('x' || left(encode(sha256(convert_to(secret || visitor, 'UTF8')), 'hex'), 16))::bit(64)::bigint,
        properties = (
            SELECT jsonb_object_agg(name, CASE
                WHEN value = '""' THEN value
                WHEN name = ANY(renamed)
                    THEN to_jsonb('~' || left(encode(sha256(convert_to(secret || (value #>> '{}'), 'UTF8')), 'hex'), 16))
                WHEN name = ANY(hidden) THEN '"-"'::jsonb
                ELSE value
            END)
            FROM jsonb_each(properties) AS said (name, value)
            WHERE kind < own_from OR name = ANY(kept)
        )
    WHERE occurred_at >= starts_at AND occurred_at < ends_at
        AND (customer_id IS NOT NULL OR visitor IS NOT NULL OR properties ?| (hidden || renamed) OR kind >= own_from);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION analytics_forget_events(timestamptz, timestamptz, smallint, text[], text[], text[]) FROM PUBLIC;
"""

DROP_MONTHS_BEFORE = """
CREATE FUNCTION analytics_drop_event_months(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    named text;
    dropped integer := 0;
BEGIN
    FOR named IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'analytics_event'::regclass AND c.relname ~ '^analytics_event_[0-9]{4}_[0-9]{2}$'
          AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', named);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM analytics_event_stray WHERE occurred_at < before;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION analytics_drop_event_months(date) FROM PUBLIC;
"""

FORGET_BEFORE = """
CREATE FUNCTION analytics_forget_customers(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    UPDATE analytics_event SET customer_id = NULL WHERE occurred_at < before AND customer_id IS NOT NULL;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION analytics_forget_customers(timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0012_outlets'),
    ]

    operations = [
        migrations.AddField(
            model_name='eventbatch',
            name='hours_left',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), blank=True, null=True, size=None, verbose_name='hours not yet in the figures'),
        ),
        migrations.AddField(
            model_name='visitday',
            name='forgotten_marks',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='marks when its events were forgotten'),
        ),
        migrations.CreateModel(
            name='DailyBatches',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('batches', models.PositiveIntegerField(verbose_name='batches')),
                ('stored', models.PositiveBigIntegerField(verbose_name='stored')),
                ('doubled', models.PositiveBigIntegerField(verbose_name='came before')),
                ('quarantined', models.PositiveBigIntegerField(verbose_name='quarantined')),
                ('not_shoppers', models.PositiveBigIntegerField(verbose_name='not of shoppers')),
                ('late', models.PositiveBigIntegerField(verbose_name='late')),
                ('silence', models.DurationField(verbose_name='silence')),
                ('last_at', models.DateTimeField(blank=True, null=True, verbose_name='last batch')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.eventsource', verbose_name='event source')),
            ],
            options={
                'verbose_name': "a source's batches of a day",
                'verbose_name_plural': 'batches by day',
                'constraints': [models.UniqueConstraint(fields=('day', 'source'), name='daily_batches_once')],
            },
        ),
        migrations.RunSQL(MAKE_MONTH, reverse_sql=MAKE_MONTH_BEFORE),
        migrations.RunSQL('DROP FUNCTION analytics_drop_event_months(date)', reverse_sql=DROP_MONTHS_BEFORE),
        migrations.RunSQL('DROP FUNCTION analytics_forget_customers(timestamptz)', reverse_sql=FORGET_BEFORE),
        migrations.RunSQL(DROP_MONTH, reverse_sql='DROP FUNCTION analytics_drop_event_month(date, timestamptz)'),
        migrations.RunSQL(DROP_OLD, reverse_sql='DROP FUNCTION analytics_drop_old_events(timestamptz)'),
        migrations.RunSQL(
            FORGET,
            reverse_sql='DROP FUNCTION analytics_forget_events(timestamptz, timestamptz, smallint, text[], text[], text[])',
        ),
    ]
