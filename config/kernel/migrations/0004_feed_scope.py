from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_personal_access'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tokenscope',
            name='scope',
            field=models.CharField(choices=[('STOREFRONT', 'storefront'), ('INTEGRATION', 'integration'), ('READ_ONLY', 'read-only'), ('FEED', 'feeds')], max_length=12, verbose_name='scope'),
        ),
        migrations.RemoveConstraint(model_name='tokenscope', name='token_scope_known'),
        migrations.AddConstraint(
            model_name='tokenscope',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['STOREFRONT', 'INTEGRATION', 'READ_ONLY', 'FEED'])), name='token_scope_known'),
        ),
    ]
