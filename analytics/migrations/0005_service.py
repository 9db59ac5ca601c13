import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0004_known_visitor_unsettled'),
        ('inventory', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyOutcomes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('channel', models.CharField(max_length=20, verbose_name='channel')),
                ('placed', models.PositiveIntegerField(verbose_name='orders placed')),
                ('canceled', models.PositiveIntegerField(verbose_name='canceled since')),
                ('expired', models.PositiveIntegerField(verbose_name='expired since')),
                ('begun', models.PositiveIntegerField(verbose_name='orders begun to ship')),
                ('begun_units', models.PositiveIntegerField(verbose_name='their units')),
                ('begun_left_units', models.PositiveIntegerField(verbose_name='units that left on that day')),
                ('begun_whole', models.PositiveIntegerField(verbose_name='orders that left as a whole')),
            ],
            options={
                'verbose_name': 'outcomes of a day',
                'verbose_name_plural': 'outcomes by day',
                'constraints': [models.UniqueConstraint(fields=('day', 'channel'), name='daily_outcomes_once'), models.CheckConstraint(condition=models.Q(('begun_whole__lte', models.F('begun'))), name='daily_outcomes_make_sense')],
            },
        ),
        migrations.CreateModel(
            name='DailyParcels',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('channel', models.CharField(max_length=20, verbose_name='channel')),
                ('parcels', models.PositiveIntegerField(verbose_name='parcels')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('due', models.PositiveIntegerField(verbose_name='with a time to leave by')),
                ('on_time', models.PositiveIntegerField(verbose_name='left in time')),
                ('paid', models.PositiveIntegerField(verbose_name='of paid orders')),
                ('waited_seconds', models.BigIntegerField(verbose_name='seconds from payment to leaving')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'parcels of a day',
                'verbose_name_plural': 'parcels by day',
                'constraints': [models.UniqueConstraint(fields=('day', 'channel', 'warehouse'), name='daily_parcels_once'), models.CheckConstraint(condition=models.Q(('due__lte', models.F('parcels')), ('on_time__lte', models.F('due')), ('paid__lte', models.F('parcels'))), name='daily_parcels_make_sense')],
            },
        ),
    ]
