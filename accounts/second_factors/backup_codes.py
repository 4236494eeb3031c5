"""Backup codes, for when no other second factor is at hand. Each works once."""

import json
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.changes import Kind as Change
from accounts.changes import first_since, note_change
from accounts.models import Account, BackupCode
from accounts.second_factors.locks import lock_factors
from core import policy
from idproofing import codes
from safeguards import audit
from safeguards.cipher import blind_index

BACKUP_CODE_LENGTH = 12
# Codes that are given back count as made before what was undone.
JUST_BEFORE = timedelta(microseconds=1)


def verify_backup_code(account: Account, typed: str) -> BackupCode | None:
    """Return the account's unused backup code that was typed, or None. The code is used up."""
    if len(codes.normalize(typed)) != BACKUP_CODE_LENGTH:
        return None
    unused = BackupCode.objects.filter(account=account, digest=digest(account, typed), used_at=None)
    code = unused.first()
    return code if code and unused.update(used_at=timezone.now()) else None


def digest(account: Account, typed: str) -> bytes:
    """Return the keyed hash of a backup code, bound to the account. Only this is stored."""
    return blind_index(f"{account.pk}:{codes.normalize(typed)}", purpose="backup-code")


def random_text() -> str:
    return "".join(secrets.choice(codes.ALPHABET) for _ in range(BACKUP_CODE_LENGTH))


def make_backup_codes(account: Account, *, by: object) -> list[str]:
    """Replace the account's backup codes with new ones of 60 bits, and return them in plain text for the only time."""
    texts = [random_text() for _ in range(policy.BACKUP_CODES)]
    with lock_factors(account):
        remove_backup_codes(account)
        BackupCode.objects.bulk_create(BackupCode(account=account, digest=digest(account, text)) for text in texts)
        audit.record("backup-codes.made", by=by, account_id=account.pk)
    return ["-".join((text[:4], text[4:8], text[8:])) for text in texts]


def remove_backup_codes(account: Account) -> None:
    """Delete the account's backup codes. The log keeps the hashes of the unused ones, to give them back from."""
    unused = BackupCode.objects.filter(account=account, used_at=None).values_list("digest", flat=True)
    note_change(account, Change.BACKUP_CODES, before=json.dumps([bytes(one).hex() for one in unused]))
    BackupCode.objects.filter(account=account).delete()


def give_back(account: Account, since: datetime) -> None:
    """Delete the backup codes made since a moment, and give back those that were unused before the first change."""
    BackupCode.objects.filter(account=account, made_at__gte=since).delete()
    change = first_since(account, since, Change.BACKUP_CODES)
    digests = json.loads(change.before) if change else []
    before = (BackupCode(account=account, digest=bytes.fromhex(one), made_at=since - JUST_BEFORE) for one in digests)
    BackupCode.objects.bulk_create(before, ignore_conflicts=True)
