import config.kernel.fields
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


# Counts of before were posted when they were taken.
POSTED_AT_ONCE = """
UPDATE inventory_stockcount SET opened_at = counted_at, decided_at = counted_at, decided_by_id = actor_id, is_blind = false
"""
LOOKED_AT_ONCE = """
UPDATE inventory_stockcountline AS line SET counted_at = taken.counted_at, round = 1
FROM inventory_stockcount AS taken WHERE taken.id = line.count_id
"""


class Migration(migrations.Migration):
    atomic = False  # indexes of tables in use are built beside the traffic

    dependencies = [
        ('inventory', '0004_transfers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Bin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='As written on the shelf, such as A-03-2: aisle, rack, level. People walk in the order of the codes.', max_length=20, verbose_name='code')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='note')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'bin',
                'verbose_name_plural': 'bins',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='bin_code_not_empty'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BinPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_default', models.BooleanField(default=True, help_text='Goods are put and fetched here first.', verbose_name='default')),
            ],
            options={
                'verbose_name': 'place of a SKU',
                'verbose_name_plural': 'places of SKUs',
            },
        ),
        migrations.CreateModel(
            name='CountDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('abc', models.CharField(choices=[('A', 'A'), ('B', 'B'), ('C', 'C')], max_length=1, verbose_name='class')),
                ('why', models.CharField(choices=[('NEVER', 'never counted'), ('CORRECTED', 'corrected by hand since the last count'), ('INTERVAL', 'the days of its class are over')], max_length=10, verbose_name='why')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('last_counted_at', models.DateTimeField(blank=True, null=True, verbose_name='last counted at')),
                ('every_days', models.PositiveSmallIntegerField(verbose_name='every so many days')),
                ('corrections', models.PositiveIntegerField(default=0, verbose_name='corrections since')),
                ('proposed_at', models.DateTimeField(verbose_name='proposed at')),
            ],
            options={
                'verbose_name': 'SKU due for counting',
                'verbose_name_plural': 'SKUs due for counting',
            },
        ),
        migrations.CreateModel(
            name='ExcessDismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=20, verbose_name='suggestion')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('dismissed_at', models.DateTimeField(verbose_name='dismissed at')),
            ],
            options={
                'verbose_name': 'dismissed suggestion',
                'verbose_name_plural': 'dismissed suggestions',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='excess_dismissal_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockCountEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField(verbose_name='round')),
                ('expected', models.IntegerField(verbose_name='expected')),
                ('counted', models.IntegerField(verbose_name='counted')),
                ('moved_while', models.IntegerField(default=0, verbose_name='moved while it was counted')),
                ('entered_at', models.DateTimeField(verbose_name='entered at')),
            ],
            options={
                'verbose_name': 'entry of a count',
                'verbose_name_plural': 'entries of counts',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('counted__gte', 0)), name='stock_count_entry_not_negative'),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name='stockcount',
            options={'permissions': [('approve_stockcount', 'Can approve stock counts'), ('approve_large_stockcount', 'Can approve stock counts beyond the limit')], 'verbose_name': 'stock count', 'verbose_name_plural': 'stock counts'},
        ),
        migrations.AddField(
            model_name='stockcount',
            name='basis',
            field=models.CharField(choices=[('QUICK', 'quick count'), ('SKUS', 'chosen SKUs'), ('CATEGORY', 'category'), ('BIN', 'bin'), ('CYCLE', 'due for counting')], default='SKUS', max_length=10, verbose_name='counts what'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='stockcount',
            name='decided_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='decided at'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='is_blind',
            field=models.BooleanField(default=True, help_text='Whoever counts does not see what the system believes lies there.', verbose_name='blind'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='opened_at',
            field=models.DateTimeField(null=True, verbose_name='opened at'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='round',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='round'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='scope',
            field=models.CharField(blank=True, max_length=200, verbose_name='scope'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='state',
            field=models.CharField(choices=[('OPEN', 'being counted'), ('RECOUNT', 'to be recounted'), ('COUNTED', 'to be approved'), ('POSTED', 'posted'), ('CANCELED', 'canceled')], default='POSTED', max_length=10, verbose_name='state'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='stockcount',
            name='tolerance_units',
            field=models.PositiveIntegerField(default=0, verbose_name='tolerance in units'),
        ),
        migrations.AddField(
            model_name='stockcount',
            name='tolerance_value',
            field=config.kernel.fields.MoneyAmountField(default=0, verbose_name='tolerance in value'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='counted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='counted at'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='doubt',
            field=models.CharField(blank=True, choices=[('DIFFERS', 'differs beyond the tolerance'), ('MOVED', 'moved while it was counted'), ('ASKED', 'somebody asked for it')], max_length=10, verbose_name='doubt'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='asked_round',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='asked for in round'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='mark',
            field=models.BigIntegerField(default=0, verbose_name='last movement'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='moved_since',
            field=models.IntegerField(default=0, verbose_name='moved between counting and posting'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='moved_while',
            field=models.IntegerField(default=0, verbose_name='moved while it was counted'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='round',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='round'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='unit_cost',
            field=config.kernel.fields.MoneyAmountField(blank=True, null=True, verbose_name='unit cost'),
        ),
        migrations.AddField(
            model_name='stockcountline',
            name='was_unexpected',
            field=models.BooleanField(default=False, help_text='It was scanned, though it was not on the sheet.', verbose_name='found unexpectedly'),
        ),
        migrations.AddField(
            model_name='stockmovement',
            name='cause',
            field=models.CharField(blank=True, choices=[('LOST', 'lost'), ('BROKEN', 'broken'), ('EXPIRED', 'expired'), ('SAMPLE', 'sample'), ('THEFT', 'theft')], db_default='', default='', max_length=10, verbose_name='cause'),
        ),
        migrations.AlterField(
            model_name='stockcount',
            name='counted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='counted at'),
        ),
        migrations.AlterField(
            model_name='stockcountline',
            name='counted',
            field=models.IntegerField(blank=True, null=True, verbose_name='counted'),
        ),
        migrations.AlterField(
            model_name='stockcountline',
            name='expected',
            field=models.IntegerField(blank=True, null=True, verbose_name='expected'),
        ),
        migrations.RunSQL(POSTED_AT_ONCE, migrations.RunSQL.noop),
        migrations.RunSQL(LOOKED_AT_ONCE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='stockcount',
            name='opened_at',
            field=models.DateTimeField(verbose_name='opened at'),
        ),
        AddIndexConcurrently(
            model_name='stockcount',
            index=models.Index(fields=['-opened_at', '-id'], name='stock_count_by_opening'),
        ),
        AddIndexConcurrently(
            model_name='stockcount',
            index=models.Index(fields=['state', '-opened_at', '-id'], name='stock_count_by_state'),
        ),
        migrations.AddConstraint(
            model_name='stockcount',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'RECOUNT', 'COUNTED', 'POSTED', 'CANCELED'])), name='stock_count_state_known'),
        ),
        migrations.AddConstraint(
            model_name='stockcount',
            constraint=models.CheckConstraint(condition=models.Q(('basis__in', ['QUICK', 'SKUS', 'CATEGORY', 'BIN', 'CYCLE'])), name='stock_count_basis_known'),
        ),
        migrations.AddConstraint(
            model_name='stockcountline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted', None), ('expected', None)), models.Q(('counted__isnull', False), ('expected__isnull', False)), _connector='OR'), name='stock_count_line_expected_when_counted'),
        ),
        AddConstraintNotValid(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('cause', ''), models.Q(('cause__in', ['LOST', 'BROKEN', 'EXPIRED', 'SAMPLE', 'THEFT']), ('kind', 'WRITE_OFF')), _connector='OR'), name='stock_movement_cause_known'),
        ),
        ValidateConstraint(model_name='stockmovement', name='stock_movement_cause_known'),
        migrations.AddField(
            model_name='bin',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bins', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddField(
            model_name='binplace',
            name='bin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='inventory.bin', verbose_name='bin'),
        ),
        migrations.AddField(
            model_name='binplace',
            name='variant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bin_places', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='binplace',
            name='warehouse',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddField(
            model_name='countdue',
            name='variant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='countdue',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddField(
            model_name='excessdismissal',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='excessdismissal',
            name='variant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='excessdismissal',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddField(
            model_name='stockcountentry',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='stockcountentry',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='inventory.stockcountline', verbose_name='counted SKU'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(fields=('warehouse', 'code'), name='bin_once', violation_error_message='This warehouse has a bin of that code already.'),
        ),
        migrations.AddConstraint(
            model_name='binplace',
            constraint=models.UniqueConstraint(fields=('bin', 'variant'), name='bin_place_once'),
        ),
        migrations.AddConstraint(
            model_name='binplace',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('warehouse', 'variant'), name='bin_place_one_default', violation_error_message='This SKU has another default bin in this warehouse already.'),
        ),
        migrations.AddIndex(
            model_name='countdue',
            index=models.Index(fields=['warehouse', 'due_on', 'id'], name='count_due_by_warehouse'),
        ),
        migrations.AddConstraint(
            model_name='countdue',
            constraint=models.UniqueConstraint(fields=('variant', 'warehouse'), name='count_due_once'),
        ),
        migrations.AddIndex(
            model_name='excessdismissal',
            index=models.Index(fields=['variant', 'warehouse', '-id'], name='excess_dismissal_by_place'),
        ),
    ]
