"""`python -m bench.registry`: the table of bench/deers.py, in a database of its own on the server of DATABASE_URL."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import django
import psycopg


@contextmanager
def database(server: str) -> Iterator[str]:
    """The address of a fresh database on a server, dropped at the end."""
    name = f"bench_deers_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        try:
            admin.execute(f"CREATE DATABASE {name}")
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.registry", description="The registry at size.")
    parser.add_argument("--people", type=int, default=100_000, help="the most: 10000, 100000, 1000000 or 10000000")
    wanted = parser.parse_args()
    with database(os.environ["DATABASE_URL"]) as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": url}
        django.setup()
        from bench import deers  # needs the settings that were just chosen

        deers.main(wanted.people)


if __name__ == "__main__":
    main()
