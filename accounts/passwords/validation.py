"""Which new passwords are refused, and why, in a sentence for the person (63B §3.1.1.2; ASVS 6.2)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from zxcvbn import matching, scoring, time_estimates

from accounts.passwords.hashing import normalize
from core import policy

# The local list of common passwords: Django's and zxcvbn's together, 40,000. Few of them are long enough to be
# chosen here, so two of them in a row count as common too. zxcvbn finds other combinations.
COMMON = frozenset(CommonPasswordValidator().passwords) | matching.RANKED_DICTIONARIES["passwords"].keys()

# zxcvbn tries every way to read look-alikes as letters, which takes seconds for a password full of them. Here each
# character stands for one letter only: at most 32 ways, a tenth of a second at policy.PASSWORD_JUDGED_LENGTH.
matching.L33T_TABLE.update({"c": ["("], "i": ["1", "!"], "l": ["|"], "t": ["+", "7"]})

LOOK_ALIKES = str.maketrans("@4836901|!l$57+2", "aabeggoiiiissttz", "'’")
SHORT_WORD = 4
"""A shorter personal word ("Lee") counts only as a separate word, or it would refuse too many passwords."""
SPREAD_WORD = 6
"""A word of at least this length is found even with spaces or dots between its letters."""

WHY_EASY = {
    "repeat": "It repeats the same thing.",
    "sequence": "It contains a sequence, such as abc or 123.",
    "spatial": "It follows the keys of a keyboard.",
    "date": "It is little more than a date.",
    "regex": "It is little more than a year.",
    "dictionary": "It is made of very common words.",
    "bruteforce": "It has too few different parts.",
}


@dataclass(frozen=True)
class Owner:
    """The person whose password it will be, as far as that is known. An Account has the same fields."""

    username: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    email: str = ""


class NewPasswordValidator:
    """`problems` as a Django password validator, for forms and commands."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise one ValidationError with all sentences. `user` is an Account, an Owner or None."""
        found = problems(password, user)
        if found:
            raise ValidationError(found)

    def get_help_text(self) -> str:
        return f"{policy.PASSWORD_MIN_LENGTH} to {policy.PASSWORD_MAX_LENGTH} characters, and not easy to guess."


def problems(password: str, owner: object = None) -> list[str]:
    """Return all problems of a new password as sentences, each once, none if it is good.

    `owner` is an Account, an Owner or None.
    """
    # One character can become eighteen, so normalize only as much as it takes to see that the password is too long.
    text = normalize(password[: 8 * policy.PASSWORD_MAX_LENGTH])
    length, own = wrong_length(password, text), list(own_words_in(text, owner))
    easy = is_common(text)
    # A password that is too short is easy to guess because of that, and personal words have their own sentences.
    if not easy and len(text) >= policy.PASSWORD_MIN_LENGTH:
        easy = easy_to_guess(text, () if own else guesses_from(owner))
    return [*length, *easy, *own]


def wrong_length(password: str, text: str) -> list[str]:
    """Return a sentence if the password is too short in either spelling, or too long.

    One typed character can become eighteen (U+FDFA), and three can become one.
    """
    count = min(len(password), len(text))
    if count < policy.PASSWORD_MIN_LENGTH:
        counted = "1 character" if count == 1 else f"{count} characters"
        return [f"Your password has {counted}. Use at least {policy.PASSWORD_MIN_LENGTH} characters."]
    if len(text) > policy.PASSWORD_MAX_LENGTH:
        return [f"Your password is too long. Use at most {policy.PASSWORD_MAX_LENGTH} characters."]
    return []


def is_common(text: str) -> list[str]:
    folded = text.casefold()
    halves = ((folded[:at], folded[at:]) for at in range(1, len(folded)))
    if folded in COMMON or any(first in COMMON and second in COMMON for first, second in halves):
        return ["Many people use this password, or its two parts. Choose another."]
    return []


def own_words_in(text: str, owner: object) -> Iterator[str]:
    """Yield a sentence for the personal words in the password (name, username, email), and one for a service word.

    A word that is of two kinds, such as a name that is an email address too, counts as the first.
    """
    seen = skeleton(text)
    found: dict[str, str] = {}
    for kind, words in own_words(owner).items():
        for word in words:
            if holds(seen, word):
                found.setdefault(letters_of(skeleton(word)), kind)
    if found:
        yield f"Leave your {get_text_list(list(dict.fromkeys(found.values())), 'and')} out of your password."
    for word in policy.SERVICE_WORDS:
        if holds(seen, word):
            yield f"Leave “{word}” out of your password. It belongs to this service, so people guess it first."
            return


def own_words(owner: object) -> dict[str, list[str]]:
    """Return what a guesser who knows the person tries first, by kind."""
    first, middle, last, username, email = (
        str(getattr(owner, field, "") or "")
        for field in ("first_name", "middle_name", "last_name", "username", "email")
    )
    names = [part for name in (first, middle, last) for part in (name, *name.split(), *name.split("-"))]
    return {"name": names, "username": [username], "email address": [email, email.split("@")[0]]}


def skeleton(text: str) -> str:
    """Return `text` as the eye reads it: lowercase, accents and width removed, look-alikes read as letters."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(LOOK_ALIKES)


def holds(seen: str, word: str) -> bool:
    """Return whether the skeleton `seen` of a password contains `word`, in any spelling."""
    looks = skeleton(word)
    bare = letters_of(looks)
    if len(bare) < SHORT_WORD:
        return len(bare) > 1 and bare in re.split(r"[\W_]+", seen)
    return looks in seen or bare in seen or (len(bare) >= SPREAD_WORD and bare in letters_of(seen))


def letters_of(seen: str) -> str:
    return re.sub(r"[\W_]+", "", seen)


def easy_to_guess(text: str, known: Iterable[str]) -> list[str]:
    """Return zxcvbn's reason, in our words, if it scores the start of the password below policy.

    `known` are words that the guesser knows (guesses_from). zxcvbn's public function keeps such words in a dictionary
    that all threads share, so we do not call it.
    """
    judged = text[: policy.PASSWORD_JUDGED_LENGTH]
    own = {"own": matching.build_ranked_dict(list(dict.fromkeys(known)))}
    found = scoring.most_guessable_match_sequence(
        judged, matching.omnimatch(judged, matching.RANKED_DICTIONARIES | own)
    )
    if time_estimates.guesses_to_score(found["guesses"]) >= policy.PASSWORD_SCORE:
        return []
    longest = max(found["sequence"], key=lambda match: len(match["token"]))
    why = WHY_EASY[longest["pattern"]]
    return [f"This password is easy to guess. {why} Add a few words that do not belong together."]


def guesses_from(owner: object) -> Iterable[str]:
    """Yield the single words, in lowercase, that zxcvbn counts as known to the guesser."""
    said = [word for words in own_words(owner).values() for word in words] + list(policy.SERVICE_WORDS)
    return (part for text in said for part in (text.lower(), *re.split(r"[\W_]+", text.lower())) if part)
