import django.db.models.deletion
import safeguards.fields
from django.db import migrations, models

# A rotation of keys writes the numbers again and nothing else.
KEEP = """
CREATE TRIGGER never_deleted BEFORE DELETE ON record_sealed
    FOR EACH STATEMENT EXECUTE FUNCTION record_refuse_change();
CREATE TRIGGER never_moved BEFORE UPDATE OF id, resource_id, version ON record_sealed
    FOR EACH STATEMENT EXECUTE FUNCTION record_refuse_change();
"""

FORGET = """
DROP TRIGGER never_moved ON record_sealed;
DROP TRIGGER never_deleted ON record_sealed;
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0006_search")]

    operations = [
        migrations.CreateModel(
            name="Sealed",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("numbers", safeguards.fields.EncryptedTextField()),
                (
                    "resource",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealed", to="record.resource"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "sealed",
                "constraints": [
                    models.UniqueConstraint(fields=("resource", "version"), name="record_sealed_once"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="import",
            name="digest",
            field=models.BinaryField(max_length=32, verbose_name="keyed digest of the file"),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
