"""People without an email address, mailboxes that many share, and what the upgrade asks for.

This is safe while the site runs. The columns are added without a default in the database and stay empty in old rows,
so PostgreSQL rewrites none. `email` may be empty in forms from now on, which changes nothing in the database.

An upgrade that has not come to its code begins again at the details. Until now it kept an email address that anybody
could type, and the code must not go there.
"""

from django.db import migrations, models

from safeguards.fields import EncryptedTextField


def add_encrypted(kind: str, name: str) -> list:
    """Add a column that is null in old rows: a default cannot be encrypted for rows one does not know."""
    return [
        migrations.AddField(kind, name, EncryptedTextField(editable=False, null=True)),
        migrations.AlterField(kind, name, EncryptedTextField(default="", editable=False, null=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_changes_that_can_be_undone")]
    operations = [
        migrations.AddField("account", "mailbox_shared_at", models.DateTimeField("mailbox shared since", blank=True, null=True)),
        migrations.AlterField("account", "email", models.EmailField(blank=True, max_length=254)),
        *add_encrypted("registrationdraft", "kept_ssn"),
        *add_encrypted("upgradedraft", "kept_ssn"),
        *add_encrypted("upgradedraft", "street"),
        migrations.RunSQL(
            "UPDATE accounts_upgradedraft SET dod_id = '' WHERE finished_at IS NULL AND code_redeemed_at IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
