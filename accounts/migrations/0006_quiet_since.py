from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    """On its own, because an index that leaves the table in use cannot be made inside a transaction."""

    atomic = False

    dependencies = [
        ('accounts', '0005_dormancy'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='account',
            index=models.Index(Coalesce('last_login', 'created_at'), condition=models.Q(('state', 'active')), name='account_quiet_since'),
        ),
    ]
