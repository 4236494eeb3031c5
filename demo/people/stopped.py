"""People who got no further. Each stands where demo/stopped.py puts them: look them up at the service center."""

from datetime import date

from deers.models import Plan, Region, ServiceStatus
from demo.people.person import Address, Name, Period, Person

# First and last name, birth date, sex, place, and why they exist.
WHO: tuple[tuple[str, str, date, str, Address, str], ...] = (
    (
        "Dolores", "Whitfield", date(1951, 2, 11), "F", Address("18 Cedar Hollow", "Macon", "GA", "31204"),
        "She failed the identity questions twice, and has to wait before she may try once more.",
    ),
    (
        "Hank", "Brubaker", date(1946, 9, 30), "M", Address("5 Ferry Landing", "Paducah", "KY", "42001"),
        "A letter with his code is in the mail. He calls every day to ask where it is.",
    ),
    (
        "Loretta", "Pike", date(1962, 12, 4), "F", Address("77 Old Mill Road", "Flagstaff", "AZ", "86001"),
        "She moved, and the letter with her code came back. DEERS still has the old address.",
    ),
    (
        "Curtis", "Vaughn", date(1988, 5, 21), "M", Address("240 Harbor View", "Newport", "RI", "02840"),
        "He passed the questions and got a code by email, which he has not found yet. Send him a new one.",
    ),
    (
        "Imani", "Brooks", date(1995, 8, 8), "F", Address("910 Sycamore Court", "Dayton", "OH", "45402"),
        "Her code by email came while she was at sea, and its time was over when she read it.",
    ),
    (
        "Walt", "Jessup", date(1957, 4, 2), "M", Address("33 Quarry Lane", "Rapid City", "SD", "57701"),
        "He has a slip for a visit to an office, and wonders which documents he has to bring.",
    ),
    (
        "Bettina", "Krause", date(1969, 10, 17), "F", Address("12 Lindenwood Drive", "Killeen", "TX", "76541"),
        "At the office her documents could not be accepted, because one had expired.",
    ),
    (
        "Yolanda", "Reyes-Ortiz", date(1979, 7, 13), "F", Address("640 Mission Street", "El Paso", "TX", "79901"),
        "Her details did not match, because she typed her former name. A review of them waits for a reviewer.",
    ),
    (
        "Floyd", "Cantrell", date(1943, 1, 25), "M", Address("9 Pecan Grove", "Biloxi", "MS", "39530"),
        "Three attempts at the questions failed in a row. For him they are closed until he comes by another way.",
    ),
    (
        "Marguerite", "Dubois", date(1966, 3, 3), "F", Address("415 Bayou Road", "Houma", "LA", "70360"),
        "Somebody answered questions in her name. She used the link in our message, and stopped them.",
    ),
    (
        "Oscar", "Lindqvist", date(1974, 11, 9), "M", Address("58 Birch Point", "Duluth", "MN", "55802"),
        "His account was locked: a stranger typed a hundred wrong passwords.",
    ),
    (
        "Pearl", "Nakagawa", date(1983, 6, 28), "F", Address("301 Plumeria Way", "Hilo", "HI", "96720"),
        "Her mailbox was taken over, so she froze her account. She has to prove once more who she is.",
    ),
    (
        "Quentin", "Ashby", date(1960, 5, 5), "M", Address("7 Lighthouse Road", "Erie", "PA", "16501"),
        "He was on a long trip, and his account was disabled because nobody used it.",
    ),
    (
        "Renata", "Solis", date(1991, 9, 14), "F", Address("88 Canyon Drive", "Tucson", "AZ", "85701"),
        "She wants Premium, and the details that she typed for the upgrade did not match.",
    ),
)  # fmt: skip


def person_of(place: int) -> Person:
    """Return the person in this place of WHO, with numbers of their own."""
    first, last, born, sex, address, story = WHO[place]
    return Person(
        key=first.lower(),
        story=story,
        names=(Name(first, last, "Lee"),),
        born=born,
        sex=sex,
        ssn=f"95341{place + 1:02}{place + 31:02}",
        dod_id=f"100541{place + 1:02}{place + 31:02}",
        address=address,
        email=f"{first}.{last}@example.org".lower(),
        phone=f"(555) 555-01{place + 10:02}",
        status=ServiceStatus.RETIRED if born.year < 1980 else ServiceStatus.VETERAN,
        region=Region.WEST,
        periods=(Period(date(2015, 1, 1), Plan.SELECT),),
        theme="empty",
    )


PEOPLE = tuple(person_of(place) for place in range(len(WHO)))
