import config.kernel.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL('CREATE SEQUENCE inventory_document_number', reverse_sql='DROP SEQUENCE inventory_document_number'),
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('email', models.EmailField(blank=True, help_text='Purchase orders go here.', max_length=254, verbose_name='email')),
                ('is_active', models.BooleanField(default=True, help_text='Off: nothing more is ordered there.', verbose_name='buys from')),
            ],
            options={
                'verbose_name': 'supplier',
                'verbose_name_plural': 'suppliers',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Warehouse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('priority', models.PositiveSmallIntegerField(default=100, help_text='Where several could serve an order, the lowest number does.', verbose_name='priority')),
                ('is_active', models.BooleanField(default=True, verbose_name='serves orders')),
            ],
            options={
                'verbose_name': 'warehouse',
                'verbose_name_plural': 'warehouses',
                'ordering': ['priority', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('code', models.SlugField(help_text='Short name for the API and for files.', max_length=60, unique=True, verbose_name='code')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='inventory.category', verbose_name='parent category')),
            ],
            options={
                'verbose_name': 'category',
                'verbose_name_plural': 'categories',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('tax_class', models.CharField(choices=[('STANDARD', 'standard rate'), ('EXEMPT', 'exempt')], default='STANDARD', max_length=10, verbose_name='tax class')),
                ('is_active', models.BooleanField(default=True, help_text='Products off sale cannot be ordered.', verbose_name='on sale')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='inventory.category', verbose_name='category')),
            ],
            options={
                'verbose_name': 'product',
                'verbose_name_plural': 'products',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('tax_class__in', ['STANDARD', 'EXEMPT'])), name='product_tax_class_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('state', models.CharField(choices=[('DRAFT', 'draft'), ('APPROVED', 'approved'), ('SENT', 'sent'), ('PARTLY_RECEIVED', 'partly received'), ('RECEIVED', 'received'), ('CLOSED', 'closed'), ('CANCELED', 'canceled')], default='DRAFT', max_length=15, verbose_name='state')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('is_proposed', models.BooleanField(default=False, help_text='Drafted by the replenishment.', verbose_name='proposed')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('drafted_at', models.DateTimeField(verbose_name='drafted at')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='approved at')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('expected_on', models.DateField(blank=True, null=True, verbose_name='expected on')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='drafted by')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='inventory.supplier', verbose_name='supplier')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'purchase order',
                'verbose_name_plural': 'purchase orders',
                'permissions': [('approve_purchaseorder', 'Can approve purchase orders'), ('receive_goods', 'Can receive goods')],
                'indexes': [
                    models.Index(fields=['-drafted_at', '-id'], name='purchase_order_by_time'),
                    models.Index(fields=['state', '-drafted_at', '-id'], name='purchase_order_by_state'),
                    models.Index(fields=['supplier', '-drafted_at', '-id'], name='purchase_order_by_supplier'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['DRAFT', 'APPROVED', 'SENT', 'PARTLY_RECEIVED', 'RECEIVED', 'CLOSED', 'CANCELED'])), name='purchase_order_state_known'),
                    models.UniqueConstraint(condition=models.Q(('is_proposed', True), ('state', 'DRAFT')), fields=('supplier', 'warehouse'), name='purchase_order_one_proposed_draft'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GoodsReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('delivery_note', models.CharField(max_length=64, verbose_name='delivery note')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='inventory.purchaseorder', verbose_name='purchase order')),
            ],
            options={
                'verbose_name': 'goods receipt',
                'verbose_name_plural': 'goods receipts',
                'indexes': [
                    models.Index(fields=['-received_at', '-id'], name='goods_receipt_by_time'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('purchase_order', 'delivery_note'), name='goods_receipt_once_per_note'),
                    models.CheckConstraint(condition=models.Q(('delivery_note', ''), _negated=True), name='goods_receipt_names_its_note'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('DRAFTED', 'drafted'), ('CHANGED', 'changed'), ('APPROVED', 'approved'), ('SENT', 'sent'), ('RECEIVED', 'goods received'), ('CLOSED', 'closed'), ('CANCELED', 'canceled')], max_length=20, verbose_name='kind')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('details', models.JSONField(default=dict, verbose_name='details')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='timeline', to='inventory.purchaseorder', verbose_name='purchase order')),
            ],
            options={
                'verbose_name': 'purchase order event',
                'verbose_name_plural': 'purchase order events',
                'indexes': [
                    models.Index(fields=['purchase_order', 'id'], name='purchase_order_event_order'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('received', models.PositiveIntegerField(default=0, verbose_name='received')),
                ('unit_cost', config.kernel.fields.MoneyAmountField(verbose_name='unit cost')),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='inventory.purchaseorder', verbose_name='purchase order')),
            ],
            options={
                'verbose_name': 'purchase order line',
                'verbose_name_plural': 'purchase order lines',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('unit_cost__gte', 0)), name='purchase_order_line_makes_sense'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GoodsReceiptLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='inventory.goodsreceipt', verbose_name='goods receipt')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipt_lines', to='inventory.purchaseorderline', verbose_name='purchase order line')),
            ],
            options={
                'verbose_name': 'goods receipt line',
                'verbose_name_plural': 'goods receipt lines',
                'constraints': [
                    models.UniqueConstraint(fields=('receipt', 'line'), name='goods_receipt_line_once'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='goods_receipt_line_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('counted_at', models.DateTimeField(verbose_name='counted at')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'stock count',
                'verbose_name_plural': 'stock counts',
                'indexes': [
                    models.Index(fields=['-counted_at', '-id'], name='stock_count_by_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Variant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', models.CharField(max_length=64, unique=True, verbose_name='SKU')),
                ('barcode', models.CharField(blank=True, max_length=64, null=True, unique=True, verbose_name='barcode')),
                ('name', models.CharField(blank=True, help_text='Color, size: what tells it from its siblings.', max_length=200, verbose_name='option')),
                ('list_price', config.kernel.fields.MoneyAmountField(help_text='What customers pay for one unit, tax included.', verbose_name='list price')),
                ('cost', config.kernel.fields.MoneyAmountField(default=0, help_text='What one unit cost the last time, before tax. Goods receipts keep it up to date.', verbose_name='unit cost')),
                ('is_active', models.BooleanField(default=True, verbose_name='on sale')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variants', to='inventory.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'SKU',
                'verbose_name_plural': 'SKUs',
                'permissions': [('see_cost', 'Can see what goods cost')],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('list_price__gte', 0)), name='variant_list_price_not_negative', violation_error_message='A price is zero or more.'),
                    models.CheckConstraint(condition=models.Q(('cost__gte', 0)), name='variant_cost_not_negative', violation_error_message='A price is zero or more.'),
                    models.CheckConstraint(condition=models.Q(('sku', ''), _negated=True), name='variant_sku_not_empty'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SupplierOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit_cost', config.kernel.fields.MoneyAmountField(verbose_name='unit cost')),
                ('lead_time_days', models.PositiveSmallIntegerField(help_text='From sending the purchase order to goods on the shelf.', verbose_name='lead time in days')),
                ('minimum_quantity', models.PositiveIntegerField(default=1, help_text='The least one may order.', verbose_name='MOQ')),
                ('order_multiple', models.PositiveIntegerField(default=1, help_text='Units in one pack.', verbose_name='order multiple')),
                ('is_preferred', models.BooleanField(default=True, help_text='Replenishment buys here.', verbose_name='preferred')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='inventory.supplier', verbose_name='supplier')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='inventory.variant', verbose_name='SKU')),
            ],
            options={
                'verbose_name': 'supplier offer',
                'verbose_name_plural': 'supplier offers',
                'constraints': [
                    models.UniqueConstraint(fields=('supplier', 'variant'), name='supplier_offer_once'),
                    models.UniqueConstraint(condition=models.Q(('is_preferred', True)), fields=('variant',), name='supplier_offer_one_preferred', violation_error_message='Another supplier is preferred for this SKU already.'),
                    models.CheckConstraint(condition=models.Q(('minimum_quantity__gt', 0), ('order_multiple__gt', 0), ('unit_cost__gte', 0)), name='supplier_offer_makes_sense', violation_error_message='The unit cost is zero or more, the MOQ and the order multiple are at least 1.'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockCountLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.IntegerField(verbose_name='expected')),
                ('counted', models.IntegerField(verbose_name='counted')),
                ('count', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='inventory.stockcount', verbose_name='stock count')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='SKU')),
            ],
            options={
                'verbose_name': 'counted SKU',
                'verbose_name_plural': 'counted SKUs',
                'constraints': [
                    models.UniqueConstraint(fields=('count', 'variant'), name='stock_count_line_once'),
                    models.CheckConstraint(condition=models.Q(('counted__gte', 0)), name='stock_count_line_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockRepair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on_hand_before', models.IntegerField(verbose_name='on hand before')),
                ('on_hand_after', models.IntegerField(verbose_name='on hand after')),
                ('reserved_before', models.IntegerField(verbose_name='reserved before')),
                ('reserved_after', models.IntegerField(verbose_name='reserved after')),
                ('repaired_at', models.DateTimeField(verbose_name='repaired at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'repair of a balance',
                'verbose_name_plural': 'repairs of balances',
                'indexes': [models.Index(fields=['-repaired_at', '-id'], name='stock_repair_by_time')],
            },
        ),
        migrations.AddField(
            model_name='purchaseorderline',
            name='variant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_order_lines', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.CreateModel(
            name='PriceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('LIST_PRICE', 'list price'), ('COST', 'unit cost')], max_length=10, verbose_name='kind')),
                ('before', config.kernel.fields.MoneyAmountField(verbose_name='before')),
                ('after', config.kernel.fields.MoneyAmountField(verbose_name='after')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_changes', to='inventory.variant', verbose_name='SKU')),
            ],
            options={
                'verbose_name': 'price change',
                'verbose_name_plural': 'price changes',
                'indexes': [
                    models.Index(fields=['variant', 'kind', '-id'], name='price_change_by_variant'),
                    models.Index(fields=['-occurred_at', '-id'], name='price_change_by_time'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['LIST_PRICE', 'COST'])), name='price_change_kind_known'),
                    models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='price_change_changes'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='price_change_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('RECEIPT', 'receipt'), ('SHIPMENT', 'shipment'), ('RETURN', 'return'), ('ADJUSTMENT', 'adjustment'), ('TRANSFER_OUT', 'transfer out'), ('TRANSFER_IN', 'transfer in'), ('WRITE_OFF', 'write-off')], max_length=12, verbose_name='kind')),
                ('quantity', models.IntegerField(verbose_name='quantity')),
                ('document_kind', models.CharField(max_length=20, verbose_name='document kind')),
                ('document_number', models.CharField(max_length=40, verbose_name='document')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('unit_cost', config.kernel.fields.MoneyAmountField(blank=True, null=True, verbose_name='unit cost')),
                ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'stock movement',
                'verbose_name_plural': 'stock movements',
                'indexes': [
                    models.Index(fields=['variant', '-occurred_at', '-id'], name='stock_movement_by_variant'),
                    models.Index(fields=['-occurred_at', '-id'], name='stock_movement_by_time'),
                    models.Index(fields=['kind', '-occurred_at', '-id'], name='stock_movement_by_kind'),
                    models.Index(fields=['document_number'], name='stock_movement_by_document'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('document_kind', 'document_number', 'variant', 'warehouse', 'kind'), name='stock_movement_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['RECEIPT', 'RETURN', 'TRANSFER_IN']), ('quantity__gt', 0)), models.Q(('kind__in', ['SHIPMENT', 'TRANSFER_OUT', 'WRITE_OFF']), ('quantity__lt', 0)), models.Q(('kind', 'ADJUSTMENT'), models.Q(('quantity', 0), _negated=True)), _connector='OR'), name='stock_movement_sign_fits_kind'),
                    models.CheckConstraint(condition=models.Q(models.Q(('document_number', ''), _negated=True), models.Q(('kind__in', ['RECEIPT', 'SHIPMENT', 'RETURN']), ('document_kind', 'COUNT'), models.Q(('reason', ''), _negated=True), _connector='OR')), name='stock_movement_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on_hand', models.IntegerField(default=0, verbose_name='on hand')),
                ('reserved', models.IntegerField(default=0, verbose_name='reserved')),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'stock level',
                'verbose_name_plural': 'stock levels',
                'permissions': [('correct_stock', 'Can adjust, transfer and write off stock'), ('count_stock', 'Can record stock counts')],
                'constraints': [
                    models.UniqueConstraint(fields=('variant', 'warehouse'), name='stock_level_once'),
                    models.CheckConstraint(condition=models.Q(('on_hand__gte', 0)), name='stock_level_on_hand_not_negative'),
                    models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('reserved__lte', models.F('on_hand'))), name='stock_level_reserved_within_on_hand'),
                ],
            },
        ),
        # Room beside each level for its next versions: every order writes some, and touches no index where they fit.
        migrations.RunSQL(
            'ALTER TABLE inventory_stocklevel SET (fillfactor = 50)', reverse_sql='ALTER TABLE inventory_stocklevel RESET (fillfactor)'
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_kind', models.CharField(max_length=20, verbose_name='document kind')),
                ('document_number', models.CharField(max_length=40, verbose_name='document')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('consumed', models.PositiveIntegerField(default=0, verbose_name='consumed')),
                ('released', models.PositiveIntegerField(default=0, verbose_name='released')),
                ('state', models.CharField(choices=[('ACTIVE', 'active'), ('CONSUMED', 'consumed'), ('RELEASED', 'released'), ('EXPIRED', 'expired')], default='ACTIVE', max_length=10, verbose_name='state')),
                ('expires_at', models.DateTimeField(blank=True, help_text='Empty: held until its document ends.', null=True, verbose_name='expires at')),
                ('reserved_at', models.DateTimeField(verbose_name='reserved at')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'reservation',
                'verbose_name_plural': 'reservations',
                'indexes': [
                    models.Index(condition=models.Q(('expires_at__isnull', False), ('state', 'ACTIVE')), fields=['expires_at', 'id'], name='reservation_due'),
                    models.Index(condition=models.Q(('state', 'ACTIVE')), fields=['variant', 'warehouse'], name='reservation_active_by_level'),
                    models.Index(fields=['state', '-id'], name='reservation_by_state'),
                    django.contrib.postgres.indexes.BrinIndex(fields=['reserved_at'], name='reservation_by_time'),
                    models.Index(fields=['document_number'], name='reservation_by_document'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'ACTIVE')), fields=('document_kind', 'document_number', 'variant', 'warehouse'), name='reservation_active_once'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='reservation_quantity_positive'),
                    models.CheckConstraint(condition=models.Q(models.Q(('quantity__gt', django.db.models.expressions.CombinedExpression(models.F('consumed'), '+', models.F('released'))), ('state', 'ACTIVE')), models.Q(('quantity', django.db.models.expressions.CombinedExpression(models.F('consumed'), '+', models.F('released'))), ('state__in', ['CONSUMED', 'RELEASED', 'EXPIRED'])), _connector='OR'), name='reservation_active_while_units_held'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReplenishmentProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('OPEN', 'open'), ('ORDERED', 'ordered'), ('DISMISSED', 'dismissed'), ('SUPERSEDED', 'superseded')], default='OPEN', max_length=10, verbose_name='state')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('override', models.PositiveIntegerField(blank=True, help_text='Bought instead of the computed quantity.', null=True, verbose_name='quantity set by staff')),
                ('override_reason', models.CharField(blank=True, max_length=300, verbose_name='reason for the other quantity')),
                ('explanation', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='explanation')),
                ('as_of', models.DateTimeField(verbose_name='as of')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposals', to='inventory.purchaseorderline', verbose_name='purchase order line')),
                ('override_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.supplieroffer', verbose_name='supplier offer')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'replenishment proposal',
                'verbose_name_plural': 'replenishment proposals',
                'indexes': [
                    models.Index(fields=['-as_of', '-id'], name='proposal_by_time'),
                    models.Index(fields=['state', '-as_of', '-id'], name='proposal_by_state'),
                    models.Index(condition=models.Q(('state', 'DISMISSED')), fields=['decided_at'], name='proposal_dismissed'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('variant', 'warehouse'), name='replenishment_proposal_one_open'),
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='replenishment_proposal_positive'),
                    models.CheckConstraint(condition=models.Q(('override__isnull', True), ('override__gt', 0), _connector='OR'), name='replenishment_proposal_override_positive'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'ORDERED', 'DISMISSED', 'SUPERSEDED'])), name='replenishment_proposal_state_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReorderPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('service_level', models.DecimalField(decimal_places=4, default='0.95', help_text='Chance that stock lasts until the goods come: 0.95 is nineteen times of twenty.', max_digits=5, verbose_name='service level')),
                ('review_days', models.PositiveSmallIntegerField(default=7, help_text='Days that one purchase shall last beyond its lead time.', verbose_name='days to cover')),
                ('minimum_stock', models.PositiveIntegerField(default=0, help_text='The reorder point never falls below it.', verbose_name='minimum stock')),
                ('maximum_stock', models.PositiveIntegerField(blank=True, help_text='No purchase lifts the stock above it.', null=True, verbose_name='maximum stock')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='inventory.variant', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'reorder policy',
                'verbose_name_plural': 'reorder policies',
                'constraints': [
                    models.UniqueConstraint(fields=('variant', 'warehouse'), name='reorder_policy_once'),
                    models.CheckConstraint(condition=models.Q(('service_level__gte', '0.5'), ('service_level__lt', 1)), name='reorder_policy_service_level'),
                    models.CheckConstraint(condition=models.Q(('maximum_stock__isnull', True), ('maximum_stock__gte', models.F('minimum_stock')), _connector='OR'), name='reorder_policy_maximum_above_minimum'),
                ],
            },
        ),
        migrations.AddIndex(
            model_name='purchaseorderline',
            index=models.Index(condition=models.Q(('received__lt', models.F('quantity'))), fields=['variant'], name='purchase_order_line_open'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorderline',
            constraint=models.UniqueConstraint(fields=('purchase_order', 'variant'), name='purchase_order_line_once'),
        ),
    ]
