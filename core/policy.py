"""Every number of the product, once, with its source beside it.

Pages, guides and PDFs show these numbers. No other module repeats them. Durations are `timedelta`.

Sources: 63A and 63B are NIST SP 800-63A and 63B (revision 4 unless another is named). ASVS is OWASP ASVS 5. login.gov
stands for the defaults that the project publishes. WCAG is version 2.2. DS Logon is the service itself. "Own" marks a
choice of ours.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import IntEnum

# The day on which these numbers were last reviewed. The guides show it.
REVIEWED = date(2026, 11, 28)


class Level(IntEnum):
    """What an account may open. A person without an account has no level."""

    BASIC = 1
    PREMIUM = 2

    @property
    def label(self) -> str:
        """Return the name of the level as people read it."""
        return self.name.capitalize()


@dataclass(frozen=True)
class Limit:
    """At most `times` events in `period`. The next one has to wait until the period has passed."""

    name: str
    times: int
    period: timedelta


@dataclass(frozen=True)
class Queue:
    """Jobs in one line: how many of them a worker runs at once, and how long each may take."""

    at_once: int
    deadline: timedelta


@dataclass(frozen=True)
class Strength:
    """How much a quiz must prove.

    A person is asked `questions` questions with `options` answers each, and must answer all of them right. They come
    from at least `categories` kinds of fact.
    """

    level: Level
    questions: int
    categories: int
    options: int
    guess_chance: float
    """The highest chance that blind guessing may have in one attempt, as a fraction of 1."""


# Passwords: 63B §3.1.1.2; blocklist: 63B and ASVS 6.2.4.
PASSWORD_MIN_LENGTH = 15
PASSWORD_MAX_LENGTH = 128
# Argon2id at RFC 9106's second recommended choice (section 4): 64 MiB, 3 passes, 4 lanes.
ARGON2_MEMORY_KIB = 64 * 1024
ARGON2_PASSES = 3
ARGON2_LANES = 4
# Hashes at once in one process: own. Small machines have as many cores, and more hashes would not end sooner. With the
# usual 2 processes that is 2 x 2 x 64 MiB = 256 MiB at most. A person who waits longer for a place, from the moment
# their form is there, is asked to try again: own.
# How far hashing steps back behind everything else of the site, by the kernel's scale: own; a tenth of the weight, so
# that pages go first, and a flood of pages still leaves something for sign-ins.
HASHES_AT_ONCE = 2
HASH_NICENESS = 10
HASH_WAIT = timedelta(seconds=3)
# Strength: zxcvbn's 3 of 4, "safely unguessable" for slowly hashed passwords (its README; login.gov requires the same).
PASSWORD_SCORE = 3
# How many characters of a long password zxcvbn judges: its own limit. Its time grows with the square of the length.
PASSWORD_JUDGED_LENGTH = 72
# Judgments of a password before it is sent: own; more than anybody types, and few enough to bound the work.
PASSWORD_JUDGEMENTS = Limit("password-judgements", 100, timedelta(minutes=10))
SERVICE_WORDS = ("dslogon", "ds logon", "genesis", "tricare", "deers", "military health")

# The web server (dslogon/web/), all own. Its threads in each process: a database connection lives as long as its
# thread, so they are few. How many requests may wait for them, and how many forms with a password, before more are
# asked to come again at once, and how long one waits at most.
WEB_THREADS = 4
PAGES_WAITING = 100
SIGN_INS_WAITING = 60
THREAD_WAIT = timedelta(seconds=4)
# How long the head of a request may take to arrive, and its bytes; how long a body may take, and the pace of a slow
# phone, by which a long one gets longer. The most bytes of one: more than two of the largest messages with files, so
# that a form can say what is too large. The most bytes of all requests in a process.
HEAD_WAIT = timedelta(seconds=10)
HEAD_MAX = 32 * 1024
BODY_WAIT = timedelta(seconds=20)
BODY_BYTES_A_SECOND = 16 * 1024
BODY_MAX = 24 * 1024 * 1024
BODIES_MAX = 96 * 1024 * 1024
# How long a browser may go on without reading, and how long a connection stays open that nobody uses: longer than the
# minute that proxies keep theirs.
READ_WAIT = timedelta(seconds=30)
KEEP_ALIVE = timedelta(seconds=75)
# How long requests that run may still take once the server ends.
END_WAIT = timedelta(seconds=5)

# Usernames: own.
USERNAME_MIN_LENGTH = 6
USERNAME_MAX_LENGTH = 20

# Sign-in failures: allauth, login.gov, 63B §3.2.2.
SIGN_IN_PER_ACCOUNT = Limit("sign-in-account", 5, timedelta(minutes=5))
SIGN_IN_PER_ADDRESS = Limit("sign-in-address", 10, timedelta(minutes=1))
SIGN_IN_PER_ACCOUNT_LONG = Limit("sign-in-account-long", 50, timedelta(hours=12))
SIGN_IN_FAILURES_IN_A_ROW = 100
# Of those, the last are kept for browsers that have signed in before: own; what such a browser may miss in 12 hours.
SIGN_IN_FAILURES_KEPT = 20
# From a browser that has signed in before: own. The same in a short time, for its owner mistypes as everybody does, and
# fewer in a long one, for a thief may have it.
SIGN_IN_PER_DEVICE = Limit("sign-in-device", 5, timedelta(minutes=5))
SIGN_IN_PER_DEVICE_LONG = Limit("sign-in-device-long", 20, timedelta(hours=12))
# How long after its last sign-in a browser counts as such: own; as long as an account stays open that nobody uses. How
# many an account has: own; more than anybody uses. How long a browser counts as such that has just set a new password
# by a link: as long as the longest pause.
TRUSTED_DEVICE_LIFE = timedelta(days=180)
TRUSTED_DEVICES = 20
TRUSTED_AFTER_RECOVERY = SIGN_IN_PER_ACCOUNT_LONG.period
# How often the holder hears that a try had to wait: own. How many holders one look of the worker tells: own.
PAUSE_NOTICE_GAP = timedelta(days=1)
PAUSES_AT_ONCE = 500

# After how long a request may be sent again that met counters that could not be reached: own.
COUNTERS_RETRY = timedelta(minutes=1)

# DEERS lookups: login.gov. The key of a number is its HMAC.
DEERS_PER_ADDRESS = Limit("deers-address", 10, timedelta(hours=1))
DEERS_PER_SSN = Limit("deers-ssn", 5, timedelta(hours=6))
# By surname and date of birth: own. Otherwise somebody who knows both could find out the number, with guesses from many
# addresses. It is twice as many, because namesakes and twins share them.
DEERS_PER_NAME = Limit("deers-name", 10, timedelta(hours=6))
# What is asked beyond the two above once strangers have used them up, by the number or name and by it and the network
# address: own. Only who types everything right goes on then. A stranger needs ten networks a day to shut somebody out,
# and all strangers together get at most twice the guesses: 20 more a day at a number's name, and at a name's number.
DEERS_BEYOND = Limit("deers-beyond", 20, timedelta(hours=24))
DEERS_BEYOND_PER_ADDRESS = Limit("deers-beyond-address", 2, timedelta(hours=24))

# How long a question to DEERS may take: own; people wait that long without doubt. How many failures in a row it takes
# to leave DEERS alone, and how long until one question tries it again: own.
DEERS_DEADLINE = timedelta(seconds=3)
DEERS_FAILURES = 5
DEERS_PAUSE = timedelta(seconds=30)

# How many characters of a last name a record holds at most: own, as on the ID cards that people copy from. A name that
# fills them may go on.
RECORD_NAME_LENGTH = 26

# Files for the registry: own. Before which day nobody of record was born or died. What share of all who are shielded,
# have died or are covered a file may unshield, bring back to life or leave without coverage before somebody is asked:
# hardly so many change in a month, and a column that was exported wrongly changes all.
EARLIEST_DAY = date(1880, 1, 1)
IMPORT_LOSSES_SHARE = 0.01

# The age, in years, from which people have an account of their own: DS Logon.
ADULT_AGE = 18

# Registrations: allauth.
REGISTRATIONS_PER_ADDRESS = Limit("registration-address", 20, timedelta(hours=1))

# The quiz: 63A revision 3 §5.3.2. A start-up check computes the chance from the other numbers of its row.
STRENGTH = {
    Level.BASIC: Strength(Level.BASIC, questions=3, categories=2, options=5, guess_chance=0.01),
    Level.PREMIUM: Strength(Level.PREMIUM, questions=4, categories=2, options=5, guess_chance=0.002),
}
# How often "none of the above" is the right answer: own; 1 in 5, as for any of five options by chance. It is never the
# right one of most questions of a quiz (63A revision 3 §5.3.2): of half of them at most, rounded down.
QUIZ_NONE_OF_THE_ABOVE_RATE = 0.2
# From how many sources the facts of a quiz come, if as many know the person: 63A revision 3 §5.3.2.
QUIZ_SOURCES = 2
# Attempts and wait: 63A revision 3, login.gov. They are counted per person, over both levels. How many may fail in a
# row until the person proves who they are by another route: 63A revision 3 §5.3.2. How many may fail in a lifetime, so
# that no stranger can try for years: own; two rows, and two more.
QUIZ_ATTEMPTS = 2
QUIZ_WAIT = timedelta(hours=6)
QUIZ_IN_A_ROW = 3
QUIZ_FAILURES = 8
# When a question of a failed attempt may be asked once more: own. Until then nothing of the same paper is asked either.
# Other questions are never asked again.
QUIZ_ASKED_AGAIN = timedelta(days=365)
# The age, in years, from which a person of the household can be expected to read the mail: own; 15 U.S.C. 6501 takes
# children from 13 on to know what they give away.
HOUSEHOLD_AGE = 13
# Inactivity: 63A revision 3; the warning and ten extensions: WCAG 2.2.1.
QUIZ_QUESTION_TIME = timedelta(minutes=2)
QUIZ_WARNING = timedelta(seconds=20)
QUIZ_EXTENSIONS = 10

# Which facts a quiz may ask about, in calendar years. How long ago they may have begun: own. A question names that
# year, and people seldom remember more. How long ago they may have ended, by category: credit bureaus list closed
# accounts for ten years (their published custom; 15 U.S.C. 1681c sets seven for unpaid debts). The rest: own.
FACT_YEARS = 15
FACT_OVER_YEARS = {
    "mortgage": 10,
    "loan": 10,
    "card": 10,
    "address": 15,
    "vehicle": 10,
    "utility": 10,
    "pharmacy": 2,
    "benefit": 10,
}

# Activation codes: 63A §3.8, login.gov. Ten Crockford base32 characters hold 50 bits. Codes beside a reference are as
# long, and wrong ones are counted by network address alone, so that nobody who knows a reference can use up the tries
# of its owner. With 20 tries an hour from each of a million addresses, a guesser makes 1.4e10 of them in 30 days, and
# finds one code of 2^50 with a chance of 1 in 78,000.
CODE_LENGTH = 10
# Wrong codes, by draft, and by person and network address: login.gov. In a day, by person and address: own; more than
# anybody mistypes. They only have to wait: who types wrong codes may be a stranger, whose guesses must not void the
# code in somebody's letter.
CODE_TRIES = Limit("code-tries", 5, timedelta(minutes=10))
CODE_TRIES_LONG = Limit("code-tries-long", 10, timedelta(hours=24))
# Wrong codes of all who try, after which the code itself is void: 63B §3.2.2. A hundred guesses at 50 bits are right
# with a chance of 1 in 10 million million (1e-13).
CODE_FAILURES = 100
CODE_LIFE_EMAIL = timedelta(hours=24)
CODE_LIFE_SCREEN = timedelta(hours=24)
CODE_LIFE_LETTER = timedelta(days=21)
CODE_LIFE_LETTER_ABROAD = timedelta(days=30)

# Requests for another code, by person: own.
CODES_AGAIN = Limit("codes-again", 5, timedelta(hours=1))

# How long an email address has to be the account's before the code of an upgrade goes there: own; as long as the old
# address can take the change back.
UPGRADE_ADDRESS_AGE = timedelta(days=10)

# From how many households on a mailbox is shown to staff that several accounts share: own. Couples, parents with their
# grown children and one divorce share one; four households do not, without somebody who collects accounts or helps.
SHARED_MAILBOX_HOUSEHOLDS = 4

# Letters: login.gov.
LETTERS = Limit("letters", 4, timedelta(days=30))
LETTER_GAP = timedelta(hours=24)
# Letters in one batch: own; as many as the tray of an office printer holds.
LETTERS_IN_BATCH = 250
# How long the mail takes, for the pages that mention it: own, from the Postal Service's standards for first-class mail
# (1 to 5 days) and a working day for printing.
LETTER_ARRIVES = timedelta(days=7)
LETTER_ARRIVES_ABROAD = timedelta(days=14)

# Visits, to an office or by video call. The strength of a document as evidence: 63A appendix A.


class Evidence(IntEnum):
    """How well a document proves who somebody is."""

    FAIR = 1
    STRONG = 2
    SUPERIOR = 3


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document.

    `photo` says whether it has a photo. `by_state` says whether each state numbers its own.
    """

    label: str
    evidence: Evidence
    photo: bool = True
    by_state: bool = False


DOCUMENTS = {
    "cac": DocumentKind("Common Access Card (CAC)", Evidence.SUPERIOR),
    "passport": DocumentKind("U.S. passport or passport card", Evidence.SUPERIOR),
    "foreign-passport": DocumentKind("Passport of another country, with a chip", Evidence.SUPERIOR),
    "uniformed-services": DocumentKind("Uniformed Services ID card", Evidence.STRONG),
    "state-id": DocumentKind("Driver’s license or state ID card", Evidence.STRONG, by_state=True),
    "veteran-health": DocumentKind("Veteran Health Identification Card (VHIC)", Evidence.STRONG),
    "permanent-resident": DocumentKind("Permanent Resident Card", Evidence.STRONG),
    "tribal": DocumentKind("Tribal photo ID card", Evidence.STRONG),
    "veteran": DocumentKind("Veteran ID card", Evidence.FAIR),
    "employer": DocumentKind("Photo ID card of your employer", Evidence.FAIR),
    "student": DocumentKind("Student ID card with a photo", Evidence.FAIR),
    "account": DocumentKind("Statement of a bank or phone account in your name", Evidence.FAIR, photo=False),
}
# What a visit must show: 63A, evidence collection. IAL1 requires one fair piece of evidence. IAL2 requires a fair and a
# strong one. Two pieces at Basic too, and a photo on one of them: own.
VISIT_DOCUMENTS = 2
VISIT_EVIDENCE = {Level.BASIC: Evidence.FAIR, Level.PREMIUM: Evidence.STRONG}
# How long a slip is valid: own; as long as the code in a letter abroad, time to find a place and a day. Slips that are
# made for one person from one network address, and slips that one agent looks up: own; more than anybody needs.
VISIT_LIFE = timedelta(days=30)
VISITS = Limit("visits", 5, timedelta(hours=24))
VISIT_LOOKUPS = Limit("visit-lookups", 20, timedelta(minutes=10))
# At these levels a visit needs a second look, as a review of details does: own. A second staff member sees the
# documents too, or a reader has read one that is strong enough. How long the second look may take: own; the person may
# come again after a weekend. How old a reading may be: own; as long as a visit. How long a reader may take to answer:
# own; an agent and a person wait that long without doubt.
VISIT_TWICE_AT = (Level.PREMIUM,)
VISIT_SECOND_LOOK_WITHIN = timedelta(days=3)
READING_LIFE = timedelta(hours=1)
# Second looks of one agent at other documents than the first: own; more than anybody mistypes at one visit.
SECOND_LOOKS = Limit("second-looks", 5, timedelta(hours=1))
READER_DEADLINE = timedelta(seconds=5)
# References are as long as activation codes. The fewest letters and digits in the number of a document: own.
REFERENCE_LENGTH = CODE_LENGTH
DOCUMENT_NUMBER_MIN = 4

# Reviews of details that did not match: own. They are answered within a working week, and end after a month without an
# answer. The link back into the journey is valid as long as the code in a letter. Requests, by address and by both
# address and number: own; so few that nobody can fill the queue. Emails with a reference, by mailbox: as many. Wrong
# continuation codes, by address: own; more than anybody mistypes (see CODE_LENGTH). How long a status page stays open
# in a browser: as long as an idle session.
CASE_DUE = timedelta(days=7)
CASE_LIFE = timedelta(days=30)
CASE_GO_ON_LIFE = CODE_LIFE_LETTER
# How long an approved spelling is still accepted after the link back was used: own; as long as the code in a letter,
# and longer while the person has a code or a slip that can be used. A week's wait must not end in a new review.
CASE_APPROVAL_LIFE = CODE_LIFE_LETTER
CASES_PER_ADDRESS = Limit("cases-address", 5, timedelta(hours=24))
CASES_PER_NUMBER = Limit("cases-number", 3, timedelta(hours=24))
CASE_CONFIRMATIONS = Limit("case-confirmations", 3, timedelta(hours=24))
CASE_TRIES_PER_ADDRESS = Limit("case-tries-address", 20, timedelta(hours=1))
CASE_PAGE_OPEN = timedelta(minutes=15)

# Second factors: 63B §2; ASVS 6.5; login.gov.
BACKUP_CODES = 10
# After a registration or an upgrade, the last page shows them until the person has saved them, but no longer than this:
# own; as long as an idle session.
BACKUP_CODES_SHOWN = timedelta(minutes=15)
TOTP_DIGITS = 6
TOTP_STEP = timedelta(seconds=30)
TOTP_FAILURES = Limit("second-factor", 10, timedelta(minutes=10))
# How long the challenge for a passkey is valid: WebAuthn level 3 §15.1; time enough to look for a security key. How
# many challenges an address may request, and how many factors an account may have: own.
PASSKEY_CHALLENGE_LIFE = timedelta(minutes=5)
PASSKEY_CHALLENGES_PER_ADDRESS = Limit("passkey-address", 60, timedelta(minutes=10))
# The browser asks for these by itself, to offer passkeys in the box for the username: own. They are counted apart, so
# that pages which are only looked at do not use up the button's challenges for everybody behind the same address.
PASSKEY_AUTOFILLS_PER_ADDRESS = Limit("passkey-autofill-address", 60, timedelta(minutes=10))
PASSKEYS = 10
AUTHENTICATOR_APPS = 5
FACTOR_NAME_MAX = 40

# Sessions: login.gov; 63B AAL2.
SESSION_IDLE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
SESSION_WARNING = timedelta(seconds=150)
# Staff, under /admin/: own. An unattended desk shows the data of many people, and eight hours are one shift (ASVS 7.3).
STAFF_SESSION_IDLE = timedelta(minutes=10)
STAFF_SESSION_LIFE = timedelta(hours=8)
# How far back the worker looks for sign-ins from new devices: own; a day, so that none is lost while no worker runs.
# Sign-ins are recorded in the order in which they end, so two looks overlap.
NEW_DEVICES_WITHIN = timedelta(days=1)
NEW_DEVICES_OVERLAP = timedelta(minutes=10)
# Half signed in (password given, second factor not yet): own; as long as an idle session.
HALF_SIGNED_IN = SESSION_IDLE
# How long the second copy of a form that began a session is answered like the first one, and how long a copy waits for
# the first one to be judged: own. A double click takes less than a second; slow networks send the copy later.
REPEATED_FORM = timedelta(minutes=1)
REPEATED_FORM_WAIT = timedelta(seconds=5)
# How long anything may wait for something else before it gives up: own, and all to be set by the environment. A person
# waits ten seconds with attention (Nielsen, Usability Engineering, 1993) and twice that without leaving: until then a
# page is answered, if only with "try again". A statement may take half of that, so that what follows it has time.
# Nobody waits for a lock longer than for a statement. A transaction that idles holds locks and keeps dead rows: thirty
# seconds are more than any of ours. A database in the same building connects within milliseconds. Counters that do not
# answer at once answer nothing.
REQUEST_DEADLINE = timedelta(seconds=20)
STATEMENT_DEADLINE = timedelta(seconds=10)
LOCK_DEADLINE = timedelta(seconds=5)
IDLE_IN_TRANSACTION = timedelta(seconds=30)
CONNECT_TIMEOUT = timedelta(seconds=5)
CACHE_TIMEOUT = timedelta(seconds=2)
# How often a migration tries to get a lock on a table in use, and how long it leaves the table to people between: own.
# While it waits for the lock, everybody waits behind it, so it gives up after DB_LOCK_SECONDS (2 in docs/deploying/).
# Together three minutes: the longest statement of a page is over by then, and a job that is not holds no such lock.
MIGRATION_TRIES = 25
MIGRATION_PAUSE = timedelta(seconds=5)
# How long a source of identity questions may take: own; as long as DEERS.
SOURCES_DEADLINE = DEERS_DEADLINE
# After how long a page may be asked for again that met a database that does not answer: own.
UNAVAILABLE_RETRY = timedelta(seconds=10)
# How long a mail server may be silent before we do not know whether it took the email: own; RFC 5321 §4.5.3.2 allows
# minutes, and a worker that waits for so long sends nothing else.
MAIL_TIMEOUT = timedelta(seconds=30)
# How long it is known why a session ended, so that its holder can be told: own; a working day.
ENDED_SESSIONS_KEPT = SESSION_LIFE

# Fresh sign-in: allauth, login.gov.
FRESH_FOR_CREDENTIALS = timedelta(minutes=5)
FRESH_FOR_EXPORTS = timedelta(minutes=20)
# A copy of the whole record: the link lives for a day (own), and a fresh sign-in to ask and to fetch. Own: how many may
# be asked for, how often a copy begins again because the record was changed meanwhile, and after how long without any
# progress nobody waits for it any more.
EXPORT_KEPT = timedelta(hours=24)
EXPORTS_PER_ACCOUNT = Limit("exports", 10, timedelta(days=1))
EXPORT_ATTEMPTS = 3
EXPORT_SILENT = timedelta(hours=1)
# A fresh second step before a staff member decides about a person, or opens a batch of letters: as for credentials. At
# a visit: own; an agent compares two documents between the second step and the decision.
FRESH_FOR_DECISIONS = FRESH_FOR_CREDENTIALS
FRESH_FOR_VISITS = timedelta(minutes=15)

# What the desk's page of a person hides: own. How long a detail is shown for a reason, how recent the second step has
# to be for that, and how many details one staff member may look at: two for each of fifteen calls an hour.
REVEALED_FOR = timedelta(minutes=1)
FRESH_FOR_REVEALS = FRESH_FOR_VISITS
REVEALS_PER_STAFF = Limit("reveals", 30, timedelta(hours=1))
# How many rows each list of that page has, how many events its timeline has to a page, and how long an event that ended
# a try says why a person got no further: own; who calls about something older has tried again since.
DESK_LIST = 20
DESK_TIMELINE = 25
STOPPED_WITHIN = timedelta(days=30)

# Recovery: login.gov; ASVS 6.4.3.
RESET_LINK_LIFE = timedelta(minutes=30)
# Emails that strangers may request: own; as many as DEERS lookups, so that no mailbox can be flooded.
RECOVERY_PER_ADDRESS = Limit("recovery-address", 10, timedelta(hours=1))
# The same, by mailbox, so that not even many senders flood one: own. As often again from each browser that has signed
# in before, so that they cannot use it up for its owner.
RECOVERY_PER_MAILBOX = Limit("recovery-mailbox", 5, timedelta(hours=24))
LOST_FACTOR_WAIT = timedelta(hours=24)
# How long the link after that wait is valid: own; long enough for a weekend, and it asks for the password as well.
# Requests for it: own.
NEW_FACTOR_LINK_LIFE = timedelta(days=3)
LOST_FACTORS = Limit("lost-factors", 3, timedelta(hours=24))
NOT_ME_LINK_LIFE = timedelta(days=10)
# The same link in a letter: own; it travels as a code does, and must still be valid when it arrives.
NOT_ME_LINK_LIFE_LETTER = CODE_LIFE_LETTER_ABROAD
# The link that stops identity questions in a name, by email and by letter: own; as the one above.
STOP_QUESTIONS_LINK_LIFE = NOT_ME_LINK_LIFE
STOP_QUESTIONS_LINK_LIFE_LETTER = NOT_ME_LINK_LIFE_LETTER
# How long notices of a change go to an address that the account had before: 63B §4.6 requires every notification
# address; 30 days: own, so that changing the address first silences nothing. How long a change can be undone once the
# account is frozen: own; as long, and what was kept when it was frozen is kept until it is given back.
NOTICES_TO_FORMER_ADDRESSES = timedelta(days=30)
CHANGES_UNDONE_WITHIN = NOTICES_TO_FORMER_ADDRESSES
# Time to confirm a new email address, and requests for a new one: own; a day, and as often as people mistype.
CONFIRM_EMAIL_LINK_LIFE = timedelta(hours=24)
EMAIL_CHANGES = Limit("email-changes", 5, timedelta(hours=1))

# Registration drafts: own.
DRAFT_IDLE = timedelta(minutes=60)
# Drafts of people who want an email when DEERS works again are kept for a day, and for another day from that email on:
# own; it may be read only the next morning. Requests for it, by mailbox and by address: own, so that no mailbox can be
# flooded.
DRAFT_KEPT_FOR_DEERS = timedelta(hours=24)
DEERS_NEWS_PER_MAILBOX = Limit("deers-news-mailbox", 3, timedelta(hours=24))
DEERS_NEWS_PER_ADDRESS = Limit("deers-news-address", 10, timedelta(hours=1))

# The shortest time between two emails to a person whose record does not allow an account: own.
NEXT_STEP_GAP = timedelta(days=1)

# Forms that were not saved when the session ended: own; kept as long as a draft, with room (in characters) for the
# longest message.
UNSAVED_FORM_LIFE = DRAFT_IDLE
UNSAVED_FORM_MAX = 50_000

# Messages to the care team: VA.gov, whose subjects have 50 characters; 100: own.
MESSAGE_SUBJECT_MAX = 100
MESSAGE_BODY_MAX = 5_000
# How long a message waits, so that it can be taken back: own; most people see a slip at once. How soon after the last
# key a draft is saved: own.
MESSAGE_HELD = timedelta(minutes=5)
DRAFT_SAVED_AFTER = timedelta(seconds=10)
# In how many working days of the team an answer is due, and for how long after its last message a conversation can go
# on: VA.gov. After that an answer begins a new conversation, which is linked to the old one: own.
MESSAGE_ANSWER_DAYS = 3
MESSAGE_THREAD_LIFE = timedelta(days=45)
# Internal notes and the out-of-office sentence of a care team, in characters: own.
MESSAGE_NOTE_MAX = 2_000
OUT_OF_OFFICE_MAX = 500

# Attachments of a message: VA.gov (4 files, 6 MB each, 10 MB in all). They are kept in pieces, so that nobody has to
# hold a whole file twice in memory: own. How many a person may add in a day: own; ten full messages.
ATTACHMENTS = 4
ATTACHMENT_MAX = 6 * 1024 * 1024
ATTACHMENTS_MAX = 10 * 1024 * 1024
ATTACHMENT_NAME_MAX = 100
ATTACHMENT_PIECE = 512 * 1024
ATTACHMENTS_A_DAY = Limit("attachments", 40, timedelta(hours=24))


@dataclass(frozen=True)
class FileKind:
    """A kind of file that may be attached: what people call it, its media type, and the endings of its names."""

    label: str
    media_type: str
    endings: tuple[str, ...]


# Pictures, papers and plain text: own. All can be recognized by their content, and none can run anything by itself.
FILE_KINDS = {
    "pdf": FileKind("PDF", "application/pdf", (".pdf",)),
    "jpeg": FileKind("JPEG", "image/jpeg", (".jpg", ".jpeg")),
    "png": FileKind("PNG", "image/png", (".png",)),
    "heic": FileKind("HEIC", "image/heic", (".heic", ".heif")),
    "text": FileKind("plain text", "text/plain; charset=utf-8", (".txt",)),
}

# Refills: own. From which share of the last supply on they can be asked for, within what time somebody answers, after
# which both sides are told, how long after its end a prescription can be renewed, and how many are asked for at once.
REFILL_FROM = 0.75
REFILL_ANSWERED_WITHIN = timedelta(hours=24)
RENEWAL_WITHIN = timedelta(days=365)
REFILLS_AT_ONCE = 25

# Health tools, all own: characters of a note, of a tracker's name and unit, of a goal, and of the notes for a visit.
# How many trackers of their own, readings and goals a person may have: more than anybody measures in decades. How far
# the clock of a device may be ahead.
READING_NOTE_MAX = 200
TRACKER_NAME_MAX = 60
TRACKER_UNIT_MAX = 20
GOAL_TEXT_MAX = 200
VISIT_NOTE_MAX = 2_000
TRACKERS_MAX = 20
READINGS_MAX = 100_000
GOALS_MAX = 50
CLOCK_AHEAD = timedelta(minutes=5)
# A file of readings: own; three years of one a day, or a year of three, and few enough to look through on one page.
READINGS_FILE_ROWS = 1_000
READINGS_FILE_BYTES = 64 * 1024
# The days that a summary for a visit covers by itself and at most, and the most readings of one measure that it lists:
# own; three months are a usual time between visits. How late a reminder may still come: own; after that the next one
# will do.
SUMMARY_DAYS = 90
SUMMARY_DAYS_MAX = 730
SUMMARY_READINGS = 200
MEASURE_REMINDER_LATE = timedelta(hours=2)

# Appointments: own. How many days a person wishes at most and how far ahead, how far ahead the desk books (what is
# later is a slip of the year), how long the reason may be, within what time somebody answers and passes a cancellation
# on, after which both sides are told, until when before it a visit can be moved or cancelled here, and from when before
# it its questions can be answered. Reminders go out so many days before, or up to a day late if the worker stood still.
VISIT_WISHES = 3
VISIT_AHEAD = timedelta(days=365)
VISIT_BOOKED_AHEAD = timedelta(days=3652)
VISIT_REASON_MAX = 500
VISIT_ANSWERED_WITHIN = timedelta(hours=48)
CANCELLATION_KNOWN_WITHIN = timedelta(hours=24)
CANCELLATION_KNOWN_BEFORE = timedelta(hours=24)
CANCEL_UNTIL = timedelta(hours=24)
CHECK_IN_FROM = timedelta(days=3)
REMINDER_DAYS = (7, 1)
REMINDER_LATE = timedelta(days=1)

# The hour, by the site's clock, from which on the one email of the day goes out: own; most people read mail then.
SUMMARY_HOUR = 7

# Family access: own; DD Form 3005 limits an authorization in the same way. A parent's ends on the 18th birthday, and
# from 13 on notes that are marked as sensitive are closed to parents, as at most military clinics. Both are told ahead.
DELEGATION_LONGEST = timedelta(days=365)
DELEGATION_CODE_LIFE = timedelta(days=7)
DELEGATION_CODE_LENGTH = 10
DELEGATION_CODE_TRIES = Limit("delegation-codes", 5, timedelta(hours=1))
DELEGATION_CODE_TRIES_PER_ADDRESS = Limit("delegation-codes-address", 20, timedelta(hours=1))
DELEGATIONS_OFFERED = Limit("delegations-offered", 10, timedelta(days=1))
# A look for a doctor without an account: own. The code and the look end together.
SHARE_LIFE = timedelta(minutes=60)
SHARES_MADE = Limit("shares-made", 10, timedelta(days=1))
SHARE_TRIES_PER_CODE = Limit("share-code", 5, timedelta(hours=1))
SHARE_TRIES_PER_ADDRESS = Limit("share-address", 20, timedelta(hours=1))
SENSITIVE_FROM_AGE = 13
# Surrogates: own. How many requests a person may make, how soon the desk answers, and when a request ends if the paper
# never came. An access is as long as a delegation at most. A request for a new one is possible before it ends.
SURROGATES_ASKED = Limit("surrogates-asked", 5, timedelta(days=1))
SURROGATE_ANSWERED_WITHIN = timedelta(days=14)
SURROGATE_PAPER_WITHIN = timedelta(days=60)
SURROGATES_SHOWN = 20
PARENT_TOLD_BEFORE = timedelta(days=30)

# Messages to the service center by the contact form: own; as long as those to the care team, and few in an hour.
CONTACT_PER_ADDRESS = Limit("contact-address", 5, timedelta(hours=1))
# Emails that confirm such messages, for each mailbox: own; what one sender may write.
CONTACT_CONFIRMATIONS = Limit("contact-confirmations", 5, timedelta(hours=1))
# How long people wait for an answer: own; over a weekend. How long the code that opens it lives, and how long one can
# reply to it: own; as long as people keep such an email. Wrong codes, by address, and how long the answer stays open in
# a browser: as for the status page of a review.
CONTACT_ANSWERED_WITHIN = timedelta(days=3)
CONTACT_ANSWER_LIFE = timedelta(days=30)
CONTACT_CODE_TRIES_PER_ADDRESS = Limit("contact-code-tries-address", 20, timedelta(hours=1))
CONTACT_PAGE_OPEN = CASE_PAGE_OPEN
CONTACT_REPLIES = Limit("contact-replies", 5, timedelta(hours=1))

# The desk's search: own; two a minute are more than a caller needs. A name has two letters, and nobody reads through
# more rows than SEARCH_ALL of a kind. An opening page counts up to WAITING_COUNTED, and says "99+" from there on.
SEARCHES_PER_STAFF = Limit("staff-searches", 120, timedelta(hours=1))
SEARCH_MIN, SEARCH_MAX = 2, 100
SEARCH_SHOWN, SEARCH_ALL = 5, 50
WAITING_COUNTED = 99
# An email that is not sent by then is late: own; the worker sends it within seconds.
MAIL_SENT_WITHIN = timedelta(minutes=10)

# The help center: own. How many characters and words of a search are looked at, and how many results it shows. How
# like a word of our texts a mistyped one must be, as a share of their groups of three letters: one wrong letter in a
# short word passes (PostgreSQL's own threshold is 0.3). Opinions on articles from one address, and characters of their
# remark. For how many days back staff see opinions.
HELP_SEARCH_MAX = 200
HELP_SEARCH_WORDS = 12
HELP_RESULTS = 10
HELP_LIKENESS = 0.4
HELP_RATINGS_PER_ADDRESS = Limit("help-ratings", 20, timedelta(hours=1))
HELP_REMARK_MAX = 1_000
HELP_RATINGS_DAYS = 90
# Dated notices: own. Characters of title and text, how many are shown on one page, how far ahead they may begin and
# how long they may last, and how soon every process of the site shows a change of them.
DATED_NOTICE_TITLE_MAX = 100
DATED_NOTICE_TEXT_MAX = 1_000
DATED_NOTICES_SHOWN = 3
DATED_NOTICE_AHEAD = timedelta(days=90)
DATED_NOTICE_LONGEST = timedelta(days=90)
DATED_NOTICES_READ_EVERY = timedelta(seconds=15)
# Chat with the service center, all own. Its hours are those of the phones, by the site's clock, and not on federal
# holidays. How many characters a line has at most, and lines a chat: far more than anybody writes.
CHAT_OPENS, CHAT_CLOSES = time(8), time(20)
CHAT_LINE_MAX = 2_000
CHAT_LINES_MAX = 500
# Chats that are begun from one network, where many may share an address, and lines of one chat.
CHATS_PER_ADDRESS = Limit("chats-address", 20, timedelta(hours=1))
CHAT_LINES = Limit("chat-lines", 20, timedelta(minutes=1))
# How often a page asks what is new: for a while after somebody wrote or typed, and otherwise, as the desk's queue does.
# How long after a key somebody counts as typing, and how soon a page says the next time that somebody types.
CHAT_ASKS_EVERY = timedelta(seconds=3)
CHAT_LIVELY = timedelta(seconds=20)
CHAT_QUIET_ASKS_EVERY = timedelta(seconds=6)
CHAT_TYPING = timedelta(seconds=6)
CHAT_TYPING_SAID = timedelta(seconds=3)
# How exactly it is noted when a side was last here, and how long after that it counts as here. Then: after how long a
# chat goes back in line because its agent is gone, and after how long it ends because its visitor is.
CHAT_HERE_NOTED = timedelta(seconds=10)
CHAT_HERE = timedelta(seconds=45)
CHAT_AGENT_GONE = timedelta(minutes=5)
CHAT_VISITOR_GONE = timedelta(minutes=15)
# How often a page without script loads itself again, if the person wants that.
CHAT_RELOADS_EVERY = timedelta(seconds=20)
# How long an ended chat can be read and taken up again, and how long it is kept after that: as long as failed jobs.
CHAT_AGAIN_WITHIN = timedelta(hours=24)
CHAT_KEPT = timedelta(days=30)
# How many ended chats one look of the worker deletes or ends.
CHATS_AT_ONCE = 500
# The copy of a chat by email: how long the code is valid that confirms an address, wrong codes in a chat, and emails
# by mailbox, so that nobody fills one.
CHAT_CODE_LIFE = timedelta(minutes=30)
CHAT_CODE_TRIES = Limit("chat-code-tries", 5, timedelta(minutes=30))
CHAT_MAILS = Limit("chat-mails", 3, timedelta(hours=24))
CHAT_MAILS_PER_ADDRESS = Limit("chat-mails-address", 10, timedelta(hours=1))
# Calls back: own. A slot is as long as a call takes with what follows it. How many people one region calls in a slot,
# and how many of these places are kept for people who are signed in, so that strangers can never take all. How soon at
# the earliest and for how many days ahead one can choose. How many one account, or one network address of somebody who
# is not signed in, may ask for. How long an agent may keep one before a colleague can take it over, how often we try,
# and how long names and numbers are kept once it is over.
CALL_BACK_SLOT = timedelta(minutes=30)
CALL_BACKS_IN_SLOT = 4
CALL_BACKS_KEPT_FOR_ACCOUNTS = 2
CALL_BACK_NOTICE = timedelta(hours=1)
CALL_BACK_DAYS = 7
CALL_BACKS_PER_ACCOUNT = Limit("call-backs-account", 3, timedelta(hours=24))
CALL_BACKS_PER_ADDRESS = Limit("call-backs-address", 3, timedelta(hours=24))
CALL_BACK_TAKEN_FOR = timedelta(hours=1)
CALL_BACK_TRIES = 3
CALL_BACK_NUMBERS_KEPT = timedelta(days=7)
# Support PINs: own. Six digits can be read aloud. They live as long as an idle session and identify once. With what an
# agent may guess in an hour, and all agents together, one of a hundred live PINs is found with a chance of 1 in 200 an
# hour, and only by who knows its person's name too. How many a person may ask for: own; more than one call takes.
SUPPORT_PIN_DIGITS = 6
SUPPORT_PIN_LIFE = timedelta(minutes=15)
SUPPORT_PINS = Limit("support-pins", 10, timedelta(hours=1))
SUPPORT_PIN_WRONG = Limit("support-pin-wrong", 5, timedelta(hours=1))
SUPPORT_PIN_WRONG_OF_ALL = Limit("support-pin-wrong-all", 50, timedelta(hours=1))
# What a caller says without a PIN: own. Beside name and date of birth so many details must fit, and so many may not.
# Comparisons that did not fit: of one agent, more than an honest day has; of one person, after which everything that a
# caller says has to fit, and one detail more. Nobody is shut out by strangers who call in their name.
CALLER_DETAILS = 3
CALLER_DETAILS_WRONG = 1
CALLER_DETAILS_STRICT = 4
CALLER_NOT_FITTING = Limit("caller-not-fitting", 10, timedelta(hours=1))
CALLER_NOT_FITTING_OF_PERSON = Limit("caller-not-fitting-person", 3, timedelta(hours=24))
# How long it counts within a call that the caller showed who they are: own; as the PIN. Characters of a note: own.
CALLER_KNOWN_FOR = SUPPORT_PIN_LIFE
CALL_NOTE_MAX = 500

# Dormancy: DS Logon.
DORMANT_AFTER = timedelta(days=180)
# How long before it the first and the last warning are sent: own; a month to return from a trip, and a week for people
# who put it off.
DORMANCY_WARNINGS = (timedelta(days=30), timedelta(days=7))

# How long the worker's jobs are kept that are done, and those that failed to the last try: own; a day to see that all
# goes well, and a month to find out what went wrong. Their arguments name nobody in clear text.
JOBS_KEPT = timedelta(days=1)
FAILED_JOBS_KEPT = timedelta(days=30)

# Whether the site is ready: own. How often each process looks, how old a look may be that is believed, how soon the
# database has to answer, and after how long we hang up. The free bytes below which a disk counts as full. A worker's
# heart beats every ten seconds (procrastinate), and it is late after twelve beats. Most jobs take seconds, and one that
# has waited for so long has people who wait for their mail. How often figures for Prometheus are read that stand in the
# database: own; it asks once a minute by default.
METRICS_LOOK_EVERY = timedelta(seconds=15)
LOOK_EVERY = timedelta(seconds=3)
LOOK_BELIEVED = timedelta(seconds=10)
DATABASE_PATIENCE = timedelta(seconds=1)
DATABASE_HUNG = timedelta(seconds=2)
DISK_FREE_MIN = 64 * 1024 * 1024
WORKER_LATE = timedelta(minutes=2)
JOBS_LATE = timedelta(minutes=10)
# Pages that are read from a standby: own. How old what such a page shows may be, of what others wrote. A standby in the
# same building is milliseconds behind, and five seconds are less than an email takes that says that something is there.
# How often each process looks how far the standby is, and how long a page waits for it before it asks the primary:
# people notice two seconds, and no page needs one.
STANDBY_BEHIND = timedelta(seconds=5)
STANDBY_LOOK_EVERY = timedelta(seconds=1)
STANDBY_PATIENCE = timedelta(seconds=2)
# The queues of the worker: own. Each has a process of its own, so that none waits for another. An email needs a few
# answers of a mail server, each within MAIL_TIMEOUT. A batch of letters is voided at once. Housekeeping may have to
# catch up with days. A copy of a record, and a check of the whole audit trail, read millions of rows. "default" has the
# jobs that were queued before there were queues, of every kind.
QUEUES = {
    "mail": Queue(at_once=4, deadline=timedelta(minutes=2)),
    "letters": Queue(at_once=1, deadline=timedelta(minutes=10)),
    "housekeeping": Queue(at_once=4, deadline=timedelta(minutes=30)),
    "exports": Queue(at_once=2, deadline=timedelta(hours=1)),
    "default": Queue(at_once=2, deadline=timedelta(hours=1)),
}
# After how long without a sign of life a worker counts as dead, and its jobs go to others: procrastinate's own default,
# three times the ten seconds after which a worker says that it lives. How often a job is given to others before it
# counts as one that kills its worker: own; as often as a job is tried again. What the calendar soon queues anyway is
# tried for two minutes.
WORKER_SILENT = timedelta(seconds=30)
JOB_TRIES = 11
JOB_TRIES_BRIEFLY = 5
# How often the workers are looked after, how long to wait before the next try when they cannot work (first and at
# most), and how often the log says so: own. A database that comes back is used within half a minute.
WORKERS_LOOKED_AFTER_EVERY = timedelta(seconds=10)
WORKERS_WAIT = timedelta(seconds=1)
WORKERS_WAIT_MOST = timedelta(seconds=30)
WORKERS_TROUBLE_SAID_EVERY = timedelta(minutes=1)
# How much the clock of a machine may differ from the database's: own. Machines that follow a time server differ by
# milliseconds (RFC 5905); codes, links and schedules count in minutes.
CLOCKS_APART = timedelta(minutes=1)

# How long before its time a partition of the audit trail has to be there: own. They are made a year ahead
# (migration safeguards.0012), so that half a year is left for somebody to see that they are not.
PARTITIONS_AHEAD = timedelta(days=183)

# Sealing the audit trail: own. How long after its end a day is sealed, after how long a missing seal is reported, and
# after how long a seal is remarked on as late.
AUDIT_SEAL_GRACE = timedelta(minutes=15)
AUDIT_SEAL_OVERDUE = timedelta(hours=2)
AUDIT_SEALED_WITHIN = timedelta(days=1)

# The operator's page (service_center/operations.py): own.
JOBS_TO_A_PAGE = 50
# Reading the audit trail at the desk: own. Events on a page, and the days and events of one download: what a sheet
# still opens. How long the results of checks of the chain are kept: as long as the figures look back.
AUDIT_PAGE = 50
AUDIT_EXPORT_DAYS = 92
AUDIT_EXPORT_EVENTS = 50_000
AUDIT_CHECKS_KEPT = timedelta(days=90)

# The staff's figures: own. FIGURE_PERIODS are their periods, in whole days that are over. A count of people that is
# smaller than FIGURES_FROM, and not 0, is not shown, so that nobody can be recognized from it. The same holds for the
# two parts of a whole, those who passed and those who did not, because each follows from the other (CMS cell size
# suppression policy of 2024). There 0 is too small as well: it tells the same of everybody in the group (NCES 2011-603,
# which found thresholds from 5 to 30). CASE_AGES are the ages, in days, by which open cases are grouped.
FIGURE_PERIODS = (7, 30, 90)
FIGURE_PERIOD = 30
FIGURES_FROM = 5
# The first years of the age bands in figures: own; as wide as most public tables have them.
AGE_BANDS = (18, 25, 35, 45, 55, 65, 75)
CASE_AGES = (1, 3, 7, 14)
