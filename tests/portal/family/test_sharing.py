"""A look for a doctor without an account: one code, one browser, one hour, only to read."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Notice
from accounts.models.account import State
from core import policy
from core.policy import Level
from portal.family import sharing
from portal.family.models import Share
from safeguards.models import AuditEvent
from tests import walk
from tests.deers.registered import registered
from tests.parallel import in_parallel
from tests.portal.conftest import open_account
from tests.portal.family.conftest import wrote

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> Account:
    return open_account("ada.p", registered().dod_id, Level.PREMIUM)


def typed(code: str, born: str = "1958-03-14") -> dict[str, str]:
    return {"code": code, "born": born}


def shown_code(client: Client, ada: Account, sees: object = ("notes",)) -> str:
    client.force_login(ada)
    return walk.text_of(client.post("/portal/family/share/", {"sees": sees}, follow=True)).partition("The code: ")[2][
        :11
    ]


def test_a_doctor_without_an_account_reads_what_ada_chose_and_she_sees_it(client, ada):
    wrote(ada.dod_id or "", "Visit of Ada")
    code, doctor = shown_code(client, ada), Client()
    assert "testserver/share/" in walk.text_of(client.get("/portal/family/share/"))
    response = doctor.post("/share/", typed(code.lower()), follow=True)
    assert "This is the health record of Ada.p Tester." in walk.text_of(response)
    page = doctor.get("/share/record/notes/")
    assert "Visit of Ada" in walk.text_of(page)
    assert "/portal/" not in page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert doctor.post("/share/record/notes/").status_code == 405
    for closed in ("labs/", "record/", "messages/", "contact/", "medications/requests/"):
        assert doctor.get(f"/share/record/{closed}").status_code == 404
    share = Share.objects.get()
    assert "Notes and documents: was looked at" in walk.text_of(client.get(f"/portal/family/share/{share.pk}/"))
    events = AuditEvent.objects.filter(account_id=ada.pk, event__startswith="share.").order_by("pk")
    assert [event.event for event in events] == ["share.made", "share.opened", "share.viewed"]
    assert [*Notice.objects.order_by("created_at").values_list("kind", flat=True)] == [
        "record-code-made",
        "record-shared",
    ]
    assert doctor.get("/portal/notes/").status_code == 302


def test_a_second_browser_gets_the_answer_of_a_wrong_code(client, ada):
    code = shown_code(client, ada)
    Client().post("/share/", typed(code))
    for sent in (typed(code), typed("AAAAA-AAAAA"), typed(code, "1958-03-15")):
        other = Client()
        assert "open nothing" in walk.text_of(other.post("/share/", sent))
        assert other.get("/share/record/")["Location"] == "/share/?over"


def test_many_doctors_of_one_hospital_open_what_they_were_shown(client, ada):
    for _ in range(policy.SHARE_TRIES_PER_ADDRESS.times + 1):
        code = sharing.make(ada, ["notes"], date(1958, 3, 14)).code or ""
        assert Client().post("/share/", typed(code)).status_code == 302


def test_a_wrong_birth_date_opens_nothing_and_many_tries_have_to_wait(client, ada):
    code = shown_code(client, ada)
    for _ in range(policy.SHARE_TRIES_PER_CODE.times):
        assert "open nothing" in walk.text_of(Client().post("/share/", typed(code, "1960-01-01")))
    assert Client().post("/share/", typed(code)).status_code == 429
    assert Share.objects.get().opened_at is None


@pytest.mark.parametrize("how", ["stopped", "over", "frozen", "basic"])
def test_it_ends_at_once_in_the_middle_of_the_look(client, ada, how):
    code, doctor = shown_code(client, ada), Client()
    doctor.post("/share/", typed(code))
    assert doctor.get("/share/record/notes/").status_code == 200
    share = Share.objects.get()
    match how:
        case "stopped":
            client.post(f"/portal/family/share/{share.pk}/")
        case "over":
            Share.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
        case "frozen":
            Account.objects.filter(pk=ada.pk).update(state=State.FROZEN)
        case "basic":
            Account.objects.filter(pk=ada.pk).update(level=Level.BASIC)
    assert doctor.get("/share/record/notes/")["Location"] == "/share/?over"


def test_a_stranger_neither_sees_nor_stops_her_codes(client, ada, otis):
    shown_code(client, ada)
    share = Share.objects.get()
    client.force_login(otis)
    for ask in (client.get, client.post):
        assert ask(f"/portal/family/share/{share.pk}/").status_code == 404
    assert share.is_live(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_thirty_browsers_at_once_one_opens_it():
    person = registered()
    ada = open_account("ada.p", person.dod_id, Level.PREMIUM)
    row = sharing.make(ada, ["labs"], person.date_of_birth)
    code = row.code or ""
    opened = in_parallel(lambda n: sharing.open_share(code, person.date_of_birth, f"token {n}"))
    assert len([one for one in opened if one]) == 1
    assert AuditEvent.objects.filter(event="share.opened").count() == 1


def test_only_a_look_at_the_page_uses_the_code_up(client, ada):
    client.force_login(ada)
    where = client.post("/portal/family/share/", {"sees": ["notes"]})["Location"]
    assert client.head(where).status_code == 405
    assert client.get(where, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert "The code: " in walk.text_of(client.get(where))
