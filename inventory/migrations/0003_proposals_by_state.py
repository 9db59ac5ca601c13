from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('inventory', '0002_overridden_proposals'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='replenishmentproposal',
            index=models.Index(fields=['state', '-as_of', '-id'], name='proposal_by_state'),
        ),
        AddIndexConcurrently(
            model_name='replenishmentproposal',
            index=models.Index(condition=models.Q(('state', 'DISMISSED')), fields=['decided_at'], name='proposal_dismissed'),
        ),
    ]
