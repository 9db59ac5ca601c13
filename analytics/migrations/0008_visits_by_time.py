from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # An index is built beside the traffic outside of a transaction only.
    atomic = False

    dependencies = [
        ('analytics', '0007_interest'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='visit',
            index=models.Index(fields=['-started_at', '-id'], name='visit_by_time'),
        ),
        AddIndexConcurrently(
            model_name='visit',
            index=models.Index(condition=models.Q(('ordered_at__isnull', False)), fields=['day'], name='visit_that_ordered'),
        ),
    ]
