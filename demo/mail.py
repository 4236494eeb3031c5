"""The email backend of the demo, which keeps every mail in the database for /demo/mail/."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from demo.models import SentMail


class KeepingBackend(BaseEmailBackend):
    """Keeps mail instead of sending it. Never use it for real people's mail: nothing here is encrypted."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep one row for each recipient of each mail, and return how many mails there were."""
        kept = [
            SentMail(to=to, subject=str(mail.subject), text=str(mail.body), html=_html(mail))
            for mail in email_messages
            for to in mail.recipients()
        ]
        SentMail.objects.bulk_create(kept)
        return len(email_messages)


def _html(mail: EmailMessage) -> str:
    alternatives = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in alternatives if kind == "text/html"), "")
