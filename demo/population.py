"""Loads the hand-made people into the mocks: the registry, the credit file, the health record and the accounts."""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import actions
from accounts.models import Account
from accounts.second_factors import authenticator_apps
from deers import households
from deers import models as deers
from deers.registry import TimeTogether
from demo import stopped
from demo.appointments import act_on_appointments
from demo.calls import ask_for_call, note_calls
from demo.chats import keep_texts
from demo.help import invent_ratings, publish_first_notice
from demo.invent import facts as invented_facts
from demo.invent import readings
from demo.invent import records as invented_records
from demo.invent.records import Record
from demo.invent.records.talks import join_care_team
from demo.messages import write_messages
from demo.people import PEOPLE, STAFF
from demo.people.facts import HAND_MADE
from demo.people.person import FULL_FILE, FULL_PAPERS, PAPERS_ELSEWHERE, Person, ReadyAccount, Staff
from demo.surrogates import ask_to_act
from idproofing import asking, questions
from idproofing.facts import facts_unknown_from, facts_unseen_at_home, recent_facts
from idproofing.models import Fact


def missing() -> list[Person | Staff]:
    """Return everyone who is not loaded yet, sponsors before their dependents."""
    people = deers.Person.objects.filter(pk__in=[person.dod_id for person in PEOPLE.values()])
    staff = Account.objects.filter(username__in=[member.account.username for member in STAFF])
    known = {*people.values_list("pk", flat=True), *staff.values_list("username", flat=True)}
    in_order = sorted(PEOPLE.values(), key=lambda person: person.kin is not None)
    return [
        *(person for person in in_order if person.dod_id not in known),
        *(member for member in STAFF if member.account.username not in known),
    ]


def households_of(some: list[Person | Staff]) -> list[list[Person | Staff]]:
    """Return people in groups that can be loaded side by side: a sponsor before the dependents, or one of the staff."""
    groups: dict[str, list[Person | Staff]] = {}
    for who in some:
        key = who.account.username if isinstance(who, Staff) else who.kin.sponsor if who.kin else who.key
        groups.setdefault(key, []).append(who)
    return list(groups.values())


def load_household(some: list[Person | Staff]) -> int:
    """Load people one after the other, and return how many they are."""
    for who in some:
        load(who)
    return len(some)


def load(who: Person | Staff, *, record: bool = True, account: bool = True) -> None:
    """Load everything about one person, or nothing. The sponsor must be loaded before."""
    with transaction.atomic():
        if isinstance(who, Staff):
            open_staff_account(who)
            if who.account.username == "supervisor.curtis":
                keep_texts(Account.objects.get(username=who.account.username))
            return
        enter_in_registry(who)
        Fact.objects.bulk_create(facts_of(who))
        if record:
            invented_records.store([record_of(who)])
        if account and who.account:
            open_ready_account(who, who.account)
        if record and account and who.key == "grace":
            act_on_appointments(Account.objects.get(dod_id=who.dod_id))
            ask_for_call(Account.objects.get(dod_id=who.dod_id))
            write_messages(Account.objects.get(dod_id=who.dod_id))
        if account:
            stopped.stop(who)
        if account and who.key == "anita":
            ask_to_act(Account.objects.get(dod_id=who.dod_id), PEOPLE["leonard"])


def enter_in_registry(person: Person) -> None:
    """Enter the person's DEERS record: identity, names, sponsor and coverage."""
    entry = deers.Person(
        dod_id=person.dod_id,
        date_of_birth=person.born,
        date_of_death=person.died,
        sex=person.sex,
        email=person.email,
        phone=person.phone,
        street=person.address.street,
        city=person.address.city,
        state=person.address.state,
        postal_code=person.address.postal_code,
        country=person.address.country,
        service_status=person.status,
        protected=person.protected,
        locked=person.locked,
    )
    entry.set_ssn(person.ssn)
    entry.save(force_insert=True)
    deers.LegalName.objects.bulk_create(legal_names(person))
    deers.Eligibility.objects.bulk_create(
        deers.Eligibility(
            person_id=person.dod_id, plan=period.plan, region=person.region, begin=period.begin, end=period.end
        )
        for period in person.periods
    )
    if person.kin:
        sponsor = PEOPLE[person.kin.sponsor]
        deers.Sponsorship.objects.create(
            sponsor_id=sponsor.dod_id,
            dependent_id=person.dod_id,
            relationship=person.kin.relationship,
            begin=person.kin.since,
            end=person.kin.until,
        )


def legal_names(person: Person) -> list[deers.LegalName]:
    """Return the person's names as DEERS dates them. Each name ends the day before the next one begins."""
    ends = [later.since - timedelta(days=1) for _, later in pairwise(person.names) if later.since]
    return [
        deers.LegalName(
            person_id=person.dod_id,
            first=name.first,
            middle=name.middle,
            last=name.last,
            suffix=name.suffix,
            since=name.since,
            until=end,
        )
        for name, end in zip(person.names, [*ends, None], strict=True)
    ]


def facts_of(person: Person) -> list[Fact]:
    """Return what the credit bureau and the transactions source know about the person.

    The hand-made facts come first. Invented facts fill the file up, until there are enough that nobody at home knows.
    """
    facts = [
        questions.make_fact(person.dod_id, known.kind, known.value, known.qualifier, known.since, known.until)
        for known in HAND_MADE.get(person.key, ())
    ]
    if person.facts_known < FULL_FILE:
        return facts
    today = timezone.localdate()
    together = times_together(person)
    facts = recent_facts(facts, today)  # over the years, old facts must not replace facts that can still be asked
    asked = {(fact.kind, fact.qualifier) for fact in facts}
    more = facts_unknown_from(recent_facts(invented(person), today), details_of(person))
    for fact in facts_unseen_at_home(more, together, today):
        private = facts_unseen_at_home(facts, together, today)
        if len(facts) >= person.facts_known and lasts_for_all_attempts(private):
            break
        benefits = [known for known in facts if known.kind == fact.kind == "benefit"]
        if (fact.kind, fact.qualifier) not in asked and len(benefits) < MOST_BENEFITS:
            asked.add((fact.kind, fact.qualifier))
            facts.append(fact)
    return facts


def lasts_for_all_attempts(private: list[Fact]) -> bool:
    """Return whether the papers that nobody at home has seen are enough, whatever chance takes first."""
    papers = asking.in_turn([private])
    largest = max(Counter(fact.category for fact in papers).values(), default=0)
    return len(papers) >= FULL_PAPERS and len(papers) - largest >= PAPERS_ELSEWHERE


MOST_BENEFITS = 4
"""How many benefits a person has, so that there are others to choose from."""


def invented(person: Person) -> list[Fact]:
    """Return more invented facts than anyone needs, shuffled, and the same each time.

    They come from several runs of chance, one after the other.
    """
    served, facts = person.kin is None, []
    for turn in range(8):
        luck = random.Random(f"{person.dod_id} {turn}")  # noqa: S311 - nothing secret
        run = invented_facts.facts_for(person.dod_id, person.born, home=person.address.city, served=served, rng=luck)
        facts += luck.sample(run, len(run))
    return facts


def times_together(person: Person) -> list[TimeTogether]:
    """Return the times in which the person lived with somebody who is alive, as DEERS will tell them."""
    family = {person.key, person.kin.sponsor} if person.kin else {person.key}
    ties = [
        households.Tie(member_of(PEOPLE[tie.kin.sponsor]), member_of(tie), tie.kin.relationship, *dates)
        for tie in PEOPLE.values()
        if tie.kin and tie.kin.sponsor in family and (dates := (tie.kin.since, tie.kin.until))
    ]
    return households.times_together(person.dod_id, ties, timezone.localdate())


def member_of(person: Person) -> households.Member:
    address = households.address_key(person.address.street, person.address.postal_code)
    return households.Member(person.dod_id, person.born, person.died, address)


def details_of(person: Person) -> list[str]:
    """Return what DEERS has, so that no question asks for it."""
    name, address = person.name, person.address
    return [name.first, name.middle, name.last, person.email, address.street, address.city, address.state]


def record_of(person: Person) -> Record:
    """Return the person's health record, which ends with the person's life."""
    luck = random.Random(person.dod_id)  # noqa: S311 - nothing secret
    return invented_records.record_for(
        person.dod_id,
        person.born,
        person.sex,
        luck,
        theme=person.theme,
        name=person.name,
        died=person.died,
        births=births_of(person),
        state="" if person.protected else person.address.state,
    )


def births_of(person: Person) -> tuple[date, ...]:
    """Return the days on which a mother gave birth to the children that she is the sponsor of."""
    if person.sex != "F":
        return ()
    ties = ((child, child.kin) for child in PEOPLE.values())
    return tuple(
        child.born
        for child, kin in ties
        if kin and kin.sponsor == person.key and kin.relationship == deers.Relationship.CHILD
    )


def open_ready_account(person: Person, account: ReadyAccount) -> None:
    """Open a beneficiary's account, as if the person had registered. A Premium account has its authenticator app."""
    assert account.level is not None
    opened = actions.open_account(
        dod_id=person.dod_id,
        first_name=person.name.first,
        last_name=person.name.last,
        level=account.level,
        username=account.username,
        password_hash=make_password(account.password),
        email=person.email,
        email_confirmed=True,
        phone=person.phone,
        by="system",
    )
    if isinstance(opened, actions.Opened) and account.authenticator_key:
        authenticator_apps.enroll(opened.account, account.authenticator_key, step_used=-1, by="system")
    if isinstance(opened, actions.Opened) and person.measures_in:
        luck = random.Random(person.dod_id)  # noqa: S311 - nothing secret
        readings.store_month(opened.account, person.measures_in, luck, timezone.now())


def open_staff_account(member: Staff) -> None:
    """Open an account for the admin: no level, no DEERS record, one role, and a second factor."""
    opened = actions.open_staff_account(
        username=member.account.username,
        password_hash=make_password(member.account.password),
        first_name=member.name.first,
        last_name=member.name.last,
        email=member.email,
        role=member.account.role,
        by="system",
    )
    if isinstance(opened, actions.Opened):
        authenticator_apps.enroll(opened.account, member.account.authenticator_key, step_used=-1, by="system")
        join_care_team(opened.account)
        if member.account.username == "agent.maya":
            note_calls(opened.account)
        if member.account.role == "Editor":
            publish_first_notice(opened.account)
            invent_ratings()
