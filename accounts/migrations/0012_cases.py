"""Drafts know of the review that was asked for. New columns are empty in rows that stand already."""

import django.db.models.deletion
from django.db import migrations, models

import safeguards.fields


def added(model: str, name: str) -> list[migrations.operations.base.Operation]:
    """An encrypted column, null in old rows: its default cannot be encrypted for rows one does not know."""
    return [
        migrations.AddField(model, name, safeguards.fields.EncryptedTextField(editable=False, null=True)),
        migrations.AlterField(model, name, safeguards.fields.EncryptedTextField(default="", editable=False, null=True)),
    ]


def known(model: str) -> list[migrations.operations.base.Operation]:
    case = models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="idproofing.case")
    return [
        migrations.AddField(model, "mismatched_at", models.DateTimeField(null=True)),
        migrations.AddField(model, "case", case),
        *added(model, "continuation_code"),
    ]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_visits"), ("idproofing", "0006_cases")]
    operations = [*known("registrationdraft"), *known("upgradedraft"), *added("registrationdraft", "typed_dod_id")]
