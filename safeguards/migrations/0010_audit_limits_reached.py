from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the limits that accounts have reached lately without reading a day of the trail."""

    atomic = False

    dependencies = [("safeguards", "0009_wording_for_staff")]

    operations = [
        AddIndexConcurrently(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("account_id__isnull", False), ("event", "limit.reached")),
                fields=["at"],
                include=["account_id"],
                name="audit_limits_reached",
            ),
        ),
    ]
