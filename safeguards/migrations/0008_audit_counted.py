from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

COUNTED = (
    "registration.started",
    "upgrade.started",
    "registration.matched",
    "proofing.route-chosen",
    "code.redeemed",
    "account.opened",
    "account.level-raised",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("safeguards", "0007_not_signed_in_yet")]
    operations = [
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                condition=models.Q(("event__in", COUNTED)),
                fields=["at"],
                include=("event", "details"),
                name="audit_counted",
            ),
        ),
    ]
