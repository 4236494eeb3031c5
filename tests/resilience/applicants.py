"""People who register and use the portal. When a page does not come, they ask for it again, as people do."""

import itertools
import random
import re
import threading
import time
from base64 import b32decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from http.client import HTTPException, HTTPResponse
from typing import TypeVar

from django.db import Error, connection
from django_otp.oath import totp

from bench.visitor import Page
from demo import population
from demo.people import PEOPLE
from demo.people.person import Name, Person
from dslogon.up.cluster import Cluster
from idproofing.models import Fact
from idproofing.questions import word_question
from tests import walk
from tests.deploying.visitor import Visitor, codes_in_mail
from tests.resilience.journal import Journal

PATIENCE = 90
"""Seconds for which somebody asks for the same page, waits for an email, or enters a dead web site into a registry."""
BUSY = (429, 502, 503, 504)
MODEL = "walter"
"""Whose papers and record everybody has here, under a name and numbers of their own."""
MESSAGES = 2


T = TypeVar("T")


class OverError(Exception):
    """The trouble is over, and so is the work."""


class GaveUpError(Exception):
    """The site has said in words that it cannot be done now."""


def invent_people() -> Iterator[Person]:
    """Yield people without end, each with a name, numbers and an email address of their own."""
    for number in itertools.count(1):
        letters = "".join("abcdefghij"[int(digit)] for digit in f"{number:05}")
        yield replace(
            PEOPLE[MODEL],
            key=f"applicant-{number}",
            names=(Name("Robin", f"Hale{letters}"),),
            ssn=f"900{number + 500_000:06}",
            dod_id=f"17{number:08}",
            email=f"robin.{letters}@example.org",
            account=None,
            kin=None,
        )


class Insistent(Visitor):
    """Somebody who asks for a page again until it comes. Forms are sent again as they were, as a browser does."""

    def __init__(self, cluster: Cluster, place: str, journal: Journal, over: threading.Event) -> None:
        super().__init__(cluster, place)
        self.journal, self.over = journal, over

    def ask(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> HTTPResponse:
        """Ask until there is an answer that is not "come again". Note each answer that nobody should get."""
        ends = time.monotonic() + PATIENCE
        while True:
            page, here = self.page, self.here
            try:
                answer = super().ask(path, body, headers)
                if answer.status not in (*BUSY, 500):
                    return answer
                if answer.status == 500:
                    self.journal.fault(f"{self.here} answered 500.")
                self.page, self.here = page, here
            except (OSError, HTTPException):
                pass
            self.journal.again()
            if self.over.is_set():
                raise OverError
            if time.monotonic() > ends:
                raise GaveUpError(f"{path.split('?')[0]} did not come")
            time.sleep(0.3)

    def take_step(self, path: str, data: Mapping[str, object]) -> str:
        """Send a form, and return the path where that leads. It may have been taken although its answer was lost."""
        answer = self.post(path, data)
        if answer.status == 302:
            self.get(answer.headers["Location"])
            return self.here
        said = " ".join(re.findall(r'class="usa-(?:error-message|alert__text)"[^>]*>([^<]*)', self.page))
        self.get(path)
        if self.here == path:
            raise GaveUpError(f"{path.strip('/').rpartition('/')[2]}: {said or self.heading()}")
        return self.here


class Applicant:
    """One of those who register, one person after the other."""

    def __init__(self, cluster: Cluster, journal: Journal, over: threading.Event, luck: random.Random) -> None:
        self.cluster, self.journal, self.over, self.luck = cluster, journal, over, luck

    def work(self, people: Iterator[Person], lock: threading.Lock, closing: threading.Event) -> None:
        """Let one person after the other do everything, until it is closing time. Who is there then goes on."""
        while not closing.is_set():
            with lock:
                person = next(people)
                self.journal.people.add(person.dod_id)
            try:
                self.live(person)
            except OverError:
                pass
            except (GaveUpError, TimeoutError) as told:
                self.journal.give_up(str(told) or "something did not come")
            except Exception as surprise:
                self.journal.fault(f"A page was not as it should be: {surprise!r}.")
                raise
        connection.close()

    def live(self, person: Person) -> None:
        """Register at Premium, write, ask for a refill and for a copy, and sign out."""
        until(lambda: enter(person), self.over)
        facts = Fact.objects.filter(dod_id=person.dod_id)
        answers = until(lambda: dict(word_question(fact) for fact in facts), self.over)
        place = f"127.{self.luck.randrange(1, 250)}.{self.luck.randrange(250)}.{self.luck.randrange(2, 250)}"
        visitor = Insistent(self.cluster, place, self.journal, self.over)
        key = self.register(visitor, person, answers)
        if visitor.get("/portal/") != 200 or visitor.here != "/portal/":
            self.sign_in(visitor, person, key)
        for number in range(MESSAGES):
            self.write(visitor, person, number)
        self.ask_for_refill(visitor, person)
        self.ask_for_copy(visitor, person)

    def register(self, visitor: Insistent, person: Person, answers: Mapping[str, str]) -> str:
        """Register, and return the authenticator's key."""
        visitor.get("/register/")
        here = visitor.take_step("/register/", {"level": 2, "code_delivery": "email"})
        here = visitor.take_step(here, walk.details_of(person))
        questions = here
        here = visitor.take_step(here, {"action": "start"})
        while here == questions:
            if not visitor.inputs("quiz"):
                raise GaveUpError("the questions ended early")
            choices = visitor.choices("choice")
            right = choices.get(answers.get(visitor.heading(), ""), list(choices.values())[-1])
            place = {name: visitor.inputs(name)[0]["value"] for name in ("quiz", "position")}
            here = visitor.take_step(here, {**place, "choice": right})
        here = self.enter_code(visitor, person, here)
        here = visitor.take_step(here, walk.credentials(username_of(person)))
        key = read_key(visitor.page)
        here = visitor.take_step(here, {"otp_token": f"{totp(key):06d}"})
        if "Your account is open" not in visitor.text():
            raise GaveUpError(f"the last page was {here}")
        self.journal.tell("accounts", person.dod_id)
        return key.hex()

    def enter_code(self, visitor: Insistent, person: Person, here: str) -> str:
        """Wait for the email and enter its code. What did not come, or was not taken, is asked for once more."""
        for again in (False, True):
            if again:
                form = {"action": "again", "code_delivery": "email", "email": person.email}
                here = visitor.take_step(here, form)
            seen = len(codes_in_mail(self.cluster, person.email)) if again else 0
            newer = partial(codes_after, self.cluster, person.email, seen)
            try:
                codes = until(newer, self.over, PATIENCE / 3)
            except TimeoutError:
                continue
            return visitor.take_step(here, {"code": codes[-1]})
        raise GaveUpError("no code came")

    def sign_in(self, visitor: Insistent, person: Person, key: str) -> None:
        """Sign in with the next code of the app. The one before was used."""
        visitor.get("/sign-in/")
        if visitor.inputs("consent"):
            visitor.take_step("/sign-in/", {"consent": "yes"})
        if visitor.here == "/portal/":
            return
        here = visitor.take_step("/sign-in/", {"username": username_of(person), "password": walk.PASSWORD})
        if here != "/portal/":
            here = visitor.take_step(here, {"otp_token": f"{totp(bytes.fromhex(key), drift=1):06d}"})
        if here != "/portal/":
            raise GaveUpError(f"signing in led to {here}")

    def write(self, visitor: Insistent, person: Person, number: int) -> None:
        """Send a message to the care team."""
        visitor.get("/portal/messages/compose/")
        form = {name: visitor.inputs(name)[0].get("value", "") for name in ("draft", "version")}
        teams = re.findall(r'<option value="([0-9a-f-]{36})"', visitor.page)
        if not teams:
            raise GaveUpError("nobody can be written to")
        said = {"team": teams[0], "topic": "general", "subject": f"Question {number + 1}", "body": "May I swim?"}
        visitor.take_step("/portal/messages/compose/", form | said | {"do": "send"})
        self.journal.tell("messages", person.dod_id)

    def ask_for_refill(self, visitor: Insistent, person: Person) -> None:
        """Ask for the first refill that is offered, or for a renewal."""
        visitor.get("/portal/medications/")
        for offered in visitor.inputs("prescription")[:1]:
            action = "renew" if offered["type"] == "hidden" else "refill"
            visitor.take_step("/portal/medications/", {"prescription": offered["value"], "action": action})
            if "asked for on" not in visitor.text():
                raise GaveUpError(f"a {action} was offered and not taken")
            self.journal.tell("refills", person.dod_id)

    def ask_for_copy(self, visitor: Insistent, person: Person) -> None:
        """Ask for a copy of the record."""
        visitor.get("/portal/record/copy/")
        visitor.take_step("/portal/record/copy/", {"sections": "medications"})
        self.journal.tell("copies", person.dod_id)


def until(what: Callable[[], T], over: threading.Event, patience: float = PATIENCE) -> T:
    """Repeat something until it is true. A database that is away is waited for. Raise TimeoutError after too long."""
    ends = time.monotonic() + patience
    while True:
        try:
            if found := what():
                return found
        except Error:
            connection.close()
        if over.is_set():
            raise OverError
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.2)


def enter(person: Person) -> bool:
    """Let the mocks know a person, as one transaction."""
    if not Fact.objects.filter(dod_id=person.dod_id).exists():
        population.load(person, account=False)
    return True


def username_of(person: Person) -> str:
    return person.key.replace("-", ".")


def read_key(page: str) -> bytes:
    """Return the key for an authenticator app that a page shows."""
    shown = Page(page).text("authenticator-key")
    if not shown:
        raise GaveUpError("no key for an app was shown")
    return b32decode(shown.replace(" ", ""))


def codes_after(cluster: Cluster, address: str, seen: int) -> list[str]:
    return codes_in_mail(cluster, address)[seen:]
