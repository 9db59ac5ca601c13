import config.kernel.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0002_stocking_terms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CostEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units_before', models.PositiveIntegerField(verbose_name='units before')),
                ('average_before', config.kernel.fields.MoneyAmountField(verbose_name='average before')),
                ('units', models.PositiveIntegerField(verbose_name='units added')),
                ('value', config.kernel.fields.MoneyAmountField(verbose_name='value added')),
                ('average', config.kernel.fields.MoneyAmountField(verbose_name='average cost')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
            ],
            options={
                'verbose_name': 'average cost',
                'verbose_name_plural': 'average costs',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('average__gte', 0), ('value__gte', 0)), name='cost_entry_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LandedCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('FREIGHT', 'freight'), ('DUTY', 'duty'), ('OTHER', 'other')], max_length=8, verbose_name='kind')),
                ('basis', models.CharField(choices=[('VALUE', 'by value'), ('WEIGHT', 'by weight'), ('QUANTITY', 'by quantity')], max_length=8, verbose_name='shared out')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('reference', models.CharField(help_text='The number of the invoice; each is booked once.', max_length=64, verbose_name='invoice')),
                ('booked_at', models.DateTimeField(verbose_name='booked at')),
            ],
            options={
                'verbose_name': 'landed cost',
                'verbose_name_plural': 'landed costs',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('reference', ''), _negated=True)), name='landed_cost_makes_sense'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['FREIGHT', 'DUTY', 'OTHER'])), name='landed_cost_kind_known'),
                    models.CheckConstraint(condition=models.Q(('basis__in', ['VALUE', 'WEIGHT', 'QUANTITY'])), name='landed_cost_basis_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LandedCostShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('to_stock', config.kernel.fields.MoneyAmountField(verbose_name='added to the stock')),
                ('variance', config.kernel.fields.MoneyAmountField(help_text='The share of units that had left before it was known.', verbose_name='variance')),
            ],
            options={
                'verbose_name': 'share of a landed cost',
                'verbose_name_plural': 'shares of landed costs',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('amount', django.db.models.expressions.CombinedExpression(models.F('to_stock'), '+', models.F('variance'))), ('to_stock__gte', 0), ('variance__gte', 0)), name='landed_cost_share_adds_up'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PurchaseMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(max_length=254, verbose_name='email')),
                ('language', models.CharField(choices=[('ko', '한국어'), ('en', 'English')], max_length=2, verbose_name='language')),
                ('state', models.CharField(choices=[('WAITING', 'waiting'), ('SENDING', 'sending'), ('SENT', 'sent'), ('FAILED', 'failed'), ('UNSURE', 'unsure')], default='WAITING', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('begun_at', models.DateTimeField(blank=True, null=True, verbose_name='begun at')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='error')),
            ],
            options={
                'verbose_name': 'mail to a supplier',
                'verbose_name_plural': 'mails to suppliers',
                'indexes': [
                    models.Index(condition=models.Q(('state', 'WAITING')), fields=['due_at', 'id'], name='purchase_mail_due'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReceiptDiscrepancy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(blank=True, help_text='What came though nobody ordered it.', max_length=100, verbose_name='item')),
                ('kind', models.CharField(choices=[('SHORT', 'short'), ('OVER', 'too many'), ('DAMAGED', 'damaged'), ('WRONG', 'wrong item')], max_length=8, verbose_name='kind')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('outcome', models.CharField(choices=[('NONE', 'nothing to do'), ('RETURN', 'back to the supplier'), ('DISPOSE', 'written off')], default='NONE', max_length=8, verbose_name='what becomes of it')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('found_at', models.DateTimeField(verbose_name='found at')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled at')),
                ('settlement', models.CharField(blank=True, help_text='Such as a credit note or a replacement.', max_length=200, verbose_name='how it was settled')),
            ],
            options={
                'verbose_name': 'discrepancy',
                'verbose_name_plural': 'discrepancies',
                'indexes': [
                    models.Index(fields=['-found_at', '-id'], name='receipt_discrepancy_by_time'),
                    models.Index(condition=models.Q(('outcome', 'RETURN'), ('settled_at__isnull', True)), fields=['-found_at', '-id'], name='receipt_discrepancy_to_return'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='receipt_discrepancy_positive'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['SHORT', 'OVER']), ('outcome', 'NONE')), models.Q(('kind__in', ['DAMAGED', 'WRONG']), ('outcome__in', ['RETURN', 'DISPOSE'])), _connector='OR'), name='receipt_discrepancy_outcome_fits'),
                    models.CheckConstraint(condition=models.Q(('kind', 'OVER'), models.Q(('reason', ''), _negated=True), _connector='OR'), name='receipt_discrepancy_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SupplierConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('STAFF', 'entered by staff'), ('LINK', 'by the supplier')], max_length=5, verbose_name='source')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('confirmed_at', models.DateTimeField(verbose_name='confirmed at')),
            ],
            options={
                'verbose_name': "supplier's confirmation",
                'verbose_name_plural': "suppliers' confirmations",
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('source__in', ['STAFF', 'LINK'])), name='supplier_confirmation_source_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SupplierConfirmationLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('expected_on', models.DateField(blank=True, null=True, verbose_name='expected on')),
            ],
            options={
                'verbose_name': 'confirmed line',
                'verbose_name_plural': 'confirmed lines',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity', 0), ('expected_on__isnull', False), _connector='OR'), name='supplier_confirmation_line_has_a_day'),
                ],
            },
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='promised_on',
            field=models.DateField(blank=True, help_text='The first day that was told for it. Later confirmations move the expected day, not the promise.', null=True, verbose_name='promised for'),
        ),
        migrations.AddField(
            model_name='purchaseorderline',
            name='confirmed_on',
            field=models.DateField(blank=True, null=True, verbose_name='confirmed for'),
        ),
        migrations.AddField(
            model_name='purchaseorderline',
            name='confirmed_quantity',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='confirmed quantity'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='language',
            field=models.CharField(choices=[('ko', '한국어'), ('en', 'English')], default='ko', help_text='In which purchase orders and mails are written.', max_length=2, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='over_tolerance',
            field=models.PositiveSmallIntegerField(blank=True, help_text='So many percent more than ordered are taken in unasked. Empty: any surplus, once somebody agrees.', null=True, verbose_name='over-delivery tolerance'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='under_tolerance',
            field=models.PositiveSmallIntegerField(default=0, help_text='A line counts as complete when at most so many percent of it are missing.', verbose_name='under-delivery tolerance'),
        ),
        migrations.AlterField(
            model_name='purchaseorderevent',
            name='kind',
            field=models.CharField(choices=[('DRAFTED', 'drafted'), ('CHANGED', 'changed'), ('APPROVED', 'approved'), ('SENT', 'sent'), ('MAILED', 'mail asked for'), ('CONFIRMED', 'confirmed'), ('RECEIVED', 'goods received'), ('COSTED', 'landed cost booked'), ('CLOSED', 'closed'), ('CANCELED', 'canceled')], max_length=20, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='supplier',
            constraint=models.CheckConstraint(condition=models.Q(('under_tolerance__lte', 100)), name='supplier_under_tolerance_is_a_share', violation_error_message='At most 100 percent of a line can be missing.'),
        ),
        migrations.AddField(
            model_name='costentry',
            name='receipt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cost_entries', to='inventory.goodsreceipt', verbose_name='goods receipt'),
        ),
        migrations.AddField(
            model_name='costentry',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cost_entries', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='landedcost',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='landedcost',
            name='receipt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='landed_costs', to='inventory.goodsreceipt', verbose_name='goods receipt'),
        ),
        migrations.AddField(
            model_name='costentry',
            name='landed_cost',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cost_entries', to='inventory.landedcost', verbose_name='landed cost'),
        ),
        migrations.AddField(
            model_name='landedcostshare',
            name='landed_cost',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='inventory.landedcost', verbose_name='landed cost'),
        ),
        migrations.AddField(
            model_name='landedcostshare',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='inventory.goodsreceiptline', verbose_name='goods receipt line'),
        ),
        migrations.AddField(
            model_name='purchasemail',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='purchasemail',
            name='purchase_order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mails', to='inventory.purchaseorder', verbose_name='purchase order'),
        ),
        migrations.AddField(
            model_name='receiptdiscrepancy',
            name='line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='discrepancies', to='inventory.purchaseorderline', verbose_name='purchase order line'),
        ),
        migrations.AddField(
            model_name='receiptdiscrepancy',
            name='receipt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='discrepancies', to='inventory.goodsreceipt', verbose_name='goods receipt'),
        ),
        migrations.AddField(
            model_name='receiptdiscrepancy',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by'),
        ),
        migrations.AddField(
            model_name='supplierconfirmation',
            name='actor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor'),
        ),
        migrations.AddField(
            model_name='supplierconfirmation',
            name='purchase_order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='inventory.purchaseorder', verbose_name='purchase order'),
        ),
        migrations.AddField(
            model_name='supplierconfirmationline',
            name='confirmation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='inventory.supplierconfirmation', verbose_name="supplier's confirmation"),
        ),
        migrations.AddField(
            model_name='supplierconfirmationline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmation_lines', to='inventory.purchaseorderline', verbose_name='purchase order line'),
        ),
        migrations.AddConstraint(
            model_name='landedcost',
            constraint=models.UniqueConstraint(fields=('receipt', 'kind', 'reference'), name='landed_cost_once'),
        ),
        migrations.AddIndex(
            model_name='costentry',
            index=models.Index(fields=['variant', '-id'], name='cost_entry_by_variant'),
        ),
        migrations.AddConstraint(
            model_name='costentry',
            constraint=models.UniqueConstraint(fields=('variant', 'receipt', 'landed_cost'), name='cost_entry_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='costentry',
            constraint=models.CheckConstraint(condition=models.Q(('landed_cost__isnull', True), ('units', 0), _connector='OR'), name='cost_entry_landed_adds_no_units'),
        ),
        migrations.AddConstraint(
            model_name='landedcostshare',
            constraint=models.UniqueConstraint(fields=('landed_cost', 'line'), name='landed_cost_share_once'),
        ),
        migrations.AddConstraint(
            model_name='purchasemail',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['WAITING', 'SENDING'])), fields=('purchase_order',), name='purchase_mail_one_on_its_way'),
        ),
        migrations.AddConstraint(
            model_name='receiptdiscrepancy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('item', ''), ('kind__in', ['SHORT', 'OVER', 'DAMAGED']), ('line__isnull', False)), models.Q(('kind', 'WRONG'), ('line__isnull', True), models.Q(('item', ''), _negated=True)), _connector='OR'), name='receipt_discrepancy_names_its_goods'),
        ),
        migrations.AddConstraint(
            model_name='supplierconfirmationline',
            constraint=models.UniqueConstraint(fields=('confirmation', 'line'), name='supplier_confirmation_line_once'),
        ),
    ]
