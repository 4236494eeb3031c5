import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Nobody shall hear of a new device because we have only begun to remember them.
REMEMBER_ALL = """
    INSERT INTO accounts_knowndevice (account_id, device, first_at)
    SELECT account_id, device, min(at) FROM safeguards_auditevent
    WHERE event = 'sign-in.succeeded' AND device <> '' AND account_id IN (SELECT id FROM accounts_account)
    GROUP BY account_id, device
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_routes"), ("safeguards", "0006_audit_by_time")]
    operations = [
        migrations.CreateModel(
            name="KnownDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(max_length=64)),
                ("first_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="known_devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("account", "device"), name="known_device_once"),
                ],
            },
        ),
        migrations.RunSQL(REMEMBER_ALL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="assistance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asked_by", models.F("account")), _negated=True),
                    models.Q(("approved", True), ("decided_by", models.F("account")), _negated=True),
                ),
                name="assistance_of_somebody_else",
            ),
        ),
    ]
