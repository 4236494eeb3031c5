"""The worker's calendar of the portal. Each job is defined next to the function that does its work.

Procrastinate imports this module to learn the jobs, so jobs that run only on request are listed here too. A job that it
learned later, by a page that happens to be drawn, would be unknown to a worker that has just begun.
"""

from procrastinate.contrib.django import app

from portal.appointments import asking as appointments
from portal.appointments.reminding import send_reminders
from portal.export.making import end_old_copies, make_copy
from portal.family.coming_of_age import tell_of_coming_of_age
from portal.family.offering import end_old_delegations
from portal.medications import asking as medications
from portal.messages.sending import note_sent_messages
from portal.notices.daily import send_daily_summaries
from portal.tools.reminders import send_due_reminders

ON_REQUEST = (make_copy,)
# Minute, hour, day, month and weekday, in UTC.
CALENDAR = (
    ("* * * * *", note_sent_messages),
    ("*/5 * * * *", end_old_copies),
    ("*/15 * * * *", send_due_reminders),
    ("*/15 * * * *", send_reminders),
    ("10 * * * *", medications.tell_of_waiting_requests),
    ("20 * * * *", appointments.tell_of_waiting_requests),
    ("5 * * * *", send_daily_summaries),
    ("40 5 * * *", end_old_delegations),
    ("20 9 * * *", tell_of_coming_of_age),
)
for cron, job in CALENDAR:
    app.periodic(cron=cron)(job)
