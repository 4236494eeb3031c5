import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for what is new since the last visit. The one by import and type stands in for the one by import."""

    atomic = False
    dependencies = [("record", "0003_single_results")]
    operations = [
        AddIndexConcurrently("import", models.Index(fields=["patient", "ended_at"], name="record_import_since")),
        AddIndexConcurrently("resource", models.Index(fields=["imported", "type"], name="record_resource_came")),
        migrations.AlterField(
            "resource",
            "imported",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="record.import",
            ),
        ),
    ]
