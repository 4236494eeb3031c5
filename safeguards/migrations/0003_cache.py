from django.db import migrations

# Unlogged: counters are cheap to write and may be lost with a crash of the server, never with a plain restart.
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
    operations = [migrations.RunSQL(CREATE, "DROP TABLE safeguards_cache")]
