from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the slips and cases of one person, those that are over too, and the open notices."""

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
            model_name="failurenotice",
            index=models.Index(
                condition=models.Q(("lifted_at__isnull", True)), fields=["dod_id"], name="failure_notice_open"
            ),
        ),
        AddIndexConcurrently(
            model_name="visit", index=models.Index(fields=["dod_id", "-made_at"], name="visit_of_person")
        ),
    ]
