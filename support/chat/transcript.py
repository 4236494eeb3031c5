"""The copy of a chat: as a text file, or by email to a mailbox that is known to be the visitor's.

Nobody can direct what was written at a stranger. It goes to the confirmed address of the account that is signed in, or
to an address whose mailbox the visitor has shown to read: a code goes there first, with not a word of the chat, and is
typed on the page of the chat.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.forms import Form
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.mail import notices
from accounts.models import Account
from core import center, policy
from core.words import TIME_ZONE, try_again_in
from idproofing.codes import ALPHABET, HALF, normalize
from safeguards import audit, limits
from safeguards.cipher import DecryptionError, blind_index, decrypt, encrypt
from support.chat import live
from support.chat.forms import AddressForm, MailedCodeForm
from support.chat.models import Chat, Line
from support.chat.talking import withheld_from

Kind = Line.Kind
SENT = "The copy is on its way to your mailbox."
WRONG = "This is not the code that we sent last, or its time is over."


@dataclass(frozen=True)
class Asked:
    """What came of asking for a copy: the sentence if it is done, or else the forms to show again, and the status."""

    said: str = ""
    status: int = 200
    forms: Mapping[str, Form] = field(default_factory=dict)


def writer_of(line: Line) -> str:
    """Return who wrote a line, as the visitor reads it."""
    if line.kind == Kind.VISITOR:
        return "You"
    return f"{line.agent.first_name}, {center.NAME}" if line.agent else center.NAME


def pairs(chat: Chat, account: Account | None) -> Iterator[list[str]]:
    """Yield who said each line of a chat and when, and what, as far as who is signed in may read it.

    Facts are in parentheses.
    """
    for line in live.lines_after(chat, withheld_from(chat, account), live.VISITOR):
        at = date_format(timezone.localtime(line.at), "M j, g:i A")
        yield [f"{writer_of(line)}, {at}", line.text or ""] if line.is_written else [at, f"({line.fact})"]


def text_lines(chat: Chat, account: Account | None) -> Iterator[str]:
    """Yield the lines of the text file."""
    yield f"Chat with the {center.NAME}"
    yield f"Times are {TIME_ZONE}. Personal numbers were hidden before anything was stored."
    for who, said in pairs(chat, account):
        yield ""
        yield f"{who}:"
        yield said


def forms_of(chat: Chat, account: Account | None, now: datetime) -> dict[str, Any]:
    """Return what the page needs to offer a copy by email."""
    confirmed = account is not None and bool(account.email_confirmed_at and account.email)
    asked_for = None
    with suppress(limits.CountersUnavailable):  # the page is more than its copy
        asked_for = None if confirmed else pending(chat)
    return {
        "mail_to": account.email if account and confirmed else "",
        "code_sent_to": asked_for[0] if asked_for else "",
        "address_form": AddressForm(),
        "code_form": MailedCodeForm(),
    }


def ask(
    chat: Chat, account: Account | None, wanted: str, typed: Mapping[str, str], *, address: str, now: datetime
) -> Asked:
    """Do what a form about the copy asks: mail it to the account's address, mail a code, or take the code."""
    if wanted == "other-address":
        with limits.reaching_counters():
            cache.delete(place_of(chat))
        return Asked("Enter the address to which the copy goes.")
    if wanted == "code":
        return take_code(chat, account, typed)
    if account and account.email and account.email_confirmed_at:
        return mail_copy(chat, account.email, pairs(chat, account), account=account)
    return mail_code(chat, typed, address=address)


def mail_code(chat: Chat, typed: Mapping[str, str], *, address: str) -> Asked:
    """Mail a code to an address that nobody has shown to be theirs. The email says nothing of what was written."""
    form = AddressForm(typed)
    if not form.is_valid():
        return Asked(forms={"address_form": form})
    email = form.cleaned_data["email"]
    tries = ((policy.CHAT_MAILS_PER_ADDRESS, address), (policy.CHAT_MAILS, email.lower()))
    if wait := next((wait for limit, key in tries if (wait := limits.hit(limit, key))), None):
        form.add_error("email", f"Too many copies were asked for. {try_again_in(wait)}")
        return Asked(status=429, forms={"address_form": form})
    code = "".join(secrets.choice(ALPHABET) for _ in range(policy.CODE_LENGTH))
    kept = encrypt(json.dumps([email, digest(chat, code)]), context=place_of(chat))
    with limits.reaching_counters(), transaction.atomic():
        cache.set(place_of(chat), kept.hex(), policy.CHAT_CODE_LIFE.total_seconds())
        notices.send("chat-code", to=email, code=f"{code[:HALF]}-{code[HALF:]}")
    return Asked("We sent a code to that address. Enter it below, and the copy goes there.")


def take_code(chat: Chat, account: Account | None, typed: Mapping[str, str]) -> Asked:
    """Mail the copy to the address to which the code went."""
    form, kept = MailedCodeForm(typed), pending(chat)
    if not form.is_valid():
        return Asked(forms={"code_form": form})
    wait = limits.hit(policy.CHAT_CODE_TRIES, str(chat.pk))
    if wait:
        form.add_error("code", f"There were too many wrong codes. {try_again_in(wait)}")
        return Asked(status=429, forms={"code_form": form})
    if kept is None or not hmac.compare_digest(kept[1], digest(chat, form.cleaned_data["code"])):
        form.add_error("code", WRONG)
        return Asked(forms={"code_form": form})
    limits.take_back(policy.CHAT_CODE_TRIES, str(chat.pk))
    with limits.reaching_counters():
        is_first = cache.delete(place_of(chat))
    return mail_copy(chat, kept[0], pairs(chat, account)) if is_first else Asked(SENT)


def mail_copy(chat: Chat, email: str, said: Iterable[list[str]], *, account: Account | None = None) -> Asked:
    """Mail the copy, which is what was `said`, to a mailbox that is the visitor's.

    Copies to who is signed in are counted by account: strangers who had codes sent to the mailbox are not in the way.
    """
    if account and (wait := limits.hit(policy.CHAT_MAILS, f"account {account.pk}", account_id=account.pk)):
        form = AddressForm({"email": email})
        form.add_error(None, f"We sent you enough copies. {try_again_in(wait)}")
        return Asked(status=429, forms={"address_form": form})
    with transaction.atomic():
        notices.send("chat-copy", to=email, account_id=account.pk if account else None, lines=list(said))
        audit.record("chat.copy-sent", by=account or "visitor", chat=str(chat.pk))
    return Asked(SENT)


def pending(chat: Chat) -> list[str] | None:
    """Return the address that waits for its code and the code's digest, or None."""
    place = place_of(chat)
    with limits.reaching_counters():
        sealed = cache.get(place)
    try:
        return json.loads(decrypt(bytes.fromhex(sealed), context=place)) if sealed else None
    except DecryptionError:  # its key is gone
        return None


def place_of(chat: Chat) -> str:
    return f"chat-copy:{chat.pk}"


def digest(chat: Chat, code: str) -> str:
    return blind_index(f"{chat.pk}:{normalize(code)}", purpose="chat-code").hex()
