"""`make bench`: prepares two sites on databases of their own, measures, prints one table, and removes them again."""

import argparse
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import django
import psycopg

from dslogon.up.trouble import tell

GENERATED_PEOPLE = 300
ACCOUNTS = 5000
KEYS = ("sign-in", "sign-in-page", "wizard", "dashboard")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="How fast the site is, beside its measures.")
    parser.add_argument("--seconds", type=float, default=30, help="for each comparison (default: 30)")
    parser.add_argument("--only", choices=KEYS, action="append", help="this comparison alone; may be repeated")
    return parser.parse_args()


@contextmanager
def databases(server: str) -> Iterator[tuple[str, str]]:
    """The addresses of two fresh databases on a server, dropped at the end: ours, and django-allauth's."""
    names = [f"bench_{kind}_{os.getpid()}" for kind in ("dslogon", "allauth")]
    with psycopg.connect(server, autocommit=True) as admin:
        try:
            for name in names:
                admin.execute(f"CREATE DATABASE {name}")
            ours, allauth = (urlsplit(server)._replace(path=f"/{name}").geturl() for name in names)
            yield ours, allauth
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def main() -> None:
    wanted = arguments()
    cores = sorted(os.sched_getaffinity(0))
    with databases(os.environ["DATABASE_URL"]) as (ours, allauth):
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DATABASE_URL": ours,
            "ALLAUTH_DATABASE_URL": allauth,
        }
        django.setup()
        logging.disable(logging.INFO)
        print_table(wanted, ours, allauth, cores)


def print_table(wanted: argparse.Namespace, ours: str, allauth: str, cores: list[int]) -> None:
    # These need the settings that main has just chosen.
    from bench import counts, measure, pages, people, site, table

    tell("Filling the databases ...")
    people.fill(GENERATED_PEOPLE, ACCOUNTS)
    of_allauth = {"DJANGO_SETTINGS_MODULE": "bench.allauth_site", "DATABASE_URL": allauth}
    filling = [sys.executable, "-m", "bench.allauth_people", str(ACCOUNTS)]
    member = subprocess.run(filling, env=os.environ | of_allauth, check=True, stdout=subprocess.PIPE, text=True)
    all_four = pages.comparisons(ACCOUNTS, people.begun_registration(), people.graces_session(), member.stdout.strip())
    # Sites on the first core and we on the last: what we need is then not counted as theirs.
    os.sched_setaffinity(0, cores[:1])
    plain = "django.core.wsgi:get_wsgi_application()"
    with site.serving("dslogon", {}) as dslogon, site.serving("allauth", of_allauth, plain) as other:
        os.sched_setaffinity(0, cores[-1:])
        print(table.HEADING, flush=True)
        for compared in all_four:
            if wanted.only and compared.key not in wanted.only:
                continue
            tell(f"Measuring {compared.key} for {wanted.seconds:g} s ...")
            counted = counts.counted(compared.page)
            of_measure = None if compared.measure.of_allauth else counts.counted(compared.measure)
            beside = (other if compared.measure.of_allauth else dslogon, compared.measure)
            measured = measure.compare((dslogon, compared.page), beside, wanted.seconds)
            print(*table.rows(compared, measured, counted, of_measure), sep="\n", flush=True)


if __name__ == "__main__":
    main()
