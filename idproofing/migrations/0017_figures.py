from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what ended on a day, for the staff's figures, without reading the whole table."""

    atomic = False

    dependencies = [
        ('idproofing', '0016_desk_lists'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='quiz',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], include=('dod_id', 'state'), name='quiz_ended'),
        ),
        AddIndexConcurrently(
            model_name='visit',
            index=models.Index(condition=models.Q(('state__in', ['verified', 'refused'])), fields=['changed_at'], name='visit_ended'),
        ),
    ]
