"""How passwords are hashed and which are refused."""

from itertools import pairwise

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError

from dslogon import policy


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id at RFC 9106's second recommended choice; an older setting is rehashed at sign-in."""

    time_cost = policy.ARGON2_PASSES
    memory_cost = policy.ARGON2_MEMORY_KIB
    parallelism = policy.ARGON2_LANES


class MaximumLengthValidator:
    """No more than 128 characters, so that a password cannot be used to keep the hasher busy."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > policy.PASSWORD_MAX_LENGTH:
            raise ValidationError(
                f"Your password is too long. Use at most {policy.PASSWORD_MAX_LENGTH} characters.", code="too_long"
            )

    def get_help_text(self) -> str:
        return f"At most {policy.PASSWORD_MAX_LENGTH} characters."


class PatternValidator:
    """Not one piece over and over ("passwordpassword") and no row of neighbors ("abcdefghijklmno"), 63B's examples.

    Lists of common passwords are of short ones; these are how short ones are made long.
    """

    def validate(self, password: str, user: object = None) -> None:
        text = password.lower()
        repeats = any(text.startswith(text[piece:]) for piece in range(1, len(text) * 2 // 3 + 1))
        distances = {ord(after) - ord(before) for before, after in pairwise(text)}
        if repeats or distances in ({1}, {-1}):
            raise ValidationError(
                "Your password repeats itself or is a row of neighbors. Use several different words.", code="pattern"
            )

    def get_help_text(self) -> str:
        return "Not one piece over and over, and no row such as 12345."


class OwnWordsValidator:
    """Not the person's own names, username or email, and not the words of this service (63B; ASVS 6.2.4)."""

    def validate(self, password: str, user: object = None) -> None:
        lowered = password.lower()
        for word in (*policy.SERVICE_WORDS, *own_words(user)):
            if word in lowered:
                raise ValidationError(
                    "Your password holds your name, username, email or a word of this service. Leave it out.",
                    code="own_words",
                )

    def get_help_text(self) -> str:
        return "Without your name, username, email or the words of this service."


def own_words(user: object) -> list[str]:
    """The lower-case words of `user` that a guesser tries first; those under 4 letters would refuse too much."""
    kept = [str(getattr(user, name, "") or "") for name in ("username", "first_name", "last_name", "email")]
    words = [*kept[:3], kept[3].split("@")[0]]
    return [word.lower() for word in words if len(word) >= 4]
