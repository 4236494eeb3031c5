"""Countries have names on pages, not two letters."""

import pytest
from django.template import Context, Template


@pytest.mark.parametrize(
    ("letters", "name"),
    [("US", "United States"), ("", "United States"), ("DE", "Germany"), ("jp", "Japan"), ("KR", "Korea (South)")],
)
def test_gregory_in_germany_reads_the_name_of_his_country(letters, name):
    assert Template("{{ letters|country }}").render(Context({"letters": letters})) == name


def test_letters_that_are_no_country_stay_as_they_are():
    assert Template("{{ letters|country }}").render(Context({"letters": "ZZ"})) == "ZZ"
