"""The authentication backend: `request.user` is the session's account as long as it is active."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import Account
from safeguards import rows


class AccountBackend(ModelBackend):
    """Load the account of a session.

    accounts/sign_in/judge.py judges passwords, so `authenticate` returns None.
    """

    def authenticate(self, request: object, **credentials: object) -> None:  # type: ignore[override]
        return None

    def get_user(self, user_id: int) -> Account | None:
        account = rows.first(Account, "id = %s", [user_id])
        return account if account and account.is_active else None
