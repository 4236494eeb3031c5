"""`python -m bench.portal [pages]`: the tables of bench/records.py and bench/record_pages.py, or only of the latter.

They are in a database of their own on the server of DATABASE_URL.
"""

import logging
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

        from bench import record_pages, records  # need the settings that were just chosen

        logging.disable(logging.WARNING)
        try:
            for part in (record_pages,) if "pages" in sys.argv[1:] else (records, record_pages):
                for line in part.verdicts():
                    print(line, flush=True)
        finally:
            connections.close_all()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
