from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what ended on a day, for the staff's figures, without reading the whole table."""

    atomic = False

    dependencies = [
        ('medications', '0002_helpers'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='step',
            index=models.Index(condition=models.Q(('state__in', ('received', 'refused'))), fields=['at'], name='refill_first_answer'),
        ),
    ]
