from django.apps import AppConfig


class ToolsConfig(AppConfig):
    name = "portal.tools"
    label = "tools"
    verbose_name = "Health tools"
