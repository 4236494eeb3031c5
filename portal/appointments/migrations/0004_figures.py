from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what ended on a day, for the staff's figures, without reading the whole table."""

    atomic = False

    dependencies = [
        ('appointments', '0003_clinic'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='step',
            index=models.Index(condition=models.Q(('state__in', ('received', 'booked', 'refused'))), fields=['at'], name='wish_first_answer'),
        ),
    ]
