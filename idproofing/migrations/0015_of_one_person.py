from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the slips and cases of one person, those that are over too."""

    atomic = False

    dependencies = [("idproofing", "0014_letters_of_surrogates")]

    operations = [
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("account_id__isnull", False)),
                fields=["account_id", "-opened_at"],
                name="case_of_account",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("dod_id", ""), _negated=True),
                fields=["dod_id", "-opened_at"],
                name="case_of_person",
            ),
        ),
        AddIndexConcurrently(
            model_name="visit", index=models.Index(fields=["dod_id", "-made_at"], name="visit_of_person")
        ),
    ]
