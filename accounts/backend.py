"""Who `request.user` is: the account of the session, as long as it is active."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import Account
from safeguards import rows


class AccountBackend(ModelBackend):
    """Reads the account of a session. Passwords are judged by accounts/sign_in/judge.py; `authenticate` says None."""

    def authenticate(self, request: object, **credentials: object) -> None:  # type: ignore[override]
        return None

    def get_user(self, user_id: int) -> Account | None:
        account = rows.first(Account, "id = %s", [user_id])
        return account if account and account.is_active else None
