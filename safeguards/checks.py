"""Start-up checks of the keys.

A key that is missing, short or unusable stops `manage.py` with a sentence that helps.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from safeguards import cipher, partitions, probe


@register("security")
def check_keys(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """Check that there are keys, and that each has 256 bits and opens what it has sealed."""
    found: list[CheckMessage] = []
    if not settings.FIELD_KEYS:
        found.append(
            Error("FIELD_KEYS holds no key.", hint="Give at least one id with 32 bytes.", id="safeguards.E001")
        )
    for key_id, key in settings.FIELD_KEYS.items():
        if not key_id.isascii() or not 1 <= len(key_id) <= cipher.KEY_ID_MAX_LENGTH:
            hint = f"Use 1 to {cipher.KEY_ID_MAX_LENGTH} ASCII characters."
            found.append(Error("A key id in FIELD_KEYS cannot be used.", hint=hint, id="safeguards.E002"))
        elif len(key) != cipher.KEY_BYTES:
            found.append(too_short(f"The field key {key_id!r}", len(key), "safeguards.E003"))
        elif not opens_what_it_sealed(key_id):
            found.append(Error(f"The field key {key_id!r} does not open what it sealed.", id="safeguards.E004"))
    if len(settings.INDEX_KEY) != cipher.KEY_BYTES:
        found.append(too_short("INDEX_KEY", len(settings.INDEX_KEY), "safeguards.E005"))
    return found


@register(Tags.database)
def check_keys_fit(app_configs: object, databases: Collection[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the keys are those that the database was written with.

    The web server and the worker make the same check at start.
    """
    if "default" not in (databases or ()):
        return []
    return [Error(sentence, id="safeguards.E006") for sentence in probe.misfits()]


@register(Tags.database, deploy=True)
def check_grants(app_configs: object, databases: Collection[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the role that the site uses may add to the audit trail and not change it."""
    if "default" not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partitions.AUDIT])
        if cursor.fetchone() != (True,):
            return []
        every = partitions.tree_of([partitions.AUDIT])
        cursor.execute(
            "SELECT bool_or(has_table_privilege(part, 'UPDATE, DELETE, TRUNCATE, TRIGGER')) "
            "FROM unnest(%s::text[]) AS part",
            [every],
        )
        if cursor.fetchone() != (True,):
            return []
    hint = "Let the site use a role of its own: manage.py grant_web_role (docs/audit.md)."
    return [Warning("Triggers alone protect the audit trail from the site's role.", hint=hint, id="safeguards.W001")]


def opens_what_it_sealed(key_id: str) -> bool:
    """Return whether a probe comes back through the key. It does, unless the cipher itself is broken here."""
    try:
        return cipher.decrypt(cipher.encrypt("probe", context="probe", key_id=key_id), context="probe") == "probe"
    except cipher.DecryptionError:
        return False


def too_short(name: str, length: int, check_id: str) -> Error:
    """Return the error about a key of the wrong length. It never shows the key."""
    hint = (
        'Make one with: python -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())"'
    )
    return Error(f"{name} has {length} bytes; it must have {cipher.KEY_BYTES}.", hint=hint, id=check_id)
