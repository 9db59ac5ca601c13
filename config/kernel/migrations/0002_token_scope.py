"""Apart from the first, since the tokens it points at point at staff accounts themselves."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_initial'),
        migrations.swappable_dependency(settings.KNOX_TOKEN_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TokenScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('STOREFRONT', 'storefront'), ('INTEGRATION', 'integration'), ('READ_ONLY', 'read-only')], max_length=12, verbose_name='scope')),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to=settings.KNOX_TOKEN_MODEL, verbose_name='token')),
            ],
            options={
                'verbose_name': 'token scope',
                'verbose_name_plural': 'token scopes',
                'constraints': [models.UniqueConstraint(fields=('token', 'scope'), name='token_scope_once'), models.CheckConstraint(condition=models.Q(('scope__in', ['STOREFRONT', 'INTEGRATION', 'READ_ONLY'])), name='token_scope_known')],
            },
        ),
    ]
