import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Codes and names of the built-in boards, whom they are shared with, and their tiles: metric, form, cut, days.
BUILT_IN = (
    ("owner", "한눈에 보는 쇼핑몰", ["owner", "analyst", "viewer"], [
        ("sales", "NUMBER", "", 28), ("orders", "NUMBER", "", 28), ("profit", "NUMBER", "", 28),
        ("visits", "NUMBER", "", 28), ("conversion", "NUMBER", "", 28), ("on_time_share", "NUMBER", "", 28),
        ("sales", "LINE", "day", 91), ("orders", "HEAT", "", 91), ("conversion", "LINE", "day", 91),
        ("net", "TABLE", "category", 28), ("sales", "TABLE", "channel", 28),
    ]),
    ("marketer", "행사와 그 성과", ["owner", "marketer", "analyst"], [
        ("discount_share", "NUMBER", "", 28), ("average_order", "NUMBER", "", 28), ("units_per_order", "NUMBER", "", 28),
        ("visits", "NUMBER", "", 28), ("carts_left", "NUMBER", "", 28), ("lead_time_median", "NUMBER", "", 28),
        ("discounts", "LINE", "day", 91), ("visits", "HEAT", "", 91), ("conversion", "LINE", "day", 91),
        ("orders", "TABLE", "channel", 28), ("discount_share", "TABLE", "category", 28),
    ]),
    ("buyer", "상품의 들고 남", ["owner", "buyer", "warehouse", "analyst"], [
        ("received_units", "NUMBER", "", 28), ("shipped_units", "NUMBER", "", 28), ("returned_units", "NUMBER", "", 28),
        ("on_time_share", "NUMBER", "", 28), ("time_to_ship", "NUMBER", "", 28), ("out_of_stock_share", "NUMBER", "", 28),
        ("shipped_units", "LINE", "week", 364), ("received_units", "LINE", "week", 364),
        ("shipped_units", "TABLE", "category", 28), ("shipped_units", "TABLE", "sku", 28), ("product_views", "TABLE", "sku", 28),
    ]),
)


def add_built_in(apps, schema_editor):
    """Running it again adds nothing."""
    Board, BoardTile = apps.get_model("analytics", "Board"), apps.get_model("analytics", "BoardTile")
    for code, name, shared_with, tiles in BUILT_IN:
        board, is_new = Board.objects.get_or_create(code=code, defaults={"name": name, "shared_with": shared_with})
        if is_new:
            BoardTile.objects.bulk_create(
                BoardTile(board=board, position=10 * number, metric=metric, form=form, cut=cut, days=days)
                for number, (metric, form, cut, days) in enumerate(tiles, 1)
            )


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0009_rhythm'),
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Board',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(blank=True, editable=False, max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('shared_with', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('owner', 'Owner'), ('order_clerk', 'Order clerk'), ('warehouse', 'Warehouse'), ('buyer', 'Buyer'), ('marketer', 'Marketer'), ('analyst', 'Analyst'), ('viewer', 'View-only')], max_length=20), blank=True, default=list, help_text='Of the figures on it everybody sees those of their own role.', size=None, verbose_name='shared with')),
                ('owner', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'board',
                'verbose_name_plural': 'boards',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('code',), name='board_built_in_once'),
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='board_has_a_name'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BoardTile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=10, help_text='The lowest number comes first.', verbose_name='position')),
                ('metric', models.CharField(max_length=60, verbose_name='metric')),
                ('form', models.CharField(choices=[('NUMBER', 'Number'), ('LINE', 'Line'), ('HEAT', 'Weekdays and hours'), ('TABLE', 'Table')], default='NUMBER', max_length=6, verbose_name='form')),
                ('cut', models.CharField(blank=True, help_text='Of a line or a table only.', max_length=10, verbose_name='told apart by')),
                ('days', models.PositiveSmallIntegerField(choices=[(1, 'Today'), (7, '7 days'), (28, '28 days'), (91, '13 weeks'), (364, '52 weeks')], default=28, verbose_name='days')),
                ('channel', models.CharField(blank=True, max_length=20, verbose_name='channel')),
                ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tiles', to='analytics.board', verbose_name='board')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.category', verbose_name='category')),
                ('warehouse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.warehouse', verbose_name='warehouse')),
            ],
            options={
                'verbose_name': 'tile',
                'verbose_name_plural': 'tiles',
                'ordering': ['position', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('form__in', ['NUMBER', 'LINE', 'HEAT', 'TABLE'])), name='board_tile_form_known'),
                    models.CheckConstraint(condition=models.Q(('days__in', [1, 7, 28, 91, 364])), name='board_tile_days_known'),
                ],
            },
        ),
        migrations.RunPython(add_built_in, migrations.RunPython.noop),
    ]
