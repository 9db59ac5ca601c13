import config.kernel.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('inventory', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HourlySales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('hour', models.PositiveSmallIntegerField(verbose_name='hour')),
                ('channel', models.CharField(blank=True, max_length=20, verbose_name='channel')),
                ('orders', models.PositiveIntegerField(verbose_name='orders')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('gross', config.kernel.fields.MoneyAmountField(verbose_name='before discounts')),
                ('discounts', config.kernel.fields.MoneyAmountField(verbose_name='discounts')),
                ('shipping', config.kernel.fields.MoneyAmountField(verbose_name='shipping')),
                ('tax', config.kernel.fields.MoneyAmountField(verbose_name='tax inside')),
                ('returned_units', models.PositiveIntegerField(verbose_name='returned units')),
                ('returned', config.kernel.fields.MoneyAmountField(verbose_name='returns')),
                ('net', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('discounts')), '-', models.F('returned')), output_field=config.kernel.fields.MoneyAmountField(verbose_name='net sales'))),
            ],
            options={
                'verbose_name': 'hourly sales',
                'verbose_name_plural': 'sales',
                'constraints': [models.UniqueConstraint(fields=('day', 'hour', 'channel'), name='hourly_sales_once'), models.CheckConstraint(condition=models.Q(('hour__lte', 23)), name='hourly_sales_hour_of_a_day')],
            },
        ),
        migrations.CreateModel(
            name='RollupState',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='business day')),
                ('state', models.CharField(choices=[('DIRTY', 'to rebuild'), ('CLEAN', 'up to date')], default='DIRTY', max_length=5, verbose_name='state')),
                ('marks', models.PositiveIntegerField(default=0, verbose_name='times marked')),
                ('dirtied_at', models.DateTimeField(blank=True, null=True, verbose_name='to rebuild since')),
                ('rebuilt_at', models.DateTimeField(blank=True, null=True, verbose_name='rebuilt at')),
                ('source_rows', models.PositiveIntegerField(blank=True, null=True, verbose_name='source rows')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
            ],
            options={
                'verbose_name': "state of a day's figures",
                'verbose_name_plural': 'state of the figures',
                'indexes': [models.Index(condition=models.Q(('state', 'DIRTY')), fields=['day'], name='rollup_dirty')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['DIRTY', 'CLEAN'])), name='rollup_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'CLEAN'), _negated=True), ('rebuilt_at__isnull', False), _connector='OR'), name='rollup_clean_once_rebuilt')],
            },
        ),
        migrations.CreateModel(
            name='DailyPromotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('orders', models.PositiveIntegerField(verbose_name='orders')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='given away')),
                ('promotion', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.promotion', verbose_name='promotion')),
            ],
            options={
                'verbose_name': "a promotion's day",
                'verbose_name_plural': 'promotions by day',
                'indexes': [models.Index(fields=['day'], name='daily_promotion_by_day')],
                'constraints': [models.UniqueConstraint(fields=('promotion', 'day'), name='daily_promotion_once')],
            },
        ),
        migrations.CreateModel(
            name='DailySales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('gross', config.kernel.fields.MoneyAmountField(verbose_name='before discounts')),
                ('discounts', config.kernel.fields.MoneyAmountField(verbose_name='discounts')),
                ('tax', config.kernel.fields.MoneyAmountField(verbose_name='tax inside')),
                ('cost', config.kernel.fields.MoneyAmountField(verbose_name='cost of goods')),
                ('returned_units', models.PositiveIntegerField(verbose_name='returned units')),
                ('returned', config.kernel.fields.MoneyAmountField(verbose_name='returns')),
                ('returned_tax', config.kernel.fields.MoneyAmountField(verbose_name='tax inside returns')),
                ('returned_cost', config.kernel.fields.MoneyAmountField(verbose_name='cost of returned goods')),
                ('net', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('discounts')), '-', models.F('returned')), output_field=config.kernel.fields.MoneyAmountField(verbose_name='net sales'))),
                ('profit', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('discounts')), '-', models.F('returned')), '-', django.db.models.expressions.CombinedExpression(models.F('tax'), '-', models.F('returned_tax'))), '-', django.db.models.expressions.CombinedExpression(models.F('cost'), '-', models.F('returned_cost'))), output_field=config.kernel.fields.MoneyAmountField(verbose_name='gross profit'))),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.variant', verbose_name='SKU')),
            ],
            options={
                'verbose_name': 'daily sales of a SKU',
                'verbose_name_plural': 'daily sales by SKU',
                'constraints': [models.UniqueConstraint(fields=('day', 'variant'), name='daily_sales_once')],
            },
        ),
        migrations.CreateModel(
            name='DailyStock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('received', models.PositiveIntegerField(verbose_name='received units')),
                ('shipped', models.PositiveIntegerField(verbose_name='shipped units')),
                ('taken_back', models.PositiveIntegerField(verbose_name='units back in stock')),
                ('corrected', models.IntegerField(verbose_name='corrected units')),
                ('moved', models.IntegerField(verbose_name='transferred units')),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'daily stock of a SKU',
                'verbose_name_plural': 'daily stock by SKU',
                'constraints': [models.UniqueConstraint(fields=('day', 'variant', 'warehouse'), name='daily_stock_once')],
            },
        ),
    ]
