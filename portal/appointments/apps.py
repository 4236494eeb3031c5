from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "portal.appointments"
    label = "appointments"
    verbose_name = "Appointment requests"
