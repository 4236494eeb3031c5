"""What a freeze can undo: former email addresses, a log of changes, and since when an account may not be its holder's.

It is safe while the site runs. The new tables are empty, and the new columns have no default to write or one in the
database. The name of an authenticator app is unique among those in use: the new index is made while the table stays in
use, and the old constraint, which covers more, is dropped only after that. It is not one transaction for that reason;
each operation can be repeated by hand where a run was cut short. Somebody who runs it within a transaction of their own, as
tests do, gets the index in the usual way.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import safeguards.fields

ENDED = [
    ("has-account", "The person has an account already"),
    ("letter", "The code comes with a letter"),
    ("review", "A review was asked for"),
    ("not-basic", "The account cannot be raised"),
    ("given-back", "A frozen account was given back"),
    ("no-mailbox", "A frozen account was given back, and no email address is known to be the holder's"),
    ("needs-premium", "The frozen account is Premium"),
]
KINDS = [
    ("password", "Password changed"),
    ("factor-added", "Authenticator app or passkey added"),
    ("factor-removed", "Authenticator app or passkey removed"),
    ("backup-codes", "Backup codes replaced"),
    ("email", "Email address changed"),
    ("phone", "Phone number changed"),
]


def account(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=settings.AUTH_USER_MODEL
    )


def unguessable_key() -> models.UUIDField:
    return models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)


def concurrently(schema_editor) -> str:
    return "" if schema_editor.connection.in_atomic_block else "CONCURRENTLY"


def make_name_unique_in_use(apps, schema_editor) -> None:
    schema_editor.execute(
        f"CREATE UNIQUE INDEX {concurrently(schema_editor)} IF NOT EXISTS authenticator_name_once_in_use"
        " ON accounts_authenticatorapp (user_id, name) WHERE confirmed"
    )


def drop_name_unique_in_use(apps, schema_editor) -> None:
    schema_editor.execute(f"DROP INDEX {concurrently(schema_editor)} IF EXISTS authenticator_name_once_in_use")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0019_two_supervisors")]

    operations = [
        migrations.CreateModel(
            name="NotificationAddress",
            fields=[
                ("id", unguessable_key()),
                ("email", safeguards.fields.EncryptedTextField(editable=False)),
                ("until_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("given_up", models.BooleanField(default=False)),
                ("account", account("former_addresses")),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="CredentialChange",
            fields=[
                ("id", unguessable_key()),
                ("kind", models.CharField(choices=KINDS, max_length=16)),
                ("at", models.DateTimeField(db_index=True)),
                ("factor", models.CharField(blank=True, default="", max_length=100)),
                ("before", safeguards.fields.EncryptedTextField(default="", editable=False)),
                ("address", models.GenericIPAddressField(null=True)),
                ("device", models.CharField(blank=True, default="", max_length=64)),
                ("account", account("credential_changes")),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Freeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("frozen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("since", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("account", account("freezes")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("account",), name="freeze_one_live"
            ),
                ],
            },
        ),
        migrations.AddField("link", "since", models.DateTimeField(null=True)),
        migrations.AddField(
            "registrationdraft", "gives_back", models.BooleanField(db_default=False, default=False)
        ),
        *(
            migrations.AlterField(
                kind, "ended", models.CharField(blank=True, choices=ENDED, default="", max_length=20)
            )
            for kind in ("registrationdraft", "upgradedraft")
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(make_name_unique_in_use, drop_name_unique_in_use, atomic=False),
                migrations.RunSQL(
                    "ALTER TABLE accounts_authenticatorapp"
                    " DROP CONSTRAINT IF EXISTS authenticator_name_once_per_account",
                    "ALTER TABLE accounts_authenticatorapp"
                    " ADD CONSTRAINT authenticator_name_once_per_account UNIQUE (user_id, name)",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("authenticatorapp", "authenticator_name_once_per_account"),
                migrations.AddConstraint(
                    "authenticatorapp",
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed", True)),
                        fields=("user", "name"),
                        name="authenticator_name_once_in_use",
                    ),
                ),
            ],
        ),
    ]
