"""The Django app of the figures, which keeps what was counted."""

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "service_center.figures"
    label = "figures"
    verbose_name = "Figures"
