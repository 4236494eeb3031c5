from django.apps import AppConfig


class MedicationsConfig(AppConfig):
    name = "portal.medications"
    label = "medications"
    verbose_name = "Refills and renewals"
