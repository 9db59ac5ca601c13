import config.kernel.fields
import datetime
import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.text
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('goal', models.CharField(blank=True, help_text='What the shop wants to reach with it.', max_length=300, verbose_name='goal')),
            ],
            options={
                'verbose_name': 'campaign',
                'verbose_name_plural': 'campaigns',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(help_text='Short name for the API and for files.', max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
            ],
            options={
                'verbose_name': 'segment',
                'verbose_name_plural': 'segments',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='customer id')),
                ('name', models.CharField(blank=True, max_length=100, verbose_name='name')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='phone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                ('created_at', models.DateTimeField(verbose_name='known since')),
            ],
            options={
                'verbose_name': 'customer',
                'verbose_name_plural': 'customers',
                'permissions': [('view_personal', 'Can see names, phone numbers and addresses in full')],
                'indexes': [models.Index(fields=['name'], name='customer_by_name', opclasses=['varchar_pattern_ops']), models.Index(fields=['phone'], name='customer_by_phone', opclasses=['varchar_pattern_ops']), models.Index(fields=['email'], name='customer_by_email', opclasses=['varchar_pattern_ops']), models.Index(fields=['-created_at', '-id'], name='customer_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('external_id', ''), _negated=True), name='customer_external_id_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Customers see it beside the discount.', max_length=100, verbose_name='name')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('is_enabled', models.BooleanField(default=True, help_text='Off: never in force, whatever its period.', verbose_name='enabled')),
                ('starts_at', models.DateTimeField(verbose_name='starts at')),
                ('ends_at', models.DateTimeField(blank=True, help_text='The first moment it no longer holds. Empty: until it is stopped.', null=True, verbose_name='ends at')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name='weekdays')),
                ('from_hour', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='from hour')),
                ('until_hour', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='until hour')),
                ('needs_coupon', models.BooleanField(default=False, verbose_name='only with a coupon')),
                ('covers', models.CharField(choices=[('EVERYTHING', 'everything'), ('CHOSEN', 'chosen products and categories')], default='EVERYTHING', max_length=10, verbose_name='applies to')),
                ('minimum_amount', config.kernel.fields.MoneyAmountField(default=Decimal('0'), help_text='The matching products must cost at least this much, before discounts.', verbose_name='minimum amount')),
                ('first_order_only', models.BooleanField(default=False, verbose_name='first order only')),
                ('benefit', models.CharField(choices=[('PERCENT', 'percent off'), ('AMOUNT', 'amount off'), ('FIXED_PRICE', 'fixed price'), ('BUY_X_GET_Y', 'buy X get Y'), ('FREE_SHIPPING', 'free shipping')], max_length=15, verbose_name='benefit')),
                ('percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='percent')),
                ('amount', config.kernel.fields.MoneyAmountField(blank=True, help_text='What is taken off, or the price of one unit for a fixed price.', null=True, verbose_name='amount')),
                ('buy', models.PositiveSmallIntegerField(blank=True, help_text='Units to pay for, before units are free.', null=True, verbose_name='buy')),
                ('get', models.PositiveSmallIntegerField(blank=True, help_text='Units that are free then: the cheapest of all.', null=True, verbose_name='get free')),
                ('priority', models.PositiveSmallIntegerField(default=100, help_text='The lowest number goes first.', verbose_name='priority')),
                ('stacking_group', models.CharField(blank=True, help_text='Of the promotions of one group only the first that fits a line is given. Empty: combines with all.', max_length=40, verbose_name='stacking group')),
                ('usage_limit', models.PositiveIntegerField(blank=True, help_text='How many orders may use it in all.', null=True, verbose_name='usage limit')),
                ('usage_limit_per_customer', models.PositiveIntegerField(blank=True, null=True, verbose_name='usage limit per customer')),
                ('budget', config.kernel.fields.MoneyAmountField(blank=True, help_text='Most that may be given away in all. An order whose discount no longer fits does not get it.', null=True, verbose_name='budget')),
                ('used', models.PositiveIntegerField(default=0, editable=False, verbose_name='used')),
                ('spent', config.kernel.fields.MoneyAmountField(default=Decimal('0'), editable=False, verbose_name='given away')),
                ('settled_until', models.DateTimeField(editable=False, null=True)),
                ('next_edge_at', models.DateTimeField(default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), editable=False, null=True)),
                ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='promotions', to='campaigns.campaign', verbose_name='campaign')),
                ('categories', models.ManyToManyField(blank=True, help_text='With everything in the categories below them.', related_name='+', to='inventory.category', verbose_name='categories')),
                ('products', models.ManyToManyField(blank=True, related_name='+', to='inventory.product', verbose_name='products')),
                ('segment', models.ForeignKey(blank=True, help_text='Empty: for everybody.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'promotion',
                'verbose_name_plural': 'promotions',
                'indexes': [
                    models.Index(condition=models.Q(('covers', 'EVERYTHING'), ('is_enabled', True), ('needs_coupon', False)), fields=['ends_at', 'starts_at'], name='promotion_for_every_basket'),
                    models.Index(fields=['ends_at', 'starts_at'], name='promotion_by_end'),
                    models.Index(fields=['-starts_at', '-id'], name='promotion_by_start'),
                    models.Index(condition=models.Q(('next_edge_at__isnull', False)), fields=['next_edge_at'], name='promotion_due'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='promotion_name_not_empty'),
                    models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='promotion_ends_after_start'),
                    models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='promotion_weekdays_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('from_hour__isnull', True), ('until_hour__isnull', True)), models.Q(('from_hour__isnull', False), ('from_hour__lte', 23), ('until_hour__gte', 1), ('until_hour__isnull', False), ('until_hour__lte', 24), models.Q(('from_hour', models.F('until_hour')), _negated=True)), _connector='OR'), name='promotion_hours_make_sense'),
                    models.CheckConstraint(condition=models.Q(models.Q(('amount__isnull', True), ('benefit', 'PERCENT'), ('buy__isnull', True), ('get__isnull', True), ('percent__gt', 0), ('percent__isnull', False), ('percent__lte', 100)), models.Q(('amount__gt', 0), ('amount__isnull', False), ('benefit', 'AMOUNT'), ('buy__isnull', True), ('get__isnull', True), ('percent__isnull', True)), models.Q(('amount__gte', 0), ('amount__isnull', False), ('benefit', 'FIXED_PRICE'), ('buy__isnull', True), ('get__isnull', True), ('percent__isnull', True)), models.Q(('amount__isnull', True), ('benefit', 'BUY_X_GET_Y'), ('buy__gt', 0), ('buy__isnull', False), ('get__gt', 0), ('get__isnull', False), ('percent__isnull', True)), models.Q(('amount__isnull', True), ('benefit', 'FREE_SHIPPING'), ('buy__isnull', True), ('get__isnull', True), ('percent__isnull', True)), _connector='OR'), name='promotion_benefit_complete'),
                    models.CheckConstraint(condition=models.Q(('covers__in', ['EVERYTHING', 'CHOSEN'])), name='promotion_covers_known'),
                    models.CheckConstraint(condition=models.Q(('minimum_amount__gte', 0)), name='promotion_minimum_not_negative'),
                    models.CheckConstraint(condition=models.Q(('usage_limit__isnull', True), ('used__lte', models.F('usage_limit')), _connector='OR'), name='promotion_used_within_limit'),
                    models.CheckConstraint(condition=models.Q(models.Q(('usage_limit__isnull', True), ('usage_limit__gte', 1), _connector='OR'), models.Q(('usage_limit_per_customer__isnull', True), ('usage_limit_per_customer__gte', 1), _connector='OR'), models.Q(('budget__isnull', True), ('budget__gt', 0), _connector='OR')), name='promotion_limits_positive'),
                    models.CheckConstraint(condition=models.Q(('budget__isnull', True), ('spent__lte', models.F('budget')), _connector='OR'), name='promotion_spent_within_budget'),
                    models.CheckConstraint(condition=models.Q(('spent__gte', 0)), name='promotion_spent_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CouponBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('size', models.PositiveIntegerField(verbose_name='number of codes')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='campaigns.promotion', verbose_name='promotion')),
            ],
            options={
                'verbose_name': 'coupon batch',
                'verbose_name_plural': 'coupon batches',
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='coupon_batch_not_empty'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='code')),
                ('is_enabled', models.BooleanField(default=True, help_text='Off: refused like a code that does not exist.', verbose_name='enabled')),
                ('usage_limit', models.PositiveIntegerField(blank=True, default=1, help_text='Empty: as often as its promotion allows.', null=True, verbose_name='usage limit')),
                ('used', models.PositiveIntegerField(default=0, editable=False, verbose_name='used')),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='campaigns.couponbatch', verbose_name='batch')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='campaigns.customer', verbose_name='only for')),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='campaigns.promotion', verbose_name='promotion')),
                ('made_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
            ],
            options={
                'verbose_name': 'coupon',
                'verbose_name_plural': 'coupons',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('usage_limit__isnull', True), models.Q(('usage_limit__gte', 1), ('used__lte', models.F('usage_limit'))), _connector='OR'), name='coupon_used_within_limit'),
                    models.CheckConstraint(condition=models.Q(models.Q(('code', ''), _negated=True), ('code', django.db.models.functions.text.Upper('code')), ('code__regex', '^\\S+$')), name='coupon_code_in_capitals'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CouponSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_enabled', models.BooleanField(verbose_name='enabled')),
                ('switched_at', models.DateTimeField(verbose_name='switched at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('coupon', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='switches', to='campaigns.coupon', verbose_name='coupon')),
            ],
            options={
                'verbose_name': 'switch of a coupon',
                'verbose_name_plural': 'switches of coupons',
            },
        ),
        migrations.CreateModel(
            name='PromotionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('kind', models.CharField(choices=[('CREATED', 'created'), ('CHANGED', 'changed'), ('STOPPED', 'stopped'), ('EXTENDED', 'extended')], max_length=10, verbose_name='change')),
                ('before', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='before')),
                ('after', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='after')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('changed_at', models.DateTimeField(verbose_name='changed at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='campaigns.promotion', verbose_name='promotion')),
            ],
            options={
                'verbose_name': 'change of a promotion',
                'verbose_name_plural': 'changes of promotions',
                'constraints': [
                    models.UniqueConstraint(fields=('promotion', 'version'), name='promotion_change_once_per_version'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['CREATED', 'CHANGED', 'STOPPED', 'EXTENDED'])), name='promotion_change_kind_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PromotionOccurrence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('uses', models.PositiveIntegerField(blank=True, null=True, verbose_name='uses')),
                ('amount', config.kernel.fields.MoneyAmountField(blank=True, null=True, verbose_name='given away')),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='occurrences', to='campaigns.promotion', verbose_name='promotion')),
            ],
            options={
                'verbose_name': 'window of a promotion',
                'verbose_name_plural': 'windows of promotions',
                'indexes': [
                    models.Index(fields=['-started_at', '-id'], name='promotion_occurrence_by_time'),
                    models.Index(fields=['promotion', '-started_at'], name='promotion_occurrence_latest'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('promotion',), name='promotion_occurrence_one_open'),
                    models.CheckConstraint(condition=models.Q(models.Q(('amount__isnull', True), ('ended_at__isnull', True), ('uses__isnull', True)), models.Q(('amount__isnull', False), ('ended_at__gte', models.F('started_at')), ('ended_at__isnull', False), ('uses__isnull', False)), _connector='OR'), name='promotion_occurrence_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Redemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_kind', models.CharField(max_length=20, verbose_name='document kind')),
                ('document_number', models.CharField(max_length=40, verbose_name='document')),
                ('amount', config.kernel.fields.MoneyAmountField(verbose_name='amount')),
                ('state', models.CharField(choices=[('COUNTED', 'counted'), ('RELEASED', 'released')], default='COUNTED', max_length=10, verbose_name='state')),
                ('redeemed_at', models.DateTimeField(verbose_name='redeemed at')),
                ('coupon', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='campaigns.coupon', verbose_name='coupon')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='campaigns.customer', verbose_name='customer')),
                ('promotion', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='campaigns.promotion', verbose_name='promotion')),
            ],
            options={
                'verbose_name': 'redemption',
                'verbose_name_plural': 'redemptions',
                'indexes': [
                    models.Index(condition=models.Q(('state', 'COUNTED')), fields=['promotion', 'customer'], name='redemption_by_customer'),
                    models.Index(fields=['promotion', 'redeemed_at'], name='redemption_by_promotion'),
                    models.Index(condition=models.Q(('coupon__isnull', False)), fields=['coupon'], name='redemption_by_coupon'),
                    models.Index(fields=['document_number'], name='redemption_by_document', opclasses=['varchar_pattern_ops']),
                    models.Index(fields=['-redeemed_at', '-id'], name='redemption_by_time'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'COUNTED')), fields=('document_kind', 'document_number', 'promotion'), name='redemption_once_per_document'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['COUNTED', 'RELEASED'])), name='redemption_state_known'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='redemption_amount_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SegmentMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField(verbose_name='joined at')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='campaigns.customer', verbose_name='customer')),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='campaigns.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'segment member',
                'verbose_name_plural': 'segment members',
                'constraints': [
                    models.UniqueConstraint(fields=('customer', 'segment'), name='segment_membership_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SegmentChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined', models.PositiveIntegerField(verbose_name='joined')),
                ('left', models.PositiveIntegerField(verbose_name='left')),
                ('changed_at', models.DateTimeField(verbose_name='changed at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='campaigns.segment', verbose_name='segment')),
            ],
            options={
                'verbose_name': 'change of a segment',
                'verbose_name_plural': 'changes of segments',
                'constraints': [models.CheckConstraint(condition=models.Q(('joined__gt', 0), ('left__gt', 0), _connector='OR'), name='segment_change_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('EMAIL', 'email'), ('SMS', 'text message'), ('PUSH', 'push')], max_length=10, verbose_name='channel')),
                ('purpose', models.CharField(choices=[('ADVERTISING', 'advertising'), ('NIGHT_ADVERTISING', 'advertising at night')], max_length=20, verbose_name='purpose')),
                ('is_given', models.BooleanField(verbose_name='given')),
                ('text_version', models.CharField(max_length=40, verbose_name='version of the text')),
                ('source', models.CharField(help_text='Where it was said: sign-up, checkout, phone.', max_length=40, verbose_name='source')),
                ('stated_at', models.DateTimeField(verbose_name='stated at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='campaigns.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'consent',
                'verbose_name_plural': 'consents',
                'indexes': [models.Index(fields=['customer', 'channel', 'purpose', '-stated_at'], name='consent_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('channel__in', ['EMAIL', 'SMS', 'PUSH'])), name='consent_channel_known'), models.CheckConstraint(condition=models.Q(('purpose__in', ['ADVERTISING', 'NIGHT_ADVERTISING'])), name='consent_purpose_known')],
            },
        ),
    ]
