"""What is said of one kind of second factor: the module of each kind says it, and factors.py lists the kinds."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django_otp.models import Device


@dataclass(frozen=True)
class Kind:
    """A kind of second factor that an account can hold several of, each under a name of its own.

    `slug` is its word in addresses and templates, `model` its rows. `title`, `indefinite` and `plural` are what pages
    call it: "Passkey", "a passkey", "passkeys". `most` is how many an account may have (own), `added_at` the name of
    the address that sets one up. `removed` is the event that its removal leaves. `used` is the event that its use after
    the password leaves, "" where that of the sign-in is enough.
    """

    slug: str
    model: type[Device]
    title: str | Promise
    indefinite: str | Promise
    plural: str | Promise
    most: int
    added_at: str
    removed: str
    used: str = ""

    @property
    def flag(self) -> str:
        """Return the name under which a query notes that an account has one: see factors.account_with_kinds."""
        return f"has_{self.slug}"

    @property
    def is_held(self) -> str:
        """Return SQL that tells whether the account of a row of accounts_account has one (rows.first)."""
        return f'EXISTS (SELECT FROM "{self.model._meta.db_table}" WHERE confirmed AND user_id = accounts_account.id)'
