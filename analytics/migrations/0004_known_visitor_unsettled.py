from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # An index is built beside the traffic outside of a transaction only.
    atomic = False

    dependencies = [
        ('analytics', '0003_visits'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='knownvisitor',
            index=models.Index(condition=models.Q(('customer_id__isnull', True)), fields=['id'], name='known_visitor_unsettled'),
        ),
    ]
