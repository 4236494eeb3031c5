"""The Django app of the accounts room."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    """Configuration of the accounts app."""

    name = "accounts"

    def ready(self) -> None:
        # judge.count_success updates `last_login` together with the count of failures, in one UPDATE.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
