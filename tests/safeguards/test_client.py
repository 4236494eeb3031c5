"""Who is at the other end: only our own proxies are believed, and a device is described in words."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from dslogon.request import Utf8Request
from safeguards.client import address, device


def request(remote: str = "10.0.0.1", forwarded: str | None = None, agent: str | None = None):
    headers = {"X-Forwarded-For": forwarded, "User-Agent": agent}
    return RequestFactory().get("/", REMOTE_ADDR=remote, headers={k: v for k, v in headers.items() if v is not None})


def test_without_proxies_of_our_own_nobody_can_claim_an_address():
    assert address(request("198.51.100.7", forwarded="203.0.113.9")) == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("203.0.113.9, nonsense", "10.0.0.1"),
        (None, "10.0.0.1"),
        ("nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        # Some proxies add the port of their client.
        ("198.51.100.7:50123", "198.51.100.7"),
        ("203.0.113.9:1, 198.51.100.7:2, 10.0.0.2:3", "198.51.100.7"),
        ("[2001:db8::1]:50123", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:notaport", "10.0.0.1"),
    ],
)
def test_what_our_own_proxies_say_is_believed_and_nothing_in_front_of_it(settings, forwarded, expected):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert address(request(forwarded=forwarded)) == expected


def test_who_comes_past_our_proxies_cannot_claim_an_address(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert address(request("198.51.100.7", forwarded="10.0.0.2, 203.0.113.9")) == "198.51.100.7"


@pytest.mark.parametrize(("remote", "scheme"), [("10.0.0.1", "https"), ("198.51.100.7", "http"), ("", "http")])
def test_only_our_own_proxies_can_say_that_a_request_came_by_https(settings, remote, scheme):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    environ = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_PROTO="https").environ
    assert Utf8Request(environ).scheme == scheme


def test_no_header_can_move_the_site_to_another_path():
    environ = RequestFactory().get("/sign-in/", SCRIPT_NAME="/elsewhere").environ
    assert Utf8Request(environ).path == "/sign-in/"


@pytest.mark.parametrize(
    ("remote", "expected"),
    [("", ""), ("unix:", ""), ("::1", "::1"), ("fe80::1%eth0", "fe80::1"), ("::ffff:192.0.2.1", "192.0.2.1")],
)
def test_one_address_has_one_spelling_and_what_is_none_is_empty(remote, expected):
    assert address(request(remote)) == expected


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (IPHONE + "Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (IPHONE + "CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18.0 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140.0 Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.0", "Another browser"),
        ("<script>alert(1)</script>\x00" + "x" * 10_000, "Another browser"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_device_is_told_in_words_that_its_owner_knows(agent, expected):
    assert device(request(agent=agent)) == expected
