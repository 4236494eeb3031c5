"""Jobs for the worker: mail, and clearing away what was left behind."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts import attending, devices, dormancy, drafts, links, next_steps, notices, waiting
from accounts.recovery import lost_factor, password
from accounts.reviews.news import told
from accounts.sessions import SessionStore
from idproofing import cases, letters, quiz

# Again after 3, 9, 27 … seconds: eleven tries, the last after about a day.
PATIENTLY = RetryStrategy(max_attempts=11, exponential_wait=3)


@app.task(retry=PATIENTLY)
def send_notice(notice_id: str) -> None:
    """Send one notice; tried again for a day when the mail server does not answer."""
    notices.deliver(notice_id)


@app.task(retry=PATIENTLY)
def answer_recovery(request_id: str) -> None:
    """Look up who asked for a username or a new password, and mail them if they exist."""
    password.answer(request_id)


@app.periodic(cron="*/5 * * * *")
@app.task
def answer_lost_factors(timestamp: int) -> None:
    """Send the links for which people have waited since they lost their second factor."""
    lost_factor.answer()


@app.periodic(cron="* * * * *")
@app.task
def look_for_new_devices(timestamp: int) -> None:
    """Tell people of a sign-in from a device that their account was never signed in from."""
    devices.look()


@app.periodic(cron="40 9 * * *")
@app.task
def look_for_dormant(timestamp: int) -> None:
    """Once a day, warn those who have not signed in for long, and disable the accounts of those who were warned."""
    dormancy.look()


@app.periodic(cron="50 9 * * *")
@app.task
def purge_links(timestamp: int) -> None:
    """Once a day, delete the links of mails that nobody can use any more."""
    links.purge()


@app.periodic(cron="20 * * * *")
@app.task
def void_letters(timestamp: int) -> None:
    """Once an hour, make void the letters whose time is over or whose code was replaced, and wipe what they say."""
    letters.void_dead()


@app.task(retry=PATIENTLY)
def tell_next_step(sealed: str) -> None:
    """Tell whoever it concerns what to do about a record that allows no account; for most mismatches, nobody."""
    next_steps.tell(sealed)


@app.periodic(cron="* * * * *")
@app.task
def tell_that_deers_answers(timestamp: int) -> None:
    """Write to those who wait, once DEERS works again."""
    waiting.tell()


@app.periodic(cron="15 * * * *")
@app.task
def expire_visits(timestamp: int) -> None:
    """End the slips for a visit whose time is over."""
    attending.expire()


@app.periodic(cron="*/5 * * * *")
@app.task
def end_late_cases(timestamp: int) -> None:
    """End the reviews whose time is over, and tell whoever asked."""
    told(cases.end_what_is_late)


@app.periodic(cron="*/5 * * * *")
@app.task
def purge_drafts(timestamp: int) -> None:
    """Delete what was left idle: drafts with all that was typed into them, the words of quizzes, sessions."""
    drafts.purge()
    SessionStore.clear_expired()
    quiz.end_left_alone(timezone.now())
