"""The WSGI entry point. It uses production settings unless the environment says otherwise."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dslogon.settings.production")
django.setup(set_prefix=False)

# If the keys do not fit, Gunicorn gives up at once, with the sentence in its log.
from django.db import connection  # noqa: E402

from dslogon.request import Application  # noqa: E402
from safeguards.probe import require_fitting_keys  # noqa: E402

require_fitting_keys()
connection.close()
application = Application()
