"""An upgrade takes the DoD ID number too. The new column is empty in rows that stand already."""

from django.db import migrations

import safeguards.fields


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_cases")]
    # Null in old rows: a default cannot be encrypted for rows one does not know.
    operations = [
        migrations.AddField(
            "upgradedraft", "typed_dod_id", safeguards.fields.EncryptedTextField(editable=False, null=True)
        ),
        migrations.AlterField(
            "upgradedraft", "typed_dod_id", safeguards.fields.EncryptedTextField(default="", editable=False, null=True)
        ),
    ]
