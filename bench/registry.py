"""`python -m bench.registry`: the table of bench/deers.py, in its own databases on the server of DATABASE_URL."""

import argparse
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import psycopg

from bench.databases import database
from dslogon.up.tests import KEPT


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.registry", description="The registry at size.")
    parser.add_argument("--people", type=int, default=100_000, help="the most: 10000, 100000, 1000000 or 10000000")
    parser.add_argument("--keep", action="store_true", help="databases and figures, and go on from those that are kept")
    wanted = parser.parse_args()
    server = os.environ["DATABASE_URL"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with (
        nullcontext(KEPT) if wanted.keep else TemporaryDirectory() as folder,
        database(server, "deers_small", keep=wanted.keep) as small,
    ):
        migrating = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrating, env=os.environ | {"DATABASE_URL": small}, check=True)
        template = psycopg.conninfo.conninfo_to_dict(small)["dbname"]
        with database(server, "deers", template, keep=wanted.keep) as large:
            os.environ |= {"DATABASE_URL": large, "SMALL_DATABASE_URL": small}
            django.setup()
            from bench import deers  # needs the settings that were just chosen

            deers.main(wanted.people, Path(folder))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
