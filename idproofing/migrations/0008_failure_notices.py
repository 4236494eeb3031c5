"""Attempts over both levels: notices of failures, questions that come back, and proofings whose questions are closed."""

import uuid

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

# The index is built beside the running site. Then the constraint takes it over in a moment.
BUILD_INDEX = (
    "DROP INDEX CONCURRENTLY IF EXISTS question_asked_again_once",
    "CREATE UNIQUE INDEX CONCURRENTLY question_asked_again_once "
    "ON idproofing_question (dod_id, fact_key, asked_again)",
)
TAKE_INDEX = (
    "ALTER TABLE idproofing_question "
    "ADD CONSTRAINT question_asked_again_once UNIQUE USING INDEX question_asked_again_once"
)
DROP_CONSTRAINT = "ALTER TABLE idproofing_question DROP CONSTRAINT question_asked_again_once"
LEVELS = [(1, "Basic"), (2, "Premium")]
CODE_ONLY_IN_ITS_KIND = models.CheckConstraint(
    condition=models.Q(("code__isnull", False), ("kind", "code"))
    | models.Q(("code__isnull", True), ("kind__in", ["notice", "failed"])),
    name="letter_code_only_in_its_kind",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("idproofing", "0007_approved_details")]
    operations = [
        migrations.CreateModel(
            name="FailureNotice",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("dod_id", models.CharField(max_length=10, verbose_name="DoD ID number")),
                ("level", models.PositiveSmallIntegerField(choices=LEVELS)),
                ("made_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)), fields=["made_at"], name="failure_notice_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("dod_id",),
                        name="failure_notice_one_open",
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="proofing",
            name="state",
            field=models.CharField(
                choices=[
                    ("started", "Started"),
                    ("questions", "Answering questions"),
                    ("passed", "Questions passed"),
                    ("failed", "Questions failed"),
                    ("abandoned", "Questions abandoned"),
                    ("cooling_down", "Waiting to try again"),
                    ("closed", "Questions closed"),
                    ("thin_file", "Too little to ask about"),
                    ("code_sent", "Activation code sent"),
                    ("proven", "Identity proven"),
                ],
                default="started",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="letter",
            name="kind",
            field=models.CharField(
                choices=[
                    ("code", "Activation code"),
                    ("notice", "Notice of a new level"),
                    ("failed", "Notice of failed questions"),
                ],
                max_length=6,
            ),
        ),
        migrations.RemoveConstraint(model_name="letter", name="letter_code_only_in_its_kind"),
        AddConstraintNotValid(model_name="letter", constraint=CODE_ONLY_IN_ITS_KIND),
        ValidateConstraint(model_name="letter", name="letter_code_only_in_its_kind"),
        migrations.AddField(
            model_name="question",
            name="asked_again",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(BUILD_INDEX[0], migrations.RunSQL.noop),
                migrations.RunSQL(BUILD_INDEX[1], migrations.RunSQL.noop),
                migrations.RunSQL(TAKE_INDEX, DROP_CONSTRAINT),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.UniqueConstraint(
                        fields=("dod_id", "fact_key", "asked_again"), name="question_asked_again_once"
                    ),
                )
            ],
        ),
        migrations.RemoveConstraint(model_name="question", name="question_never_asked_twice"),
    ]
