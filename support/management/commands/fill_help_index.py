"""Bring the search of the help center up to date. Migrating does it too."""

from typing import Any

from django.core.management.base import BaseCommand

from support.index import fill_index


class Command(BaseCommand):
    help = "Write the search index of the help articles and guides whose texts have changed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Changed: {fill_index()}")
