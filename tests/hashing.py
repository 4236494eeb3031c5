"""The hasher of the tests: fast, and otherwise as the site's."""

from django.contrib.auth.hashers import MD5PasswordHasher

from accounts.passwords.hashing import Normalising


class FastHasher(Normalising, MD5PasswordHasher):
    """Nothing worth guarding is hashed in a test, so it may be quick."""
