from django.apps import AppConfig


class SafeguardsConfig(AppConfig):
    name = "safeguards"

    def ready(self) -> None:
        from safeguards import checks  # noqa: F401 - importing registers them
