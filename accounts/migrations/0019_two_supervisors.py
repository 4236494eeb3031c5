"""Two supervisors freeze and unlock a staff account. The columns hold the new words already: nothing changes in them."""

from django.db import migrations, models

KINDS = [
    ("lost-factor", "Start the wait for a new second factor"),
    ("email-of-record", "Write to the email address in DEERS from now on"),
    ("freeze", "Freeze the account"),
    ("unlock", "Unlock the account"),
]
REASONS = [
    ("device-lost", "Phone or computer lost or broken"),
    ("device-taken", "Phone or computer stolen"),
    ("mailbox-lost", "No way into the mailbox any more"),
    ("mailbox-taken", "Somebody else is in the mailbox"),
    ("account-taken", "Somebody else may be using the account"),
    ("away", "No longer on duty, or away for long"),
    ("settled", "What the account was stopped for is settled"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_trusted_devices")]
    operations = [
        migrations.AlterField(
            "assistance", "kind", models.CharField("what to do", choices=KINDS, max_length=16)
        ),
        migrations.AlterField("assistance", "reason", models.CharField(choices=REASONS, max_length=16)),
    ]
