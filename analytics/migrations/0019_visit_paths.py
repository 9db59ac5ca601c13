from django.db import migrations, models

# Days that were made before have no paths: they are made anew, the latest first.
MARK = """
    UPDATE analytics_visitday SET state = 'DIRTY', marks = marks + 1, dirtied_at = coalesce(dirtied_at, now())
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0018_rarer_kinds'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyVisitPath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('channel', models.CharField(blank=True, max_length=20, verbose_name='channel')),
                ('landing', models.CharField(blank=True, max_length=500, verbose_name='kind of landing page')),
                ('acts', models.CharField(blank=True, max_length=60, verbose_name='way')),
                ('visits', models.PositiveIntegerField(verbose_name='visits')),
            ],
            options={
                'verbose_name': "way of a day's visits",
                'verbose_name_plural': 'ways of visits',
                'constraints': [
                    models.UniqueConstraint(fields=('day', 'channel', 'landing', 'acts'), name='daily_visit_path_once'),
                ],
            },
        ),
        migrations.RunSQL(MARK, reverse_sql=migrations.RunSQL.noop),
    ]
