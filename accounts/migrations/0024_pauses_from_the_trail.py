from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """The column `noted_at` goes out of the model only: code of the release before writes it until it has stopped."""

    atomic = False

    dependencies = [("accounts", "0023_reported_mailboxes")]

    operations = [
        RemoveIndexConcurrently(model_name="signinpause", name="pause_noted"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="signinpause", name="noted_at")]
        ),
    ]
