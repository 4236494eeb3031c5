from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower

from core.phones import PhoneDigits


class Migration(migrations.Migration):
    """Indexes for what staff search by."""

    atomic = False
    dependencies = [("deers", "0003_import_without_tables")]
    operations = [
        AddIndexConcurrently("person", models.Index(Lower("email"), name="person_email")),
        AddIndexConcurrently("person", models.Index(PhoneDigits("phone"), name="person_phone")),
    ]
