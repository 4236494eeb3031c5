"""The hasher of the tests: a fast one, which otherwise works like the site's."""

from django.contrib.auth.hashers import MD5PasswordHasher

from accounts.passwords.hashing import Normalizing


class FastHasher(Normalizing, MD5PasswordHasher):
    """Nothing worth guarding is hashed in a test, so it may be quick."""
