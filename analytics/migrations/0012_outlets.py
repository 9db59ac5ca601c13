import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Only for somebody who was erased: visits and their events get numbers that lead to no browser. What was typed, and what
# advertisers number people by, goes; that it was there stays, for visits tell which kind of advertisement they came from.
ERASE_VISITS = """
CREATE FUNCTION analytics_erase_said(kind smallint, said jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN kind >= 1000 OR said IS NULL THEN NULL ELSE (
        SELECT jsonb_object_agg(
            key, CASE WHEN key IN ('query', 'gclid', 'fbclid', 'napm', 'kakao_click') AND value <> '""' THEN '"erased"' ELSE value END
        ) FROM jsonb_each(said)
    ) END
$$;
CREATE FUNCTION analytics_erase_visits(person bigint, salt text)
RETURNS TABLE (visits integer, events bigint, hours timestamptz[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaigns_customer WHERE id = person AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'customer % was not erased', person;
    END IF;
    WITH changed AS (
        UPDATE analytics_event AS e SET
            customer_id = NULL,
            visitor = hashtextextended(e.visitor || salt, 0),
            properties = analytics_erase_said(e.kind, e.properties)
        FROM analytics_visit AS v
        WHERE v.customer_id = person AND e.visitor = v.visitor AND e.occurred_at BETWEEN v.started_at AND v.ended_at
        RETURNING e.occurred_at
    )
    SELECT count(*), coalesce(array_agg(DISTINCT date_trunc('hour', occurred_at)), '{}') INTO events, hours FROM changed;
    UPDATE analytics_visit AS v SET customer_id = NULL, is_named = false, visitor = hashtextextended(v.visitor || salt, 0)
    WHERE v.customer_id = person;
    GET DIAGNOSTICS visits = ROW_COUNT;
    RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION analytics_erase_said(smallint, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION analytics_erase_visits(bigint, text) FROM PUBLIC;
"""

# Events outside of visits: of who did not agree to be followed, of servers, of days whose visits are not made yet.
ERASE_EVENTS = """
CREATE FUNCTION analytics_erase_events(person bigint, salt text, since timestamptz)
RETURNS TABLE (hour timestamptz, events bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaigns_customer WHERE id = person AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'customer % was not erased', person;
    END IF;
    RETURN QUERY WITH changed AS (
        UPDATE analytics_event AS e SET
            customer_id = NULL,
            visitor = hashtextextended(e.visitor || salt, 0),
            properties = analytics_erase_said(e.kind, e.properties)
        WHERE e.customer_id = person AND e.occurred_at >= since
        RETURNING e.occurred_at
    )
    SELECT date_trunc('hour', occurred_at), count(*) FROM changed GROUP BY 1 ORDER BY 1;
END $$;
REVOKE ALL ON FUNCTION analytics_erase_events(bigint, text, timestamptz) FROM PUBLIC;
"""

# What staff wrote may name a person: on incidents such an entry is blanked. The history of a person's buyer type goes, too.
ERASE_TEXTS = """
CREATE FUNCTION analytics_erase_texts(person bigint, patterns text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaigns_customer WHERE id = person AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'customer % was not erased', person;
    END IF;
    DELETE FROM analytics_buyertypechange WHERE customer_id = person;
    UPDATE analytics_incidententry SET text = '' WHERE text <> '' AND text ~* ANY(patterns);
END $$;
REVOKE ALL ON FUNCTION analytics_erase_texts(bigint, text[]) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0011_alerts'),
        ('campaigns', '0002_erasure'),
        ('orders', '0002_erasure'),
        ('kernel', '0003_personal_access'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(help_text='Without anything that tells who it was.', max_length=200, verbose_name='reason')),
                ('orders', models.PositiveIntegerField(verbose_name='orders')),
                ('visits', models.PositiveIntegerField(verbose_name='visits')),
                ('events', models.PositiveBigIntegerField(verbose_name='events')),
                ('erased_at', models.DateTimeField(verbose_name='erased at')),
                ('swept_at', models.DateTimeField(blank=True, null=True, verbose_name='all events reached at')),
                ('actor', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'erasure of a person',
                'verbose_name_plural': 'erasures of persons',
                'permissions': [('export_person', 'Can take out all that is known of a person'), ('erase_person', 'Can erase a person for good')],
                'indexes': [models.Index(fields=['-erased_at', '-id'], name='erasure_by_time'), models.Index(condition=models.Q(('swept_at__isnull', True)), fields=['id'], name='erasure_to_sweep')],
            },
        ),
        migrations.CreateModel(
            name='Outlet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(help_text='Name of its folder.', max_length=40, unique=True, verbose_name='code')),
                ('view', models.CharField(max_length=60, verbose_name='view')),
                ('first_day', models.DateField(help_text='Earlier days are not written.', verbose_name='first day')),
                ('trailing_days', models.PositiveSmallIntegerField(default=35, help_text='So many of the latest days are read again in each run; a file is written anew where something changed.', verbose_name='days looked at again')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('last_day', models.DateField(blank=True, editable=False, null=True, verbose_name='written up to')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'exports',
                'constraints': [models.CheckConstraint(condition=models.Q(('trailing_days__lte', 400)), name='outlet_trailing_bounded')],
            },
        ),
        migrations.CreateModel(
            name='OutletFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(blank=True, null=True, verbose_name='business day')),
                ('rows', models.PositiveIntegerField(verbose_name='rows')),
                ('size', models.PositiveBigIntegerField(verbose_name='bytes')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('written_at', models.DateTimeField(verbose_name='written at')),
                ('outlet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='files', to='analytics.outlet', verbose_name='export')),
            ],
            options={
                'verbose_name': 'exported file',
                'verbose_name_plural': 'exported files',
                'constraints': [models.UniqueConstraint(fields=('outlet', 'day'), name='outlet_file_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='OutletRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField(verbose_name='began at')),
                ('seconds', models.FloatField(verbose_name='seconds')),
                ('looked_at', models.PositiveIntegerField(verbose_name='days looked at')),
                ('written', models.PositiveIntegerField(verbose_name='files written')),
                ('rows', models.PositiveBigIntegerField(verbose_name='rows')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='error')),
                ('outlet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='analytics.outlet', verbose_name='export')),
            ],
            options={
                'verbose_name': 'run of an export',
                'verbose_name_plural': 'runs of exports',
                'indexes': [models.Index(fields=['outlet', '-id'], name='outlet_run_latest')],
            },
        ),
        migrations.RunSQL(
            ERASE_VISITS,
            reverse_sql='DROP FUNCTION analytics_erase_visits(bigint, text); DROP FUNCTION analytics_erase_said(smallint, jsonb)',
        ),
        migrations.RunSQL(ERASE_TEXTS, reverse_sql='DROP FUNCTION analytics_erase_texts(bigint, text[])'),
        migrations.RunSQL(ERASE_EVENTS, reverse_sql='DROP FUNCTION analytics_erase_events(bigint, text, timestamptz)'),
    ]
