"""The ways in which offices, passports and forms rewrite a name that is right: each is one small difference.

A title typed before the name, a particle dropped, letters transliterated as passports have them, two names joined or
one divided, initials for given names, a name cut off where a field of a record ends. deers/names.py compares the rest.
"""

import re
from itertools import accumulate
from typing import NamedTuple

from core import policy


class Parts(NamedTuple):
    """A normalized name, ready to be compared. `given_cut` and `surname_cut` say whether a field may have cut it."""

    first: list[str]
    middle: list[str]
    surname: list[str]
    suffix: str
    given_cut: bool = False
    surname_cut: bool = False


# Forms of address, and ranks of all services by their usual short forms. Some are names, too ("Major"): where the rest
# of the name agrees without it, that is near and no more.
TITLES = {
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "reverend", "fr", "sir", "madam", "hon"),
    *("chaplain", "judge", "pvt", "pv2", "pfc", "spc", "spec", "sp4", "cpl", "sgt", "ssg", "sfc", "msg", "1sg", "sgm"),
    *("csm", "private", "corporal", "sergeant", "wo", "wo1", "cw2", "cw3", "cw4", "cw5", "2lt", "1lt", "lt", "cpt"),
    *("capt", "maj", "ltc", "ltcol", "col", "bg", "mg", "ltg", "gen", "lieutenant", "captain", "major", "colonel"),
    *("general", "amn", "a1c", "sra", "ssgt", "tsgt", "msgt", "smsgt", "cmsgt", "airman", "lcpl", "gysgt", "mgysgt"),
    *("sgtmaj", "marine", "sn", "seaman", "po", "po1", "po2", "po3", "cpo", "scpo", "mcpo", "ens", "ltjg", "lcdr"),
    *("cdr", "rdml", "radm", "vadm", "adm", "chief", "ensign", "commander", "admiral", "first", "second", "master"),
    *("staff", "technical", "senior", "gunnery", "lance", "petty", "officer", "warrant", "brigadier", "rear", "vice"),
}
# What may be left out before a surname, apart from it or joined. Not Mc and O: McDonald is another name than Donald.
DROPPED = {
    *("de", "del", "della", "dela", "delas", "delos", "da", "das", "do", "dos", "di", "du", "des", "d", "la", "las"),
    *("le", "los", "van", "vande", "vanden", "vander", "von", "vonden", "vonder", "der", "den", "ter", "ten", "st"),
    *("san", "al", "el", "bin", "ibn", "abu"),
}
AND = {"y", "e", "i", "and"}
"""Between two surnames."""
# ICAO 9303 part 3 writes ä, ö, ü, å, ø as two letters; and ñ, ü with a double x, if a state wants to.
AS_TWO_LETTERS = re.compile(r"(?<=[aou])e|(?<=a)a|(?<=[nu])xx")


def rewritten(typed: Parts, record: Parts) -> bool:
    """Return whether the two are the same name but for one of these ways. All are tried. names.compare says why."""
    mine, theirs, plain = transliterated(typed), transliterated(record), without_titles(typed)
    surnames = typed.surname == record.surname
    given = same_given(typed, record)
    ways = (
        all((same_given(mine, theirs), mine.surname == theirs.surname)),
        all((same_given(plain, record), plain.surname == record.surname)),
        all((given, particle_dropped(typed.surname, record.surname))),
        all((surnames, joined_or_divided(typed, record))),
        all((surnames, initials_of(record, typed))),
        all((surnames, initials_of(typed, record))),
        letters_in_all(typed) == letters_in_all(record),
        cut_off(typed, record),
    )
    return typed.suffix == record.suffix and any(ways)


def same_given(typed: Parts, record: Parts) -> bool:
    """Return whether first and middle names agree. A middle name may be left out or be an initial, as everywhere."""
    mine = typed.first + typed.middle
    beyond = zip(mine[len(record.first) :], record.middle, strict=False)
    return mine[: len(record.first)] == record.first and all(
        a == b or (min(len(a), len(b)) == 1 and a[0] == b[0]) for a, b in beyond
    )


def transliterated(name: Parts) -> Parts:
    """Return the name spelled so that Mueller and Müller, Soerensen and Sørensen are the same."""
    first, middle, surname = ([AS_TWO_LETTERS.sub("", word) for word in part] for part in name[:3])
    return name._replace(first=first, middle=middle, surname=["".join(surname)])


def without_titles(name: Parts) -> Parts:
    """Return the name without the titles and ranks before its first name and its surname, and never nothing."""
    given, surname = list(name.first), list(name.surname)
    for part in (given, surname):
        while len(part) > 1 and part[0] in TITLES:
            del part[0]
    return name._replace(first=given, surname=surname)


def particle_dropped(typed: list[str], record: list[str]) -> bool:
    """Return whether only a particle is missing on either side: Cruz, De la Cruz; Garcia Vega, Garcia de la Vega."""
    mine, theirs = ([word for word in surname if word not in AND] for surname in (typed, record))
    pairs = [("".join(mine), "".join(theirs))]
    if len(mine) == len(theirs):
        pairs = list(zip(mine, theirs, strict=True))
    return all(
        a == b or (min(len(a), len(b)) > 2 and {a.removesuffix(b), b.removesuffix(a)} & DROPPED) for a, b in pairs
    )


def joined_or_divided(typed: Parts, record: Parts) -> bool:
    """Return whether given names are joined or divided, in whichever fields: Maryann, Mary Ann; Min Soo, Minsoo.

    Further given names may be left out.
    """
    mine, theirs = "".join(typed.first + typed.middle), "".join(record.first + record.middle)
    ends_of_mine, ends_of_theirs = (set(accumulate(map(len, name.first + name.middle))) for name in (typed, record))
    begun = mine.startswith(theirs) and len(theirs) in ends_of_mine
    return begun or (theirs.startswith(mine) and len(mine) in ends_of_theirs)


def initials_of(short: Parts, whole: Parts) -> bool:
    """Return whether `short` has J. Robert, J. R., JR or only J. for the James Robert of `whole`."""
    few, given = short.first + short.middle, whole.first + whole.middle
    letters, initials = "".join(few), "".join(word[:1] for word in given)
    one_by_one = len(few) <= len(given) and all(a in (b, b[:1]) for a, b in zip(few, given, strict=False))
    return bool(letters) and (one_by_one or initials.startswith(letters))


def letters_in_all(name: Parts) -> str:
    """Return all letters of the name, in whichever fields they are."""
    return "".join(name.first + name.middle + name.surname)


def cut_off(typed: Parts, record: Parts) -> bool:
    """Return whether one begins with the other, which fills a field of a record and may go on."""
    mine, theirs = ("".join(name.first + name.middle) for name in (typed, record))
    my_surname, their_surname = "".join(typed.surname), "".join(record.surname)
    given = (
        same_given(typed, record),
        record.given_cut and mine.startswith(theirs),
        typed.given_cut and theirs.startswith(mine),
    )
    surname = (
        typed.surname == record.surname,
        record.surname_cut and my_surname.startswith(their_surname),
        typed.surname_cut and their_surname.startswith(my_surname),
    )
    return any(given) and any(surname)


def may_be_cut(text: str) -> bool:
    """Return whether a text fills a field of a record. A space at its end may be gone."""
    return policy.RECORD_NAME_LENGTH - 1 <= len(text.strip()) <= policy.RECORD_NAME_LENGTH
