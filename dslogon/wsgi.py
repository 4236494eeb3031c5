"""The WSGI entry point. It uses production settings unless the environment says otherwise."""

import os
from contextlib import suppress

from dslogon.start import refuse_in_a_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dslogon.settings.production")

with refuse_in_a_sentence():
    import django

    django.setup(set_prefix=False)

    from django.db import OperationalError

    from dslogon.request import Application
    from dslogon.static_files import require_assets
    from safeguards import metrics, readiness, standby
    from safeguards.lookout import impatient_connection
    from safeguards.postgres import limit_statements
    from safeguards.probe import require_fitting_keys

    require_assets()
    limit_statements()
    # A database that does not answer keeps nothing from starting: the probes tell.
    with suppress(OperationalError), impatient_connection():
        require_fitting_keys()
    readiness.watch()
    standby.watch()
    metrics.serve()
    application = Application()
