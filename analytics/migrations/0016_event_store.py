from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0015_trending'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventCopy',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='business day')),
                ('state', models.CharField(choices=[('DIRTY', 'to rebuild'), ('CLEAN', 'up to date')], default='DIRTY', max_length=5, verbose_name='state')),
                ('marks', models.PositiveIntegerField(default=0, verbose_name='times marked')),
                ('dirtied_at', models.DateTimeField(blank=True, null=True, verbose_name='to rebuild since')),
                ('rebuilt_at', models.DateTimeField(blank=True, null=True, verbose_name='rebuilt at')),
                ('source_rows', models.PositiveIntegerField(blank=True, null=True, verbose_name='source rows')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                ('checksum', models.BigIntegerField(blank=True, null=True, verbose_name='checksum')),
                ('coming_rows', models.PositiveIntegerField(blank=True, null=True, verbose_name='rows on their way')),
                ('coming_checksum', models.BigIntegerField(blank=True, null=True, verbose_name='checksum on its way')),
                ('compared_at', models.DateTimeField(blank=True, null=True, verbose_name='compared at')),
                ('is_equal', models.BooleanField(blank=True, null=True, verbose_name='the same in both')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='left the database at')),
            ],
            options={
                'verbose_name': 'copied day of events',
                'verbose_name_plural': 'copied days of events',
            },
        ),
        migrations.AddField(
            model_name='outlet',
            name='file_format',
            field=models.CharField(choices=[('csv.gz', 'CSV, packed'), ('parquet', 'Parquet')], db_default='csv.gz', default='csv.gz', max_length=7, verbose_name='format'),
        ),
        migrations.AddField(
            model_name='outlet',
            name='target',
            field=models.CharField(blank=True, db_default='', default='', help_text="s3://bucket/folder for storage that speaks S3; empty: the shop's own folder.", max_length=300, verbose_name='where to'),
        ),
        migrations.AddField(
            model_name='outletfile',
            name='manifest_sha256',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='SHA-256 of the manifest'),
        ),
        migrations.AddConstraint(
            model_name='outlet',
            constraint=models.CheckConstraint(condition=models.Q(('file_format__in', ['csv.gz', 'parquet'])), name='outlet_format_known'),
        ),
        migrations.AddIndex(
            model_name='eventcopy',
            index=models.Index(condition=models.Q(('state', 'DIRTY')), fields=['day'], name='event_copy_dirty'),
        ),
        migrations.AddIndex(
            model_name='eventcopy',
            index=models.Index(condition=models.Q(('left_at__isnull', False)), fields=['day'], name='event_copy_left'),
        ),
        migrations.AddConstraint(
            model_name='eventcopy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['DIRTY', 'CLEAN'])), name='event_copy_state_known'),
        ),
        migrations.AddConstraint(
            model_name='eventcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'CLEAN'), _negated=True), models.Q(('checksum__isnull', False), ('rebuilt_at__isnull', False), ('source_rows__isnull', False)), _connector='OR'), name='event_copy_clean_once_copied'),
        ),
    ]
