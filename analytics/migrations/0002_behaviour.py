import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# PostgreSQL partitions no table that exists, and Django makes no partitioned one.
EVENTS = """
CREATE TABLE analytics_event (
    id uuid NOT NULL,
    client_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    visitor bigint,
    customer_id bigint,
    variant_id bigint,
    source_id smallint NOT NULL,
    kind smallint NOT NULL,
    traffic smallint NOT NULL CONSTRAINT event_traffic_known CHECK (traffic IN (0, 1, 2)),
    properties jsonb,
    PRIMARY KEY (id, client_at)
) PARTITION BY RANGE (client_at);
CREATE INDEX event_by_time ON analytics_event (occurred_at);
CREATE INDEX event_by_receipt ON analytics_event USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE TABLE analytics_event_stray PARTITION OF analytics_event DEFAULT;
"""

# The role that runs the shop owns no table and may change no event. These three let it do just that much, as their owner.
MAKE_MONTH = """
CREATE FUNCTION analytics_make_event_month(month date) RETURNS boolean
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
REVOKE ALL ON FUNCTION analytics_make_event_month(date) FROM PUBLIC;
"""

DROP_MONTHS = """
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

FORGET = """
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
        ('analytics', '0001_initial'),
        ('inventory', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventKind',
            fields=[
                ('number', models.PositiveSmallIntegerField(editable=False, primary_key=True, serialize=False, verbose_name='number')),
                ('name', models.CharField(help_text='In the past tense, in small letters: gift_wrapped.', max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]*\\Z')], verbose_name='name')),
                ('version', models.PositiveSmallIntegerField(default=1, verbose_name='version')),
                ('properties', models.JSONField(blank=True, default=dict, help_text='A JSON Schema for each: {"pages": {"type": "integer"}}.', verbose_name='properties')),
                ('required', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='required properties')),
                ('is_active', models.BooleanField(default=True, verbose_name='taken in')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'own kind of event',
                'verbose_name_plural': 'own kinds of events',
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='event_kind_once'), models.CheckConstraint(condition=models.Q(('number__gte', 1000)), name='event_kind_not_a_built_in_one'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='event_kind_version_counts_from_one')],
            },
        ),
        migrations.CreateModel(
            name='EventSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('nature', models.CharField(choices=[('BROWSER', 'browser or app'), ('SERVER', 'server')], max_length=7, verbose_name='kind')),
                ('channel', models.CharField(help_text='As orders from here are labeled, such as web.', max_length=20, verbose_name='channel')),
                ('key', models.CharField(editable=False, max_length=64, unique=True, verbose_name='key')),
                ('origins', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, help_text='Such as https://shop.example. Browsers may send from these pages only; empty: from any.', size=None, verbose_name='addresses of the shop front')),
                ('internal_networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), blank=True, default=list, help_text='Such as 203.0.113.0/24. What comes from there is kept, but counts in no figure.', size=None, verbose_name="networks of the shop's own people")),
                ('requests_a_minute', models.PositiveIntegerField(default=6000, verbose_name='requests a minute')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'event source',
                'verbose_name_plural': 'event sources',
                'constraints': [models.CheckConstraint(condition=models.Q(('nature__in', ['BROWSER', 'SERVER'])), name='event_source_nature_known'), models.CheckConstraint(condition=models.Q(('id__lte', 32767)), name='event_source_fits_its_events')],
            },
        ),
        migrations.CreateModel(
            name='KnownVisitor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor', models.BigIntegerField(verbose_name='visitor')),
                ('external_id', models.CharField(max_length=64, verbose_name='customer id')),
                ('first_at', models.DateTimeField(verbose_name='first seen as such')),
            ],
            options={
                'verbose_name': 'known visitor',
                'verbose_name_plural': 'known visitors',
                'indexes': [models.Index(fields=['external_id'], name='known_visitor_by_customer')],
                'constraints': [models.UniqueConstraint(fields=('visitor', 'external_id'), name='known_visitor_once')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(EVENTS, reverse_sql='DROP TABLE analytics_event'),
                migrations.RunSQL(MAKE_MONTH, reverse_sql='DROP FUNCTION analytics_make_event_month(date)'),
                migrations.RunSQL(DROP_MONTHS, reverse_sql='DROP FUNCTION analytics_drop_event_months(date)'),
                migrations.RunSQL(FORGET, reverse_sql='DROP FUNCTION analytics_forget_customers(timestamptz)'),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('pk', models.CompositePrimaryKey('id', 'client_at', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('id', models.UUIDField(verbose_name='id')),
                        ('client_at', models.DateTimeField(verbose_name='time of the client')),
                        ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                        ('received_at', models.DateTimeField(verbose_name='received at')),
                        ('visitor', models.BigIntegerField(blank=True, null=True, verbose_name='visitor')),
                        ('customer_id', models.BigIntegerField(blank=True, null=True, verbose_name='customer')),
                        ('source_id', models.SmallIntegerField(verbose_name='event source')),
                        ('kind', models.SmallIntegerField(verbose_name='kind of event')),
                        ('traffic', models.SmallIntegerField(choices=[(0, 'shopper'), (1, 'bot'), (2, 'own people')], verbose_name='traffic')),
                        ('properties', models.JSONField(blank=True, null=True, verbose_name='properties')),
                        ('variant', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.variant', verbose_name='SKU')),
                    ],
                    options={
                        'verbose_name': 'event',
                        'verbose_name_plural': 'events',
                        'indexes': [models.Index(fields=['occurred_at'], name='event_by_time'), django.contrib.postgres.indexes.BrinIndex(fields=['received_at'], name='event_by_receipt', pages_per_range=32)],
                        'constraints': [models.CheckConstraint(condition=models.Q(('traffic__in', [0, 1, 2])), name='event_traffic_known')],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='EventBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('stored', models.PositiveSmallIntegerField(verbose_name='stored')),
                ('doubled', models.PositiveSmallIntegerField(verbose_name='came before')),
                ('quarantined', models.PositiveSmallIntegerField(verbose_name='quarantined')),
                ('bots', models.PositiveSmallIntegerField(verbose_name='not of shoppers')),
                ('late', models.PositiveSmallIntegerField(help_text='Told more than an hour after they happened.', verbose_name='late')),
                ('hours', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None, verbose_name='hours')),
                ('is_pending', models.BooleanField(default=True, verbose_name='not yet in the figures')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.eventsource', verbose_name='event source')),
            ],
            options={
                'verbose_name': 'batch of events',
                'verbose_name_plural': 'batches of events',
                'indexes': [models.Index(condition=models.Q(('is_pending', True)), fields=['id'], name='event_batch_pending'), django.contrib.postgres.indexes.BrinIndex(fields=['received_at'], name='event_batch_by_time', pages_per_range=16)],
            },
        ),
        migrations.CreateModel(
            name='HourlyEvents',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(verbose_name='hour')),
                ('kind', models.SmallIntegerField(verbose_name='kind of event')),
                ('traffic', models.SmallIntegerField(choices=[(0, 'shopper'), (1, 'bot'), (2, 'own people')], verbose_name='traffic')),
                ('events', models.PositiveIntegerField(verbose_name='events')),
                ('visitors', models.PositiveIntegerField(verbose_name='visitors')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.eventsource', verbose_name='event source')),
            ],
            options={
                'verbose_name': 'events of an hour',
                'verbose_name_plural': 'events by hour',
                'constraints': [models.UniqueConstraint(fields=('hour', 'source', 'kind', 'traffic'), name='hourly_events_once')],
            },
        ),
        migrations.CreateModel(
            name='QuarantinedEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=16)),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('reason', models.CharField(max_length=20, verbose_name='reason')),
                ('told', models.CharField(blank=True, max_length=200, verbose_name='details')),
                ('raw', models.TextField(verbose_name='as it came')),
                ('traffic', models.SmallIntegerField(choices=[(0, 'shopper'), (1, 'bot'), (2, 'own people')], verbose_name='traffic')),
                ('clock_ahead', models.DurationField(verbose_name='clock ahead')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.eventsource', verbose_name='event source')),
            ],
            options={
                'verbose_name': 'quarantined event',
                'verbose_name_plural': 'quarantine of events',
                'indexes': [models.Index(fields=['-received_at', '-id'], name='quarantined_event_by_time'), models.Index(fields=['source', '-received_at', '-id'], name='quarantined_event_by_source'), models.Index(fields=['reason', '-received_at', '-id'], name='quarantined_event_by_reason')],
                'constraints': [models.UniqueConstraint(fields=('source', 'digest'), name='quarantined_event_once')],
            },
        ),
    ]
