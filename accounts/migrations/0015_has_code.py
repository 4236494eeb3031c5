"""Keep in a column of its own that somebody has an activation code already. It was a delivery called "have".

This is safe while the site runs. The columns have a default in the database, so PostgreSQL rewrites no row, and servers
with the old code can insert drafts without naming them. The two tables are locked for two updates, which are short,
because the tables hold only the drafts of an hour.

Drafts with "have" get `has_code` and keep the word. Until the last old server is replaced, one of them may answer the
next request, and it knows only the word. `Draft.from_db` reads the word as what it means, in these rows and in those
that old servers still write. For the new code `code_delivery` is empty there, because nobody has chosen a delivery. The
next answer makes it empty in the row too. If an old server then gets a request for that draft, it shows the first page
of the route instead of the code's page. Nothing is lost by that, and a new server shows the code's page again.

The other operations name the values that are in the columns anyway, and change nothing in the database.
"""

from django.db import migrations, models

KINDS = ("registrationdraft", "upgradedraft")
BLOCKED = [
    ("thin-file", "Too little to ask about"),
    ("cooling-down", "No attempt at the questions is left for now"),
    ("left", "The questions were left"),
    ("no-address", "DEERS has no address for a letter"),
]
ENDED = [
    ("has-account", "The person has an account already"),
    ("letter", "The code comes with a letter"),
    ("review", "A review was asked for"),
    ("not-basic", "The account cannot be raised"),
]
DELIVERIES = [("email", "By email"), ("screen", "On the screen"), ("letter", "By letter")]


def operations_on(kind: str) -> list:
    return [
        migrations.AddField(kind, "has_code", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(
            f"UPDATE accounts_{kind} SET has_code = true WHERE code_delivery = 'have'",
            f"UPDATE accounts_{kind} SET code_delivery = 'have' WHERE has_code",
        ),
        migrations.AlterField(
            kind, "blocked", models.CharField(blank=True, choices=BLOCKED, db_default="", default="", max_length=20)
        ),
        migrations.AlterField(
            kind, "code_delivery", models.CharField(blank=True, choices=DELIVERIES, max_length=8)
        ),
        migrations.AlterField(
            kind, "ended", models.CharField(blank=True, choices=ENDED, default="", max_length=20)
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_email_confirmed")]
    operations = [operation for kind in KINDS for operation in operations_on(kind)]
