"""Encryption of single values, and keyed hashes to find them by.

A sealed value is: version (1 byte), length of the key id (1 byte), key id (ASCII), nonce (96 bits, random), then
AES-256-GCM ciphertext and tag. The bytes before the nonce and the caller's context are authenticated with it. So a
value that is moved to another row, or given another key id, does not open.

Random 96-bit nonces are safe for 2**32 values under one key (NIST SP 800-38D, section 8.3). Add a key to FIELD_KEYS
long before that. The last key seals, and all of them open.
"""

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES = 32
KEY_ID_MAX_LENGTH = 32
VERSION = 1
NONCE_BYTES = 12


class DecryptionError(Exception):
    """A sealed value does not open. The message names neither the value, nor the row, nor any key."""


def encrypt(text: str, *, context: str, key_id: str | None = None) -> bytes:
    """Seal `text` for the one place that `context` names ("table:column:pk").

    The newest key is used unless `key_id` names another one of FIELD_KEYS.
    """
    return encrypt_bytes(text.encode(), context=context, key_id=key_id)


def encrypt_bytes(content: bytes, *, context: str, key_id: str | None = None) -> bytes:
    """Seal bytes as `encrypt` does text."""
    keys = settings.FIELD_KEYS
    key_id = key_id or next(reversed(keys))
    head, nonce = key_header(key_id), os.urandom(NONCE_BYTES)
    return head + nonce + _aes(keys[key_id]).encrypt(nonce, content, head + context.encode())


@lru_cache(maxsize=16)
def key_header(key_id: str) -> bytes:
    """Return the first bytes of every value that the key seals, and of no other value."""
    return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")


def decrypt(blob: bytes, *, context: str) -> str:
    """Open what `encrypt` sealed for the same context.

    Raise DecryptionError if anything about it is not as it was.
    """
    try:
        return decrypt_bytes(blob, context=context).decode()
    except UnicodeDecodeError:
        raise DecryptionError("What was sealed is no text.") from None


def decrypt_bytes(blob: bytes, *, context: str) -> bytes:
    """Open what `encrypt_bytes` sealed for the same context. Raise DecryptionError as `decrypt` does."""
    if len(blob) < 2 or blob[0] != VERSION:
        raise DecryptionError("This is not a sealed value of a known version.")
    end = 2 + blob[1]
    head, nonce, sealed = blob[:end], blob[end : end + NONCE_BYTES], blob[end + NONCE_BYTES :]
    key = settings.FIELD_KEYS.get(head[2:].decode("ascii", "replace"))
    if key is None:
        raise DecryptionError("FIELD_KEYS no longer holds the key that sealed this value.")
    try:
        return _aes(key).decrypt(nonce, sealed, head + context.encode())
    except (InvalidTag, ValueError):
        raise DecryptionError("The key is wrong, or the value was changed or moved here from another row.") from None


def blind_index(text: str, *, purpose: str) -> bytes:
    """Return the HMAC-SHA256 of `text` under INDEX_KEY: 32 bytes that find an equal value and tell nothing else.

    Each `purpose` ("ssn", "activation-code") has hashes of its own, so that two columns cannot be joined.
    """
    keyed = _keyed(settings.INDEX_KEY, purpose).copy()
    keyed.update(text.encode())
    return keyed.digest()


@lru_cache(maxsize=64)
def _keyed(key: bytes, purpose: str) -> hmac.HMAC:
    """Return the hash after it has read key and purpose, which is half of the work."""
    return hmac.new(key, purpose.encode() + b"\0", "sha256")


@lru_cache(maxsize=16)
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)
