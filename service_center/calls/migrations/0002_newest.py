from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("calls", "0001_initial"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="call",
            index=models.Index(models.expressions.OrderBy(models.F("began_at"), descending=True), name="call_newest"),
        ),
    ]
