"""Applicants as they are: they register and sign in, and on the way they mistype, forget, and leave."""

import re
import threading
import time
from base64 import b32decode
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from django_otp.oath import hotp

from bench.slips import End, Plan, Slip
from bench.visitor import Asked, NoAnswerError, TurnedAwayError, UnexpectedError, Visitor
from core import policy
from core.policy import Level

MAIL_PATIENCE = 60.0
"""Seconds that an applicant waits for the email with the code, without the pauses of real people."""
WORDS = ("amber", "birch", "canyon", "drift", "falcon", "garnet", "harbor", "juniper", "kestrel", "lagoon", "orchid")
WEAK_PASSWORDS = ("password", "Sommer2026!", "aaaaaaaaaaaaaaaaaaaa")


@dataclass(frozen=True)
class Somebody:
    """An invented person as they know themselves: `answers` are the right ones to the questions about them."""

    dod_id: str
    first_name: str
    last_name: str
    born: date
    ssn: str
    answers: Mapping[str, str]

    @property
    def username(self) -> str:
        """Return a username that nobody else has, however often all this is repeated."""
        return f"p{self.dod_id}"

    @property
    def mailbox(self) -> str:
        """Return a mailbox of their own. In the registry, families share some."""
        return f"{self.username}@example.org"


@dataclass
class Result:
    """What came of one application. `refused` are the slips that the site has noticed."""

    dod_id: str
    end: End = End.OPEN
    told: bool = False
    unexpected: str = ""
    refused: Counter[Slip] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)


class LeftError(Exception):
    """The applicant has left, as planned."""


class OtherWayError(Exception):
    """The questions do not lead on any more."""


class StoppedError(Exception):
    """The run was interrupted."""


class Mailbox:
    """The mailboxes of all applicants. One look at the sent mail serves all who wait."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.awaited: set[str] = set()
        self.codes: dict[str, str] = {}

    def code_for(self, address: str, stopped: threading.Event) -> str:
        """Wait for the email with an activation code, and return the code."""
        until = time.monotonic() + MAIL_PATIENCE
        with self.changed:
            self.awaited.add(address)
            while address not in self.codes:
                if stopped.is_set():
                    raise StoppedError
                if time.monotonic() > until:
                    raise UnexpectedError("no email with a code came")
                self.changed.wait(0.5)
            return self.codes[address]

    def arrived(self, letters: Collection[tuple[str, str]]) -> None:
        """Hand out the codes of emails, given as address and text."""
        with self.changed:
            for address, text in letters:
                if found := re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", text):
                    self.codes[address] = found[0]
                    self.awaited.discard(address)
            self.changed.notify_all()


@dataclass
class Applicant:
    """A person with a plan at a site. `taken` is a username that somebody else has."""

    site: str
    address: str
    person: Somebody
    plan: Plan
    chance: Random
    mailbox: Mailbox
    taken: str
    stopped: threading.Event = field(default_factory=threading.Event)

    def apply(self) -> Result:
        """Do as planned, and return what came of it."""
        self.result = Result(self.person.dod_id)
        self.password = "-".join([*self.chance.sample(WORDS, 4), str(self.chance.randrange(10, 100))])
        self.app_key, self.app_step = b"", 0
        try:
            self.in_a_browser(self.register)
            if self.result.told and self.plan.signs_in:
                self.in_a_browser(self.sign_in)
        except StoppedError:
            self.result.end = End.OPEN if self.result.told else End.STOPPED
        except (LeftError, OtherWayError, NoAnswerError, TurnedAwayError) as reason:
            self.result.end = ENDS[type(reason)]
        except UnexpectedError as reason:
            self.result.end, self.result.unexpected = End.UNEXPECTED, str(reason)
        return self.result

    def in_a_browser(self, visit: Callable[[], None]) -> None:
        """Make a visit in a new browser, and keep what it asked for."""
        self.visitor = Visitor(self.site, self.address, self.go_on)
        try:
            visit()
        finally:
            self.visitor.close()
            self.result.asked += self.visitor.asked

    def go_on(self) -> None:
        if self.stopped.is_set():
            raise StoppedError

    def at(self, page: str) -> bool:
        """Return whether the browser shows this page of a journey. Leave if that is the plan."""
        here = self.visitor.here.rstrip("/").endswith(page)
        if here and page == self.plan.leaves_at:
            raise LeftError
        return here

    def slip(self, slip: Slip, name: str, **wrong: str) -> None:
        """Send a form with a slip in it, if that is the plan, and see to it that the site refuses it."""
        if slip in self.plan.slips:
            if self.visitor.send(name, **wrong) or not self.visitor.page.refuses:
                raise UnexpectedError(f"accepted: {slip}")
            self.result.refused[slip] += 1

    def send(self, name: str, **right: str) -> None:
        """Send a form that is right, which must lead on."""
        if not self.visitor.send(name, **right):
            raise UnexpectedError(f"refused: {self.visitor.asked[-1].page}")

    def register(self) -> None:
        """Register, from the first page to the last."""
        self.visitor.get("/register/")
        self.send("level", level=str(self.plan.level.value))
        self.at("register/route")
        self.send("route", route="questions")
        self.at("details")
        self.tell_details()
        self.at("questions")
        self.answer_questions()
        if self.at("delivery"):
            self.send("code_delivery", code_delivery="email" if self.plan.by_email else "screen")
        self.at("code")
        self.enter_code()
        if self.visitor.page.heading == "You already have an account":
            self.result.end = End.HAD_ONE
            return
        self.at("credentials")
        self.choose_credentials()
        if self.plan.level == Level.PREMIUM:
            self.set_up_app()
        if not self.visitor.page.heading.startswith("Your account is open"):
            raise UnexpectedError(f"{self.visitor.asked[-1].page} in place of the last page")
        self.result.told = True
        if self.plan.level == Level.PREMIUM:
            self.send("saved=yes", saved="yes")
        else:
            self.visitor.get("/portal/")

    def tell_details(self) -> None:
        """Type who one is. The number is typed again each time, because the page does not send it back."""
        person, typed = self.person, self.details()
        self.slip(Slip.EMPTY, "first_name", **typed | {"last_name": ""})
        wrong_day = person.born + timedelta(days=1 if person.born.day < 15 else -1)
        self.slip(Slip.BORN, "first_name", **typed | birth_fields(wrong_day))
        number = "dod_id" if self.plan.by_dod_id else "ssn"
        self.slip(Slip.NUMBER, "first_name", **typed | {number: with_wrong_digit(typed[number])})
        self.slip(Slip.NAME, "first_name", **typed | {"last_name": misspelled(person.last_name)})
        self.send("first_name", **typed)

    def details(self) -> dict[str, str]:
        person = self.person
        return {
            "first_name": person.first_name,
            "last_name": person.last_name,
            **birth_fields(person.born),
            "ssn": "" if self.plan.by_dod_id else person.ssn,
            "dod_id": person.dod_id if self.plan.by_dod_id else "",
            "email": person.mailbox,
        }

    def answer_questions(self) -> None:
        """Answer until all answers were right, or until the questions lead on no more."""
        wrong = Slip.FAILED if Slip.FAILED in self.plan.slips else Slip.FORGOTTEN
        attempts = policy.QUIZ_ATTEMPTS if wrong == Slip.FAILED else int(wrong in self.plan.slips)
        for attempt in range(policy.QUIZ_ATTEMPTS):
            if not self.visitor.page.form("action=start"):
                break
            self.send("action=start", action="start")
            self.answer_each(forgets=attempt < attempts)
            if not self.visitor.here.endswith("/questions/"):
                break
            if attempt >= attempts:
                raise UnexpectedError("right answers were not enough")
            self.result.refused[wrong] += 1
        if self.visitor.here.endswith(("/questions/", "/way/")):
            raise OtherWayError

    def answer_each(self, *, forgets: bool) -> None:
        """Answer the questions of one attempt. Who forgets takes another answer for the first one."""
        while self.visitor.here.endswith("/questions/") and (form := self.visitor.page.form("choice")):
            choices = form.choices["choice"]
            known = self.person.answers.get(self.visitor.page.heading, "")
            right = choices.get(known, list(choices.values())[-1])
            others = [value for value in choices.values() if value != right]
            self.send("choice", choice=self.chance.choice(others) if forgets else right)
            forgets = False

    def enter_code(self) -> None:
        """Enter the activation code, from the email or the page."""
        page = self.visitor.page
        code = page.text("activation-code") or self.mailbox.code_for(self.person.mailbox, self.stopped)
        self.slip(Slip.CODE, "code", code=with_wrong_digit(code))
        self.send("code", code=code)

    def choose_credentials(self) -> None:
        """Choose username and password."""
        username, password = self.person.username, self.password
        right = {"username": username, "password": password, "password_again": password}
        weak = self.chance.choice(WEAK_PASSWORDS)
        self.slip(Slip.WEAK, "password_again", **right | {"password": weak, "password_again": weak})
        self.slip(Slip.DIFFERENT, "password_again", **right | {"password_again": f"{password}x"})
        self.slip(Slip.TAKEN, "password_again", **right | {"username": self.taken})
        self.send("password_again", **right)

    def set_up_app(self) -> None:
        """Enter the key that the page shows into an app, and the app's code into the page."""
        text = self.visitor.page.text("authenticator-key").replace(" ", "")
        self.app_key = b32decode(text + "=" * (-len(text) % 8))
        self.give_code(Slip.APP)

    def give_code(self, slip: Slip) -> None:
        """Type the code of the app, which is the next one if the present one was used."""
        self.app_step = max(int(time.time() // policy.TOTP_STEP.total_seconds()), self.app_step + 1)
        code = f"{hotp(self.app_key, self.app_step):06}"
        self.slip(slip, "otp_token", otp_token=with_wrong_digit(code))
        self.send("otp_token", otp_token=code)

    def sign_in(self) -> None:
        """Come back later, on another device."""
        who = {"username": self.person.username}
        self.visitor.get("/sign-in/")
        self.send("consent=yes", consent="yes")
        self.slip(Slip.PASSWORD, "password", **who, password=f"{self.password[:-1]}")
        self.send("password", **who, password=self.password)
        if self.plan.level == Level.PREMIUM:
            self.give_code(Slip.SECOND_STEP)
        if not self.visitor.here.startswith("/portal/"):
            raise UnexpectedError(f"{self.visitor.asked[-1].page} in place of the portal")


ENDS: dict[type[Exception], End] = {
    LeftError: End.LEFT,
    OtherWayError: End.OTHER_WAY,
    NoAnswerError: End.NO_ANSWER,
    TurnedAwayError: End.TURNED_AWAY,
}


def birth_fields(day: date) -> dict[str, str]:
    """Return a date of birth as the page asks for it."""
    return {f"date_of_birth_{part}": str(getattr(day, part)) for part in ("year", "month", "day")}


def with_wrong_digit(text: str) -> str:
    """Return the text with another character at its end. It stays a number if it is one."""
    return text[:-1] + ("4" if text[-1] == "7" else "7")


def misspelled(name: str) -> str:
    """Return the name as somebody types it in a hurry: with one of its letters twice."""
    middle = len(name) // 2
    return name[:middle] + name[middle - 1 :]
