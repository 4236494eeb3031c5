"""Logs: what looks personal is masked in the finished line, and the tests' own tripwire sees it unmasked."""

import logging
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from safeguards.audit import record
from safeguards.redaction import RedactingFormatter, redact
from tests.rules.addresses import every
from tests.tripwire import no_secret_is_written

log = logging.getLogger("tests.redaction")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("number 900-11-2222 given", "number [ssn] given"),
        ("number 900 11 2222 given", "number [ssn] given"),
        ("ssn=900112222&x", "ssn=[ssn]&x"),
        ("DETAIL: Key (email)=(rosa.t+va@mail.example.org) exists", "DETAIL: Key (email)=([email]) exists"),
        ("1234567890", "[dod_id]"),
        ("2026-11-23 05:41:00,123 INFO took 1234567 us", "2026-11-23 05:41:00,123 INFO took 1234567 us"),
        ("id 0b9f3c52-1a6e-4f67-9d0a-123456789012", "id 0b9f3c52-1a6e-4f67-9d0a-123456789012"),
        ("12345678901 and 12345678", "12345678901 and 12345678"),
        ("Gone: /recover/password/iN2-zT_9qWmXcVbRtYuPaSdFgHjKlQeWrTyUiOpAs4/", "Gone: /recover/password/[secret]/"),
        ("Forbidden: /register/0b9f3c52-1a6e-4f67-9d0a-123456789012/code/", "Forbidden: /register/[secret]/code/"),
        ("job new_devices[3](timestamp=1764343800)", "job new_devices[3](timestamp=1764343800)"),
        ("{'timestamp': 1764343800, 'dod_id': '1764343800'}", "{'timestamp': 1764343800, 'dod_id': '[dod_id]'}"),
        ("1764343800 was asked for", "[dod_id] was asked for"),
        ("Not Found: /nto-me/7K3QH-0ABCD-EFGHJ/", "Not Found: /nto-me/[secret]/"),
        ("Not Found: /recommendations/", "Not Found: /recommendations/"),
        (
            'File "/site-packages/a_module_with_quite_a_long_name.py"',
            'File "/site-packages/a_module_with_quite_a_long_name.py"',
        ),
    ],
)
def test_what_looks_personal_is_masked_and_the_rest_stays(text, masked):
    assert redact(text) == masked


LINKS = [pattern for pattern, _ in every(settings.STAFF_URLCONF) if "<str:token>" in pattern]


@pytest.mark.parametrize("pattern", LINKS)
@pytest.mark.parametrize("token", ["7K3QH-0ABCD-EFGHJ", "7k3qh 0abcd efghj", "7K3QH0ABCDEFGHJ", "7K3QH-0AB"])
def test_the_link_that_walter_types_from_his_letter_stands_in_no_log(pattern, token):
    assert "7K3QH" not in redact(f"Gone: /{pattern}".replace("<str:token>", token)).upper()


def test_arguments_and_tracebacks_are_masked_too():
    try:
        raise ValueError("no such person: 900-11-2222")
    except ValueError:
        problem = sys.exc_info()
    line = RedactingFormatter("{message}", style="{").format(
        logging.LogRecord("x", logging.ERROR, "x", 1, "for %s", ("rosa@example.org",), problem)
    )
    assert "for [email]" in line
    assert "no such person: [ssn]" in line
    assert "900-11-2222" not in line


def test_the_product_logs_through_it():
    logging_settings: dict[str, Any] = settings.LOGGING
    formatters, handlers = logging_settings["formatters"], logging_settings["handlers"].values()
    # What an error collector gets holds no values at all.
    writers = [one for one in handlers if one["class"] != "safeguards.logs.ErrorHandler"]
    assert writers
    assert all(handler["formatter"] in formatters for handler in writers)
    ours = {"safeguards.redaction.RedactingFormatter", "safeguards.logs.JsonFormatter"}
    assert {formatter["class"] for formatter in formatters.values()} == ours


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "other", "status"),
    [
        ({}, {"HTTP_HOST": "rosa@evil.example"}, 400),
        ({"username": "x"}, {}, 403),
    ],
)
def test_a_stranger_whose_request_is_refused_fills_one_line_of_the_log(caplog, body, other, status):
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/sign-in/", body, **other).status_code == status
    lines = "\n".join(RedactingFormatter().format(record) for record in caplog.records)
    assert lines
    assert "\n" not in lines
    assert "rosa" not in lines


@pytest.mark.django_db
def test_the_tripwire_finds_a_secret_in_the_logs_and_does_not_repeat_it():
    with pytest.raises(AssertionError) as raised, no_secret_is_written(["900112222"]):
        log.warning("asked for %s", "900112222")
    assert "900112222" not in str(raised.value)


@pytest.mark.django_db
def test_the_tripwire_finds_a_secret_in_a_traceback():
    with pytest.raises(AssertionError, match="in the logs"), no_secret_is_written(["Rosa"]):
        log.error("something failed", exc_info=ValueError("rosa was here"))


@pytest.mark.django_db
def test_the_tripwire_finds_a_secret_in_the_audit_trail():
    with pytest.raises(AssertionError, match="in the audit trail"), no_secret_is_written(["rosa"]):
        record("sign-in.failed", by="visitor", name="rosa")


@pytest.mark.django_db
def test_the_tripwire_stays_still_over_clean_writing():
    with no_secret_is_written(["900112222", "Ann", ""]):
        log.warning("announced to nobody")
        record("sign-in.failed", by="visitor", tries=2)
