#!/usr/bin/env python
"""Django's command line for DS Logon. Without DJANGO_SETTINGS_MODULE it works on the local site."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dslogon.settings.local")
    from django.core.management import execute_from_command_line

    from dslogon.start import refuse_in_a_sentence

    with refuse_in_a_sentence():
        execute_from_command_line(sys.argv)
