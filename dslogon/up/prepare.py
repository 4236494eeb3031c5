"""Migrates the database and, in the demo, fills it once. Prints a persona to try on standard output."""

import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from dslogon.up.errors import say, sentence_for


def main() -> None:
    """Migrate and fill the database. Both steps do nothing if everything is already done.

    Where the site runs as another role (WEB_ROLE), that role gets its rights. Progress goes to standard error.
    """
    django.setup()
    aside = OutputWrapper(sys.stderr)
    try:
        call_command("migrate", interactive=False, verbosity=0)
        if os.environ.get("WEB_ROLE"):
            call_command("grant_web_role", os.environ["WEB_ROLE"], stdout=aside)
        if settings.DEMO:
            call_command("load_population", stdout=aside)
            call_command("load_population", persona=True)
    except OperationalError as error:
        sys.exit(sentence_for(str(error), "The database could not be used:"))
    except (CommandError, ImproperlyConfigured) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    say("Preparing the database ...")
    main()
