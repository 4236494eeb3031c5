"""The properties of one kind of second factor. The module of each kind sets them, and factors.py lists the kinds."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django_otp.models import Device


@dataclass(frozen=True)
class Kind:
    """A kind of second factor. An account can have several factors of one kind, each with its own name.

    `slug` is the kind's word in URLs and templates, `model` its rows. `title`, `indefinite` and `plural` are what pages
    call it: "Passkey", "a passkey", "passkeys". `most` is how many an account may have (our own number). `added_at` is
    the name of the URL that sets one up. `removed` is the event recorded when one is removed. `used` is the event
    recorded when one is used after the password; "" if the event of the sign-in is enough.
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
        """Return the name under which a query notes that an account has this kind (factors.account_with_kinds)."""
        return f"has_{self.slug}"

    @property
    def is_held(self) -> str:
        """Return SQL that tells whether the account in a row of accounts_account has this kind (rows.first)."""
        return f'EXISTS (SELECT FROM "{self.model._meta.db_table}" WHERE confirmed AND user_id = accounts_account.id)'
