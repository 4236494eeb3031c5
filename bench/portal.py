"""`python -m bench.portal`: the table of bench/records.py, in a database of its own on the server of DATABASE_URL."""

import os
import subprocess
import sys

import django

from bench.databases import database


def main() -> None:
    with database(os.environ["DATABASE_URL"], "portal") as ours:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": ours}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True)
        django.setup()
        from django.db import connections

        from bench import records  # needs the settings that were just chosen

        try:
            for line in records.verdicts():
                print(line, flush=True)
        finally:
            connections.close_all()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
