from django.db import migrations


class Migration(migrations.Migration):
    """The tables of the first messages go out of the code only: the release before reads them until it has stopped."""

    dependencies = [("portal", "0003_unread"), ("secure_messages", "0002_copy_conversations")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("Message"), migrations.DeleteModel("Thread")]
        )
    ]
