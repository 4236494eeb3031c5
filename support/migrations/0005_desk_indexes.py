from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What the opening page of the desk counts by. Messages from before get the state that their dates tell."""

    atomic = False

    dependencies = [
        ("support", "0004_answers"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE support_contactmessage
            SET waits_since = created_at, ended_at = answered_at,
                state = CASE WHEN answered_at IS NULL THEN 'new' ELSE 'answered' END
            """,
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            "contactmessage",
            models.Index(fields=["waits_since"], condition=Q(state__in=["new", "taken"]), name="contact_waiting"),
        ),
        AddIndexConcurrently(
            "contactmessage",
            models.Index(fields=["taken_by", "waits_since"], condition=Q(state="taken"), name="contact_taken"),
        ),
        AddIndexConcurrently(
            "contactmessage",
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="contact_ended"),
        ),
        # procrastinate has no index for jobs that failed, and keeps those that were done.
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS desk_jobs_failed ON procrastinate_jobs (id) "
            "WHERE status = 'failed'",
            "DROP INDEX IF EXISTS desk_jobs_failed",
        ),
    ]
