"""How passwords are hashed: Argon2id, one spelling, hashed again when the setting changes, only so many at once."""

import threading
import time
import unicodedata

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client

from accounts.models import Account, RegistrationDraft
from accounts.passwords import hashing
from accounts.sign_in import judge
from core import policy
from demo.people import PEOPLE
from tests import people, walk
from tests.accounts.holders import WRONG, address, give_password, holder, is_signed_in, proven, signed_in
from tests.parallel import in_parallel

PC = unicodedata.normalize("NFC", walk.PASSWORD)
MAC = unicodedata.normalize("NFD", walk.PASSWORD)


class LightArgon2(hashing.Argon2Hasher):
    """Argon2 as the site has it, at a thousandth of its cost."""

    time_cost, memory_cost, parallelism = 1, 64, 1


class OlderArgon2(LightArgon2):
    memory_cost = 32


LIGHT, OLDER = (f"{__name__}.{hasher.__name__}" for hasher in (LightArgon2, OlderArgon2))


@pytest.fixture
def argon2(settings) -> None:
    settings.PASSWORD_HASHERS = [LIGHT]


def test_the_site_hashes_with_argon2id_as_rfc_9106_says():
    encoded = hashing.Argon2Hasher().encode(PC, "salt of sixteen.")
    assert encoded.startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "typed"), [(PC, MAC), (MAC, PC)])
def test_a_password_chosen_on_one_machine_signs_in_on_another(client, argon2, chosen, typed):
    assert chosen != typed
    holder(PEOPLE["rosa"], username="rosa.h")
    Account.objects.update(password=make_password(chosen))
    give_password(client, "rosa.h", typed)
    assert is_signed_in(client)


def test_the_fast_hasher_of_the_tests_knows_one_spelling_too():
    assert check_password(MAC, make_password(PC))
    assert not check_password(MAC.upper(), make_password(PC))


@pytest.mark.django_db
def test_a_hash_of_an_older_setting_is_made_again_at_sign_in(client, settings):
    settings.PASSWORD_HASHERS = [OLDER]
    rosa = holder(PEOPLE["rosa"], username="rosa.h")
    assert "m=32," in rosa.password
    settings.PASSWORD_HASHERS = [LIGHT]
    give_password(client, "rosa.h", WRONG)
    rosa.refresh_from_db()
    assert "m=32," in rosa.password
    give_password(client, "rosa.h")
    rosa.refresh_from_db()
    assert "m=64," in rosa.password
    assert is_signed_in(client)
    assert is_signed_in(signed_in(rosa))


@pytest.mark.django_db
def test_a_hash_made_again_does_not_undo_a_change_made_meanwhile():
    rosa = holder(PEOPLE["rosa"])
    Account.objects.update(password="changed in another tab")
    judge.rehash(rosa, walk.PASSWORD)
    rosa.refresh_from_db()
    assert rosa.password == "changed in another tab"


class Watched:
    """Counts how many hashes are made at the same moment."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.all = threading.Lock(), 0, 0, 0

    def watch(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(Argon2PasswordHasher, name)

        def counted(hasher: object, *args: str) -> object:
            with self.lock:
                self.now, self.all = self.now + 1, self.all + 1
                self.most = max(self.most, self.now)
            try:
                time.sleep(0.01)
                return real(hasher, *args)
            finally:
                with self.lock:
                    self.now -= 1

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_sign_ins_at_once_only_so_many_hash_and_all_get_an_answer(argon2, settings, monkeypatch):
    rosa = holder(PEOPLE["rosa"], username="rosa.h")
    watched = Watched()
    watched.watch("encode", monkeypatch)
    watched.watch("verify", monkeypatch)

    def sign_in(number: int) -> int:
        name = rosa.username if number == 0 else f"nobody.{number}"
        return give_password(Client(REMOTE_ADDR=f"203.0.113.{number}"), name).status_code

    assert sorted(in_parallel(sign_in)) == [200] * 29 + [302]
    assert watched.all == 30
    assert watched.most == settings.HASHES_AT_ONCE


@pytest.fixture
def no_room(argon2, monkeypatch) -> None:
    """All places for hashing are taken, and nobody waits for long."""
    monkeypatch.setattr(policy, "HASH_WAIT", policy.HASH_WAIT * 0)
    monkeypatch.setattr(hashing, "places", threading.BoundedSemaphore(1))
    assert hashing.places.acquire()


@pytest.mark.django_db
def test_with_no_room_to_hash_a_sign_in_is_asked_to_come_again(client, argon2, request):
    rosa = holder(PEOPLE["rosa"], username="rosa.h")
    request.getfixturevalue("no_room")
    page = give_password(client, "Rosa.H")
    assert page.status_code == 503
    assert "Retry-After" in page
    assert hashing.BUSY in walk.text_of(page)
    assert 'value="Rosa.H"' in page.content.decode()
    assert walk.PASSWORD not in page.content.decode()
    hashing.places.release()
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 0
    assert give_password(client, "rosa.h").status_code == 302


@pytest.mark.django_db
def test_with_no_room_to_hash_a_registration_keeps_what_was_typed(client, no_room):
    draft = proven(client, people.load("rosa"))
    typed = {"username": "rosa.hid", "password": walk.PASSWORD, "password_again": walk.PASSWORD}
    page = client.post(address(draft, "credentials"), typed)
    assert page.status_code == 503
    assert "Retry-After" in page
    assert 'value="rosa.hid"' in page.content.decode()
    assert RegistrationDraft.objects.get().password_hash == ""
    hashing.places.release()
    assert client.post(address(draft, "credentials"), typed).status_code == 302


@pytest.mark.django_db
def test_with_no_room_to_hash_any_other_page_says_so_plainly(argon2, request):
    client = signed_in(holder(PEOPLE["rosa"]))
    request.getfixturevalue("no_room")
    typed = {"password": "zebra quartz umbrella", "password_again": "zebra quartz umbrella"}
    page = client.post("/account/security/password/", typed)
    assert page.status_code == 503
    assert "Retry-After" in page
    assert "Please try again in a moment" in walk.text_of(page)


@pytest.mark.django_db
def test_with_no_room_to_renew_a_hash_the_right_password_still_signs_in(argon2, request):
    rosa = holder(PEOPLE["rosa"])
    request.getfixturevalue("no_room")
    before = rosa.password
    judge.rehash(rosa, walk.PASSWORD)
    rosa.refresh_from_db()
    assert rosa.password == before


def test_a_place_is_given_back_whatever_happens(argon2, monkeypatch):
    monkeypatch.setattr(hashing, "places", threading.BoundedSemaphore(1))
    for _ in range(3):
        assert not check_password(WRONG, make_password(PC))
        with pytest.raises(UnicodeEncodeError):
            make_password("\ud800 half of a pair")
    assert hashing.places.acquire(blocking=False)
