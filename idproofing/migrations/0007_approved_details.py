from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("idproofing", "0006_cases")]
    operations = [
        migrations.AddField("case", "approved_details", models.BinaryField(max_length=32, null=True)),
        AddIndexConcurrently(
            "case",
            models.Index(
                condition=models.Q(("approved_details__isnull", False)),
                fields=["approved_details"],
                name="case_approved_details",
            ),
        ),
    ]
