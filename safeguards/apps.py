"""The safeguards as a Django app. Its checks run at every start."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SafeguardsConfig(AppConfig):
    name = "safeguards"

    def ready(self) -> None:
        from safeguards import checks  # noqa: F401 - importing registers them

        post_migrate.connect(after_migrate, sender=self)


def after_migrate(using: str, **kwargs: Any) -> None:
    """Record which keys the database is written with, or check that they fit.

    The first migrate records them, and each later one checks.
    """
    from safeguards.probe import require_fitting_keys

    if using == "default":
        require_fitting_keys()
