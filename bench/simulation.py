"""Applicants come to a site, so many at once. It is a site of their own on a throw-away database, or one that runs."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from itertools import count, islice
from random import Random

import psutil
import psycopg
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Account, RegistrationDraft, State
from bench.applicants import Applicant, Mailbox, Result, Somebody
from bench.databases import database
from bench.knee import Step, Work
from bench.people import basic_account
from bench.site import serving
from bench.slips import End, Plan
from bench.visitor import UUID, Visitor
from deers import lookup
from deers.models import LegalName
from deers.registry import Match, PersonQuery
from demo import generated
from demo.invent.families import FIRST_DOD_ID
from demo.models import SentMail
from dslogon.up import assets, serve
from dslogon.up.errors import say
from idproofing.models import Fact, Quiz
from idproofing.questions import word_question

PROCESSES = 2
SHARE_THAT_MAY_REGISTER = 0.4
"""How many of 1 generated people may register at least: the others are children, dead or not covered."""
MAIL_LOOKED_FOR_EVERY = 0.05
FIRST_ADDRESS = int(IPv4Address("127.1.0.1"))
"""Each applicant has an address of their own, or the limits of an address would stop them."""


@contextmanager
def throwaway_site(people: int, seed: int) -> Iterator[tuple[str, Callable[[], Work | None]]]:
    """Yield the address of a site that ends with the block, and what tells its processor time until now.

    So many of its invented people may register. Meanwhile, this process uses the site's database. The site has all
    cores but the last one, which is ours.
    """
    assets.fetch()
    assets.collect()
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as running:
        running.enter_context(within(running.enter_context(database(os.environ["DATABASE_URL"], "simulate"))))
        say("Filling the database ...")
        call_command("migrate", verbosity=0)
        generated.enter(int(people / SHARE_THAT_MAY_REGISTER) + 1, seed, records=False)
        running.callback(os.sched_setaffinity, 0, cores)
        os.sched_setaffinity(0, cores[:-1] or cores)
        site = running.enter_context(serving("simulate", {}, workers=PROCESSES))
        running.enter_context(serve.child("simulate-worker", serve.WORKER, os.environ, orphan="KILL"))
        os.sched_setaffinity(0, cores[-1:])
        yield f"http://localhost:{site.port}", lambda: work_of(site.database)


@contextmanager
def within(url: str) -> Iterator[None]:
    """Let this process and all that it starts use another database for the length of the block."""
    usual = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    connection.close()
    os.environ["DATABASE_URL"] = url
    connection.settings_dict["NAME"] = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    try:
        yield
    finally:
        connection.close()
        os.environ["DATABASE_URL"], connection.settings_dict["NAME"] = usual


def work_of(database: psycopg.Connection) -> Work | None:
    """Return the processor time of all processes that we have started, and of PostgreSQL if it is on this machine."""
    try:
        server = psutil.Process(database.info.backend_pid).parent()
        if server is None or not server.name().startswith("postgres"):
            return None
        return Work(sum(map(spent, psutil.Process().children())), spent(server))
    except psutil.Error:
        return None


def spent(root: psutil.Process) -> float:
    """Return the seconds of processor time of a process and of all that it started, those that ended included."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        with process.oneshot():
            times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def serves_our_database(site: str) -> bool:
    """Return whether a registration that begins at the site is one in this process's database."""
    visitor = Visitor(site, str(IPv4Address(FIRST_ADDRESS - 1)))
    visitor.get("/register/")
    visitor.send("level", level="1")
    visitor.send("route", route="questions")
    begun = UUID.search(visitor.here)
    return begun is not None and RegistrationDraft.objects.filter(pk=begun[0]).exists()


def choose_people(number: int, chance: Random) -> list[Somebody]:
    """Return generated people who may register and have not tried yet. They are fewer if there are no more."""
    names = LegalName.objects.filter(until=None, person__gte=str(FIRST_DOD_ID)).select_related("person")
    names = names.exclude(person__in=Account.objects.filter(dod_id__isnull=False).values("dod_id"))
    untried = list(names.exclude(person__in=Quiz.objects.values("dod_id")).order_by("person"))
    chance.shuffle(untried)
    chosen = list(islice(filter(may_register, untried), number))
    answers: dict[str, dict[str, str]] = {name.person.pk: {} for name in chosen}
    for fact in Fact.objects.filter(dod_id__in=answers):
        prompt, answer = word_question(fact)
        answers[fact.dod_id][prompt] = answer
    return [
        Somebody(person.pk, name.first, name.last, person.date_of_birth, person.ssn, answers[person.pk])
        for name in chosen
        for person in [name.person]
    ]


def may_register(name: LegalName) -> bool:
    """Return whether DEERS matches the person by what they are going to type."""
    person = name.person
    typed = PersonQuery(name.first, "", name.last, "", person.date_of_birth, dod_id=person.pk)
    return isinstance(lookup.find_person(typed), Match)


def open_account(person: Somebody) -> str:
    """Open an account for somebody who has one already when they come, and return its username."""
    account = basic_account(int(person.dod_id))
    account.username, account.email = person.username, person.mailbox
    account.save(force_insert=True)
    return account.username


@contextmanager
def sorting(mailbox: Mailbox) -> Iterator[None]:
    """Hand out the mail that the demo keeps, as it comes, for the length of the block."""
    over, begun = threading.Event(), timezone.now()

    def sort() -> None:
        while not over.wait(MAIL_LOOKED_FOR_EVERY):
            with mailbox.changed:
                awaited = list(mailbox.awaited)
            if awaited:
                letters = SentMail.objects.filter(to__in=awaited, sent_at__gte=begun).order_by("sent_at")
                mailbox.arrived(letters.values_list("to", "text"))
        connection.close()

    sorter = threading.Thread(target=sort)
    sorter.start()
    try:
        yield
    finally:
        over.set()
        sorter.join()


class Run:
    """All steps of one run over a site. `taken` is a username that somebody has. `work` tells the processor time."""

    def __init__(self, site: str, taken: str, seed: int, work: Callable[[], Work | None] = lambda: None) -> None:
        self.site, self.taken, self.seed, self.work = site, taken, seed, work
        self.mailbox, self.stopped, self.numbers = Mailbox(), threading.Event(), count()

    def measure(self, at_once: int, coming: Sequence[tuple[Somebody, Plan]]) -> Step:
        """Let people come, always so many at once, and return what was measured.

        Ctrl-C ends it at the next page of each of them, and sets `stopped`.
        """
        applicants = [self.applicant(person, plan) for person, plan in coming]
        before, began = self.work(), time.perf_counter()
        results = []
        with (
            ThreadPoolExecutor(at_once) as pool,
            tqdm(total=len(coming), desc=f"{at_once} at once", unit=" people", leave=False) as bar,
        ):
            applying = [pool.submit(one.apply) for one in applicants]
            try:
                for done in as_completed(applying):
                    results.append(done.result())
                    bar.update()
            except KeyboardInterrupt:
                self.stopped.set()
                pool.shutdown(cancel_futures=True)
                results = [one.result() for one in applying if not one.cancelled()]
        seconds, after = time.perf_counter() - began, self.work()
        return Step(at_once, seconds, results, after - before if before and after else None)

    def applicant(self, person: Somebody, plan: Plan) -> Applicant:
        number = next(self.numbers)
        address, chance = str(IPv4Address(FIRST_ADDRESS + number)), Random(f"{self.seed} {number}")
        return Applicant(self.site, address, person, plan, chance, self.mailbox, self.taken, self.stopped)


def holders() -> set[str]:
    """Return the DoD ID numbers of all who have an account."""
    return set(numbers_of_accounts())


def numbers_of_accounts() -> Iterator[str]:
    """Yield the DoD ID number of each account that is not closed."""
    accounts = Account.objects.filter(dod_id__isnull=False).exclude(state=State.CLOSED)
    yield from filter(None, accounts.values_list("dod_id", flat=True))


def check_accounts(results: Iterable[Result], before: set[str]) -> list[str]:
    """Return a sentence for each way in which accounts are not as people were told.

    `before` are the DoD ID numbers that had an account already. Who got no answer may have an account or not.
    """
    results = list(results)
    told = {result.dod_id for result in results if result.told}
    unsure = {result.dod_id for result in results if result.end == End.NO_ANSWER} - told
    now = Counter(numbers_of_accounts())
    usernames = Account.objects.filter(dod_id__in=told).values_list("dod_id", "username")
    found: dict[str, Collection[str | None]] = {
        "were told that their account is open, and have none": told - now.keys(),
        "have more than one account": {dod_id for dod_id, number in now.items() if number > 1},
        "have an account under another username": {one for one, name in usernames if name != f"p{one}"},
        "have an account and were not told": now.keys() - told - unsure - before,
        "had an account and have it no more": before - now.keys(),
    }
    return [f"{len(people)} {what}." for what, people in found.items() if people]
