from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The desk's lists read their page by an index, and not the whole table."""

    atomic = False
    dependencies = [("idproofing", "0015_of_one_person")]
    operations = [
        AddIndexConcurrently("proofing", models.Index(fields=["-changed_at", "-id"], name="proofing_newest")),
        AddIndexConcurrently(
            "proofing", models.Index(fields=["state", "-changed_at", "-id"], name="proofing_newest_of_state")
        ),
        AddIndexConcurrently("visit", models.Index(fields=["-changed_at", "-id"], name="visit_newest")),
        AddIndexConcurrently("case", models.Index(fields=["due_at", "number"], name="case_by_due")),
        AddIndexConcurrently(
            "letter", models.Index(fields=["state", "-changed_at", "-id"], name="letter_newest_of_state")
        ),
        migrations.AlterModelOptions(
            name="answertally",
            options={
                "default_permissions": (),
                "verbose_name": "count of answers",
                "verbose_name_plural": "counts of answers",
            },
        ),
    ]
