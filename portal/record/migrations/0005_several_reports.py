import django.contrib.postgres.fields
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The further reports in which a result stands. `manage.py project_record` finds those of older records."""

    atomic = False
    dependencies = [("record", "0004_what_came")]
    operations = [
        migrations.AddField(
            "result", "also_in", django.contrib.postgres.fields.ArrayField(models.UUIDField(), default=list, db_default=[])
        ),
        AddIndexConcurrently(
            "result",
            GinIndex(
                fields=["also_in"],
                condition=models.Q(("also_in", []), _negated=True),
                name="record_result_also_in",
            ),
        ),
    ]
