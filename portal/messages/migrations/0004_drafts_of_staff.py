"""Indexes for what the care team writes: its drafts, and the conversations that it began."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("secure_messages", "0003_helpers")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                F("team"),
                F("held_at").desc(),
                F("id").desc(),
                name="message_begun_by_team",
                condition=Q(author="staff", held_at__isnull=False, id=F("thread_id")),
            ),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["assigned_to", "saved_at"],
                name="message_drafts_of_staff",
                condition=Q(author="staff", held_at=None),
            ),
        ),
    ]
