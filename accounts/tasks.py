"""The worker's calendar. Each job is defined next to the function that does its work.

Procrastinate imports this module to learn the jobs, so jobs that run only on request are listed here too.
"""

from procrastinate.contrib.django import app

from accounts.dormancy import look_for_dormant
from accounts.journeys.drafts import purge_drafts
from accounts.journeys.next_steps import tell_next_step
from accounts.journeys.reviews.messages import end_late_cases
from accounts.journeys.steps.deers_outage import tell_that_deers_answers
from accounts.mail.links import purge_links
from accounts.mail.notices import send_notice
from accounts.mail.shared_mailboxes import look_at_mailbox
from accounts.recovery.lost_factor import answer_lost_factors
from accounts.recovery.password import answer_recovery
from accounts.recovery.stop_questions import tell_of_failed_questions
from accounts.second_factors.suspended import purge_changes
from accounts.sign_in.new_devices import look_for_new_devices
from accounts.sign_in.pauses import look_for_pauses
from accounts.sign_in.trusted_devices import purge_trusted_devices
from idproofing.letters import void_letters

ON_REQUEST = (send_notice, answer_recovery, tell_next_step, look_at_mailbox)
# Minute, hour, day, month and weekday, in UTC.
CALENDAR = (
    ("* * * * *", look_for_new_devices),
    ("* * * * *", look_for_pauses),
    ("* * * * *", tell_that_deers_answers),
    ("* * * * *", tell_of_failed_questions),
    ("*/5 * * * *", answer_lost_factors),
    ("*/5 * * * *", end_late_cases),
    ("*/5 * * * *", purge_drafts),
    ("20 * * * *", void_letters),
    ("40 9 * * *", look_for_dormant),
    ("50 9 * * *", purge_links),
    ("55 9 * * *", purge_trusted_devices),
    ("0 10 * * *", purge_changes),
)
for cron, job in CALENDAR:
    app.periodic(cron=cron)(job)
