import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

# What was made before has no such figures: every day is due. They are made the latest first, for four minutes of every five:
# two years of a large shop take hours, and until then its older days have no such figures.
MARK = """
UPDATE analytics_visitday SET state = 'DIRTY', marks = marks + 1, dirtied_at = coalesce(dirtied_at, now())
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0006_purchases'),
        ('campaigns', '0001_initial'),
        ('inventory', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyFunnel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('channel', models.CharField(blank=True, max_length=20, verbose_name='channel')),
                ('step', models.PositiveSmallIntegerField(choices=[(0, 'Explore'), (1, 'Viewed a product'), (2, 'Compared'), (3, 'About to buy'), (4, 'Checkout'), (5, 'Bought')], verbose_name='furthest step')),
                ('reason', models.CharField(blank=True, choices=[('out_of_stock', 'Out of stock when viewed'), ('no_result', 'Search without a result'), ('bounced', 'One page and gone'), ('checkout', 'Left at the checkout'), ('cart', 'Left what was put aside'), ('compared', 'Compared and left'), ('viewed', 'Looked at a product and left'), ('looked', 'Looked around and left')], max_length=12, verbose_name='reason')),
                ('visits', models.PositiveIntegerField(verbose_name='visits')),
            ],
            options={
                'verbose_name': 'funnel of a day',
                'verbose_name_plural': 'funnel',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('step', 5)), models.Q(('step__lt', 5), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='daily_funnel_one_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DailyInterest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('views', models.PositiveIntegerField(verbose_name='views')),
                ('viewing', models.PositiveIntegerField(verbose_name='visits viewing it')),
                ('viewing_out_of_stock', models.PositiveIntegerField(verbose_name='visits viewing it out of stock')),
                ('added', models.PositiveBigIntegerField(verbose_name='units put in the cart')),
                ('adding', models.PositiveIntegerField(verbose_name='visits putting it in the cart')),
                ('wished', models.PositiveIntegerField(verbose_name='times wished for')),
                ('reviews', models.PositiveIntegerField(verbose_name='times its reviews were read')),
                ('dwell_seconds', models.DecimalField(decimal_places=3, max_digits=16, verbose_name='active seconds')),
            ],
            options={
                'verbose_name': 'interest in a SKU on a day',
                'verbose_name_plural': 'interest by SKU',
            },
        ),
        migrations.CreateModel(
            name='DailySearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('term', models.CharField(max_length=60, verbose_name='search term')),
                ('searches', models.PositiveIntegerField(verbose_name='searches')),
                ('visits', models.PositiveIntegerField(verbose_name='visits')),
                ('visitors', models.PositiveIntegerField(verbose_name='visitors')),
                ('dry', models.PositiveIntegerField(verbose_name='searches without a result')),
                ('viewed', models.PositiveIntegerField(verbose_name='visits that then viewed a product')),
                ('added', models.PositiveIntegerField(verbose_name='visits that then put something in the cart')),
            ],
            options={
                'verbose_name': 'searches of a day',
                'verbose_name_plural': 'search terms',
                'constraints': [
                    models.UniqueConstraint(fields=('day', 'term'), name='daily_search_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DailyVisitors',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('channel', models.CharField(blank=True, max_length=20, null=True, verbose_name='channel')),
                ('visitors', models.PositiveIntegerField(verbose_name='visitors')),
            ],
            options={
                'verbose_name': 'visitors of a day',
                'verbose_name_plural': 'visitors by day',
                'constraints': [
                    models.UniqueConstraint(fields=('day', 'channel'), name='daily_visitors_once', nulls_distinct=False),
                ],
            },
        ),
        migrations.CreateModel(
            name='HourlyVisits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='business day')),
                ('hour', models.PositiveSmallIntegerField(verbose_name='hour')),
                ('channel', models.CharField(blank=True, max_length=20, verbose_name='channel')),
                ('visits', models.PositiveIntegerField(verbose_name='visits')),
                ('viewed', models.PositiveIntegerField(verbose_name='viewed a product')),
                ('compared', models.PositiveIntegerField(verbose_name='compared')),
                ('decided', models.PositiveIntegerField(verbose_name='were about to buy')),
                ('checkout', models.PositiveIntegerField(verbose_name='began to order')),
                ('ordered', models.PositiveIntegerField(verbose_name='ordered')),
                ('carted', models.PositiveIntegerField(verbose_name='put something in the cart')),
                ('carts_left', models.PositiveIntegerField(verbose_name='left the cart')),
                ('bounces', models.PositiveIntegerField(verbose_name='saw one page only')),
                ('saw_out_of_stock', models.PositiveIntegerField(verbose_name='saw something out of stock')),
                ('pages', models.PositiveIntegerField(verbose_name='pages')),
                ('searches', models.PositiveIntegerField(verbose_name='searches')),
                ('dry_searches', models.PositiveIntegerField(verbose_name='searches without a result')),
                ('products', models.PositiveIntegerField(verbose_name='products viewed')),
                ('added', models.PositiveBigIntegerField(verbose_name='units put in the cart')),
                ('active_seconds', models.DecimalField(decimal_places=3, max_digits=16, verbose_name='active seconds')),
                ('lost_out_of_stock', models.PositiveIntegerField(verbose_name='Out of stock when viewed')),
                ('lost_no_result', models.PositiveIntegerField(verbose_name='Search without a result')),
                ('lost_bounced', models.PositiveIntegerField(verbose_name='One page and gone')),
                ('lost_checkout', models.PositiveIntegerField(verbose_name='Left at the checkout')),
                ('lost_cart', models.PositiveIntegerField(verbose_name='Left what was put aside')),
                ('lost_compared', models.PositiveIntegerField(verbose_name='Compared and left')),
                ('lost_viewed', models.PositiveIntegerField(verbose_name='Looked at a product and left')),
                ('lost_looked', models.PositiveIntegerField(verbose_name='Looked around and left')),
            ],
            options={
                'verbose_name': 'visits of an hour',
                'verbose_name_plural': 'visits by hour',
                'constraints': [
                    models.UniqueConstraint(fields=('day', 'hour', 'channel'), name='hourly_visits_once'),
                    models.CheckConstraint(condition=models.Q(('hour__lte', 23)), name='hourly_visits_hour_of_a_day'),
                    models.CheckConstraint(condition=models.Q(('visits', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('ordered'), '+', models.F('lost_out_of_stock')), '+', models.F('lost_no_result')), '+', models.F('lost_bounced')), '+', models.F('lost_checkout')), '+', models.F('lost_cart')), '+', models.F('lost_compared')), '+', models.F('lost_viewed')), '+', models.F('lost_looked')))), name='hourly_visits_order_or_are_lost'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TrendingProduct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveIntegerField(verbose_name='rank')),
                ('score', models.FloatField(verbose_name='score')),
                ('viewers', models.PositiveIntegerField(verbose_name='times viewed')),
                ('wishers', models.PositiveIntegerField(verbose_name='times wished for')),
                ('carters', models.PositiveIntegerField(verbose_name='times put in the cart')),
                ('buyers', models.PositiveIntegerField(verbose_name='times ordered')),
                ('view_score', models.FloatField(verbose_name='of the score by views')),
                ('wish_score', models.FloatField(verbose_name='of the score by wishes')),
                ('cart_score', models.FloatField(verbose_name='of the score by carts')),
                ('order_score', models.FloatField(verbose_name='of the score by orders')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
            ],
            options={
                'verbose_name': 'trending product',
                'verbose_name_plural': 'trending products',
                'indexes': [
                    models.Index(fields=['rank'], name='trending_by_rank'),
                ],
            },
        ),
        migrations.AddField(
            model_name='visit',
            name='categories',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=models.Value([]), default=list, size=None, verbose_name='categories viewed'),
        ),
        migrations.AddField(
            model_name='visit',
            name='dry_searches',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='searches without a result'),
        ),
        migrations.AddField(
            model_name='visit',
            name='is_bounce',
            field=models.BooleanField(db_default=False, default=False, verbose_name='one page and nothing else'),
        ),
        migrations.AddField(
            model_name='visit',
            name='step',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(ordered_at__isnull=False, then=models.Value(5)), models.When(checkout_at__isnull=False, then=models.Value(4)), models.When(decided_at__isnull=False, then=models.Value(3)), models.When(compared_at__isnull=False, then=models.Value(2)), models.When(then=models.Value(1), viewed_at__isnull=False), default=models.Value(0)), output_field=models.PositiveSmallIntegerField(choices=[(0, 'Explore'), (1, 'Viewed a product'), (2, 'Compared'), (3, 'About to buy'), (4, 'Checkout'), (5, 'Bought')], verbose_name='furthest step')),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(('dry_searches__lte', models.F('searches'))), name='visit_dry_searches_are_searches'),
        ),
        migrations.AddField(
            model_name='dailyfunnel',
            name='category',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.category', verbose_name='category'),
        ),
        migrations.AddField(
            model_name='dailyinterest',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='trendingproduct',
            name='variant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.variant', verbose_name='SKU'),
        ),
        migrations.AddField(
            model_name='visit',
            name='reason',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(ordered_at__isnull=False, then=models.Value('')), models.When(out_of_stock__gt=0, then=models.Value('out_of_stock')), models.When(dry_searches__gt=0, then=models.Value('no_result')), models.When(is_bounce=True, then=models.Value('bounced')), models.When(checkout_at__isnull=False, then=models.Value('checkout')), models.When(decided_at__isnull=False, then=models.Value('cart')), models.When(compared_at__isnull=False, then=models.Value('compared')), models.When(then=models.Value('viewed'), viewed_at__isnull=False), default=models.Value('looked')), output_field=models.CharField(choices=[('out_of_stock', 'Out of stock when viewed'), ('no_result', 'Search without a result'), ('bounced', 'One page and gone'), ('checkout', 'Left at the checkout'), ('cart', 'Left what was put aside'), ('compared', 'Compared and left'), ('viewed', 'Looked at a product and left'), ('looked', 'Looked around and left')], max_length=12, verbose_name='reason')),
        ),
        migrations.AddConstraint(
            model_name='dailyfunnel',
            constraint=models.UniqueConstraint(fields=('day', 'category', 'channel', 'step', 'reason'), name='daily_funnel_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='dailyinterest',
            constraint=models.UniqueConstraint(fields=('day', 'variant'), name='daily_interest_once'),
        ),
        migrations.RunSQL(MARK, reverse_sql=migrations.RunSQL.noop),
    ]
