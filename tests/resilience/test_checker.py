"""Each thing that may be half made, doubled or lost is found by the checker: here it is made on purpose."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Account, Notice
from tests import people, walk
from tests.resilience import checker
from tests.resilience.journal import Journal

pytestmark = pytest.mark.django_db

AUDITED = """
    INSERT INTO safeguards_auditevent (event, actor_kind, account_id, device, session, details)
    SELECT 'account.opened', 'system', id + %s, '', '', '{}' FROM accounts_account
"""
MESSAGE = """
    INSERT INTO secure_messages_message (
        id, patient, topic, subject, body, author, author_name, version, saved_at, held_at, send_due_at, thread_id,
        team_id
    ) SELECT gen_random_uuid(), dod_id, '', '', '', 'patient', '', 1, now(), clock_timestamp(),
        now() + interval '1 hour', gen_random_uuid(),
        gen_random_uuid() FROM accounts_account
"""
THREAD = """
    INSERT INTO secure_messages_thread (id, patient, topic, subject, last_sent_at, team_id)
    VALUES (gen_random_uuid(), '1700000001', '', '', now(), gen_random_uuid())
"""
RESOURCE = """
    INSERT INTO record_resource (
        id, patient, source, type, reference, full_url, version, raw, digest, imported_id
    ) VALUES (gen_random_uuid(), '1700000001', 'resilience', 'Observation', 'weight', '', 1, '{}', '', 1)
"""
SEALS = """
    INSERT INTO safeguards_auditseal (day, count, digest, previous, sealed_at, mac)
    SELECT day, 0, '', '', now(), '' FROM unnest(ARRAY[date '2026-03-01', date '2026-03-03']) AS day
"""
REFILL = """
    INSERT INTO medications_request (
        id, patient, account_id, prescription_id, kind, state, made_at, changed_at, reason, carrier
    ) SELECT gen_random_uuid(), dod_id, id, gen_random_uuid(), 'refill', 'submitted', now(), now(), '', ''
    FROM accounts_account
"""
COPY = """
    INSERT INTO export_export (
        id, account_id, patient, sections, state, asked_at, changed_at, done, of, counts, size, fetched
    ) SELECT gen_random_uuid(), id, dod_id, '{}', 'waiting', now(), now(), 0, 0, '{}', 0, 0 FROM accounts_account
"""
CODE = """
    INSERT INTO idproofing_activationcode (
        id, dod_id, level, digest, delivery, destination, issued_at, expires_at, tries, used_at
    ) SELECT gen_random_uuid(), dod_id, level, '', 'email', '', now(), now() + interval '1 hour', 0, %s
    FROM accounts_account
"""
BROKEN = {
    "accounts have a level that nobody proved": "DELETE FROM idproofing_proof",
    "Premium accounts have no second factor": "DELETE FROM accounts_authenticatorapp",
    "Premium accounts do not have exactly their backup codes": "DELETE FROM accounts_backupcode",
    "accounts were not opened exactly once by the audit trail": AUDITED % 0,
    "accounts that the audit trail saw opened are not there": AUDITED % 1,
    "accounts came from more than one activation code, or from none": CODE % "now()",
    "people have more than one live code of a level": f"DROP INDEX code_one_live; {CODE % 'NULL'}; {CODE % 'NULL'}",
    "accounts were not told of, or told of twice, that they are open": "DELETE FROM accounts_notice",
    "registrations have an account and are not finished, or are finished without one": "UPDATE "
    "accounts_registrationdraft SET finished_at = NULL",
    "finished registrations still hold what was typed": "UPDATE accounts_registrationdraft SET password_hash = 'x'",
    "registrations were left and are older than drafts may be": "UPDATE accounts_registrationdraft SET touched_at = "
    "now() - interval '9 days'",
    "notices are neither sent nor given up": "UPDATE accounts_notice SET sent_at = NULL",
    "jobs failed": "UPDATE procrastinate_jobs SET status = 'failed'",
    "jobs are being done by nobody": "UPDATE procrastinate_jobs SET status = 'doing'",
    "jobs of one kind and notice are there twice": "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
    "SELECT queue_name, 'accounts.mail.notices.send_notice', args FROM procrastinate_jobs, generate_series(1, 2)",
    "conversations have no message": THREAD,
    "messages were not sent exactly once by the audit trail": MESSAGE,
    "requests for a refill and their first step do not agree": REFILL,
    "requests for a refill are not in the audit trail exactly once": REFILL,
    "copies of a record are not ready": COPY,
    "copies of a record are not in the audit trail exactly once": COPY,
    "resources of a record have no row on its pages": RESOURCE,
    "people of record have no present name": "DELETE FROM deers_legalname",
    "days were sealed twice or left out": SEALS,
}


@pytest.fixture
def opened(client: Client) -> Account:
    """The account of somebody who has come all the way, with every email out."""
    person = people.load("walter")
    walk.register_premium(client, person, "walter.whole")
    walk.deliver_mail()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger keeps anything from being broken
    return Account.objects.get()


def test_nothing_is_wrong_with_somebody_who_came_all_the_way(opened: Account) -> None:
    assert list(checker.broken_rules()) == []


@pytest.mark.parametrize("rule", checker.RULES)
def test_each_broken_rule_is_found(opened: Account, rule: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BROKEN[rule])
    assert any(rule in sentence for sentence in checker.broken_rules())


def mail_in(mailbox: Path, notice: Notice, *texts: str) -> Path:
    """A mailbox to which the email of a notice came once for each text."""
    (mailbox / "new").mkdir()
    for number, text in enumerate(texts):
        message = EmailMessage()
        message["Message-ID"] = f"<{notice.pk}@dslogon.example>"
        message.set_content(text)
        (mailbox / f"new/{number}").write_bytes(bytes(message))
    return mailbox


@pytest.mark.parametrize(
    ("kind", "texts", "wrong"),
    [
        ("account-opened", ["Welcome."], []),
        ("account-opened", ["Welcome.", f"Welcome. {checker.SAYS_AGAIN}"], []),
        ("account-opened", ["Welcome.", "Welcome."], ["1 emails came twice, and the second one does not say so."]),
        ("account-opened", [], ["1 emails count as sent and did not come."]),
        (
            "activation-code",
            ["Your code", f"Your code. {checker.SAYS_AGAIN}"],
            ["1 emails that were asked for came twice."],
        ),
    ],
)
def test_emails_that_are_lost_or_doubled_are_found(
    opened: Account, tmp_path: Path, kind: str, texts: list[str], wrong: list[str]
) -> None:
    Notice.objects.exclude(kind=kind).delete()
    notice = Notice.objects.filter(kind=kind).get()
    assert list(checker.wrong_mail(mail_in(tmp_path, notice, *texts))) == wrong


def test_what_was_confirmed_and_is_not_there_is_found(opened: Account) -> None:
    journal = Journal(people={str(opened.dod_id), "1700000001"})
    journal.tell("accounts", str(opened.dod_id))
    assert list(checker.broken_promises(journal)) == []
    journal.tell("accounts", "1700000001")
    journal.tell("imports of people", "1800000000")
    assert list(checker.broken_promises(journal)) == [
        "1 accounts were confirmed and are not there.",
        "One of the imports of people is not whole.",
    ]
