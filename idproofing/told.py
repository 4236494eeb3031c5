"""What values that somebody has seen tell about an answer."""

import re
from collections.abc import Iterable

BETWEEN_WORDS = re.compile(r"[\W_]+")


def words_of(text: str) -> str:
    """Return the text as it is compared: its letters and digits in small letters, with a blank around each word."""
    return f" {BETWEEN_WORDS.sub(' ', text.casefold()).strip()} "


def seen_words(seen: Iterable[str]) -> list[str]:
    """Return seen values as they are compared, without the empty ones."""
    return [words for words in map(words_of, seen) if words.strip()]


def is_told(answer: str, seen: Iterable[str]) -> bool:
    """Return whether an answer can be read off values from `seen_words`.

    It can if it is in one of them, or if one of some length is in the answer: "Killeen" tells "Killeen, Texas".
    """
    answer = words_of(answer)
    return any(answer in words or (len(words.strip()) > 3 and words in answer) for words in seen)
