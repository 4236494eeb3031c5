"""What a line of the access log tells of the address that was asked for. tests/up/test_web.py has the whole line."""

import pytest

from dslogon.web.front import shown


@pytest.mark.parametrize("token", ["7K3QH-0ABCD-EFGHJ", "7k3qh 0abcd efghj", "7K3QH0ABCDEFGHJ", "7K3QH"])
def test_the_link_that_walter_types_from_his_letter_is_in_no_access_line(token):
    assert shown(f"/not-me/{token}/") == "/not-me/[secret]/"


def test_other_addresses_are_in_the_access_line_as_they_are():
    assert shown("/account/security/authenticator/") == "/account/security/authenticator/"


def test_a_stranger_cannot_write_a_line_of_the_log():
    assert shown("/no/x\nERROR forged\x1b[31m/\r/\x00/") == "/no/x\\nERROR forged\\x1b[31m/\\r/\\x00/"
