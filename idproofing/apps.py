"""Identity proofing as a Django app. Its checks run at every start."""

from django.apps import AppConfig


class IdproofingConfig(AppConfig):
    name = "idproofing"
    verbose_name = "Identity proofing"

    def ready(self) -> None:
        from idproofing import checks  # noqa: F401  registers itself
