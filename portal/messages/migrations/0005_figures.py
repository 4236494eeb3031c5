from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what ended on a day, for the staff's figures, without reading the whole table."""

    atomic = False

    dependencies = [
        ('secure_messages', '0004_drafts_of_staff'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('answered_at__isnull', False), ('author', 'patient')), fields=['answered_at'], include=('send_due_at',), name='message_answered'),
        ),
    ]
