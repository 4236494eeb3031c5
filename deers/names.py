"""Names of people: normalized by the rules of Unicode, and a typed name compared with one on record.

These do not count as differences: case, width, diacritics, apostrophes, hyphens, spaces, the dots of a suffix, a
degree, a nickname in brackets, a middle name that is left out, and a word that stands for a missing name. One small
difference makes a name "near": a letter, a nickname, first and last name swapped, a surname or the suffix left out, or
one of the ways in which offices and passports rewrite a name (deers/rewritten.py). A near name never passes by itself.
"""

import re
import unicodedata
from typing import Literal, NamedTuple

from deers.nicknames import share_a_name
from deers.rewritten import Parts, may_be_cut, rewritten

Verdict = Literal["match", "near", "none"]
SEARCH_KEY_LENGTH = 300


class Name(NamedTuple):
    """A person's name; `first` is empty for people with one name only."""

    first: str
    middle: str = ""
    last: str = ""
    suffix: str = ""


# Letters that Unicode does not separate into a base letter and a mark.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’‚‛′‵ʹʻʼʽʾʿˈ＇׳ꞌ"))
ASIDE = re.compile(r'\([^()]*\)|\[[^][]*\]|"[^"]*"|“[^“”]*”')
SUFFIXES = {
    suffix: written[0]
    for written in (
        *(
            ("jr", "junior", "jnr"),
            ("sr", "senior", "snr"),
            ("ii", "2nd", "2d", "second"),
            ("iii", "3rd", "3d", "third"),
        ),
        *(("iv", "4th", "fourth"), ("v", "5th", "fifth"), ("vi", "6th"), ("vii", "7th"), ("viii", "8th")),
    )
    for suffix in written
}
DEGREES = {"md", "phd", "dds", "dmd", "dvm", "jd", "esq", "rn"}
# What files write where a person has no first, middle or last name.
PLACEHOLDERS = {"fnu", "lnu", "nfn", "nln", "nmn", "nmi"}
# What people and files write there as a whole. "Na" and "None" with another word are names like any other.
FILLERS = {
    *(("none",), ("n", "a"), ("nil",), ("null",), ("unknown",), ("unk",), ("not", "applicable"), ("no", "name")),
    *(("no", "first", "name"), ("no", "middle", "name"), ("no", "last", "name"), ("no", "surname"), ("no", "suffix")),
}
# A surname is the same whether such a word is apart from the next or joined to it ("De La Cruz", "Delacruz").
PARTICLES = {
    *("o", "mc", "mac", "d", "de", "del", "della", "di", "da", "das", "dos", "do", "du", "des", "la", "las", "le"),
    *("los", "van", "von", "der", "den", "ter", "ten", "st", "san", "al", "el", "bin", "ben"),
}


def words(text: str) -> list[str]:
    """Return `text` as lower-case words of base letters and digits, without apostrophes. This never raises.

    "María-José O’Connor (Pepa)" gives maria, jose, oconnor.
    """
    if text.isascii() and text.isalpha():  # most names; millions of them in an import
        return [text.lower()]
    text = ASIDE.sub(" ", text).translate(APOSTROPHES)
    text = re.sub(r"(?<=\w)\.(?=\w)", "", text)  # Ph.D. is one word
    letters = []
    for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()):
        kind = unicodedata.category(letter)
        if kind[0] in "LN" or kind == "Mc":
            letters.append(letter)
        elif kind not in ("Mn", "Me", "Cf"):  # accents and marks of direction vanish; all else separates words
            letters.append(" ")
    return "".join(letters).translate(LETTERS).split()


def letters_of(text: str) -> str:
    """Return `text` as typed, without what `words` ignores: asides, and all that no name is written with."""
    kept = (c if unicodedata.category(c)[0] in "LM" or c in "'’- " else " " for c in ASIDE.sub(" ", text))
    return " ".join("".join(kept).split())


def parts(name: Name) -> Parts:
    """Return `name` normalized: suffix and degrees taken off the surname, placeholders dropped, particles joined."""
    first, middle, surname = ([w for w in words(part) if w not in PLACEHOLDERS] if part else [] for part in name[:3])
    typed_suffix = [word for word in words(name.suffix) if word not in DEGREES] if name.suffix else []
    suffix = SUFFIXES.get("".join(typed_suffix), "".join(typed_suffix))
    while len(surname) > 1 and (surname[-1] in DEGREES or surname[-1] in SUFFIXES):
        suffix = SUFFIXES.get(surname.pop(), suffix)
    suffix = "" if suffix in DEGREES else suffix
    cut = may_be_cut(name.first), may_be_cut(name.last)
    return Parts(first, middle, joined_particles(surname), suffix, *cut)


def without_fillers(name: Name) -> Name:
    """Return `name` without the parts that say that there is none, such as "N/A"."""
    return Name(*("" if tuple(words(part)) in FILLERS else part for part in name))


def joined_particles(surname: list[str]) -> list[str]:
    """Return a surname with particles joined to the next word: de, la, cruz, lopez give delacruz, lopez."""
    whole: list[str] = []
    particle = ""
    for word in surname[:-1]:
        if word in PARTICLES:
            particle += word
        else:
            whole.append(particle + word)
            particle = ""
    return [*whole, particle + surname[-1]] if surname else []


def search_key(name: Name) -> str:
    """Return what a name is kept and searched by: the surname as one word, then the given names."""
    key = (surname_key(name.last), given_key(name.first), given_key(name.middle))
    return " ".join(filter(None, key))[:SEARCH_KEY_LENGTH]


def surname_key(last: str) -> str:
    """Return a surname as one normalized word."""
    return "".join(parts(Name("", "", last)).surname)


def given_key(given: str) -> str:
    """Return given names as normalized words."""
    return " ".join(parts(Name(given)).first)


def search_prefixes(text: str) -> list[str]:
    """Return how the search keys of people whom `text` may mean begin: "Last, First", "First Last" or "Last First"."""
    before, comma, after = text.partition(",")
    if comma and (last := words(before)):
        return [" ".join(["".join(last), *words(after)])]
    found = words(text)[:8]
    while len(found) > 1 and found[-1] in SUFFIXES:
        found.pop()
    cuts = range(1, len(found) + 1)
    last_first = {" ".join(["".join(found[:cut]), *found[cut:]]) for cut in cuts}
    first_last = {" ".join(["".join(found[cut:]), *found[:cut]]) for cut in cuts if cut < len(found)}
    return sorted(last_first | first_last)


def compare(typed: Name, record: Name) -> Verdict:
    """Return how `typed` compares with the name on record: "match", "near" or "none".

    A name is near with exactly one small difference. Every test is made, whatever the others said, down to the
    smallest. Otherwise a stopwatch could tell how alike they are.
    """
    typed, record = without_fillers(typed), without_fillers(record)
    mine, theirs = parts(typed), parts(record)
    if not (mine.first and theirs.first and mine.surname and theirs.surname):
        return compare_single_names(mine, theirs)
    verdicts = [
        compare_given(mine, theirs),
        compare_surnames(mine.surname, theirs.surname),
        compare_suffixes(mine.suffix, theirs.suffix),
    ]
    swapped = mine.first == theirs.surname and mine.surname == theirs.first
    small = swapped, rewritten(mine, theirs), "none" not in verdicts and verdicts.count("near") == 1
    if verdicts.count("match") == 3:
        return "match"
    if any(small):
        return "near"
    return "none"


def compare_single_names(typed: Parts, record: Parts) -> Verdict:
    """Compare names of which either is one name only, in any field.

    A form that requires two names may have got it twice.
    """
    mine, theirs = ("".join(name.first + name.middle + name.surname) for name in (typed, record))
    if not mine or not theirs:
        return "none"
    if mine in (theirs, theirs * 2):
        return "match" if typed.suffix == record.suffix else "near"
    return "near" if one_letter_apart(mine, theirs) or theirs == mine * 2 else "none"


def compare_given(typed: Parts, record: Parts) -> Verdict:
    """Compare first and middle names. Where the first one ends does not matter ("Mary Ann" as first name)."""
    mine = typed.first + typed.middle
    beyond = compare_middles(mine[len(record.first) :], record.middle)
    middles, near = compare_middles(typed.middle, record.middle), nearly_first(typed, record)
    if mine[: len(record.first)] == record.first:
        return beyond
    return "near" if near and middles == "match" else "none"


def nearly_first(typed: Parts, record: Parts) -> bool:
    """Return whether first names are near.

    That is a letter, a space, a nickname, an initial, half of a double name, or the middle name as first name.
    """
    mine, theirs = "".join(typed.first), "".join(record.first)
    tests = (
        mine == theirs,
        one_letter_apart(mine, theirs),
        share_a_name(mine, theirs),
        mine == theirs[:1],
        typed.first == record.first[: len(typed.first)],
        typed.first == record.middle and not typed.middle,
    )
    return any(tests)


def compare_middles(typed: list[str], record: list[str]) -> Verdict:
    """Compare middle names. One may be left out or be an initial, on either side."""
    pairs = zip(typed, record, strict=False)
    mine, theirs = "".join(typed), "".join(record)
    near = any((mine == theirs, is_initial(mine, theirs), one_letter_apart(mine, theirs)))
    if all(a == b or (is_initial(a, b) and a[0] == b[0]) for a, b in pairs):
        return "match"
    return "near" if near else "none"


def is_initial(a: str, b: str) -> bool:
    return min(len(a), len(b)) == 1


def compare_surnames(typed: list[str], record: list[str]) -> Verdict:
    """Compare surnames.

    Of two, the second may be missing (near), but not the first. Of more, the last may stand for all (near).
    """
    mine, theirs = "".join(typed), "".join(record)
    shorter, longer = sorted((typed, record), key=len)
    tests = (
        mine == theirs,
        one_letter_apart(mine, theirs),
        shorter == longer[: len(shorter)],
        len(record) > 2 and typed == record[-1:],
        sorted(typed) == sorted(record),
    )
    if typed == record:
        return "match"
    return "near" if mine and theirs and any(tests) else "none"


def compare_suffixes(typed: str, record: str) -> Verdict:
    """Compare suffixes. One that is left out is a small difference. Jr. for Sr. is another person."""
    if typed == record:
        return "match"
    return "none" if typed and record else "near"


def one_letter_apart(a: str, b: str) -> bool:
    """Return whether one letter that is wrong, missing or too many, or two that are swapped, make `a` of `b`.

    This is False for names under four letters, where one letter makes another name (Ann, Amy; Li, Le).
    """
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    tests = (
        rest_a[1:] == rest_b[1:],
        rest_a[1:] == rest_b,
        rest_a == rest_b[1:],
        rest_a[1:2] + rest_a[:1] + rest_a[2:] == rest_b and len(rest_b) > 1,
    )
    return a != b and max(len(a), len(b)) > 3 and any(tests)
