import config.kernel.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL('CREATE SEQUENCE orders_order_number', reverse_sql='DROP SEQUENCE orders_order_number'),
        migrations.RunSQL('CREATE SEQUENCE orders_document_number', reverse_sql='DROP SEQUENCE orders_document_number'),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40, verbose_name='shop')),
                ('state', models.CharField(choices=[('REQUESTED', 'waiting'), ('READING', 'reading'), ('WRITING', 'writing'), ('IMPORTED', 'imported'), ('CHECKED', 'checked'), ('REFUSED', 'refused'), ('FAILED', 'failed')], default='REQUESTED', max_length=10, verbose_name='state')),
                ('is_dry_run', models.BooleanField(default=False, help_text='Everything is read, matched and counted, and nothing is kept.', verbose_name='only check')),
                ('shift_to_today', models.BooleanField(default=False, help_text='Moves all dates by whole weeks, so that the last day falls on this week or the last one.', verbose_name='move to today')),
                ('shift_days', models.IntegerField(default=0, verbose_name='moved by days')),
                ('warehouse', models.SlugField(default='IMPORT', help_text='Code of the warehouse the goods left from.', max_length=20, verbose_name='warehouse')),
                ('requested_at', models.DateTimeField(verbose_name='asked at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                ('rows_so_far', models.PositiveIntegerField(default=0, verbose_name='rows so far')),
                ('rows_read', models.PositiveIntegerField(default=0, verbose_name='rows read')),
                ('rows_imported', models.PositiveIntegerField(default=0, verbose_name='rows imported')),
                ('rows_skipped', models.PositiveIntegerField(default=0, verbose_name='rows left out')),
                ('report', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='report')),
                ('refusal', models.JSONField(blank=True, default=dict, verbose_name='refusal')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('rejects', models.FileField(blank=True, upload_to='imports', verbose_name='rows left out, as a file')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
            ],
            options={
                'verbose_name': 'import of history',
                'verbose_name_plural': 'imports of history',
                'permissions': [('import_history', "Can import an old shop's history")],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['REQUESTED', 'READING', 'WRITING', 'IMPORTED', 'CHECKED', 'REFUSED', 'FAILED'])), name='import_run_state_known'),
                    models.CheckConstraint(condition=models.Q(('rows_read', django.db.models.expressions.CombinedExpression(models.F('rows_imported'), '+', models.F('rows_skipped')))), name='import_run_every_row_accounted_for'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('content', models.FileField(blank=True, upload_to='imports', verbose_name='content')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='orders.importrun', verbose_name='import of history')),
            ],
            options={
                'verbose_name': 'file of an import',
                'verbose_name_plural': 'files of imports',
            },
        ),
        migrations.CreateModel(
            name='ImportedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40, verbose_name='shop')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('kind', models.CharField(choices=[('SALE', 'sale'), ('CREDIT', 'credit note'), ('CORRECTION', 'stock correction')], max_length=10, verbose_name='kind')),
                ('digests', models.BinaryField(verbose_name='rows')),
                ('original_at', models.DateTimeField(help_text='The moment in the file, before dates were moved.', verbose_name='originally at')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='orders.importrun', verbose_name='import of history')),
            ],
            options={
                'verbose_name': 'imported document',
                'verbose_name_plural': 'imported documents',
                'constraints': [
                    models.UniqueConstraint(fields=('profile', 'number'), name='imported_document_once'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['SALE', 'CREDIT', 'CORRECTION'])), name='imported_document_kind_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('channel', models.CharField(max_length=20, verbose_name='channel')),
                ('external_number', models.CharField(blank=True, max_length=64, null=True, verbose_name='number in the channel')),
                ('state', models.CharField(choices=[('PLACED', 'to pay'), ('PAID', 'to pick'), ('PICKED', 'to ship'), ('PARTLY_SHIPPED', 'partly shipped'), ('SHIPPED', 'shipped'), ('CANCELED', 'canceled'), ('EXPIRED', 'expired')], default='PLACED', max_length=15, verbose_name='state')),
                ('is_short', models.BooleanField(default=False, help_text='Stock held for it was lost; somebody must act.', verbose_name='short')),
                ('refund_due', models.BooleanField(default=False, help_text='Less went back than must.', verbose_name='refund due')),
                ('has_unmatched', models.BooleanField(db_default=False, default=False, help_text='Money came that it does not owe.', verbose_name='unmatched payment')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('lines_total', config.kernel.fields.MoneyAmountField(verbose_name='lines')),
                ('shipping_fee', config.kernel.fields.MoneyAmountField(verbose_name='shipping fee')),
                ('shipping_discount', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='shipping discount')),
                ('total', config.kernel.fields.MoneyAmountField(verbose_name='total')),
                ('tax', config.kernel.fields.MoneyAmountField(verbose_name='tax inside the total')),
                ('paid', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='paid')),
                ('refund_owed', config.kernel.fields.MoneyAmountField(db_default=Decimal('0'), default=Decimal('0'), help_text='What of the money paid must go back, or went back already.', verbose_name='to refund in all')),
                ('refunded', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='refunded')),
                ('ship_to', models.JSONField(default=dict, verbose_name='ship to')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('placed_at', models.DateTimeField(verbose_name='placed at')),
                ('payment_due_at', models.DateTimeField(blank=True, null=True, verbose_name='payment due at')),
                ('paid_at', models.DateTimeField(blank=True, null=True, verbose_name='paid at')),
                ('ship_due_at', models.DateTimeField(blank=True, help_text='After it the order is late. Set when it is paid.', null=True, verbose_name='to ship by')),
                ('shipped_at', models.DateTimeField(blank=True, null=True, verbose_name='shipped at')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='canceled at')),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='campaigns.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'order',
                'verbose_name_plural': 'orders',
                'permissions': [('pay_order', 'Can record payments of orders'), ('cancel_order', 'Can cancel orders'), ('ship_order', 'Can pick and ship orders'), ('return_order', 'Can accept returns'), ('receive_return', 'Can receive returned goods'), ('refund_order', 'Can record refunds'), ('note_order', 'Can write notes on orders'), ('export_order', 'Can download orders as a table')],
                'indexes': [
                    models.Index(fields=['-placed_at', '-id'], name='order_by_time'),
                    models.Index(fields=['state', '-placed_at', '-id'], name='order_by_state'),
                    models.Index(fields=['channel', '-placed_at', '-id'], name='order_by_channel'),
                    models.Index(condition=models.Q(('external_number__isnull', False)), fields=['external_number'], name='order_by_external_number', opclasses=['varchar_pattern_ops']),
                    models.Index(condition=models.Q(('state', 'PLACED')), fields=['payment_due_at', 'id'], name='order_payment_due'),
                    models.Index(condition=models.Q(('state__in', ['PAID', 'PICKED', 'PARTLY_SHIPPED'])), fields=['ship_due_at', 'id'], name='order_ship_due'),
                    models.Index(fields=['customer', '-placed_at', '-id'], name='order_by_customer'),
                    models.Index(condition=models.Q(('is_short', True)), fields=['-id'], name='order_short'),
                    models.Index(condition=models.Q(('refund_due', True)), fields=['-id'], name='order_refund_due'),
                    models.Index(condition=models.Q(('has_unmatched', True)), fields=['-id'], name='order_unmatched'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('channel', 'external_number'), name='order_once_per_channel'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['PLACED', 'PAID', 'PICKED', 'PARTLY_SHIPPED', 'SHIPPED', 'CANCELED', 'EXPIRED'])), name='order_state_known'),
                    models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('lines_total'), '+', models.F('shipping_fee')), '-', models.F('shipping_discount')))), name='order_total_is_its_parts'),
                    models.CheckConstraint(condition=models.Q(('lines_total__gte', 0), ('shipping_discount__gte', 0), ('shipping_discount__lte', models.F('shipping_fee'))), name='order_amounts_make_sense'),
                    models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('paid'))), name='order_refunded_within_paid'),
                    models.CheckConstraint(condition=models.Q(('refund_owed__gte', 0), ('refund_owed__lte', models.F('paid'))), name='order_owed_within_paid'),
                    models.CheckConstraint(condition=models.Q(models.Q(('refund_due', True), ('refund_owed__gt', models.F('refunded'))), models.Q(('refund_due', False), ('refund_owed__lte', models.F('refunded'))), _connector='OR'), name='order_refund_due_while_owed'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'PLACED'), _negated=True), ('payment_due_at__isnull', False), _connector='OR'), name='order_unpaid_has_payment_due'),
                    models.CheckConstraint(condition=models.Q(('external_number', ''), _negated=True), name='order_external_number_not_empty'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Fulfillment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='number')),
                ('carrier', models.CharField(blank=True, max_length=40, verbose_name='carrier')),
                ('tracking_number', models.CharField(blank=True, max_length=64, verbose_name='tracking number')),
                ('shipped_at', models.DateTimeField(verbose_name='shipped at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfillments', to='orders.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'fulfillment',
                'verbose_name_plural': 'fulfillments',
                'indexes': [
                    models.Index(fields=['-shipped_at', '-id'], name='fulfillment_by_time'),
                    models.Index(condition=models.Q(('tracking_number', ''), _negated=True), fields=['tracking_number'], name='fulfillment_by_tracking', opclasses=['varchar_pattern_ops']),
                ],
            },
        ),
        migrations.CreateModel(
            name='OrderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('PLACED', 'placed'), ('PAID', 'paid'), ('PAID_LATE', 'paid too late'), ('PICKED', 'picked'), ('SHIPPED', 'shipped'), ('CANCELED', 'canceled'), ('EXPIRED', 'expired'), ('RETURN_ACCEPTED', 'return accepted'), ('RETURNED', 'returned'), ('RETURN_REFUSED', 'return refused'), ('REFUNDED', 'refunded'), ('SHORT', 'short'), ('RESTOCKED', 'stock found'), ('MISSING_CANCELED', 'missing units canceled'), ('UNMATCHED', 'payment does not fit'), ('SETTLED', 'unmatched payment settled'), ('NOTED', 'noted')], max_length=20, verbose_name='kind')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('details', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='details')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='timeline', to='orders.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'order event',
                'verbose_name_plural': 'order events',
                'indexes': [
                    models.Index(fields=['order', 'id'], name='order_event_by_order'),
                    models.Index(fields=['-occurred_at', '-id'], name='order_event_by_time'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['PLACED', 'PAID', 'PAID_LATE', 'PICKED', 'SHIPPED', 'CANCELED', 'EXPIRED', 'RETURN_ACCEPTED', 'RETURNED', 'RETURN_REFUSED', 'REFUNDED', 'SHORT', 'RESTOCKED', 'MISSING_CANCELED', 'UNMATCHED', 'SETTLED', 'NOTED'])), name='order_event_kind_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('sku', models.CharField(max_length=64, verbose_name='SKU')),
                ('name', models.CharField(max_length=401, verbose_name='name')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('list_price', config.kernel.fields.MoneyAmountField(verbose_name='list price')),
                ('gross', config.kernel.fields.MoneyAmountField(verbose_name='before discounts')),
                ('discount', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='discount')),
                ('total', config.kernel.fields.MoneyAmountField(verbose_name='total')),
                ('tax_rate', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='tax rate')),
                ('tax', config.kernel.fields.MoneyAmountField(verbose_name='tax inside')),
                ('unit_cost', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='unit cost')),
                ('kit_place', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='kit number in the order')),
                ('kit_quantity', models.PositiveIntegerField(blank=True, null=True, verbose_name='kits ordered')),
                ('shipped', models.PositiveIntegerField(default=0, verbose_name='shipped')),
                ('canceled', models.PositiveIntegerField(default=0, verbose_name='canceled')),
                ('short', models.PositiveIntegerField(default=0, verbose_name='short')),
                ('returned', models.PositiveIntegerField(default=0, verbose_name='returned')),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order', verbose_name='order')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='SKU')),
                ('kit', models.ForeignKey(blank=True, db_index=False, help_text='The customer ordered this kit; the line is one of its parts.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='kit')),
            ],
            options={
                'verbose_name': 'order line',
                'verbose_name_plural': 'order lines',
                'ordering': ['position'],
                'constraints': [
                    models.UniqueConstraint(fields=('order', 'position'), name='order_line_position_once'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_line_quantity_positive'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kit__isnull', True), ('kit_place__isnull', True), ('kit_quantity__isnull', True)), models.Q(('kit__isnull', False), ('kit_place__gt', 0), ('kit_quantity__gt', 0)), _connector='OR'), name='order_line_kit_is_whole'),
                    models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('shipped'), '+', models.F('canceled')), '+', models.F('short')))), name='order_line_parts_within_quantity'),
                    models.CheckConstraint(condition=models.Q(('returned__lte', models.F('shipped'))), name='order_line_returned_within_shipped'),
                    models.CheckConstraint(condition=models.Q(('tax__gte', 0), ('tax__lte', models.F('total'))), name='order_line_tax_inside_total'),
                    models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('total', django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('discount'))), ('total__gte', 0)), name='order_line_total_is_its_parts'),
                ],
                'indexes': [models.Index(condition=models.Q(('kit__isnull', False)), fields=['kit'], name='order_line_by_kit')],
            },
        ),
        migrations.CreateModel(
            name='OrderDiscount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('promotion_version', models.PositiveIntegerField(verbose_name='version')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('code', models.CharField(blank=True, max_length=40, verbose_name='coupon code')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discounts', to='orders.order', verbose_name='order')),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.promotion', verbose_name='promotion')),
                ('line', models.ForeignKey(blank=True, help_text='Empty: off the shipping fee.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='discounts', to='orders.orderline', verbose_name='order line')),
            ],
            options={
                'verbose_name': 'order discount',
                'verbose_name_plural': 'order discounts',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='order_discount_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FulfillmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('fulfillment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.fulfillment', verbose_name='fulfillment')),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_lines', to='orders.orderline', verbose_name='order line')),
            ],
            options={
                'verbose_name': 'fulfillment line',
                'verbose_name_plural': 'fulfillment lines',
                'constraints': [
                    models.UniqueConstraint(fields=('fulfillment', 'order_line'), name='fulfillment_line_once'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='fulfillment_line_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ProviderReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('CAME', 'came'), ('WENT', 'went back')], max_length=4, verbose_name='direction')),
                ('provider', models.CharField(max_length=40, verbose_name='provider')),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
            ],
            options={
                'verbose_name': "provider's reference",
                'verbose_name_plural': "providers' references",
                'constraints': [models.UniqueConstraint(fields=('direction', 'provider', 'reference'), name='provider_reference_once'), models.CheckConstraint(condition=models.Q(('direction__in', ['CAME', 'WENT'])), name='provider_reference_direction_known')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=40, verbose_name='provider')),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('paid_at', models.DateTimeField(verbose_name='paid at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='orders.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'payment',
                'verbose_name_plural': 'payments',
                'indexes': [
                    models.Index(fields=['-paid_at', '-id'], name='payment_by_time'),
                    models.Index(fields=['reference'], name='payment_by_reference'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('provider', 'reference'), name='payment_once_per_reference'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payment_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=40, verbose_name='provider')),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('refunded_at', models.DateTimeField(verbose_name='refunded at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='orders.order', verbose_name='order')),
                ('payment', models.ForeignKey(blank=True, db_index=False, help_text='Where the caller said which payment goes back.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.payment', verbose_name='payment')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
                'indexes': [
                    models.Index(fields=['-refunded_at', '-id'], name='refund_by_time'),
                    models.Index(fields=['reference'], name='refund_by_reference'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('provider', 'reference'), name='refund_once_per_reference'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='UnmatchedPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=40, verbose_name='provider')),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('why', models.CharField(choices=[('NOTHING_DUE', 'nothing was due'), ('OTHER_AMOUNT', 'another amount was due')], max_length=15, verbose_name='why')),
                ('paid_at', models.DateTimeField(verbose_name='paid at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unmatched_payments', to='orders.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'unmatched payment',
                'verbose_name_plural': 'unmatched payments',
                'indexes': [
                    models.Index(fields=['-recorded_at', '-id'], name='unmatched_by_time'),
                    models.Index(fields=['reference'], name='unmatched_by_reference'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('provider', 'reference'), name='unmatched_once_per_reference'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='unmatched_positive'),
                    models.CheckConstraint(condition=models.Q(('why__in', ['NOTHING_DUE', 'OTHER_AMOUNT'])), name='unmatched_why_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('PAID_BACK', 'paid back'), ('EXPLAINED', 'explained')], max_length=10, verbose_name='outcome')),
                ('provider', models.CharField(blank=True, max_length=40, verbose_name='provider')),
                ('reference', models.CharField(blank=True, max_length=100, verbose_name='reference')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('settled_at', models.DateTimeField(verbose_name='settled at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='settlement', to='orders.unmatchedpayment', verbose_name='unmatched payment')),
            ],
            options={
                'verbose_name': 'settlement',
                'verbose_name_plural': 'settlements',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('outcome', 'PAID_BACK')), fields=('provider', 'reference'), name='settlement_once_per_reference'),
                    models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'PAID_BACK'), models.Q(('reference', ''), _negated=True)), models.Q(('outcome', 'EXPLAINED'), ('reference', '')), _connector='OR'), name='settlement_paid_back_has_reference'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='number')),
                ('state', models.CharField(choices=[('ACCEPTED', 'accepted'), ('RECEIVED', 'received'), ('REFUSED', 'refused')], default='ACCEPTED', max_length=10, verbose_name='state')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('refund', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='refund')),
                ('accepted_at', models.DateTimeField(verbose_name='accepted at')),
                ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='received at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='orders.order', verbose_name='order')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'return',
                'verbose_name_plural': 'returns',
                'indexes': [
                    models.Index(fields=['-accepted_at', '-id'], name='return_by_time'),
                    models.Index(condition=models.Q(('state', 'ACCEPTED')), fields=['-id'], name='return_open'),
                    models.Index(condition=models.Q(('state', 'RECEIVED')), fields=['received_at'], name='return_received'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['ACCEPTED', 'RECEIVED', 'REFUSED'])), name='return_state_known'),
                    models.CheckConstraint(condition=models.Q(('refund__gte', 0)), name='return_refund_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('restocked', models.PositiveIntegerField(default=0, verbose_name='back in stock')),
                ('refund', config.kernel.fields.MoneyAmountField(default=Decimal('0'), verbose_name='refund')),
                ('order_line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='orders.orderline', verbose_name='order line')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.return', verbose_name='return')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='SKU')),
            ],
            options={
                'verbose_name': 'return line',
                'verbose_name_plural': 'return lines',
                'constraints': [
                    models.UniqueConstraint(fields=('parent', 'order_line'), name='return_line_once'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('restocked__lte', models.F('quantity'))), name='return_line_quantities'),
                    models.CheckConstraint(condition=models.Q(('refund__gte', 0)), name='return_line_refund_not_negative'),
                ],
            },
        ),
    ]
