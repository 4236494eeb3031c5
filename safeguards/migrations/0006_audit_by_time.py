from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("safeguards", "0005_never_emptied")]
    operations = [
        AddIndexConcurrently(
            "auditevent", BrinIndex(fields=["at"], name="audit_by_time", autosummarize=True)
        )
    ]
