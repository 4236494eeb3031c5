"""Requests as the web server passes them on."""

from io import BytesIO

import pytest
from django.test import RequestFactory

from dslogon.request import Utf8Request


@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-7", "no-such", ""])
def test_a_request_that_claims_an_odd_charset_is_read_as_utf_8(charset):
    environ = RequestFactory().get("/?next=%C3%A9").environ | {
        "CONTENT_TYPE": f"text/plain; charset={charset}",
        "wsgi.input": BytesIO(),
    }
    assert Utf8Request(environ).GET["next"] == "é"
