"""Procrastinate's own command, but it starts no worker whose keys do not fit the database."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import connection
from procrastinate.contrib.django.management.commands import procrastinate

from safeguards.probe import require_fitting_keys


class Command(procrastinate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] == "worker":
            try:
                require_fitting_keys()
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from None
            connection.close()
        super().handle(*args, **options)
