from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "support.chat"
    label = "chat"
    verbose_name = "Chat"
