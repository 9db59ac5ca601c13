import config.kernel.fields
import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


# What a shop begins with; staff change them. Rows of classes: turnover, steadiness, service level.
BEGIN_WITH = """
    INSERT INTO inventory_serviceclass (abc, xyz, service_level, mode) VALUES
        ('A', 'X', 0.98, 'APPROVE'), ('A', 'Y', 0.97, 'APPROVE'), ('A', 'Z', 0.95, 'APPROVE'),
        ('B', 'X', 0.97, 'APPROVE'), ('B', 'Y', 0.95, 'APPROVE'), ('B', 'Z', 0.93, 'APPROVE'),
        ('C', 'X', 0.95, 'APPROVE'), ('C', 'Y', 0.92, 'APPROVE'), ('C', 'Z', 0.90, 'APPROVE');
    INSERT INTO inventory_stockingrules (id, holding_rate, order_line_cost, automatic_amount, automatic_factor)
        VALUES (1, 0.25, 4000, 1000000, 2)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('order_clerk', 'Order clerk'), ('warehouse', 'Warehouse'), ('buyer', 'Buyer'), ('marketer', 'Marketer'), ('analyst', 'Analyst'), ('viewer', 'View-only')], max_length=20, unique=True, verbose_name='role')),
                ('amount', config.kernel.fields.MoneyAmountField(help_text='Before tax, all lines together.', verbose_name='most for a purchase order')),
            ],
            options={
                'verbose_name': 'approval limit',
                'verbose_name_plural': 'approval limits',
                'ordering': ['role'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='approval_limit_not_negative', violation_error_message='A limit is zero or more.'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DemandAdvice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.DateField(help_text='The last day that was known when the advice was made.', verbose_name='known up to')),
                ('daily', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None, verbose_name='units expected on each day')),
                ('dispersion', models.FloatField(default=1.0, verbose_name='variance to mean')),
                ('doubt', models.FloatField(default=0.0, help_text='Relative standard deviation of the level as a whole: all days right or wrong together.', verbose_name='doubt')),
                ('method', models.CharField(max_length=60, verbose_name='method')),
                ('valid_until', models.DateField(verbose_name='valid until')),
                ('applied_at', models.DateTimeField(verbose_name='applied at')),
                ('explanation', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='explanation')),
            ],
            options={
                'verbose_name': 'demand advice',
                'verbose_name_plural': 'demand advice',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('dispersion__gte', 1), ('doubt__gte', 0), ('daily__len__gt', 0), ('valid_until__gt', models.F('origin'))), name='demand_advice_makes_sense'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LearnedLeadTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('receipts', models.PositiveIntegerField(verbose_name='deliveries')),
                ('observed_mean', models.FloatField(verbose_name='days as they were')),
                ('observed_deviation', models.FloatField(verbose_name='deviation as it was')),
                ('promised', models.FloatField(verbose_name='days promised')),
                ('mean', models.FloatField(verbose_name='days reckoned with')),
                ('deviation', models.FloatField(verbose_name='deviation reckoned with')),
                ('learned_at', models.DateTimeField(verbose_name='learned at')),
            ],
            options={
                'verbose_name': 'learned lead time',
                'verbose_name_plural': 'learned lead times',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('deviation__gte', 0), ('mean__gte', 0), ('receipts__gt', 0)), name='learned_lead_time_makes_sense'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PolicyChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.DecimalField(decimal_places=4, max_digits=5, null=True, verbose_name='before')),
                ('after', models.DecimalField(decimal_places=4, max_digits=5, null=True, verbose_name='after')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
            ],
            options={
                'verbose_name': 'change of a service level',
                'verbose_name_plural': 'changes of service levels',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='policy_change_says_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(('after__isnull', False), ('before__isnull', True)), models.Q(('after__isnull', True), ('before__isnull', False)), models.Q(('before', models.F('after')), _negated=True), _connector='OR'), name='policy_change_changes'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PriceBreak',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_quantity', models.PositiveIntegerField(help_text='From so many units on, each costs this.', verbose_name='from quantity')),
                ('unit_cost', config.kernel.fields.MoneyAmountField(verbose_name='unit cost')),
            ],
            options={
                'verbose_name': 'price break',
                'verbose_name_plural': 'price breaks',
                'ordering': ['from_quantity', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('from_quantity__gt', 1), ('unit_cost__gte', 0)), name='price_break_makes_sense', violation_error_message='A price break begins at 2 units or more, and its cost is zero or more.'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ServiceClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('abc', models.CharField(choices=[('A', 'A'), ('B', 'B'), ('C', 'C')], max_length=1, verbose_name='turnover class')),
                ('xyz', models.CharField(choices=[('X', 'X'), ('Y', 'Y'), ('Z', 'Z')], max_length=1, verbose_name='steadiness class')),
                ('service_level', models.DecimalField(decimal_places=4, max_digits=5, verbose_name='service level')),
                ('mode', models.CharField(choices=[('SUGGEST', 'suggest'), ('APPROVE', 'draft'), ('AUTOMATIC', 'order by itself')], default='APPROVE', max_length=10, verbose_name='mode')),
            ],
            options={
                'verbose_name': 'service class',
                'verbose_name_plural': 'service classes',
                'ordering': ['abc', 'xyz'],
                'constraints': [
                    models.UniqueConstraint(fields=('abc', 'xyz'), name='service_class_once'),
                    models.CheckConstraint(condition=models.Q(('mode__in', ['SUGGEST', 'APPROVE', 'AUTOMATIC']), ('service_level__gte', '0.5'), ('service_level__lt', 1)), name='service_class_makes_sense'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('abc', models.CharField(choices=[('A', 'A'), ('B', 'B'), ('C', 'C')], max_length=1, verbose_name='turnover class')),
                ('xyz', models.CharField(choices=[('X', 'X'), ('Y', 'Y'), ('Z', 'Z')], max_length=1, verbose_name='steadiness class')),
                ('turnover', config.kernel.fields.MoneyAmountField(help_text="Units shipped at today's list price.", verbose_name='turnover of 26 weeks')),
                ('share_above', models.FloatField(help_text='What part of the turnover the SKUs make that turn over more than this one.', verbose_name='share of those above')),
                ('weekly_mean', models.FloatField(verbose_name='units for a week')),
                ('variation', models.FloatField(blank=True, help_text='Standard deviation of a week over its mean; empty: nothing sold.', null=True, verbose_name='variation')),
                ('learned_at', models.DateTimeField(verbose_name='learned at')),
            ],
            options={
                'verbose_name': 'stock class',
                'verbose_name_plural': 'stock classes',
                'indexes': [
                    models.Index(fields=['abc', 'xyz', 'id'], name='stock_class_by_class'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('abc__in', ['A', 'B', 'C']), ('xyz__in', ['X', 'Y', 'Z'])), name='stock_class_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holding_rate', models.DecimalField(decimal_places=4, default=Decimal('0.25'), help_text='What a year of lying on the shelf costs, as a share of the unit cost: money, room, loss.', max_digits=5, verbose_name='holding rate')),
                ('order_line_cost', config.kernel.fields.MoneyAmountField(default=Decimal('4000'), help_text='Writing, checking and putting away one line.', verbose_name='cost for each order line')),
                ('monthly_budget', config.kernel.fields.MoneyAmountField(blank=True, help_text='Shared by all purchases of a calendar month. Empty: no limit.', null=True, verbose_name='budget for a month')),
                ('automatic_amount', config.kernel.fields.MoneyAmountField(blank=True, default=Decimal('1000000'), help_text='A purchase order above it waits for a person. Empty: no limit.', null=True, verbose_name='most for an automatic order')),
                ('automatic_factor', models.DecimalField(decimal_places=2, default=Decimal('2'), help_text='A line above so many times the usual quantity waits for a person.', max_digits=5, verbose_name='most against the usual quantity')),
            ],
            options={
                'verbose_name': 'cost figures and limits',
                'verbose_name_plural': 'cost figures and limits',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('pk', 1)), name='stocking_rules_one_row'),
                    models.CheckConstraint(condition=models.Q(('automatic_factor__gte', 1), ('holding_rate__gt', 0), ('order_line_cost__gte', 0), models.Q(('monthly_budget__isnull', True), ('monthly_budget__gte', 0), _connector='OR'), models.Q(('automatic_amount__isnull', True), ('automatic_amount__gte', 0), _connector='OR')), name='stocking_rules_make_sense', violation_error_message='The holding rate lies above zero, amounts are not negative, the factor is at least 1.'),
                ],
            },
        ),
        migrations.AddField(
            model_name='reorderpolicy',
            name='form',
            field=models.CharField(choices=[('UP_TO', 'fill up to the target'), ('LOTS', 'equal lots')], default='UP_TO', help_text='Equal lots suit goods that come by the pallet.', max_length=5, verbose_name='quantity'),
        ),
        migrations.AddField(
            model_name='reorderpolicy',
            name='mode',
            field=models.CharField(blank=True, choices=[('SUGGEST', 'suggest'), ('APPROVE', 'draft'), ('AUTOMATIC', 'order by itself')], default='', help_text='How far the replenishment goes by itself. Empty: as its class.', max_length=10, verbose_name='mode'),
        ),
        migrations.AddField(
            model_name='reorderpolicy',
            name='sizing',
            field=models.CharField(choices=[('COSTS', 'what costs least'), ('COVER', 'days to cover')], default='COSTS', help_text='What costs least needs a forecast; without one the days to cover count.', max_length=5, verbose_name='size of a purchase'),
        ),
        migrations.AddField(
            model_name='replenishmentproposal',
            name='is_suggestion',
            field=models.BooleanField(default=False, help_text='It stands in no purchase order until somebody takes it into one.', verbose_name='only suggested'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='minimum_order_value',
            field=config.kernel.fields.MoneyAmountField(default=0, help_text='Before tax, all lines of a purchase order together.', verbose_name='minimum order value'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='order_cutoff',
            field=models.TimeField(blank=True, help_text='Orders after this hour count for its next order day.', null=True, verbose_name='orders until'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='order_weekdays',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text='Weekdays on which it takes orders. None: every day.', size=None, verbose_name='order days'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='volume_cap',
            field=models.PositiveIntegerField(blank=True, help_text='In liters. Empty: no limit.', null=True, verbose_name='most volume for a delivery'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='weight_cap',
            field=models.PositiveIntegerField(blank=True, help_text='In kilograms. Empty: no limit.', null=True, verbose_name='most weight for a delivery'),
        ),
        migrations.AddField(
            model_name='variant',
            name='volume',
            field=models.PositiveIntegerField(blank=True, help_text='Of one unit as packed, in milliliters.', null=True, verbose_name='volume'),
        ),
        migrations.AddField(
            model_name='variant',
            name='weight',
            field=models.PositiveIntegerField(blank=True, help_text='Of one unit as packed, in grams.', null=True, verbose_name='weight'),
        ),
        migrations.AlterField(
            model_name='reorderpolicy',
            name='service_level',
            field=models.DecimalField(blank=True, decimal_places=4, help_text='Chance that stock lasts until the goods come: 0.95 is nineteen times of twenty. Empty: as its class.', max_digits=5, null=True, verbose_name='service level'),
        ),
        migrations.AddConstraint(
            model_name='reorderpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['UP_TO', 'LOTS']), ('mode__in', ['', 'SUGGEST', 'APPROVE', 'AUTOMATIC']), ('sizing__in', ['COSTS', 'COVER'])), name='reorder_policy_ways_known'),
        ),
        migrations.AddConstraint(
            model_name='supplier',
            constraint=models.CheckConstraint(condition=models.Q(('minimum_order_value__gte', 0), ('order_weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='supplier_terms_make_sense', violation_error_message='The minimum order value is zero or more.'),
        ),
        migrations.AddField(
            model_name='demandadvice',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='advice', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='demandadvice',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='advice', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddField(
            model_name='learnedleadtime',
            name='offer',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='lead_time', to='inventory.supplieroffer', verbose_name='supplier offer'),
        ),
        migrations.AddField(
            model_name='learnedleadtime',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lead_times', to='inventory.supplier', verbose_name='supplier'),
        ),
        migrations.AddField(
            model_name='policychange',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='policychange',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='inventory.reorderpolicy', verbose_name='reorder policy'),
        ),
        migrations.AddField(
            model_name='pricebreak',
            name='offer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaks', to='inventory.supplieroffer', verbose_name='supplier offer'),
        ),
        migrations.AddField(
            model_name='stockclass',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='stockclass',
            name='warehouse',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='inventory.warehouse', verbose_name='warehouse'),
        ),
        migrations.AddConstraint(
            model_name='demandadvice',
            constraint=models.UniqueConstraint(fields=('variant', 'warehouse'), name='demand_advice_once'),
        ),
        migrations.AddConstraint(
            model_name='learnedleadtime',
            constraint=models.UniqueConstraint(condition=models.Q(('offer__isnull', True)), fields=('supplier',), name='learned_lead_time_once_by_supplier'),
        ),
        migrations.AddIndex(
            model_name='policychange',
            index=models.Index(fields=['policy', '-id'], name='policy_change_by_policy'),
        ),
        migrations.AddConstraint(
            model_name='pricebreak',
            constraint=models.UniqueConstraint(fields=('offer', 'from_quantity'), name='price_break_once', violation_error_message='There is a price from this quantity on already.'),
        ),
        migrations.AddConstraint(
            model_name='stockclass',
            constraint=models.UniqueConstraint(fields=('variant', 'warehouse'), name='stock_class_once'),
        ),
        migrations.RunSQL(BEGIN_WITH, reverse_sql=migrations.RunSQL.noop),
    ]
