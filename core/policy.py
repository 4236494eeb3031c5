"""Every number of the product, once, with its source beside it.

Pages, guides and PDFs render these; no other module repeats them. Durations are `timedelta`.
Sources: 63A and 63B are NIST SP 800-63A/B (revision 4 unless said), ASVS is OWASP ASVS 5,
login.gov is that project's published defaults, WCAG is version 2.2, DS Logon is the service itself.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

# The day on which these numbers were last gone through; the guides carry it.
REVIEWED = date(2026, 11, 23)


class Level(IntEnum):
    """What an account may open. A person without an account has no level."""

    BASIC = 1
    PREMIUM = 2

    @property
    def label(self) -> str:
        return self.name.capitalize()


@dataclass(frozen=True)
class Limit:
    """At most `times` events in `period`; the next one has to wait until the period has passed."""

    name: str
    times: int
    period: timedelta


@dataclass(frozen=True)
class Strength:
    """How much a quiz must prove: `questions` asked, all to be right, from `categories` kinds of fact."""

    level: Level
    questions: int
    categories: int
    options: int
    guess_chance: float
    """The most that blind guessing may succeed in one attempt, as a fraction of 1."""


# Passwords: 63B §3.1.1.2; blocklist: 63B and ASVS 6.2.4.
PASSWORD_MIN_LENGTH = 15
PASSWORD_MAX_LENGTH = 128
# Argon2id at RFC 9106's second recommended choice (section 4): 64 MiB, 3 passes, 4 lanes.
ARGON2_MEMORY_KIB = 64 * 1024
ARGON2_PASSES = 3
ARGON2_LANES = 4
# Hashes at once in one process: own; as many as small machines have cores, more would not end sooner. With the usual 2
# processes that is 2 x 2 x 64 MiB = 256 MiB at most. Whoever waits longer for a place is asked to try again: own.
HASHES_AT_ONCE = 2
HASH_WAIT = timedelta(seconds=5)
# Strength: zxcvbn's 3 of 4, "safely unguessable" for slowly hashed passwords (its README; login.gov asks the same).
PASSWORD_SCORE = 3
# How much of a long password zxcvbn judges: its own limit, for its time grows with the square of the length.
PASSWORD_JUDGED_LENGTH = 72
# Judgements of a password before it is sent: own; more than anybody types, few enough to bound their work.
PASSWORD_JUDGEMENTS = Limit("password-judgements", 100, timedelta(minutes=10))
SERVICE_WORDS = ("dslogon", "ds logon", "genesis", "tricare", "deers", "military health")

# Usernames: own.
USERNAME_MIN_LENGTH = 6
USERNAME_MAX_LENGTH = 20

# Sign-in failures: allauth, login.gov, 63B §3.2.2.
SIGN_IN_PER_ACCOUNT = Limit("sign-in-account", 5, timedelta(minutes=5))
SIGN_IN_PER_ADDRESS = Limit("sign-in-address", 10, timedelta(minutes=1))
SIGN_IN_PER_ACCOUNT_LONG = Limit("sign-in-account-long", 50, timedelta(hours=12))
SIGN_IN_FAILURES_IN_A_ROW = 100

# DEERS look-ups: login.gov. The number's key is its HMAC.
DEERS_PER_ADDRESS = Limit("deers-address", 10, timedelta(hours=1))
DEERS_PER_SSN = Limit("deers-ssn", 5, timedelta(hours=6))
# By surname and date of birth: own; else whoever knows those could find out the number, a guess from each of many
# addresses. Twice as many, since namesakes and twins share them.
DEERS_PER_NAME = Limit("deers-name", 10, timedelta(hours=6))

# How long a question to DEERS may take: own; so long a person waits without doubt. After so many failures in a row it
# is left alone for a while, then asked once to see: own.
DEERS_DEADLINE = timedelta(seconds=3)
DEERS_FAILURES = 5
DEERS_PAUSE = timedelta(seconds=30)

# Own account from this age, in years: DS Logon.
ADULT_AGE = 18

# Registrations: allauth.
REGISTRATIONS_PER_ADDRESS = Limit("registration-address", 20, timedelta(hours=1))

# The quiz: 63A revision 3 §5.3.2. A start-up check computes the chance from the row above it.
STRENGTH = {
    Level.BASIC: Strength(Level.BASIC, questions=3, categories=2, options=5, guess_chance=0.01),
    Level.PREMIUM: Strength(Level.PREMIUM, questions=4, categories=2, options=5, guess_chance=0.002),
}
# How often "none of the above" is the right answer: own; near 1 in 5, as blind chance would have it.
QUIZ_NONE_OF_THE_ABOVE_RATE = 0.2
# Attempts and wait: 63A revision 3, login.gov.
QUIZ_ATTEMPTS = 2
QUIZ_WAIT = timedelta(hours=6)
# Inactivity: 63A revision 3; the warning and ten extensions: WCAG 2.2.1.
QUIZ_QUESTION_TIME = timedelta(minutes=2)
QUIZ_WARNING = timedelta(seconds=20)
QUIZ_EXTENSIONS = 10

# Which facts a quiz may ask about, in calendar years. It names the year in which something began: own; people seldom
# remember more. And how long it may be over, by category of fact: credit bureaus list closed accounts for ten years
# (their published custom; 15 U.S.C. 1681c sets seven for debts unpaid). The rest: own.
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

# Activation codes: 63A §3.8, login.gov. Ten Crockford base32 characters hold 50 bits.
CODE_LENGTH = 10
CODE_TRIES = Limit("code-tries", 5, timedelta(minutes=10))
CODE_LIFE_EMAIL = timedelta(hours=24)
CODE_LIFE_SCREEN = timedelta(hours=24)
CODE_LIFE_LETTER = timedelta(days=21)
CODE_LIFE_LETTER_ABROAD = timedelta(days=30)

# Codes asked for again in one journey: own.
CODES_AGAIN = Limit("codes-again", 5, timedelta(hours=1))

# Letters: login.gov.
LETTERS = Limit("letters", 4, timedelta(days=30))
LETTER_GAP = timedelta(hours=24)
# Letters in one batch: own; as many as a tray of an office printer takes.
LETTERS_IN_BATCH = 250
# How long the post takes, for the pages that speak of it: own, after the post office's standards for first-class mail
# (1 to 5 days) and a working day to print it.
LETTER_ARRIVES = timedelta(days=7)
LETTER_ARRIVES_ABROAD = timedelta(days=14)

# Visits, to an office or by video call. How strong a document is as evidence: 63A appendix A.


class Evidence(IntEnum):
    """How well a document proves who somebody is."""

    FAIR = 1
    STRONG = 2
    SUPERIOR = 3


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document: its evidence, whether it has a photo, and whether a number is one state's own."""

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
# What a visit must show: 63A, evidence collection. IAL1 asks for one fair piece, IAL2 for a fair and a strong one. That
# there are two at Basic too, and that one has a photo: own.
VISIT_DOCUMENTS = 2
VISIT_EVIDENCE = {Level.BASIC: Evidence.FAIR, Level.PREMIUM: Evidence.STRONG}
# A slip is good for as long as a letter abroad: own; time to find a place and a day. Slips made in one journey after
# another, and slips that one agent looks for: own; more than anybody needs.
VISIT_LIFE = timedelta(days=30)
VISITS = Limit("visits", 5, timedelta(hours=24))
VISIT_LOOKUPS = Limit("visit-lookups", 20, timedelta(minutes=10))
# References are as long as activation codes. A document's number has at least so many letters and digits: own.
REFERENCE_LENGTH = CODE_LENGTH
DOCUMENT_NUMBER_MIN = 4

# Reviews of details that did not match: own. Answered within a working week, ended after a month without an answer;
# the link back into the journey lives as long as a letter. Asked for, by address and by number or mailbox: own; so
# seldom that nobody fills the queue. Tries at a continuation code, by reference: as for activation codes; by address:
# own; more than anybody mistypes. How long a status page stays open in a browser: as a quiet session.
CASE_DUE = timedelta(days=7)
CASE_LIFE = timedelta(days=30)
CASE_GO_ON_LIFE = CODE_LIFE_LETTER
CASES_PER_ADDRESS = Limit("cases-address", 5, timedelta(hours=24))
CASES_PER_NUMBER = Limit("cases-number", 3, timedelta(hours=24))
CASE_TRIES = Limit("case-tries", 5, timedelta(minutes=10))
CASE_TRIES_PER_ADDRESS = Limit("case-tries-address", 20, timedelta(hours=1))
CASE_PAGE_OPEN = timedelta(minutes=15)

# Second factors: 63B §2; ASVS 6.5; login.gov.
BACKUP_CODES = 10
# After a registration or an upgrade they stand on its last page until the person has saved them, and no longer than
# this: own; as long as a quiet session may last.
BACKUP_CODES_SHOWN = timedelta(minutes=15)
TOTP_DIGITS = 6
TOTP_STEP = timedelta(seconds=30)
TOTP_FAILURES = Limit("second-factor", 10, timedelta(minutes=10))
# A challenge for a passkey: WebAuthn level 3 §15.1, time enough to look for a security key. How many an address may
# ask for, and how many factors one account may hold: own.
PASSKEY_CHALLENGE_LIFE = timedelta(minutes=5)
PASSKEY_CHALLENGES_PER_ADDRESS = Limit("passkey-address", 60, timedelta(minutes=10))
PASSKEYS = 10
AUTHENTICATOR_APPS = 5
FACTOR_NAME_MAX = 40

# Sessions: login.gov; 63B AAL2.
SESSION_IDLE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
SESSION_WARNING = timedelta(seconds=150)
# Staff, under /admin/: own; an unwatched desk sees many people's data, and eight hours are one shift (ASVS 7.3).
STAFF_SESSION_IDLE = timedelta(minutes=10)
STAFF_SESSION_LIFE = timedelta(hours=8)
# A sign-in from a device that was not seen before is looked for so far back: own; a day, so that no worker's rest loses
# one. Sign-ins are written down in the order of their end, hence the overlap of two looks.
NEW_DEVICES_WITHIN = timedelta(days=1)
NEW_DEVICES_OVERLAP = timedelta(minutes=10)
# Half signed in (password given, second factor not yet): own; as long as a quiet session may last.
HALF_SIGNED_IN = SESSION_IDLE

# Fresh sign-in: allauth, login.gov.
FRESH_FOR_CREDENTIALS = timedelta(minutes=5)
FRESH_FOR_EXPORTS = timedelta(minutes=20)

# Recovery: login.gov; ASVS 6.4.3.
RESET_LINK_LIFE = timedelta(minutes=30)
# Mails asked for by strangers: own; as many as DEERS look-ups, so that no mailbox can be flooded.
RECOVERY_PER_ADDRESS = Limit("recovery-address", 10, timedelta(hours=1))
LOST_FACTOR_WAIT = timedelta(hours=24)
# The link after that wait: own; long enough for a weekend, and it asks for the password as well. Asked for: own.
NEW_FACTOR_LINK_LIFE = timedelta(days=3)
LOST_FACTORS = Limit("lost-factors", 3, timedelta(hours=24))
NOT_ME_LINK_LIFE = timedelta(days=10)
# The same link in a letter: own; it takes the way that a code takes, and shall be as good when it arrives.
NOT_ME_LINK_LIFE_LETTER = CODE_LIFE_LETTER_ABROAD
# A new email address is confirmed within a day, and asked for no more often than people mistype: own.
CONFIRM_EMAIL_LINK_LIFE = timedelta(hours=24)
EMAIL_CHANGES = Limit("email-changes", 5, timedelta(hours=1))

# Registration drafts: own.
DRAFT_IDLE = timedelta(minutes=60)
# Those of people who want a mail when DEERS works again are kept for a day, and for one more from that mail on: own; it
# may be read only the next morning. Mails asked for, by mailbox and by address: own; no mailbox shall be flooded.
DRAFT_KEPT_FOR_DEERS = timedelta(hours=24)
DEERS_NEWS_PER_MAILBOX = Limit("deers-news-mailbox", 3, timedelta(hours=24))
DEERS_NEWS_PER_ADDRESS = Limit("deers-news-address", 10, timedelta(hours=1))

# People whose record allows no account hear of it by mail no more often than this: own.
NEXT_STEP_GAP = timedelta(days=1)

# What stood in another form when the session ended: own; as long as a draft, and room for the longest message.
KEPT_FORM_LIFE = DRAFT_IDLE
KEPT_FORM_MAX = 50_000

# Messages to the care team: VA.gov.
MESSAGE_SUBJECT_MAX = 100
MESSAGE_BODY_MAX = 5_000

# Letters to the service center by the contact form: own; the same room as a message, and few in an hour.
CONTACT_PER_ADDRESS = Limit("contact-address", 5, timedelta(hours=1))

# Dormancy: DS Logon.
DORMANT_AFTER = timedelta(days=180)
# Warned so long before, first and last: own; a month to come back from a journey, a week for those who put it off.
DORMANCY_WARNINGS = (timedelta(days=30), timedelta(days=7))

# Jobs of the worker that are done, and those that failed to the last try: own; a day to see that all goes well, and a
# month to find out what went wrong. Their arguments name nobody in clear.
JOBS_KEPT = timedelta(days=1)
FAILED_JOBS_KEPT = timedelta(days=30)

# Sealing the audit trail: own. A day is sealed this long after its end, looked for after the second, and worth a
# remark when sealed later than the third.
AUDIT_SEAL_GRACE = timedelta(minutes=15)
AUDIT_SEAL_OVERDUE = timedelta(hours=2)
AUDIT_SEALED_WITHIN = timedelta(days=1)

# The staff's figures: own. The periods they can be of, in whole days that are over; a count of people that is smaller
# than this, and not 0, is not shown, so that nobody can be known from it; the ages, in days, by which open cases are
# told apart.
FIGURE_PERIODS = (7, 30, 90)
FIGURE_PERIOD = 30
FIGURES_FROM = 5
CASE_AGES = (1, 3, 7, 14)
