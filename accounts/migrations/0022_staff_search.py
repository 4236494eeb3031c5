from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations, models

from core.phones import PhoneDigits


class Migration(migrations.Migration):
    """Indexes for what staff search by. The extension is PostgreSQL's own, and the owner of a database may add it."""

    atomic = False
    dependencies = [("accounts", "0021_without_email")]
    operations = [
        TrigramExtension(),
        AddIndexConcurrently("account", models.Index(fields=["dod_id"], name="account_dod_id")),
        AddIndexConcurrently("account", models.Index(PhoneDigits("phone"), name="account_phone")),
        AddIndexConcurrently(
            "account", GinIndex(fields=["username"], name="account_username_part", opclasses=["gin_trgm_ops"])
        ),
    ]
