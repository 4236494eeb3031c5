"""The help page: open to everyone, and made without the database. These tests have none."""

import re

from django.test import Client
from django.urls import reverse

from core import center
from support import guides


def test_a_visitor_finds_help_without_signing_in(client: Client) -> None:
    page = client.get(reverse("support")).content.decode()
    assert center.PHONE in page
    assert center.TTY in page
    assert reverse("contact") in page
    for slug in guides.GUIDES:
        assert reverse("guide", args=[slug]) in page
        assert reverse("guide-pdf", args=[slug]) in page


def test_every_question_in_the_list_has_its_answer_on_the_page(client: Client) -> None:
    page = client.get(reverse("support")).content.decode()
    asked = re.findall(r'usa-sidenav__item"><a href="#([\w-]+)"', page)
    assert len(asked) > 8
    for question in asked:
        assert page.count(f'id="{question}"') == 1


def test_the_telephone_numbers_are_invented() -> None:
    for number in (center.PHONE, center.TTY, center.FROM_ABROAD):
        assert re.search(r"-555-01\d\d$", number)
