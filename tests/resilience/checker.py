"""Reads the database when everything has come to rest, and says what is half made, doubled, lost or orphaned.

Most of it is SQL: a row that is returned is one that should not be there, and its only column is 1 or says which. The
rest compares what is there with what the site told people.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from django.db import connection

from accounts.mail.notices import ASKED_FOR
from accounts.models import Notice
from core import policy
from portal.export.archive import read_pieces
from portal.export.models import Export
from safeguards import clock, verification
from safeguards.models import AuditSeal
from tests.resilience.journal import Journal
from tests.resilience.operators import PEOPLE_IN_A_FILE, RESOURCES_IN_A_FILE

SAYS_AGAIN = "You may have received this email before."

RULES = {
    "accounts have a level that nobody proved": """
        SELECT 1 FROM accounts_account a WHERE level IS NOT NULL AND NOT EXISTS (
            SELECT FROM idproofing_proof p WHERE p.dod_id = a.dod_id AND p.level >= a.level
        )
    """,
    "Premium accounts have no second factor": """
        SELECT 1 FROM accounts_account a WHERE level = 2
        AND NOT EXISTS (SELECT FROM accounts_authenticatorapp f WHERE f.user_id = a.id)
        AND NOT EXISTS (SELECT FROM django_otp_webauthn_webauthncredential f WHERE f.user_id = a.id)
    """,
    "Premium accounts do not have exactly their backup codes": """
        SELECT 1 FROM accounts_account a WHERE level = 2
        AND (SELECT count(*) FROM accounts_backupcode c WHERE c.account_id = a.id) <> %(codes)s
    """,
    "accounts were not opened exactly once by the audit trail": """
        SELECT 1 FROM accounts_account a WHERE level IS NOT NULL AND (
            SELECT count(*) FROM safeguards_auditevent e WHERE e.account_id = a.id AND e.event = 'account.opened'
        ) <> 1
    """,
    "accounts that the audit trail saw opened are not there": """
        SELECT 1 FROM safeguards_auditevent e WHERE e.event = 'account.opened' AND NOT EXISTS (
            SELECT FROM accounts_account a WHERE a.id = e.account_id
        )
    """,
    "accounts came from more than one activation code, or from none": """
        SELECT 1 FROM accounts_account a WHERE level IS NOT NULL AND (
            SELECT count(*) FROM idproofing_activationcode c
            WHERE c.dod_id = a.dod_id AND c.level = a.level AND c.used_at IS NOT NULL
        ) <> 1
    """,
    "people have more than one live code of a level": """
        SELECT 1 FROM idproofing_activationcode WHERE used_at IS NULL AND voided_at IS NULL
        GROUP BY dod_id, level HAVING count(*) > 1
    """,
    "accounts were not told of, or told of twice, that they are open": """
        SELECT 1 FROM accounts_account a WHERE level IS NOT NULL AND (
            SELECT count(*) FROM accounts_notice n WHERE n.account_id = a.id AND n.kind = 'account-opened'
        ) <> 1
    """,
    "registrations have an account and are not finished, or are finished without one": """
        SELECT 1 FROM accounts_registrationdraft
        WHERE ended = '' AND (account_id IS NULL) <> (finished_at IS NULL)
    """,
    "finished registrations still hold what was typed": """
        SELECT 1 FROM accounts_registrationdraft WHERE finished_at IS NOT NULL AND password_hash <> ''
    """,
    "registrations were left and are older than drafts may be": """
        SELECT 1 FROM accounts_registrationdraft WHERE touched_at < now() - 2 * %(idle)s::interval
        AND (kept_until IS NULL OR kept_until < now())
    """,
    "notices are neither sent nor given up": """
        SELECT 1 FROM accounts_notice WHERE sent_at IS NULL AND given_up_at IS NULL
    """,
    "jobs failed": "SELECT task_name FROM procrastinate_jobs WHERE status = 'failed'",
    # The calendar goes on: a job that began a moment ago is no fault.
    "jobs are being done by nobody": """
        SELECT 1 FROM procrastinate_jobs j WHERE status = 'doing' AND NOT EXISTS (
            SELECT FROM procrastinate_events e
            WHERE e.job_id = j.id AND e.type = 'started' AND e.at > now() - interval '30 seconds'
        )
    """,
    "jobs of one kind and notice are there twice": """
        SELECT 1 FROM procrastinate_jobs WHERE task_name = 'accounts.mail.notices.send_notice'
        GROUP BY args ->> 'notice_id' HAVING count(*) > 1
    """,
    "conversations have no message": """
        SELECT 1 FROM secure_messages_thread t WHERE NOT EXISTS (
            SELECT FROM secure_messages_message m WHERE m.thread_id = t.id
        )
    """,
    "messages were not sent exactly once by the audit trail": """
        SELECT 1 FROM (
            SELECT a.id, count(*) AS there
            FROM secure_messages_message m JOIN accounts_account a ON a.dod_id = m.patient
            WHERE m.held_at >= a.created_at AND m.author = 'patient' GROUP BY a.id
        ) AS sent WHERE there <> (
            SELECT count(*) FROM safeguards_auditevent e WHERE e.account_id = sent.id AND e.event = 'message.held'
        )
    """,
    "requests for a refill and their first step do not agree": """
        SELECT 1 FROM medications_request r WHERE (
            SELECT count(*) FROM medications_step s WHERE s.request_id = r.id AND s.state = 'submitted'
        ) <> 1
    """,
    "requests for a refill are not in the audit trail exactly once": """
        SELECT 1 FROM (SELECT account_id, count(*) AS there FROM medications_request GROUP BY account_id) AS asked
        WHERE there <> (
            SELECT count(*) FROM safeguards_auditevent e
            WHERE e.account_id = asked.account_id AND e.event = 'refill.submitted'
        )
    """,
    "copies of a record are not ready": "SELECT 1 FROM export_export WHERE state <> 'ready'",
    "copies of a record are not in the audit trail exactly once": """
        SELECT 1 FROM (SELECT account_id, count(*) AS there FROM export_export GROUP BY account_id) AS asked
        WHERE there <> (
            SELECT count(*) FROM safeguards_auditevent e
            WHERE e.account_id = asked.account_id AND e.event = 'export.asked'
        )
    """,
    "resources of a record have no row on its pages": """
        SELECT 1 FROM record_resource r WHERE source = 'resilience' AND NOT EXISTS (
            SELECT FROM record_result p WHERE p.resource_id = r.id
        )
    """,
    "people of record have no present name": """
        SELECT 1 FROM deers_person p WHERE NOT EXISTS (
            SELECT FROM deers_legalname n WHERE n.person_id = p.dod_id AND n.until IS NULL
        )
    """,
    "days were sealed twice or left out": """
        SELECT 1 FROM safeguards_auditseal HAVING count(*) <> coalesce(max(day) - min(day) + 1, 0)
    """,
}


def find_faults(journal: Journal, mailbox: Path) -> list[str]:
    """Return a sentence for each thing that is wrong. Everything has to have come to rest."""
    return [
        *journal.faults,
        *broken_rules(),
        *wrong_mail(mailbox),
        *wrong_copies(),
        *(f"The audit trail: {finding}" for finding in verification.findings(clock.now())),
        *broken_promises(journal),
    ]


def broken_rules() -> Iterator[str]:
    """Yield each rule that rows break, with how many."""
    wanted: dict[str, int | str] = {"codes": policy.BACKUP_CODES, "idle": str(policy.DRAFT_IDLE)}
    with connection.cursor() as cursor:
        for sentence, statement in RULES.items():
            cursor.execute(statement, wanted)
            if found := cursor.fetchall():
                which = ", ".join(sorted({str(row[0]) for row in found} - {"1"}))
                yield f"{len(found)} {sentence}{which and ': '}{which}."


def wrong_mail(mailbox: Path) -> Iterator[str]:
    """Yield what is wrong with the emails that came: lost ones, and second ones that do not say that they may be that.

    What people ask for themselves never comes twice.
    """
    copies: dict[str, list[str]] = {}
    for file in sorted((mailbox / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns):
        message = message_from_bytes(file.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        copies.setdefault(name, []).append(" ".join(body.get_content().split()) if body else "")
    if any(notice.to or notice.context != "{}" for notice in Notice.objects.exclude(sent_at=None, given_up_at=None)):
        yield "Emails that are out are still kept."
    sent = {str(pk): kind for pk, kind in Notice.objects.exclude(sent_at=None).values_list("pk", "kind")}
    if lost := sent.keys() - copies.keys():
        yield f"{len(lost)} emails count as sent and did not come."
    if doubled := [name for name, texts in copies.items() if any(SAYS_AGAIN not in text for text in texts[1:])]:
        yield f"{len(doubled)} emails came twice, and the second one does not say so."
    if doubled := [name for name, texts in copies.items() if len(texts) > 1 and sent.get(name) in ASKED_FOR]:
        yield f"{len(doubled)} emails that were asked for came twice."


def wrong_copies() -> Iterator[str]:
    """Yield the copies of records that are not the file whose digest was kept."""
    for export in Export.objects.filter(state="ready"):
        content = b"".join(read_pieces(export))
        if len(content) != export.size or hashlib.sha256(content).digest() != bytes(export.digest or b""):
            yield "A copy of a record is not the file that was made."


def broken_promises(journal: Journal) -> Iterator[str]:
    """Yield what the site confirmed to people and does not have, or has twice."""
    for kind, statement, exactly in (
        ("accounts", "SELECT dod_id, count(*) FROM accounts_account WHERE level = 2 GROUP BY dod_id", False),
        (
            "messages",
            "SELECT m.patient, count(*) FROM secure_messages_message m JOIN accounts_account a ON a.dod_id = m.patient "
            "WHERE m.held_at >= a.created_at AND m.author = 'patient' GROUP BY m.patient",
            True,
        ),
        ("refills", "SELECT patient, count(*) FROM medications_request GROUP BY patient", True),
        ("copies", "SELECT patient, count(*) FROM export_export GROUP BY patient", True),
    ):
        there = {who: count for who, count in counted(statement).items() if who in journal.people}
        yield from compared(kind, journal.of(kind), Counter(there), exactly)
    for kind, statement, each in (
        ("imports of people", "SELECT count(*) FROM deers_person WHERE dod_id BETWEEN %s AND %s", PEOPLE_IN_A_FILE),
        ("imports of records", "SELECT count(*) FROM record_resource WHERE patient = %s", RESOURCES_IN_A_FILE),
    ):
        for first in journal.of(kind):
            last = f"{int(first) + PEOPLE_IN_A_FILE - 1}"
            with connection.cursor() as cursor:
                cursor.execute(statement, [first, last][: statement.count("%s")])
                if cursor.fetchone() != (each,):
                    yield f"One of the {kind} is not whole."
    if journal.of("sealings") and not AuditSeal.objects.exists():
        yield "Nothing was sealed."


def counted(statement: str) -> Counter[str]:
    """Return how many rows there are of each person."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return Counter(dict(cursor.fetchall()))


def compared(kind: str, told: Counter[str], there: Counter[str], exactly: bool) -> Iterator[str]:
    """Yield how many were confirmed and are not there, and how many are there beyond the one that may be unconfirmed.

    Whose last answer never came was told nothing, and has what was asked for all the same.
    """
    if lost := sum((told - there).values()):
        yield f"{lost} {kind} were confirmed and are not there."
    doubled = sum(max(0, count - told[who] - 1) for who, count in there.items())
    if exactly and doubled:
        yield f"{doubled} {kind} are there that nobody was told of."
