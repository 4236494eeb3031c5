"""Email to people: written in the transaction of the change that it reports, then sent by the worker."""

import json
import smtplib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from procrastinate.contrib.django import app

from accounts.mail import links, markdown, reported_mailboxes
from accounts.models import Account, Notice, NotificationAddress
from accounts.models.mail import Purpose
from core import center, help_codes, policy
from deers import lookup
from safeguards import audit, locks, metrics
from safeguards.retry import PATIENTLY

# What a template may be given.
Said = str | list[list[str]]
# What people ask for themselves, and can ask for again when it does not come. It is sent at most once.
ASKED_FOR = ("activation-code", "your-username", "new-password", "confirm-email")


def send(kind: str, *, to: str, account_id: int | None = None, **context: Said) -> None:
    """Have the worker send the email `templates/mail/<kind>.md` to `to`. Nothing is sent if the transaction fails.

    The template's heading is the subject. The job knows only the notice's ID. The address and the context (plain
    strings and lists of them) are encrypted until the email is sent.

    Nothing about an account goes to an address that was given up. Only the link by which its holder takes one back
    does, unless somebody else reads the mailbox.
    """
    if not to or (account_id and to.lower() in closed_to(kind, Account(pk=account_id))):
        return
    with transaction.atomic():
        notice = Notice.objects.create(kind=kind, to=to, account_id=account_id, context=json.dumps(context))
        send_notice.defer(notice_id=str(notice.pk))


def tell(account: Account, kind: str, *, to: Iterable[str] = (), since: datetime | None = None, **context: str) -> None:
    """Email the holder about a change to the account, with a link that freezes it if the change was not theirs.

    The email goes to every address that we know for the person, or to each of `to` in place of them. So a thief who
    changes the address first silences nothing. Every email has its own link. `since` is the moment of the change: the
    link says that from then on the account was not the holder's.
    """
    for address in distinct(to or addresses_of(account)):
        not_me = links.make(account, Purpose.NOT_ME, data=kind, since=since)
        send(kind, to=address, account_id=account.pk, first_name=account.first_name, not_me=not_me, **context)


def inform(account: Account, kind: str, **context: str) -> None:
    """Email the holder, at every address that we know, about what nobody can have done in the holder's stead."""
    for address in addresses_of(account):
        send(kind, to=address, account_id=account.pk, first_name=account.first_name, **context)


def addresses_of(account: Account, now: datetime | None = None, *, in_deers: str | None = None) -> list[str]:
    """Return every address for notices (63B §4.6), each once.

    They are the account's own, those that it had in the last policy.NOTICES_TO_FORMER_ADDRESSES and that were not given
    up, and the one that DEERS holds, if DEERS answers. That is `in_deers`, if DEERS was asked.
    """
    since = (now or timezone.now()) - policy.NOTICES_TO_FORMER_ADDRESSES
    former = [row.email for row in latest_first(account) if row.until_at > since]
    known = [account.email, *former, address_in_deers(account) if in_deers is None else in_deers]
    without = given_up(account)
    return distinct(email for email in known if email.lower() not in without)


def latest_first(account: Account) -> list[NotificationAddress]:
    """Return the account's former addresses."""
    return sorted(account.former_addresses.all(), key=lambda row: row.until_at, reverse=True)


def is_given_up(account: Account, email: str) -> bool:
    """Return whether this address is known not to be the holder's any more, or was reported as somebody else's."""
    return email.lower() in given_up(account)


def given_up(account: Account) -> set[str]:
    """Return the addresses, in lower case, to which nothing goes and which no link restores."""
    rows = (row for row in account.former_addresses.all() if row.given_up)
    return {row.email.lower() for row in rows} | reported_mailboxes.taken(account)


def closed_to(kind: str, account: Account) -> set[str]:
    """Return the addresses, in lower case, that get no email of this kind about the account."""
    return reported_mailboxes.taken(account) if kind == "confirm-email" else given_up(account)


def distinct(addresses: Iterable[str]) -> list[str]:
    """Return the addresses without empty ones, each once, regardless of case."""
    return list({address.lower(): address for address in addresses if address}.values())


def address_in_deers(account: Account) -> str:
    """Return the email address that DEERS holds; "" if it holds none or does not answer."""
    person = lookup.person(account.dod_id) if account.dod_id else None
    return person.email if person else ""


def deliver(notice_id: str) -> bool:
    """Send one waiting notice and wipe it. Return False if it was sent before, is being sent, or is not sent again.

    Two marks, each committed by itself, stand around the moment in which the mail server takes the email. A notice that
    has the first mark only was left by a worker that died in that moment, or whose mail server did not answer any more.
    Such an email may be out. Those that people can ask for again are not sent again. The others are: a warning that
    never comes would be worse than one that comes twice, and the second one says that it may be.
    """
    with locks.alone("notice", notice_id) as ours:
        notice = Notice.objects.filter(pk=notice_id, sent_at=None, given_up_at=None).first() if ours else None
        if notice is None:
            return False
        if notice.handed_over_at and notice.kind in ASKED_FOR:
            give_up(notice)
            return False
        try:
            hand_over(notice)
        except Exception:
            metrics.MAIL.labels("failed").inc()
            raise
        metrics.MAIL.labels("sent").inc()
        note(notice, to="", context="{}", sent_at=timezone.now())
    return True


def hand_over(notice: Notice) -> None:
    """Give the email to the mail server, between the two marks. Take the first one back if it was surely refused."""
    mail, before = message(notice), notice.handed_over_at
    mail.connection = get_connection()
    with mail.connection:  # what fails while it connects has sent nothing
        note(notice, handed_over_at=timezone.now())
        try:
            mail.send()
        except Exception as failure:
            if surely_refused(failure):
                note(notice, handed_over_at=before)
            raise


def surely_refused(failure: Exception) -> bool:
    """Return whether the mail server has not taken the email: it said no, or we failed before.

    If the connection broke or the server was silent for too long, it may have taken it.
    """
    broken = isinstance(failure, OSError) and not isinstance(failure, smtplib.SMTPException)
    return not broken and not isinstance(failure, smtplib.SMTPServerDisconnected)


def give_up(notice: Notice) -> None:
    """Leave it open whether the email is out, wipe it, and say so in the audit trail."""
    metrics.MAIL.labels("given-up").inc()
    with transaction.atomic():
        note(notice, to="", context="{}", given_up_at=timezone.now())
        audit.record("mail.given-up", by="system", account_id=notice.account_id, kind=notice.kind)


def note(notice: Notice, **values: object) -> None:
    """Set these fields of the notice, and commit them at once."""
    for name, value in values.items():
        setattr(notice, name, value)
    notice.save(update_fields=list(values))


def message(notice: Notice) -> EmailMultiAlternatives:
    """Return the email of a notice: text and HTML from the one Markdown template of its kind.

    Its Message-ID is the notice's ID. If the email has to be sent again and may have been sent before, it says so, and
    email programs recognize it as the same.
    """
    given = {name: as_literal(value) for name, value in json.loads(notice.context).items()}
    ours = {"site": settings.SITE_ADDRESS, "policy": policy, "center": center, "help": help_codes.MAILS[notice.kind]}
    context = Context({**given, **ours}, autoescape=False)
    names = (notice.kind, *(["again"] if notice.handed_over_at else []), "foot")
    parts = (template(f"mail/{name}.md").render(context) for name in names)
    subject, tokens = markdown.parse("\n\n".join(parts))
    message_id = f"<{notice.pk}@{urlsplit(settings.SITE_ADDRESS).hostname}>"
    mail = EmailMultiAlternatives(subject, markdown.text(tokens), to=[notice.to], headers={"Message-ID": message_id})
    body = mark_safe(markdown.html(tokens))  # noqa: S308 - our own Markdown, with HTML switched off and values escaped
    mail.attach_alternative(render_to_string("mail/base.html", {"subject": subject, "body": body}), "text/html")
    return mail


def as_literal(value: Any) -> Any:
    """Return a string that says nothing in Markdown, or a list of such."""
    return [as_literal(one) for one in value] if isinstance(value, list) else markdown.literal(value)


def template(name: str) -> Template:
    return get_template(name).template  # type: ignore[attr-defined]


@app.task(name="accounts.tasks.send_notice", queue="mail", retry=PATIENTLY)
def send_notice(notice_id: str) -> None:
    """Send one notice. The job is retried for a day when the mail server does not answer."""
    if not deliver(notice_id) and Notice.objects.filter(pk=notice_id, sent_at=None, given_up_at=None).exists():
        raise locks.HeldError
