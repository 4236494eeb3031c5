"""The calendar of the secure messages. Procrastinate imports this module to learn the job."""

from procrastinate.contrib.django import app

from portal.messages.sending import note_sent


@app.periodic(cron="* * * * *")
@app.task
def note_sent_messages(timestamp: int) -> None:
    """Note each minute which messages have gone out. They count as sent without it."""
    note_sent()
