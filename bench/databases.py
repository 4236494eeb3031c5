"""Temporary databases on the server that is measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg


@contextmanager
def database(server: str, kind: str, template: str = "template1", *, keep: bool = False) -> Iterator[str]:
    """Yield the address of a new database on a server, and drop the database at the end.

    It is a copy of `template`, which no one may be using. With `keep`, it stays and is used again the next time.
    """
    name = f"bench_{kind}" if keep else f"bench_{kind}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        try:
            if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
                admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            if not keep:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
