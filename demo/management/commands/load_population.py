"""Fills the demo with the hand-made people, and with as many generated ones as asked for."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from deers.loading.workers import share_work
from demo import generated, population
from demo.invent.figures import store_month
from demo.people import PEOPLE


class Command(BaseCommand):
    help = "Load the invented people. Safe to repeat and to interrupt: those who are there stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--generated", type=int, default=0, metavar="N", help="also load N generated people")
        parser.add_argument("--seed", type=int, default=1, help="who the generated people are")
        parser.add_argument("--persona", action="store_true", help="load nothing, and print one person to try")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["persona"]:
            self.stdout.write(persona())
            return
        store_month(options["seed"])
        missing, more = population.missing(), options["generated"]
        if not missing and not more:
            return
        with tqdm(total=len(missing) + more, desc="Inventing people", unit=" people") as bar:
            with share_work(generated.processes()) as share:
                for loaded in share(population.load_household, population.households_of(missing)):
                    bar.update(loaded)
            generated.enter(more, options["seed"], advance=bar.update)


def persona() -> str:
    """Return two ways to start, in a few lines: an account that is ready, and a person to register as."""
    ready, newcomer = PEOPLE["grace"], PEOPLE["raymond"]
    assert ready.account is not None
    return (
        f"Sign in:   {settings.SITE_ADDRESS}/sign-in/ as {ready.account.username}, "
        f"password {ready.account.password}\n"
        f"           (the authenticator's code, and every other account: {settings.SITE_ADDRESS}/demo/)\n"
        f"Register:  {settings.SITE_ADDRESS}/register/ as {newcomer.name.full}, born {newcomer.born:%B %-d, %Y}, "
        f"SSN {newcomer.ssn}\n"
        f"           (his answers to the questions, and the mail with the code: {settings.SITE_ADDRESS}/demo/)"
    )
