"""Who is at the other end: only our own proxies are believed, and a device is described in words."""

import pytest
from django.test import RequestFactory

from safeguards.client import address, device


def request(remote: str = "10.0.0.1", forwarded: str | None = None, agent: str | None = None):
    headers = {"X-Forwarded-For": forwarded, "User-Agent": agent}
    return RequestFactory().get("/", REMOTE_ADDR=remote, headers={k: v for k, v in headers.items() if v is not None})


def test_without_proxies_of_our_own_nobody_can_claim_an_address():
    assert address(request("198.51.100.7", forwarded="203.0.113.9")) == "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, None, "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:DB8::0:1", "2001:db8::1"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_as_many_proxies_as_we_have_are_believed(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert address(request(forwarded=forwarded)) == expected


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
