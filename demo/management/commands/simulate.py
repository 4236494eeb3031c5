"""Applicants with realistic errors, more and more at once, through the site as it stands. It finds the site's knee.

It is a command of the demo, so that it is none where people are real. What it measures with stands in bench/.
"""

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bench import knee, simulation
from bench.applicants import Result, Somebody
from bench.knee import Step, Work
from bench.slips import Plan, draw_plan
from bench.visitor import NoAnswerError, TurnedAwayError, UnexpectedError
from deers import lookup
from deers.models import Person
from demo.invent.families import FIRST_DOD_ID

KEPT = "demo.mail.KeepingBackend"
AT_ONCE = (1, 2, 4, 8, 16, 32)
A_PLACE = 4
"""How many applicants each place gets at least, so that the first and the last of them weigh little: own."""
WARM_UP = 2
"""How many come before anything is measured, because the first ones wait for templates and connections: own."""
MORE_PEOPLE = 3
"""How many generated people to ask for, for each who is missing: more than every third may register."""


def numbers(text: str) -> list[int]:
    """Return how many come at once, step by step. The first step is one alone, which the others are compared with."""
    try:
        found = sorted({1, *map(int, text.split(","))})
    except ValueError:
        raise ArgumentTypeError("numbers with commas between them, such as 1,2,4") from None
    if found[0] < 1 or found[-1] > 1000:
        raise ArgumentTypeError("numbers from 1 to 1000")
    return found


class Command(BaseCommand):
    help = (
        "Let invented applicants register and sign in, with the errors that people make, more and more at once until "
        "the site does no more of them. Without --site it starts one of its own on a throw-away database. Ctrl-C ends "
        "it and prints what was measured until then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=40, help="at least how many for each number at once")
        parser.add_argument("--at-once", type=numbers, default=list(AT_ONCE), help="such as 1,2,4,8")
        parser.add_argument("--seed", type=int, default=1, help="who comes and what they do")
        parser.add_argument("--site", help="a site of this machine that runs on the same database")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_real_people()
        if settings.EMAIL_BACKEND != KEPT:
            raise CommandError("Mail leaves this site, so no applicant would get a code: unset EMAIL_URL.")
        if options["people"] < 1:
            raise CommandError("--people is how many come in each step: at least 1.")
        try:
            self.simulate(options)
        except KeyboardInterrupt:
            raise CommandError("Interrupted before anything was measured.", returncode=130) from None
        except (NoAnswerError, TurnedAwayError, UnexpectedError):
            raise CommandError("The site does not answer as DS Logon does.") from None

    def simulate(self, options: dict[str, Any]) -> None:
        chance = Random(options["seed"])  # noqa: S311 - nothing secret
        sizes = {at_once: max(options["people"], A_PLACE * at_once) for at_once in options["at_once"]}
        plans = [draw_plan(chance) for _ in range(WARM_UP + sum(sizes.values()) + max(sizes.values()))]
        with site_of(options["site"], len(plans) + 1, options["seed"]) as (site, work):
            everybody = choose(len(plans) + 1, chance)
            taken = simulation.open_account(everybody.pop())
            coming = list(zip(everybody, plans, strict=True))
            for person, plan in coming:
                if plan.has_account:
                    simulation.open_account(person)
            before = simulation.holders()
            run = simulation.Run(site, taken, options["seed"], work)
            steps, others = self.climb(run, sizes, coming)
            results = [result for step in (*steps, *others) for result in step.results]
            problems = simulation.check_accounts(results, before)
        self.tell(steps, results)
        odd = sum(bool(result.unexpected) for result in results)
        if odd:
            problems.append(f"{odd} met what should not happen: the lines above say what.")
        if problems:
            raise CommandError(" ".join(problems))
        told = sum(result.told for result in results)
        self.print(f"Each of the {told} who were told that their account is open has one, and nobody else does.")
        if run.stopped.is_set():
            raise CommandError("Interrupted.", returncode=130)

    def climb(
        self, run: simulation.Run, sizes: dict[int, int], coming: list[tuple[Somebody, Plan]]
    ) -> tuple[list[Step], list[Step]]:
        """Measure one step after the other, up to the first one past the knee, which is measured twice.

        Return them, and the steps that do not count: the one to warm up, the worse one of the two, and one that was
        interrupted.
        """
        left, steps = iter(coming), list[Step]()
        with simulation.sorting(run.mailbox):
            others = [run.measure(WARM_UP, list(islice(left, WARM_UP)))]
            self.print(knee.HEADING)
            for at_once, size in sizes.items():
                if run.stopped.is_set() or knee.find_knee(steps):
                    break
                measured = [self.measure(run, at_once, islice(left, size), steps)]
                if knee.find_knee([*steps, *measured]) and not run.stopped.is_set():
                    # Or something else on the machine was in its way.
                    measured.append(self.measure(run, at_once, islice(left, size), steps))
                best = max(measured, key=lambda step: step.rate)
                others += measured if run.stopped.is_set() else [step for step in measured if step is not best]
                steps += [] if run.stopped.is_set() else [best]
        return steps, others

    def measure(
        self, run: simulation.Run, at_once: int, coming: Iterator[tuple[Somebody, Plan]], steps: list[Step]
    ) -> Step:
        """Measure one step after others, and print its line."""
        step = run.measure(at_once, list(coming))
        self.print(knee.row(step, (*steps, step)[0]))
        return step

    def tell(self, steps: list[Step], results: list[Result]) -> None:
        """Print what the pages took, what came of everybody, and where the knee is."""
        if steps:
            self.print("", *knee.page_rows(steps[0], knee.find_knee(steps) or steps[-1]))
        self.print("", *knee.counted_rows(results), "", knee.sentence(steps))

    def print(self, *lines: str) -> None:
        self.stdout.write("\n".join(lines))


def refuse_real_people() -> None:
    """Raise CommandError where people may be real. It is the demo that keeps mail, and the mock that invents people."""
    if not settings.DEMO or not lookup.mock_serves():
        raise CommandError("The people of this site may be real, so nobody is simulated here: it needs the demo.")


@contextmanager
def site_of(given: str | None, people: int, seed: int) -> Iterator[tuple[str, Callable[[], Work | None]]]:
    """Yield the address of the site that is given, or of one with so many people who may register, and its work."""
    if given is None:
        with simulation.throwaway_site(people, seed) as own:
            yield own
        return
    if urlsplit(given).scheme != "http" or urlsplit(given).hostname not in ("localhost", "127.0.0.1"):
        raise CommandError("--site is a site of this machine, such as http://localhost:8000.")
    if not simulation.serves_our_database(given):
        raise CommandError("That site uses another database than this command.")
    yield given, lambda: None


def choose(number: int, chance: Random) -> list[Somebody]:
    """Return so many people who may register. Raise CommandError if there are fewer."""
    people = simulation.choose_people(number, chance)
    if len(people) < number:
        missing = number - len(people)
        there = Person.objects.filter(pk__gte=str(FIRST_DOD_ID)).count() + MORE_PEOPLE * missing
        raise CommandError(
            f"{missing} people who may register are missing: run `manage.py generate_population {there}` first."
        )
    return people
