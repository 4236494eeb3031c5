from django.db import migrations, models

# Unlogged: counters are cheap to write and may be lost with a crash of the server, never with a plain restart.
# Written by hand, because Django can say neither that nor leave out a second index for LIKE on the key.
CREATE = """
CREATE UNLOGGED TABLE safeguards_cache (
    key text PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX safeguards_cache_expires ON safeguards_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            CREATE,
            "DROP TABLE safeguards_cache",
            state_operations=[
                migrations.CreateModel(
                    name="CacheEntry",
                    fields=[
                        ("key", models.TextField(primary_key=True, serialize=False)),
                        ("value", models.TextField()),
                        ("expires", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "safeguards_cache",
                        "indexes": [models.Index(fields=["expires"], name="safeguards_cache_expires")],
                    },
                )
            ],
        )
    ]
