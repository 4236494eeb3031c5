"""Email to people: written in the transaction of the change that it reports, then sent once by the worker."""

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from procrastinate.contrib.django import app

from accounts.mail import links, markdown
from accounts.models import Account, Notice
from accounts.models.mail import Purpose
from core import policy
from deers import lookup
from safeguards.retry import PATIENTLY


def send(kind: str, *, to: str, account_id: int | None = None, **context: str) -> None:
    """Have the worker send the email `templates/mail/<kind>.md` to `to`. Nothing is sent if the transaction fails.

    The template's heading is the subject. The job knows only the notice's ID. The address and the context (plain
    strings) are encrypted until the email is sent.
    """
    if not to:
        return
    with transaction.atomic():
        notice = Notice.objects.create(kind=kind, to=to, account_id=account_id, context=json.dumps(context))
        send_notice.defer(notice_id=str(notice.pk))


def tell(account: Account, kind: str, *, to: Iterable[str] = (), **context: str) -> None:
    """Email the holder about a change to the account, with a link that freezes it if the change was not theirs.

    The email goes to the account's own address, or to each of `to` in place of it. Every email has its own link.
    """
    known = {address.lower(): address for address in to or [account.email] if address}
    for address in known.values():
        not_me = links.make(account, Purpose.NOT_ME, data=kind)
        send(kind, to=address, account_id=account.pk, first_name=account.first_name, not_me=not_me, **context)


def addresses_of(account: Account) -> list[str]:
    """Return every address of record: the account's own and the one that DEERS holds, if DEERS answers."""
    return [account.email, *filter(None, [address_in_deers(account)])]


def address_in_deers(account: Account) -> str:
    """Return the email address that DEERS holds; "" if it holds none or does not answer."""
    person = lookup.person(account.dod_id) if account.dod_id else None
    return person.email if person else ""


def deliver(notice_id: str) -> bool:
    """Send one waiting notice and wipe it, with its row locked. Return False if it was sent before."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(pk=notice_id, sent_at=None).first()
        if notice is None:
            return False
        message(notice).send()
        notice.to, notice.context, notice.sent_at = "", "{}", timezone.now()
        notice.save(update_fields=["to", "context", "sent_at"])
    return True


def message(notice: Notice) -> EmailMultiAlternatives:
    """Return the email of a notice: text and HTML from the one Markdown template of its kind.

    Its Message-ID is the notice's ID. A worker that is killed after the mail server accepted the email, but before we
    noted it, sends the email again. Email programs then recognize the second one as the same.
    """
    given = {name: markdown.literal(value) for name, value in json.loads(notice.context).items()}
    context = Context({**given, "site": settings.SITE_ADDRESS, "policy": policy}, autoescape=False)
    parts = (template(f"mail/{name}.md").render(context) for name in (notice.kind, "foot"))
    subject, tokens = markdown.parse("\n\n".join(parts))
    message_id = f"<{notice.pk}@{urlsplit(settings.SITE_ADDRESS).hostname}>"
    mail = EmailMultiAlternatives(subject, markdown.text(tokens), to=[notice.to], headers={"Message-ID": message_id})
    body = mark_safe(markdown.html(tokens))  # noqa: S308 - our own Markdown, with HTML switched off and values escaped
    mail.attach_alternative(render_to_string("mail/base.html", {"subject": subject, "body": body}), "text/html")
    return mail


def template(name: str) -> Template:
    return get_template(name).template  # type: ignore[attr-defined]


@app.task(name="accounts.tasks.send_notice", retry=PATIENTLY)
def send_notice(notice_id: str) -> None:
    """Send one notice. The job is retried for a day when the mail server does not answer."""
    deliver(notice_id)
