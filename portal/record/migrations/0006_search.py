from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, BtreeGinExtension, TrigramExtension
from django.db import migrations, models

OPERATORS = ["varchar_ops", "gin_trgm_ops"]


class Migration(migrations.Migration):
    """What reports and single results are searched for. `manage.py project_record` fills it in for older records.

    The extensions are PostgreSQL's own, and the owner of a database may add them.
    """

    atomic = False
    dependencies = [("record", "0005_several_reports")]
    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.AddField(
            "panel",
            "searched",
            models.TextField("its name and those of its results, in lower case", default="", db_default=""),
        ),
        migrations.AddField(
            "result",
            "searched",
            models.TextField("what a list of single results is searched for, in lower case", blank=True, default="", db_default=""),
        ),
        AddIndexConcurrently(
            "panel", GinIndex(fields=["patient", "searched"], name="record_panel_words", opclasses=OPERATORS)
        ),
        AddIndexConcurrently(
            "result",
            GinIndex(
                fields=["patient", "searched"],
                condition=models.Q(("searched", ""), _negated=True),
                name="record_result_words",
                opclasses=OPERATORS,
            ),
        ),
    ]
