import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0002_behaviour'),
        ('campaigns', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('visitor', models.BigIntegerField(verbose_name='visitor')),
                ('is_named', models.BooleanField(help_text='A customer was named during the visit.', verbose_name='customer named')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('ended_at', models.DateTimeField(verbose_name='ended at')),
                ('events', models.PositiveIntegerField(verbose_name='events')),
                ('pages', models.PositiveIntegerField(verbose_name='pages')),
                ('products', models.PositiveIntegerField(verbose_name='products viewed')),
                ('out_of_stock', models.PositiveIntegerField(verbose_name='of these out of stock')),
                ('searches', models.PositiveIntegerField(verbose_name='searches')),
                ('added', models.PositiveBigIntegerField(verbose_name='units put in the cart')),
                ('active_seconds', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='active seconds')),
                ('landing', models.CharField(blank=True, max_length=500, verbose_name='landing page')),
                ('referrer', models.CharField(blank=True, max_length=255, verbose_name='referrer')),
                ('utm_source', models.CharField(blank=True, max_length=100, verbose_name='utm_source')),
                ('utm_medium', models.CharField(blank=True, max_length=100, verbose_name='utm_medium')),
                ('utm_campaign', models.CharField(blank=True, max_length=100, verbose_name='utm_campaign')),
                ('click_id', models.CharField(blank=True, max_length=11, verbose_name='kind of click id')),
                ('viewed_at', models.DateTimeField(blank=True, null=True, verbose_name='first product viewed at')),
                ('compared_at', models.DateTimeField(blank=True, null=True, verbose_name='compared from')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='about to buy from')),
                ('checkout_at', models.DateTimeField(blank=True, null=True, verbose_name='checkout at')),
                ('ordered_at', models.DateTimeField(blank=True, null=True, verbose_name='ordered at')),
                ('orders', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None, verbose_name='order numbers told')),
            ],
            options={
                'verbose_name': 'visit',
                'verbose_name_plural': 'visits',
                'indexes': [
                    models.Index(fields=['day'], name='visit_by_day'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('visitor', 'started_at'), name='visit_once'),
                    models.CheckConstraint(condition=models.Q(('ended_at__gte', models.F('started_at'))), name='visit_ends_after_it_starts'),
                    models.CheckConstraint(condition=models.Q(('viewed_at__isnull', True), models.Q(('viewed_at__gte', models.F('started_at')), ('viewed_at__lte', models.F('ended_at'))), _connector='OR'), name='visit_viewed_at_within'),
                    models.CheckConstraint(condition=models.Q(('compared_at__isnull', True), models.Q(('compared_at__gte', models.F('started_at')), ('compared_at__lte', models.F('ended_at'))), _connector='OR'), name='visit_compared_at_within'),
                    models.CheckConstraint(condition=models.Q(('decided_at__isnull', True), models.Q(('decided_at__gte', models.F('started_at')), ('decided_at__lte', models.F('ended_at'))), _connector='OR'), name='visit_decided_at_within'),
                    models.CheckConstraint(condition=models.Q(('checkout_at__isnull', True), models.Q(('checkout_at__gte', models.F('started_at')), ('checkout_at__lte', models.F('ended_at'))), _connector='OR'), name='visit_checkout_at_within'),
                    models.CheckConstraint(condition=models.Q(('ordered_at__isnull', True), models.Q(('ordered_at__gte', models.F('started_at')), ('ordered_at__lte', models.F('ended_at'))), _connector='OR'), name='visit_ordered_at_within'),
                    models.CheckConstraint(condition=models.Q(('checkout_at__isnull', True), models.Q(('decided_at__isnull', False), ('decided_at__lte', models.F('checkout_at'))), _connector='OR'), name='visit_checkout_after_deciding'),
                    models.CheckConstraint(condition=models.Q(models.Q(('products', 0), ('viewed_at__isnull', True)), models.Q(('products__gt', 0), ('viewed_at__isnull', False)), _connector='OR'), name='visit_viewed_where_products'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ordered_at__isnull', True), ('orders', [])), models.Q(('ordered_at__isnull', False), models.Q(('orders', []), _negated=True)), _connector='OR'), name='visit_ordered_where_orders'),
                    models.CheckConstraint(condition=models.Q(('events__gt', 0), ('out_of_stock__lte', models.F('products')), ('pages__lte', models.F('events')), ('products__lte', models.F('events')), ('searches__lte', models.F('events'))), name='visit_counts_make_sense'),
                ],
            },
        ),
        migrations.CreateModel(
            name='VisitDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='business day')),
                ('state', models.CharField(choices=[('DIRTY', 'to rebuild'), ('CLEAN', 'up to date')], default='DIRTY', max_length=5, verbose_name='state')),
                ('marks', models.PositiveIntegerField(default=0, verbose_name='times marked')),
                ('dirtied_at', models.DateTimeField(blank=True, null=True, verbose_name='to rebuild since')),
                ('rebuilt_at', models.DateTimeField(blank=True, null=True, verbose_name='rebuilt at')),
                ('source_rows', models.PositiveIntegerField(blank=True, null=True, verbose_name='source rows')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                ('catalog', models.BigIntegerField(blank=True, null=True, verbose_name='mark of the catalog')),
                ('is_forgotten', models.BooleanField(db_default=False, default=False, verbose_name='tells no customers')),
            ],
            options={
                'verbose_name': "state of a day's visits",
                'verbose_name_plural': 'state of the visits',
                'indexes': [
                    models.Index(condition=models.Q(('state', 'DIRTY')), fields=['day'], name='visit_day_dirty'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['DIRTY', 'CLEAN'])), name='visit_day_state_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'CLEAN'), _negated=True), ('rebuilt_at__isnull', False), _connector='OR'), name='visit_day_clean_once_rebuilt'),
                ],
            },
        ),
        migrations.AddField(
            model_name='knownvisitor',
            name='customer_id',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='knownvisitor',
            name='is_new',
            field=models.BooleanField(db_default=True, default=True, verbose_name='not yet in the visits'),
        ),
        migrations.AddField(
            model_name='visit',
            name='customer',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='visit',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.eventsource', verbose_name='event source'),
        ),
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(condition=models.Q(('customer__isnull', False)), fields=['customer', '-started_at', '-visitor'], name='visit_by_customer'),
        ),
    ]
