"""A check that this process has the keys that the database was written with.

For the newest field key and for INDEX_KEY, the database keeps a probe: a known text, sealed or hashed. The first
`migrate` writes the probes, and the first start under a new key adds its own. `rotate_keys` removes those of older keys
once nothing is sealed with them. From then on such a key may be left out of FIELD_KEYS.
"""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from safeguards.cipher import DecryptionError, blind_index, decrypt, encrypt
from safeguards.models import KeyProbe

logger = logging.getLogger(__name__)

TEXT = "probe"
FIELD, INDEX = "field:", "index"


def require_fitting_keys() -> None:
    """Raise ImproperlyConfigured unless the keys fit. Call this before anything is served.

    The error holds no key. A database that does not answer, or has no tables yet, cannot be asked. Other code reports
    that.
    """
    try:
        wrong = misfits()
        if not wrong and is_there():
            remember()
    except OperationalError:
        logger.warning("The database does not answer, so whether the keys fit it could not be checked.")
        return
    if wrong:
        raise ImproperlyConfigured(" ".join(wrong))


def misfits() -> list[str]:
    """Return what is wrong with the keys, in sentences that name ids and never keys."""
    if not is_there():
        return []
    probes = KeyProbe.objects.order_by("name").values_list("name", "sealed")
    return [sentence for name, sealed in probes if (sentence := misfit(name, bytes(sealed)))]


def misfit(name: str, sealed: bytes) -> str:
    """Return what is wrong with one key, or "" if it fits."""
    if name == INDEX:
        fits = sealed == blind_index(TEXT, purpose=name)
        return "" if fits else "INDEX_KEY is not the key that this database was written with."
    key_id = name.removeprefix(FIELD)
    if key_id not in settings.FIELD_KEYS:
        return (
            f"This database holds values sealed with the field key {key_id!r}, which FIELD_KEYS lacks. "
            "Put it back: a key may go when manage.py rotate_keys says so (docs/keys.md)."
        )
    try:
        decrypt(sealed, context=name)
    except DecryptionError:
        return f"The field key {key_id!r} in FIELD_KEYS is not the one that this database was written with."
    return ""


def remember() -> None:
    """Keep a probe for the key that seals and for the index key, unless there is one."""
    name = FIELD + newest_key()
    probes = [
        KeyProbe(name=name, sealed=encrypt(TEXT, context=name)),
        KeyProbe(name=INDEX, sealed=blind_index(TEXT, purpose=INDEX)),
    ]
    KeyProbe.objects.bulk_create(probes, ignore_conflicts=True)


def forget_older_keys() -> None:
    """Delete the probes of older keys.

    Nothing is sealed with those any more, so FIELD_KEYS does not have to hold them.
    """
    KeyProbe.objects.exclude(name__in=(FIELD + newest_key(), INDEX)).delete()


def newest_key() -> str:
    """Return the id of the key that seals."""
    return next(reversed(settings.FIELD_KEYS))


def is_there() -> bool:
    """Return whether the database has the table of probes yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [KeyProbe._meta.db_table])
        return cursor.fetchone()[0]
