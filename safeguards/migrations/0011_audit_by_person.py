from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what happened to a person who has no account yet without reading the whole trail."""

    atomic = False

    dependencies = [("safeguards", "0010_audit_limits_reached")]

    operations = [
        AddIndexConcurrently(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("person_index__isnull", False)),
                fields=["person_index", "-id"],
                name="audit_by_person",
            ),
        ),
    ]
