from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("idproofing", "0002_tallies")]
    operations = [
        AddIndexConcurrently(
            "activationcode",
            models.Index(
                condition=models.Q(("begun_at__isnull", False)),
                fields=["issued_at"],
                include=("begun_at", "delivery"),
                name="code_time_to_issue",
            ),
        ),
        AddIndexConcurrently(
            "activationcode",
            models.Index(
                condition=models.Q(("used_at__isnull", False)),
                fields=["used_at"],
                include=("issued_at", "delivery"),
                name="code_time_to_use",
            ),
        ),
    ]
