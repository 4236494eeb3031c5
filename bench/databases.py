"""Databases for a while, on the server that is measured on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg


@contextmanager
def database(server: str, kind: str, template: str = "template1") -> Iterator[str]:
    """The address of a fresh database on a server, dropped at the end; a copy of `template`, in use by nobody."""
    name = f"bench_{kind}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        try:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
