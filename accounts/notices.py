"""Email to people: written with the change it tells of, sent by the job worker, once."""

import json

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Notice
from dslogon import policy


def send(kind: str, *, to: str, account_id: int | None = None, **context: str) -> None:
    """Have the worker send the mail `templates/mail/<kind>` to `to`; nothing is sent if the transaction fails.

    The first line of the .txt is the subject. The job knows only the notice's number; the address and the context
    (plain strings) are encrypted until the mail is out.
    """
    from accounts.tasks import send_notice

    if not to:
        return
    with transaction.atomic():
        notice = Notice.objects.create(kind=kind, to=to, account_id=account_id, context=json.dumps(context))
        send_notice.defer(notice_id=str(notice.pk))


def deliver(notice_id: str) -> bool:
    """Send one waiting notice and wipe it; False if it was sent before. The row is locked while it goes out."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(pk=notice_id, sent_at=None).first()
        if notice is None:
            return False
        message(notice).send()
        notice.to, notice.context, notice.sent_at = "", "{}", timezone.now()
        notice.save(update_fields=["to", "context", "sent_at"])
    return True


def message(notice: Notice) -> EmailMultiAlternatives:
    """The mail that a notice stands for, in text and HTML."""
    context = {**json.loads(notice.context), "site": settings.SITE_ADDRESS, "policy": policy}
    subject, _, text = render_to_string(f"mail/{notice.kind}.txt", context).strip().partition("\n")
    mail = EmailMultiAlternatives(subject.strip(), text.strip() + "\n", to=[notice.to])
    mail.attach_alternative(render_to_string(f"mail/{notice.kind}.html", {**context, "subject": subject}), "text/html")
    return mail
