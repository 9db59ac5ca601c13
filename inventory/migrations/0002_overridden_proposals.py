import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='replenishmentproposal',
            name='override',
            field=models.PositiveIntegerField(blank=True, help_text='Bought instead of the computed quantity.', null=True, verbose_name='quantity set by staff'),
        ),
        migrations.AddField(
            model_name='replenishmentproposal',
            name='override_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by'),
        ),
        migrations.AddField(
            model_name='replenishmentproposal',
            name='override_reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='reason for the other quantity'),
        ),
        migrations.AddConstraint(
            model_name='replenishmentproposal',
            constraint=models.CheckConstraint(condition=models.Q(('override__isnull', True), ('override__gt', 0), _connector='OR'), name='replenishment_proposal_override_positive'),
        ),
    ]
