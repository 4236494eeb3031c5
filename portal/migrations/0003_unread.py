from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the patient has not opened yet. Of older messages nobody knows, so they count as read."""

    atomic = False
    dependencies = [("portal", "0002_record_moves")]
    operations = [
        migrations.AddField("thread", "unread_since", models.DateTimeField(blank=True, null=True)),
        AddIndexConcurrently(
            "thread",
            models.Index(
                condition=models.Q(("unread_since__isnull", False)),
                fields=["patient", "unread_since"],
                name="thread_unread",
            ),
        ),
    ]
