"""The public help as a Django app. Its checks hold that no article contradicts the site."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from support import checks  # noqa: F401 - importing registers them

        post_migrate.connect(after_migrate, sender=self)


def after_migrate(using: str, **kwargs: Any) -> None:
    """Bring the search of the help center up to date, if its texts have changed."""
    from support.index import fill_index

    if using == "default":
        fill_index()
