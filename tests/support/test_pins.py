"""Support PINs: six digits that show an agent once who is calling."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import Account
from core import policy
from safeguards.models import AuditEvent
from support import pins
from support.models import SupportPin
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def digits_of(account: Account, **other: Any) -> str:
    made = pins.make_pin(account, **other)
    assert isinstance(made, pins.NewPin)
    return made.digits


def use(digits: str, by: Account, *, fits: bool = True, **other: Any) -> Any:
    """The account whose holder shows these digits, and what else comes of a PIN that shows nobody."""
    found = pins.find_pin(digits, fits=lambda account: fits, by=by, **other)
    if not isinstance(found, SupportPin):
        return found
    return found.account if pins.use_pin(found, by=by, **other) else None


def agent(name: str = "ann.agent") -> Account:
    return staff("Service center agent", name)


@pytest.mark.parametrize("opens", [holder, premium])
def test_a_person_at_any_level_reads_six_digits_and_the_agent_learns_once_who_it_is(opens):
    account, ann = opens(people.load("rosa")), agent()
    digits = digits_of(account)
    assert len(digits) == policy.SUPPORT_PIN_DIGITS
    assert use(digits, ann) == account
    assert use(digits, ann) is None
    trail = AuditEvent.objects.filter(account_id=account.pk, event__startswith="support.pin").order_by("pk")
    assert [event.event for event in trail] == ["support.pin-made", "support.pin-used"]


def test_only_a_hash_of_the_pin_is_kept():
    digits = digits_of(holder(people.load("rosa")))
    row = SupportPin.objects.values().get()
    assert digits not in str(row)
    assert len(bytes(row["digest"])) == 32


def test_a_new_pin_ends_the_one_before():
    account, ann = holder(people.load("rosa")), agent()
    first, second = digits_of(account, rng=Random(1)), digits_of(account, rng=Random(2))
    assert use(first, ann) is None
    assert use(second, ann) == account


def test_a_pin_is_over_after_its_time():
    account, now = holder(people.load("rosa")), timezone.now()
    digits = digits_of(account)
    assert use(digits, agent(), now=now + policy.SUPPORT_PIN_LIFE + timedelta(seconds=1)) is None


def test_a_pin_with_another_name_shows_nobody_and_is_on_the_persons_trail():
    account = holder(people.load("rosa"))
    digits = digits_of(account)
    assert use(digits, agent(), fits=False) is None
    assert AuditEvent.objects.filter(event="support.pin-refused", account_id=account.pk).exists()


def test_the_pin_of_an_account_that_was_frozen_meanwhile_shows_nobody():
    account = holder(people.load("rosa"))
    digits = digits_of(account)
    actions.freeze(account, by="system")
    assert use(digits, agent()) is None


def test_a_pin_is_used_up_only_when_the_agent_may_use_it():
    account, ann = holder(people.load("rosa")), agent()
    digits = digits_of(account)
    found = pins.find_pin(digits, fits=lambda account: True, by=ann)
    assert found == pins.find_pin(digits, fits=lambda account: True, by=agent("bob.agent"))
    assert isinstance(found, SupportPin)
    assert pins.use_pin(found, by=ann)
    assert not pins.use_pin(found, by=ann)


def test_a_pin_shows_nobody_once_the_account_is_frozen_between_the_look_and_the_use():
    account, ann = holder(people.load("rosa")), agent()
    found = pins.find_pin(digits_of(account), fits=lambda account: True, by=ann)
    assert isinstance(found, SupportPin)
    actions.freeze(account, by="system")
    assert not pins.use_pin(found, by=ann)


def test_an_agent_who_guesses_has_to_wait_and_a_colleague_does_not():
    account, ann, bob = holder(people.load("rosa")), agent(), agent("bob.agent")
    digits = digits_of(account)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    assert [use(wrong, ann) for _ in range(policy.SUPPORT_PIN_WRONG.times)] == [None] * policy.SUPPORT_PIN_WRONG.times
    assert isinstance(use(digits, ann), pins.TryLater)
    assert use(digits, bob) == account


def test_right_pins_are_not_counted_as_guesses():
    account, ann = holder(people.load("rosa")), agent()
    for _ in range(policy.SUPPORT_PIN_WRONG.times + 1):
        assert use(digits_of(account), ann) == account


def test_guesses_of_all_agents_together_are_counted(monkeypatch):
    monkeypatch.setattr(policy, "SUPPORT_PIN_WRONG_OF_ALL", policy.Limit("few", 2, timedelta(hours=1)))
    account = holder(people.load("rosa"))
    digits = digits_of(account)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    assert use(wrong, agent()) is None
    assert use(wrong, agent("bob.agent")) is None
    assert isinstance(use(digits, agent("cleo.agent")), pins.TryLater)


class Same(Random):
    """Draws one number first, and then the next ones."""

    def __init__(self) -> None:
        self.drawn = iter(range(123_456, 200_000))

    def randrange(self, *args: Any) -> int:  # type: ignore[override]
        return next(self.drawn)


def test_two_live_pins_are_never_the_same_and_one_that_is_over_comes_free():
    rosa, walter, now = holder(people.load("rosa")), holder(people.load("walter")), timezone.now()
    assert digits_of(rosa, rng=Same()) == "123456"
    assert digits_of(walter, rng=Same()) == "123457"
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportPin.objects.filter(account=walter).update(digest=pins.digest_of("123456"))
    later = now + policy.SUPPORT_PIN_LIFE + timedelta(minutes=1)
    assert digits_of(walter, rng=Same(), now=later) == "123456"


@pytest.mark.django_db(transaction=True)
def test_of_thirty_agents_who_hear_one_pin_at_once_one_gets_the_account():
    account = holder(people.load("rosa"))
    agents = [agent(f"agent.{number}") for number in range(30)]
    digits = digits_of(account)
    assert sum(found == account for found in in_parallel(lambda number: use(digits, agents[number]))) == 1


def test_the_page_shows_a_pin_once_and_never_again():
    client = signed_in(holder(people.load("rosa")))
    here = reverse("support-pin")
    assert "Show a PIN" in walk.text_of(client.get(here))
    page = client.post(here)
    digits = page.context["digits"]
    assert f"{digits[:3]} {digits[3:]}" in walk.text_of(page)
    assert "no-store" in page["Cache-Control"]
    again = walk.text_of(client.get(here))
    assert f"{digits[:3]} {digits[3:]}" not in again
    assert "You have a PIN that still works" in again


def test_pins_are_made_only_so_often():
    client = signed_in(holder(people.load("rosa")))
    for _ in range(policy.SUPPORT_PINS.times):
        assert client.post(reverse("support-pin")).status_code == 200
    page = client.post(reverse("support-pin"))
    assert page.status_code == 429
    assert "No new PIN was made" in walk.text_of(page)


def test_a_visitor_has_no_pin():
    assert Client().get(reverse("support-pin")).status_code == 302
