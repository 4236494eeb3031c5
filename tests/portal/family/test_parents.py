"""Parents: which children's records they open, what stays closed, and when it ends."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Notice
from core import policy
from core.policy import Level
from deers import lookup
from deers.models import Person
from deers.registry import RegistryUnavailableError
from portal.family import coming_of_age, sharing
from portal.family.access import ACTS, Open, Shut, Why, child_address, judge_access, page_about
from portal.family.models import Parenthood
from portal.medications.models import Request
from portal.record.models import Note
from safeguards.models import AuditEvent
from tests import walk
from tests.deers.registered import registered, sponsored
from tests.portal.conftest import RUTH, open_account
from tests.portal.family.conftest import given, wrote, years_ago
from tests.portal.medications.test_refills import prescribed

pytestmark = pytest.mark.django_db


def test_a_mother_with_two_children_in_two_tabs_never_mixes_them(client, family):
    wrote(family.small.dod_id, "Visit of Nora")
    wrote(family.teen.dod_id, "Visit of Sam")
    wrote(family.mother.dod_id, "Visit of Maria")
    client.force_login(family.mother)
    names = {"Nora": family.address(family.small), "Sam": family.address(family.teen)}
    for name, address in [*names.items(), *names.items()]:
        page = walk.text_of(client.get(f"{address}notes/"))
        assert f"This is the health record of {name} Lake, not yours." in page
        assert f"Visit of {name}" in page
        assert not [other for other in ("Nora", "Sam", "Maria") if other != name and f"Visit of {other}" in page]
    assert "Visit of Maria" in walk.text_of(client.get("/portal/notes/"))


def crawl(client: Client, here: str, allowed: set[str]) -> set[str]:
    """Follow each kind of link below `here`, and return the kinds. None may lead elsewhere."""
    waiting, seen = [here], set()
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        if response.status_code == 302:  # an id that leads to a message in its conversation
            assert response["Location"].startswith(here), address
            continue
        assert response.status_code == 200, address
        shape = re.sub(r"[0-9a-f-]{36}/([0-9]+/)?", "*/", address.removeprefix(here))
        seen.add(shape)
        if response["Content-Type"].startswith("text/html"):
            main = response.content.decode().partition("<main")[2].partition("</main>")[0]
            own = set(re.findall(r'(?:href|action|src|data-draft-page)="(/[^"?#]*)', main)) - allowed
            elsewhere = {link for link in own if not link.startswith((here, "/static/", "/support/"))}
            assert not elsewhere, (address, elsewhere)
            known = {re.sub(r"[0-9a-f-]{36}/([0-9]+/)?", "*/", one.removeprefix(here)) for one in waiting} | seen
            for link in own:
                named = re.sub(r"[0-9a-f-]{36}/([0-9]+/)?", "*/", link.removeprefix(here))
                if link.startswith(here) and named not in known:
                    known.add(named)
                    waiting.append(link)
    return seen


def test_every_link_of_a_childs_page_stays_in_the_childs_record(client, family):
    wrote(family.small.dod_id, "Visit of Nora")
    prescribed(family.small.dod_id)
    client.force_login(family.mother)
    assert len(crawl(client, family.address(family.small), {"/portal/"})) > 12


def test_every_link_of_a_full_record_stays_in_it(client, ruth, otis, records):
    records(RUTH)
    row = given(ruth, otis, acts=tuple(ACTS))
    client.force_login(otis)
    assert len(crawl(client, f"/portal/of/{row.pk}/", {"/portal/"})) > 20
    share = sharing.make(ruth, list(sharing.SHARED), ruth.created_at.date())
    doctor = Client()
    assert sharing.open_share(share.code or "", ruth.created_at.date(), "token")
    doctor.cookies[sharing.COOKIE] = "token"
    assert len(crawl(doctor, "/share/record/", set())) > 15


def test_a_mother_asks_for_her_childs_refill_and_it_is_the_childs(client, family):
    item = prescribed(family.small.dod_id)
    client.force_login(family.mother)
    page = family.address(family.small, "medications/")
    response = client.post(page, {"prescription": item, "action": "refill"}, follow=True)
    assert response.redirect_chain[0][0].startswith(f"{page}asked/")
    request = Request.objects.get()
    assert (request.patient, request.account) == (family.small.dod_id, family.mother)
    assert client.get(f"/portal/medications/requests/{request.pk}/").status_code == 404
    assert page_about(request.account, request.patient, "medications-requests") == f"{page}requests/"
    shown = client.post(f"{page}requests/{request.pk}/", follow=True)
    assert "Withdrawn" in walk.text_of(shown)
    assert shown.redirect_chain[0][0] == f"{page}requests/{request.pk}/"


def test_the_look_at_a_childs_record_is_on_the_parents_trail(client, family):
    client.force_login(family.mother)
    for _ in range(2):
        client.get(family.address(family.small, "labs/"))
    event = AuditEvent.objects.get(event="family.child-viewed")
    assert (event.account_id, event.actor_kind, event.details["feature"]) == (family.mother.pk, "self", "labs")


def test_both_parents_open_it_by_addresses_of_their_own(client, family):
    client.force_login(family.father)
    assert client.get(family.address(family.small, "labs/", family.father)).status_code == 200
    assert client.get(family.address(family.small, "labs/", family.mother)).status_code == 404


def children(person: Person) -> list[str]:
    return [one.dod_id for one in lookup.minors(person.dod_id) or ()]


def test_who_is_whose_parent():
    sponsor, wife, former = registered("A"), registered("B"), registered("C")
    child, step = registered("D", born=years_ago(9)), registered("E", born=years_ago(5))
    ward, grown = registered("F", born=years_ago(7)), registered("G", born=years_ago(18, 1))
    hidden, dead = registered("H", born=years_ago(8), protected=True), registered("I", born=years_ago(8))
    Person.objects.filter(pk=dead.pk).update(date_of_death=timezone.localdate())
    sponsored(sponsor, wife, "spouse")
    sponsored(sponsor, former, "former")
    for one, how in ((child, "child"), (step, "stepchild"), (ward, "ward"), (grown, "child"), (hidden, "child")):
        sponsored(sponsor, one, how)
    sponsored(sponsor, dead, "child")
    assert children(sponsor) == [child.dod_id, ward.dod_id, step.dod_id]
    assert children(wife) == [child.dod_id, step.dod_id]
    assert children(former) == children(child) == children(grown) == []


def test_a_brother_does_not_open_his_sisters_record(family):
    sam = open_account("sam", family.teen.dod_id, Level.PREMIUM)
    assert judge_access(sam, child_address(sam, family.small.dod_id), "labs") == Shut(Why.UNKNOWN)


def test_it_ends_by_itself_on_the_18th_birthday(family):
    where = child_address(family.mother, family.teen.dod_id)
    birthday = family.teen.date_of_birth.replace(year=family.teen.date_of_birth.year + 18)
    before = judge_access(family.mother, where, "labs", today=birthday - timedelta(days=1))
    assert isinstance(before, Open)
    assert before.patient.ends == birthday
    assert judge_access(family.mother, where, "labs", today=birthday) == Shut(Why.UNKNOWN)


SENSITIVE = (
    {"meta": {"security": [{"code": "R"}]}},
    {"meta": {"security": [{"code": "N"}, {"code": "SEX"}]}},
    {"category": [{"coding": [{"code": "PSY"}]}]},
)


@pytest.mark.parametrize("marked", SENSITIVE, ids=str)
def test_what_is_marked_as_sensitive_is_closed_from_13_on(client, family, marked):
    for child in (family.small, family.teen):
        wrote(child.dod_id, "Closed talk", **marked)
        wrote(child.dod_id, "Open talk")
    client.force_login(family.mother)
    for child, closed in ((family.small, False), (family.teen, True)):
        page = walk.text_of(client.get(family.address(child, "notes/")))
        item = Note.objects.get(patient=child.dod_id, display="Closed talk").resource_id
        found = client.get(family.address(child, f"notes/{item}/")).status_code
        assert ("Closed talk" not in page, found == 404) == (closed, closed)
        assert "Open talk" in page
        assert ("may be closed to parents" in page) == closed
        paper = client.get(family.address(child, f"record/papers/{item}/"))
        assert (paper.status_code == 404) == closed
        assert ("Closed talk" not in walk.text_of(client.get(family.address(child, "record/")))) == closed


def test_sam_himself_reads_what_is_closed_to_his_parents(client, family):
    wrote(family.teen.dod_id, "Closed talk", **SENSITIVE[0])
    client.force_login(open_account("sam", family.teen.dod_id, Level.PREMIUM))
    assert "Closed talk" in walk.text_of(client.get("/portal/notes/"))


def test_while_deers_is_down_no_childs_record_opens_and_the_page_says_so(client, family, monkeypatch):
    def silent(*_: object, **__: object) -> None:
        raise RegistryUnavailableError

    client.force_login(family.mother)
    monkeypatch.setattr("deers.mock.MockRegistry.minors", silent)
    monkeypatch.setattr("deers.mock.MockRegistry.coverage", silent)
    response = client.get(family.address(family.small, "labs/"))
    assert response.status_code == 503
    assert "DEERS does not answer" in walk.text_of(response)
    page = walk.text_of(client.get("/portal/family/"))
    assert "DEERS does not answer right now" in page
    assert "Nora" not in page


def test_both_are_told_30_days_before_the_18th_birthday_and_once(client, family):
    family.teen.date_of_birth = years_ago(18) + policy.PARENT_TOLD_BEFORE - timedelta(days=1)
    family.teen.save()
    client.force_login(family.mother)
    client.get(family.address(family.teen, "labs/"))
    client.get(family.address(family.small, "labs/"))
    assert Parenthood.objects.count() == 2
    assert coming_of_age.tell_of_adulthood() == 1
    assert coming_of_age.tell_of_adulthood() == 0
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["child-comes-of-age", "you-come-of-age"]
    assert AuditEvent.objects.filter(event="family.adulthood-told", account_id=family.mother.pk).count() == 1


def test_a_page_of_a_childs_record_asks_few_queries(client, family, django_assert_max_num_queries):
    wrote(family.teen.dod_id, "Visit of Sam")
    client.force_login(family.mother)
    for path in ("", "notes/", "labs/", "medications/", "appointments/", "vitals/", "conditions/"):
        address = family.address(family.teen, path)
        client.get(address)
        with django_assert_max_num_queries(2 + 8):
            client.get(address)


def test_a_visitor_is_led_to_sign_in(family):
    address = family.address(family.small, "labs/")
    assert Client().get(address)["Location"] == f"/sign-in/?next={address}"
