"""Account holders and drafts made directly, for tests that are not about how people get there."""

import secrets
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.journeys import drafts
from accounts.models import Account, AuthenticatorApp, RegistrationDraft, UpgradeDraft
from accounts.second_factors import authenticator_apps
from core.policy import Level
from demo.people.person import Person
from idproofing.routes import Route
from tests import walk

KEY = "3132333435363738393031323334353637383930"
WRONG = "not the password of anyone"
STAFF_DOOR = "/admin/sign-in/"
BY_LETTER = {"route": Route.LETTER, "code_delivery": RegistrationDraft.CodeDelivery.LETTER}
"""What is chosen in a draft on the route of the letter."""


def holder(
    person: Person, *, level: Level = Level.BASIC, username: str = "", email: str = "", email_confirmed: bool = True
) -> Account:
    """This person's active account; the password is walk.PASSWORD."""
    opened = actions.open_account(
        dod_id=person.dod_id,
        first_name=person.name.first,
        last_name=person.name.last,
        level=level,
        username=username or f"{person.key}.holder",
        password_hash=make_password(walk.PASSWORD),
        email=email or person.email,
        email_confirmed=email_confirmed,
        phone=person.phone,
        by="mock",
    )
    assert isinstance(opened, actions.Opened)
    return opened.account


def premium(person: Person, **other: Any) -> Account:
    """A Premium account whose authenticator has the key KEY."""
    account = holder(person, level=Level.PREMIUM, **other)
    authenticator_apps.enroll(account, KEY, step_used=-1, by="mock")
    return account


def staff(role: str, username: str = "works.here") -> Account:
    """A member of staff with this role and the authenticator key KEY."""
    opened = actions.open_staff_account(
        username=username,
        password_hash=make_password(walk.PASSWORD),
        first_name="Sam",
        last_name="Worker",
        email=f"{username}@staff.example",
        role=role,
        by="mock",
    )
    assert isinstance(opened, actions.Opened)
    authenticator_apps.enroll(opened.account, KEY, step_used=-1, by="mock")
    return opened.account


def give_password(
    client: Client, username: str, password: str = walk.PASSWORD, *, door: str = "/sign-in/", **other: str
) -> Any:
    """Agree to the notice where that was not done yet, then send username and password."""
    walk.agree(client)
    return client.post(door, {"username": username, "password": password, **other})


def give_token(client: Client, token: str, *, door: str = "/sign-in/") -> Any:
    return client.post(f"{door}second-factor/", {"otp_token": token})


def signed_in(account: Account) -> Client:
    """A browser in which this account is signed in, with the second factor if it has one; staff at their own door."""
    client, door = Client(), STAFF_DOOR if account.is_staff else "/sign-in/"
    response = give_password(client, account.username, door=door)
    if response["Location"] == f"{door}second-factor/":
        AuthenticatorApp.objects.filter(user=account).update(last_t=-1)
        response = give_token(client, walk.token_for(KEY), door=door)
    assert response.status_code == 302, walk.text_of(response)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def registering(client: Client, person: Person, **other: Any) -> RegistrationDraft:
    """A draft of this browser for whom DEERS has matched; `other` says how much further it has come."""
    name = person.name
    fields = {
        "level": Level.BASIC,
        "code_delivery": RegistrationDraft.CodeDelivery.SCREEN,
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "suffix": name.suffix,
        "date_of_birth": person.born.isoformat(),
        "ssn": person.ssn,
        "email": person.email,
        "dod_id": person.dod_id,
    }
    return RegistrationDraft.objects.create(browser=drafts.hash_of(token_of(client)), **{**fields, **other})


def proven(client: Client, person: Person, **other: Any) -> RegistrationDraft:
    """A draft whose activation code was right: username and password are owed."""
    now = timezone.now()
    return registering(client, person, **{"quiz_passed_at": now, "code_redeemed_at": now, **other})


def upgrading(client: Client, account: Account, **other: Any) -> UpgradeDraft:
    """A draft of this browser for the upgrade of `account`."""
    fields = {"level": Level.PREMIUM, "code_delivery": UpgradeDraft.CodeDelivery.SCREEN, "account": account}
    return UpgradeDraft.objects.create(browser=drafts.hash_of(token_of(client)), **{**fields, **other})


def token_of(client: Client) -> str:
    """The token that binds drafts to this browser, given to it if it has none."""
    if drafts.COOKIE not in client.cookies:
        client.cookies[drafts.COOKIE] = secrets.token_urlsafe(32)
    return client.cookies[drafts.COOKIE].value


def address(draft: RegistrationDraft | UpgradeDraft, step: str) -> str:
    journey = "register" if isinstance(draft, RegistrationDraft) else "upgrade"
    return f"/{journey}/{draft.pk}/{step}/"
