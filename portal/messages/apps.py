"""The Django app of the secure messages. "messages" alone is the name of one of Django's own."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "portal.messages"
    label = "secure_messages"
    verbose_name = "Secure messages"
