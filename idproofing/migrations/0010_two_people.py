"""Visits at Premium take two people, and so do approvals of reviews about which there is a doubt.

It is safe while the site runs. The new columns are nullable or have a default in the database, so no row is written.
The constraints and indexes that name the states of a visit are made again with the new state. The tables of visits and
cases have one row for a person who came or asked, so their locks are held for a moment.

`visit_premium_takes_two` is not validated: visits from before had one agent, and that cannot be changed now. Such a row
is final. New rows and changed rows are checked. Until the last old server is replaced, an agent there who accepts
documents for Premium gets an error, and nothing is verified.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

LIVE = ["open", "checked", "held"]
STATES = [
    ("open", "Waiting for the visit"),
    ("checked", "Waiting for a second look"),
    ("held", "Held for a supervisor"),
    ("verified", "Verified"),
    ("refused", "Refused"),
    ("expired", "Not used in time"),
    ("withdrawn", "Withdrawn"),
]


class Migration(migrations.Migration):
    dependencies = [("idproofing", "0009_proofs")]
    operations = [
        migrations.AddField("case", "takes_two", models.BooleanField(db_default=False, default=False)),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=Q(takes_two=False)
                | Q(state__in=["proposed", "expired"])
                | Q(confirmed_by__isnull=False, decided_by__isnull=False),
                name="case_doubtful_takes_two",
            ),
        ),
        migrations.AddField("visit", "reading", models.BinaryField(blank=True, max_length=32, null=True)),
        migrations.AddField("visit", "second_agent", models.BigIntegerField(blank=True, null=True)),
        migrations.AlterField("visit", "state", models.CharField(choices=STATES, default="open", max_length=9)),
        migrations.RemoveConstraint("visit", "visit_one_open"),
        migrations.AddConstraint(
            "visit",
            models.UniqueConstraint(fields=["dod_id", "level"], condition=Q(state__in=LIVE), name="visit_one_open"),
        ),
        migrations.RemoveConstraint("visit", "visit_wiped_when_over"),
        migrations.AddConstraint(
            "visit",
            models.CheckConstraint(
                condition=Q(reference__isnull=False, email__isnull=False, state__in=LIVE)
                | Q(reference__isnull=True, email__isnull=True) & ~Q(state__in=LIVE),
                name="visit_wiped_when_over",
            ),
        ),
        migrations.RemoveConstraint("visit", "visit_attended_by_somebody"),
        migrations.AddConstraint(
            "visit",
            models.CheckConstraint(
                condition=Q(agent__isnull=False) | ~Q(state__in=["checked", "held", "verified", "refused"]),
                name="visit_attended_by_somebody",
            ),
        ),
        AddConstraintNotValid(
            "visit",
            models.CheckConstraint(
                condition=~Q(level=2, state="verified") | Q(second_agent__isnull=False) | Q(reading__isnull=False),
                name="visit_premium_takes_two",
            ),
        ),
        migrations.AddConstraint(
            "visit",
            models.CheckConstraint(
                condition=Q(second_agent__isnull=True) | Q(agent__isnull=False) & ~Q(second_agent=F("agent")),
                name="visit_second_look_by_another",
            ),
        ),
        migrations.AddConstraint("visit", models.UniqueConstraint(fields=["reading"], name="visit_reading_once")),
        migrations.RemoveIndex("visit", "visit_to_expire"),
        migrations.AddIndex(
            "visit",
            models.Index(
                fields=["expires_at"], condition=Q(state__in=["open", "checked"]), name="visit_to_expire"
            ),
        ),
    ]
