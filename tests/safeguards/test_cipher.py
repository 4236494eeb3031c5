"""Encrypted values open only in their own place, with their own key, and unchanged."""

import pytest

from safeguards.checks import check_keys
from safeguards.cipher import VERSION, DecryptionError, blind_index, decrypt, encrypt

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize("text", ["", "900-11-2222", "Zoë Ōta", "\x00", "x" * 10_000])
def test_what_was_sealed_opens_again(text):
    assert decrypt(encrypt(text, context="people:ssn:1"), context="people:ssn:1") == text


def test_the_same_text_never_looks_the_same_twice():
    assert encrypt("900112222", context="a") != encrypt("900112222", context="a")


def test_a_value_moved_to_another_row_does_not_open():
    with pytest.raises(DecryptionError):
        decrypt(encrypt("900112222", context="people:ssn:1"), context="people:ssn:2")


def test_a_value_with_any_byte_changed_does_not_open():
    blob = encrypt("secret", context="a")
    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(DecryptionError):
            decrypt(changed, context="a")


def test_a_value_cut_short_anywhere_does_not_open():
    blob = encrypt("secret", context="a")
    for length in range(len(blob)):
        with pytest.raises(DecryptionError):
            decrypt(blob[:length], context="a")


def test_the_newest_key_seals_and_the_older_ones_still_open(settings):
    settings.FIELD_KEYS = {"1": OLD}
    old = encrypt("text", context="a")
    settings.FIELD_KEYS = {"1": OLD, "2": NEW}
    new = encrypt("text", context="a")
    assert decrypt(old, context="a") == decrypt(new, context="a") == "text"
    assert new.startswith(bytes([VERSION, 1]) + b"2")


def test_a_value_whose_key_was_removed_says_so(settings):
    blob = encrypt("text", context="a")
    settings.FIELD_KEYS = {"2": NEW}
    with pytest.raises(DecryptionError, match="no longer holds the key"):
        decrypt(blob, context="a")


def test_a_wrong_key_under_the_right_id_does_not_open_and_the_error_tells_nothing(settings):
    blob = encrypt("900112222", context="people:ssn:1234567890")
    settings.FIELD_KEYS = {"1": NEW}
    with pytest.raises(DecryptionError) as raised:
        decrypt(blob, context="people:ssn:1234567890")
    assert not any(secret in str(raised.value) for secret in ("900112222", "1234567890", "nnnn"))
    assert raised.value.__cause__ is None


def test_equal_numbers_have_equal_indexes_for_one_purpose_only():
    assert blind_index("900112222", purpose="ssn") == blind_index("900112222", purpose="ssn")
    assert blind_index("900112222", purpose="ssn") != blind_index("900112222", purpose="last-four")
    assert len(blind_index("", purpose="ssn")) == 32


def test_an_index_depends_on_its_key(settings):
    before = blind_index("900112222", purpose="ssn")
    settings.INDEX_KEY = NEW
    assert blind_index("900112222", purpose="ssn") != before


def test_good_keys_start():
    assert check_keys(None) == []


@pytest.mark.parametrize(
    ("field_keys", "index_key", "complaint"),
    [
        ({}, NEW, "safeguards.E001"),
        ({"": NEW}, NEW, "safeguards.E002"),
        ({"é": NEW}, NEW, "safeguards.E002"),
        ({"k" * 33: NEW}, NEW, "safeguards.E002"),
        ({"1": OLD, "2": b"short"}, NEW, "safeguards.E003"),
        ({"1": OLD}, b"short", "safeguards.E005"),
    ],
)
def test_a_missing_or_short_key_stops_the_start_and_is_not_shown(settings, field_keys, index_key, complaint):
    settings.FIELD_KEYS, settings.INDEX_KEY = field_keys, index_key
    found = check_keys(None)
    assert [error.id for error in found] == [complaint]
    assert "short" not in f"{found[0]}"


def test_a_key_that_cannot_open_what_it_sealed_stops_the_start(monkeypatch):
    def broken(*args: object, **kwargs: object) -> str:
        raise DecryptionError("no")

    monkeypatch.setattr("safeguards.cipher.decrypt", broken)
    assert [error.id for error in check_keys(None)] == ["safeguards.E004"]
