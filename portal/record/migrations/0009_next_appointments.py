from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The booked appointments by their time, for reminders."""

    atomic = False
    dependencies = [("record", "0008_what_a_result_is_from")]
    operations = [
        AddIndexConcurrently(
            "appointment",
            models.Index(fields=["at"], condition=models.Q(status="booked"), name="record_appointment_next"),
        ),
    ]
