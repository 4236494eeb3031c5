"""The invented people, as the demo's page and people.json show them."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django_otp.oath import totp

from accounts.models import Account, State
from core import policy
from deers import names
from demo.people import GROUPS, PEOPLE, STAFF
from demo.people.person import Person, ReadyAccount, Staff
from idproofing.facts import Fact
from idproofing.questions import word_question


@dataclass(frozen=True)
class Card:
    """One person on the page: the data, what the quiz can ask, and the username if an account was opened since."""

    person: Person
    facts: list[dict[str, str]]
    username: str = ""


@dataclass(frozen=True)
class Entry:
    """A ready-made account on the page. `code` is what the authenticator app shows at this moment."""

    who: Person | Staff
    account: ReadyAccount
    code: str


def groups(query: str = "") -> list[tuple[str, list[Card]]]:
    """Return the people that `query` finds, in their groups. Groups without a match are left out."""
    facts, usernames = known_facts(), opened_accounts()
    found = [
        (
            title,
            [
                Card(person, facts[person.dod_id], usernames.get(person.dod_id, ""))
                for person in people
                if matches(query, title, person)
            ],
        )
        for title, people in GROUPS.items()
    ]
    return [(title, cards) for title, cards in found if cards]


def matches(query: str, title: str, person: Person) -> bool:
    """Return whether the card has all words of `query`, without regard to case and accents."""
    told = (title, *(name.full for name in person.names), person.story, person.ssn, person.dod_id, person.email)
    text = " ".join(names.words(" ".join((*told, person.status.label, str(person.address), str(person.born)))))
    return all(word in text for word in names.words(query))


def ready() -> list[Entry]:
    """Return the ready-made accounts, beneficiaries before staff."""
    holders: list[Person | Staff] = [*PEOPLE.values(), *STAFF]
    return [Entry(who, who.account, present_code(who.account)) for who in holders if who.account]


def present_code(account: ReadyAccount) -> str:
    """Return the digits that the account's authenticator app shows now, or "" for an account without an app."""
    if not account.authenticator_key:
        return ""
    digits = totp(
        bytes.fromhex(account.authenticator_key), int(policy.TOTP_STEP.total_seconds()), 0, policy.TOTP_DIGITS
    )
    return f"{digits:0{policy.TOTP_DIGITS}d}"


def known_facts() -> dict[str, list[dict[str, str]]]:
    """Return every question that the quiz can ask the people here, with its right answer, by DoD ID number."""
    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    everyones = Fact.objects.filter(dod_id__in=[person.dod_id for person in PEOPLE.values()])
    for fact in everyones.order_by("dod_id", "kind", "qualifier"):
        question, answer = word_question(fact)
        told[fact.dod_id].append({"question": question, "answer": answer})
    return told


def opened_accounts() -> dict[str, str]:
    """Return the usernames of the people who have an account by now, by DoD ID number."""
    accounts = Account.objects.filter(dod_id__in=[person.dod_id for person in PEOPLE.values()])
    return {
        dod_id or "": username
        for dod_id, username in accounts.exclude(state=State.CLOSED).values_list("dod_id", "username")
    }


def everyone() -> list[dict[str, Any]]:
    """Return the content of people.json."""
    facts = known_facts()
    return [
        *(as_json(person, facts[person.dod_id]) for person in PEOPLE.values()),
        *(as_json(member, []) for member in STAFF),
    ]


def as_json(who: Person | Staff, facts: list[dict[str, str]]) -> dict[str, Any]:
    """Return one person in the form that the design fixes. Fields that staff do not have are empty."""
    registered = who if isinstance(who, Person) else None
    return {
        "name": who.name.full,
        "story": who.story,
        "first_name": who.name.first,
        "middle_name": who.name.middle,
        "last_name": who.name.last,
        "suffix": who.name.suffix,
        "date_of_birth": registered.born.isoformat() if registered else "",
        "ssn": registered.ssn if registered else "",
        "dod_id": registered.dod_id if registered else "",
        "email": who.email,
        "phone": registered.phone if registered else "",
        "address": str(registered.address) if registered else "",
        "facts": facts,
        "account": account_as_json(who.account) if who.account else None,
    }


def account_as_json(account: ReadyAccount) -> dict[str, Any]:
    """Return a ready-made account in the form that the design fixes."""
    return {
        "username": account.username,
        "password": account.password,
        "level": account.level,
        "totp_secret": account.totp_secret or None,
        "role": account.role or None,
    }
