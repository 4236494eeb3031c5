from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the events of a person, of who acted and of a kind without reading the trail."""

    atomic = False

    dependencies = [("safeguards", "0010_audit_limits_reached")]

    operations = [
        migrations.AlterModelOptions(
            name="auditevent",
            options={"permissions": [("export_auditevent", "Can download a part of the audit trail")]},
        ),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                condition=models.Q(("person_index__isnull", False)),
                fields=["person_index", "-id"],
                include=("event", "at"),
                name="audit_by_person",
            ),
        ),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                condition=models.Q(("actor_id__isnull", False)),
                fields=["actor_id", "-id"],
                include=("event", "at"),
                name="audit_by_actor",
            ),
        ),
        AddIndexConcurrently("auditevent", models.Index(fields=["event", "-id"], name="audit_by_event")),
    ]
