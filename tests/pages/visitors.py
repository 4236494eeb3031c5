"""What people see who have no account here, or who are not signed in yet."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory, override_settings
from django.test.signals import template_rendered
from django.utils import timezone

from accounts import actions
from accounts.mail import links
from accounts.models import Account
from accounts.models.mail import Purpose
from accounts.passwords.hashing import TooBusy
from accounts.recovery.lost_factor_views import SETTING_UP
from accounts.sign_in import middleware
from core import policy, views
from demo.models import SentMail
from safeguards import limits
from service_center.chat import desk
from support import contact, dated_notices
from support.articles import all_articles
from support.chat.live import AGENT, note_typing
from support.guides import GUIDES
from support.models import CallBack, ContactMessage, DatedNotice
from tests import people, walk
from tests.accounts.holders import (
    STAFF_DOOR,
    WRONG,
    address,
    give_password,
    give_token,
    holder,
    premium,
    proven,
    signed_in,
    staff,
)
from tests.accounts.test_lost_factor import asked, waited
from tests.idproofing import letter_people, reviewers
from tests.support.chat.chats import begin, chat_at

Answers = Iterator[Any]
ENOUGH = 6


def looks_around() -> Answers:
    """The home page and the help."""
    client = Client()
    yield client.get("/")
    yield client.get("/support/")
    for typed in ("autenticator", "zzzzz", "*"):
        yield client.get("/support/", {"q": typed})
    yield client.get("/support/code/H-999/")
    for slug in GUIDES:
        yield client.get(f"/support/guides/{slug}/")


def reads_the_help() -> Answers:
    """Each article, while a notice to everybody lasts, and what a reader says about one."""
    client = Client()
    now = timezone.now()
    told = {"kind": "outage", "title": "DEERS is down", "text": "We [write](/support/) **soon**."}
    lasts = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    DatedNotice.objects.create(**told, **lasts, on_home=True, on_sign_in=True)
    dated_notices.forget_notices()
    walk.agree(client)
    for page in ("/", "/sign-in/", "/support/"):
        yield client.get(page)
    dated_notices.forget_notices()
    for slug in all_articles():
        yield client.get(f"/support/articles/{slug}/")
    yield client.get("/support/articles/levels/", {"code": "H-12"})
    rate = "/support/articles/levels/helpful/"
    yield client.get(rate)
    yield client.post(rate, {})
    for said in ("yes", "no", "why"):
        yield client.get(rate, {"said": said})
    yield client.post(rate, {"reason": ""})


def writes_to_the_service_center() -> Answers:
    client = Client()
    yield client.get("/support/contact/")
    yield client.post("/support/contact/", {})
    letter = {"name": "Ruth", "email": "ruth@mail.example", "topic": "other", "message": "Please call me back."}
    page = walk.send(client, "/support/contact/", letter)
    yield client.get(page)
    message = ContactMessage.objects.get()
    contact.answer(message, uuid.uuid4(), "We will call you tomorrow.", by=staff("Service center agent", "answers"))
    yield client.get(page)
    yield client.get("/support/contact/answer/")
    yield client.post("/support/contact/answer/", {"reference": message.reference, "code": "00000-00000"})
    walk.send(client, "/support/contact/answer/", {"reference": message.reference, "code": walk.code_in_mail()})
    yield client.get(page)
    yield client.post(page, {"message": ""})
    contact.reply(message, uuid.uuid4(), "Thank you. At noon?", by="visitor")
    yield client.get(page)
    contact.close(message, "phone", by=Account.objects.get(username="answers"))
    yield client.get(page)


def chats() -> Answers:
    """Closed, begun, waiting, with an agent, and ended: with a copy by email, and what was sent too late."""
    client, agent = Client(), staff("Service center agent")
    yield client.get("/support/chat/")
    with override_settings(CHAT_ALWAYS_OPEN=False), patch("support.chat.hours.opens_at", in_nine_hours):
        yield client.get("/support/chat/")
        yield client.post("/support/chat/", {"line": str(uuid.uuid4()), "topic": "other", "words": "Hello?"})
    yield client.post("/support/chat/", {})
    here = begin(client, "My number is 910-12-4567, and I cannot sign in.")
    yield client.get(here)
    yield client.get(here, {"reload": "on"})
    chat = chat_at(here)
    desk.take(chat, by=agent, now=timezone.now())
    desk.answer(chat, uuid.uuid4(), "What does the page say?", by=agent, now=timezone.now())
    note_typing(chat, AGENT, timezone.now())
    yield client.get(here)
    yield client.post(here, {"do": "say", "line": str(uuid.uuid4()), "words": "word " * 500})
    yield client.post(here, {"do": "mail", "email": "nobody"})
    walk.send(client, here, {"do": "mail", "email": "ruth@mail.example"})
    yield client.post(here, {"do": "code", "code": "AAAAA-AAAAA"})
    walk.send(client, here, {"do": "end"})
    yield client.get(here)
    yield client.post(here, {"do": "say", "line": str(uuid.uuid4()), "words": "Thank you!"})
    yield client.get("/support/chat/")
    inside = signed_in(holder(people.load("rosa")))
    yield inside.get("/support/chat/")
    named = begin(inside, "How do I upgrade?", shows="on")
    yield inside.get(named)
    inside.post("/sign-out/")
    yield inside.get(named)


def in_nine_hours(now: datetime) -> datetime:
    return now + timedelta(hours=9)


def asks_to_be_called() -> Answers:
    """The form, what is wrong in it, the call, the call that is canceled, and too many of them."""
    client, here = Client(), "/support/call-back/"
    form = client.get(here)
    yield form
    yield client.get(here, {"region": "pacific"})
    yield client.post(here, {})
    typed = {"name": "Ruth", "number": "(931) 555-0111", "topic": "other"}
    typed["slot"] = form.context["slots"][-1].isoformat()
    asked = walk.send(client, here, typed)
    yield client.get(asked)
    yield client.post(asked, follow=True)
    for _ in range(policy.CALL_BACKS_PER_ADDRESS.times - 1):
        walk.send(client, here, typed)
        CallBack.objects.update(state="missed")
    yield client.post(here, typed)
    yield client.get(f"{here}{CallBack.objects.latest('made_at').pk}/")


def shows_who_is_calling() -> Answers:
    """The support PIN: before, with the digits, after that, and too often."""
    client, here = signed_in(holder(people.load("rosa"))), "/support/pin/"
    yield client.get(here)
    yield client.post(here)
    yield client.get(here)
    for _ in range(policy.SUPPORT_PINS.times - 1):
        client.post(here)
    yield client.post(here)


def looks_after_a_review() -> Answers:
    """The status page: not opened, while the request waits, and approved but for another account."""
    client, emily = Client(), people.load("emily")
    yield client.get("/support/cases/")
    yield client.post("/support/cases/", {})
    yield client.post("/support/cases/", {"reference": "00000-00000", "continuation_code": "00000-00000"})
    opened = reviewers.open_case()
    codes = {"reference": opened.case.reference, "continuation_code": opened.code}
    status = walk.send(client, "/support/cases/", codes)
    yield client.get(status)
    reviewers.approve(opened.case)
    yield client.get(status)
    signed_in_elsewhere = signed_in(holder(emily))
    signed_in_elsewhere.cookies["case"] = client.cookies["case"].value
    yield signed_in_elsewhere.post(status)


def looks_at_the_demonstration() -> Answers:
    client = Client()
    people.load_all("rosa", "nora")
    yield client.get("/demo/", {"q": "widow"})  # the whole list is much more of the same
    yield client.get("/demo/", {"q": "nobody is called this"})
    yield client.get("/demo/mail/")
    kept = EmailMultiAlternatives("A subject", "Some text", to=["ruth@mail.example"])
    kept.attach_alternative('<html lang="en-US"><title>A subject</title><main><h1>A subject</h1></main>', "text/html")
    get_connection("demo.mail.KeepingBackend").send_messages([kept])
    letter_people.asked("rosa")
    yield client.get("/demo/mail/")
    yield client.get(f"/demo/mail/{SentMail.objects.get().pk}.html")


def meets_an_error() -> Answers:
    """Each page for when something is wrong; those that no address leads to are asked for by hand."""
    yield Client().get("/no/such/page/")
    yield Client(enforce_csrf_checks=True).post("/sign-in/", {})
    with patch("support.search.words_of", side_effect=OperationalError):
        asked = Client(raise_request_exception=False).get("/support/", {"q": "code"})
    yield asked
    with patch("accounts.sign_in.consent.given", side_effect=OperationalError):
        sent = Client(raise_request_exception=False).post("/sign-in/", {"username": "rosa.lopez", "password": WRONG})
    yield sent
    for status, view in ((400, views.bad_request), (403, views.forbidden), (500, views.server_error)):
        yield by_hand(f"/{status}/", view)
    yield by_hand("/503/", lambda request: middleware.BusyMiddleware(views.home).process_exception(request, TooBusy()))
    silent = limits.CountersUnavailable()
    yield by_hand("/503/", lambda request: middleware.BusyMiddleware(views.home).process_exception(request, silent))
    yield by_hand("/429/", lambda request: render(request, "errors/429.html", {"wait_minutes": 5}, status=429))


def by_hand(path: str, view: Any) -> HttpResponse:
    """What a view answers without the site around it, with the templates noted as the client would."""
    request = RequestFactory().get(path)
    used: list[Any] = []

    def note(template: Any, **_: Any) -> None:
        used.append(template)

    template_rendered.connect(note)
    answer = view(request)
    template_rendered.disconnect(note)
    answer.wsgi_request, answer.templates = request, used
    return answer


def signs_in() -> Answers:
    client, account = Client(), premium(people.load("rosa"))
    yield client.get("/sign-in/")
    walk.agree(client)
    yield client.get("/sign-in/")
    yield client.get("/sign-in/", {"timed_out": "1"})
    yield client.post("/sign-in/", {})
    yield give_password(client, account.username, WRONG)
    walk.send(client, "/sign-in/", {"username": account.username, "password": walk.PASSWORD})
    yield client.get("/sign-in/second-factor/")
    yield give_token(client, "000000")
    yield client.post("/sign-in/second-factor/", {})
    yield client.post("/sign-out/")
    for _ in range(ENOUGH):
        answer = give_password(client, account.username, WRONG)
    yield answer


def may_not_sign_in() -> Answers:
    """Locked, frozen and closed accounts, each found out only with the right password."""
    for key, stop in (("rosa", actions.lock), ("june", actions.freeze), ("nora", actions.close)):
        account = holder(people.load(key))
        stop(account, by="system")
        yield give_password(Client(), account.username)


def forgot() -> Answers:
    """Username or password forgotten; the link from the mail, used and used up."""
    client, account = Client(), holder(people.load("rosa"))
    yield client.get("/recover/")
    for wanted, typed in (("username", {"email": account.email}), ("password", {"username": account.username})):
        yield client.get(f"/recover/{wanted}/")
        yield client.post(f"/recover/{wanted}/", {})
        yield client.post(f"/recover/{wanted}/", typed)
    link = path_of(links.make(account, Purpose.NEW_PASSWORD))
    yield client.get(link)
    yield client.post(link, {"password": "short", "password_again": "other"})
    yield client.post(link, {"password": walk.PASSWORD + "!", "password_again": walk.PASSWORD + "!"})
    yield client.get(link)


def lost_the_second_factor() -> Answers:
    """The wait for a new one, stopped by its holder; then another one that ends with a new app."""
    account = premium(people.load("rosa"))
    client = Client()
    give_password(client, account.username)
    yield client.get("/recover/factor/")
    link = asked(account)[0]
    yield client.get("/recover/factor/")
    yield client.get(link)
    yield client.post(link)
    link = waited(account)
    yield client.get(link)
    yield client.post(link, {"password": WRONG})
    walk.send(client, link, {"password": walk.PASSWORD})
    yield client.get(link)
    yield client.post(link, {"otp_token": "000000"})
    yield client.post(link, {"otp_token": walk.token_for(client.session[SETTING_UP]["key"])})


def was_not_me() -> Answers:
    client = Client()
    link = path_of(links.make(holder(people.load("rosa")), Purpose.NOT_ME, data="password-changed"))
    yield client.get(link)
    yield client.post(link)
    yield client.get(link)


def gets_a_frozen_account_back() -> Answers:
    """What was not oneself is asked, with the last change reported; then the ends, with and without a mailbox."""
    client, rosa, grace = Client(), people.load("rosa"), people.load("grace")
    yield client.get("/recover/frozen/")
    account = premium(rosa)
    actions.set_phone(account, "+1 (202) 555-0143", by="mock")
    changed = actions.set_email(account, "thief@mail.example", by="mock")
    actions.freeze(account, by="visitor", since=changed.at)
    draft = proven(client, rosa, level=2, gives_back=True)
    here = address(draft, "give-back")
    yield client.get(here)
    yield client.post(here, {})
    yield client.get(walk.send(client, here, {"first": str(changed.pk)}))
    yield client.get(address(proven(client, rosa, ended="no-mailbox"), "done"))
    yield client.get(address(proven(client, grace, ended="needs-premium"), "done"))


def was_not_me_among_staff() -> Answers:
    member = staff("Auditor")
    yield Client().post(path_of(links.make(member, Purpose.NOT_ME, data="password-changed")))


def gave_the_mailbox_up() -> Answers:
    """The link that would have restored it only freezes."""
    account = holder(people.load("rosa"))
    actions.set_email(account, "ruth@mail.example", by="mock", gives_up=True)
    link = path_of(links.make(account, Purpose.UNDO_EMAIL, data=people.PEOPLE["rosa"].email))
    yield Client().get(link)
    yield Client().post(link)


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def works_here() -> Answers:
    """Staff at their own door; new staff enrol an authenticator before anything else."""
    client = Client()
    walk.agree(client)
    yield client.get(STAFF_DOOR)
    yield client.post(STAFF_DOOR, {})
    yield client.get(STAFF_DOOR, {"staff_only": "1"})
    member = staff("Auditor")
    walk.send(client, STAFF_DOOR, {"username": member.username, "password": walk.PASSWORD})
    yield client.get(f"{STAFF_DOOR}second-factor/")
    member.authenticatorapp_set.all().delete()
    yield client.get(f"{STAFF_DOOR}second-factor/")
    yield give_token(client, "000000", door=STAFF_DOOR)


SCENES = (
    looks_around,
    reads_the_help,
    writes_to_the_service_center,
    chats,
    asks_to_be_called,
    shows_who_is_calling,
    looks_after_a_review,
    looks_at_the_demonstration,
    meets_an_error,
    signs_in,
    may_not_sign_in,
    forgot,
    lost_the_second_factor,
    was_not_me,
    was_not_me_among_staff,
    gave_the_mailbox_up,
    gets_a_frozen_account_back,
    works_here,
)
