"""The mailboxes that a request for help is about.

This is safe while the site runs: the column has no default and stays empty in old rows, so PostgreSQL rewrites none. A
request that was made before is about the address that the account has when it is approved, as it was until now.
"""

from django.db import migrations

from safeguards.fields import EncryptedTextField


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_staff_search")]
    operations = [migrations.AddField("assistance", "mailboxes", EncryptedTextField(editable=False, null=True))]
