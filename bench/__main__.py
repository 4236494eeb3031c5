"""`make bench`: prepares two sites on their own databases, measures, prints one table, and removes the sites again."""

import argparse
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import django
import psycopg

from bench import history
from bench.databases import database
from dslogon.up import serve
from dslogon.up.errors import say

if TYPE_CHECKING:
    from bench.pages import Comparison

GENERATED_PEOPLE = 300
ACCOUNTS = 5000
HOLDERS = 10_000
MILLION = 1_000_000
REGISTRY = "registry"
PORTAL, PORTAL_PAGES = "portal", "portal-pages"
CHATS, DESK, SERVERS, SIZES = "chats", "desk", "servers", "sizes"
WIZARD = ("wizard-start", "wizard-details", "wizard-code")
KEYS = (
    "sign-in",
    "sign-in-factor",
    "sign-in-wrong",
    "sign-in-page",
    *WIZARD,
    "dashboard",
    "message",
    REGISTRY,
    PORTAL,
    PORTAL_PAGES,
    CHATS,
    DESK,
    SERVERS,
    SIZES,
)
SITES = {"allauth": "bench.allauth_front:site", "dslogon": "dslogon.web.front:site"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="How fast the site is, beside its measures.")
    parser.add_argument("--seconds", type=float, default=30, help="for each comparison (default: 30)")
    parser.add_argument("--only", choices=KEYS, action="append", help="this comparison alone; may be repeated")
    parser.add_argument("--million", action="store_true", help="only signing in with a million accounts: takes longer")
    parser.add_argument(
        "--people",
        type=int,
        default=100_000,
        help="how large the registry, and the desk's tables, grow (default: 100000)",
    )
    parser.add_argument("--history", action="store_true", help="measure nothing, and print what earlier runs had")
    parser.add_argument("--keep", action="store_true", help="the registry in var/bench, and go on from what is there")
    return parser.parse_args()


def main() -> None:
    wanted = arguments()
    if wanted.history:
        print(*history.table(), sep="\n")
        return
    history.began()  # for all processes of this run
    server = os.environ["DATABASE_URL"]
    if not wanted.only or set(wanted.only) - {REGISTRY, PORTAL, PORTAL_PAGES, CHATS, DESK, SERVERS, SIZES}:
        the_site(server, wanted)
    if not wanted.million and REGISTRY in (wanted.only or KEYS):
        say(f"Measuring the registry up to {wanted.people:,} people ...")
        # In a process of its own, because it has other settings.
        measuring = [sys.executable, "-m", "bench.registry", "--people", str(wanted.people)]
        subprocess.run([*measuring, "--keep"] if wanted.keep else measuring, check=True)
    if not wanted.million and {PORTAL, PORTAL_PAGES} & set(wanted.only or KEYS):
        say("Measuring health records ...")
        only = [] if PORTAL in (wanted.only or KEYS) else ["pages"]
        subprocess.run([sys.executable, "-m", "bench.portal", *only], check=True)
    if not wanted.million and CHATS in (wanted.only or KEYS):
        say("Measuring 500 open chats ...")
        subprocess.run([sys.executable, "-m", "bench.chats", str(wanted.seconds)], check=True)
    if not wanted.million and DESK in (wanted.only or KEYS):
        say(f"Measuring the desk among {wanted.people:,} accounts ...")
        subprocess.run([sys.executable, "-m", "bench.desk", "--accounts", str(wanted.people)], check=True)
    # Only if asked for: each rival keeps half a minute waiting, and bytes are no speed.
    if SERVERS in (wanted.only or ()):
        say("Measuring web servers among slow, many and rude clients ...")
        subprocess.run([sys.executable, "-m", "bench.servers", str(wanted.seconds)], check=True)
    if SIZES in (wanted.only or ()):
        subprocess.run([sys.executable, "-m", "bench.sizes"], check=True)


def the_site(server: str, wanted: argparse.Namespace) -> None:
    """Measure everything except the registry."""
    usual = dict(os.environ)
    with database(server, "dslogon") as ours:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": ours}
        django.setup()
        logging.disable(logging.INFO)
        # The modules of bench need the settings that were chosen here.
        from bench import people

        say("Filling the databases ...")
        people.fill(GENERATED_PEOPLE, ACCOUNTS, HOLDERS)
        if wanted.million:
            million(server, wanted.seconds)
        else:
            everything_else(server, wanted)
    os.environ.update(usual)


def everything_else(server: str, wanted: argparse.Namespace) -> None:
    """Measure all comparisons except the one with a million accounts."""
    from bench import pages, people

    with database(server, "allauth") as allauth:
        env = {"DJANGO_SETTINGS_MODULE": "bench.allauth_site", "DATABASE_URL": allauth, "ALLAUTH_DATABASE_URL": allauth}
        filling = [sys.executable, "-m", "bench.allauth_people", str(ACCOUNTS)]
        member = subprocess.run(filling, env=os.environ | env, check=True, stdout=subprocess.PIPE, text=True)
        draft, session = people.begun_registration(), people.graces_session()
        allauths, team = member.stdout.strip(), people.graces_care_team()
        compared = pages.comparisons(ACCOUNTS, HOLDERS, draft, session, allauths, team)
        print_table([each for each in compared if each.key in (wanted.only or KEYS)], {"allauth": env}, wanted.seconds)


def million(server: str, seconds: float) -> None:
    """Measure signing in with a million accounts, compared with HOLDERS accounts.

    Also print the indexes by which the million accounts are searched.
    """
    from django.db import connections

    from bench import counts, pages, people, plans, table

    connections.close_all()
    with database(server, "million", template=connections["default"].settings_dict["NAME"]) as many:
        with psycopg.connect(many, autocommit=True) as filling:
            people.add_holders(filling, range(HOLDERS, MILLION))
        print_table([pages.at_a_million(HOLDERS, MILLION)], {"million": {"DATABASE_URL": many}}, seconds)
        asked = counts.statements(pages.with_factor(people.holders(HOLDERS)))
        with psycopg.connect(many, autocommit=True) as looking:
            print(table.searched(plans.found(asked, lambda explain: looking.execute(explain).fetchone()[0])))


def print_table(compared: list["Comparison"], others: Mapping[str, Mapping[str, str]], seconds: float) -> None:
    """Serve our site and the `others`, given by their environments, and measure."""
    from bench import counts, measure, site, table

    # The sites run on the first core and we on the last, so that our own work is not counted as theirs.
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    with ExitStack() as serving:
        sites = {
            name: serving.enter_context(site.serving(name, env, [*serve.WEB, SITES[name]]))
            for name, env in {"dslogon": {}, **others}.items()
        }
        os.sched_setaffinity(0, cores[-1:])
        print(table.HEADING, flush=True)
        for each in compared:
            say(f"Measuring {each.key} for {seconds:g} s ...")
            pair = (each.page, each.measure)
            ours, theirs = (counts.counted(page) if page.site == "dslogon" else None for page in pair)
            measured = measure.compare(*((sites[page.site], page) for page in pair), seconds, alone=each.is_alone)
            print(*table.rows(each, measured, ours, theirs), sep="\n", flush=True)
    os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
