"""A person takes the record along: asks, waits, downloads, and everything is in it."""

import hashlib
import io
import json
import re
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.policy import Level
from portal.export import archive, checking, contents, making
from portal.export.archive import PIECE
from portal.export.models import Export, Piece
from portal.export.states import START, TRANSITIONS, State, change_state
from portal.record.importing import import_file, store_resources
from portal.record.models import Resource
from safeguards.cipher import DecryptionError
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import walk
from tests.parallel import in_parallel
from tests.portal.conftest import RUTH, Browser, open_account, proved
from tests.portal.export.ips import problems
from tests.portal.record.fhir import ADA, REAL, person_in, read, real_file, registered, weight, write

pytestmark = pytest.mark.django_db

COPIES = "/portal/record/copy/"
EVERYTHING = {"sections": [slug for slug, _, _ in contents.SECTIONS]}


def asked(client: Client, **chosen: Any) -> Export:
    """Ask for a copy as the page does."""
    response = client.post(COPIES, EVERYTHING | chosen)
    assert response.status_code == 302
    return Export.objects.latest("asked_at")


def made(client: Client, **chosen: Any) -> Export:
    """A copy that the worker has made."""
    export = asked(client, **chosen)
    making.make_copy(str(export.pk))
    export.refresh_from_db()
    return export


def downloaded(client: Client, export: Export) -> ZipFile:
    response = client.get(f"{COPIES}{export.pk}/download/")
    assert response.status_code == 200
    return ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]


def text_of(client: Client, export: Export) -> str:
    return walk.text_of(client.get(f"{COPIES}{export.pk}/"))


def test_ruth_asks_waits_and_downloads_her_whole_record(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    export = asked(client)
    assert "It will begin in a moment." in text_of(client, export)
    making.make_copy(str(export.pk))
    assert "Your copy is ready" in text_of(client, export)
    copy = downloaded(client, export)
    assert copy.testzip() is None
    number = Resource.objects.filter(patient=RUTH).count()
    assert number > 100
    page = copy.read("record.html").decode()
    assert page.count("<article>") == number
    assert json.loads(copy.read("manifest.json"))["resources"] == number
    assert problems(read(copy.read("fhir/summary.json").decode())) == []
    events = AuditEvent.objects.filter(event__startswith="export.").order_by("id").values_list("event", flat=True)
    assert list(events) == ["export.asked", "export.begun", "export.ready", "export.fetched"]


def test_the_page_of_a_copy_needs_nothing_from_outside_and_runs_nothing(client, ruth, records):
    records(RUTH, mark='<script>alert(1)</script><img src="//x.example/y">')
    client.force_login(ruth)
    page = downloaded(client, made(client)).read("record.html").decode()
    assert "&lt;script&gt;" in page
    assert not re.search(r"<(script|img|link|iframe)|url\(|@import", page)
    assert "default-src 'none'" in page


def test_the_manifest_has_the_digest_of_every_other_file(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    copy = downloaded(client, made(client))
    listed = {one["name"]: one for one in json.loads(copy.read("manifest.json"))["files"]}
    assert set(copy.namelist()) == {*listed, "manifest.json"}
    for name, one in listed.items():
        assert one["sha256"] == hashlib.sha256(copy.read(name)).hexdigest()
        assert one["bytes"] == len(copy.read(name))


@pytest.mark.parametrize("name", REAL[:3])
def test_a_real_record_goes_from_the_zip_into_an_empty_record_with_equal_digests(client, shared_folder, tmp_path, name):
    path = real_file(shared_folder("fhir"), name)
    person = person_in(path)
    import_file(path, person.dod_id, other_name=True)
    client.force_login(open_account("real.one", person.dod_id, Level.PREMIUM))
    copy = downloaded(client, made(client))
    other = registered("Otis", "Empty").dod_id
    import_file(write(tmp_path, copy.read("fhir/bundle.json")), other, other_name=True)
    assert digests(other) == digests(person.dod_id) != []


def digests(patient: str) -> list[bytes]:
    return sorted(bytes(digest) for digest in Resource.objects.filter(patient=patient).values_list("digest", flat=True))


@pytest.fixture
def ada() -> Account:
    return open_account("ada.w", registered("Ada", "Winters").dod_id, Level.PREMIUM)


def stored(account: Account, *resources: dict[str, Any]) -> None:
    store_resources(account.dod_id or "", "clinic", [("", resource) for resource in resources])


def note(id_: str, data: str, content_type: str) -> dict[str, Any]:
    attachment = {"contentType": content_type, "data": data, "title": "../../etc/passwd"}
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        "status": "current",
        "content": [{"attachment": attachment}],
    }


def test_files_come_as_they_are_under_names_that_are_ours_and_open_nothing(client, ada):
    script = "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
    stored(ada, ADA, note("a", "JVBERi0xLjQ=", "application/pdf"), note("b", script, "application/pdf"))
    stored(ada, note("c", "AAEC/w==", "image/png"), note("d", "not base64!", "text/plain"))
    client.force_login(ada)
    copy = downloaded(client, made(client))
    files = {name: copy.read(name) for name in copy.namelist() if name.startswith("attachments/")}
    assert sorted(name.rpartition(".")[2] for name in files) == ["bin", "pdf", "txt"]
    assert b"<script>alert(1)</script>" in files.values()
    assert all(re.fullmatch(r"attachments/\d{5}\.(pdf|txt|bin)", name) for name in files)
    page = copy.read("record.html").decode()
    assert all(f'href="{name}"' in page for name in files)


def test_what_was_entered_in_error_is_in_the_fhir_file_only_and_the_page_says_so(client, ada):
    stored(ada, ADA, weight("right"), weight("wrong", "999", status="entered-in-error"))
    client.force_login(ada)
    export = made(client)
    copy = downloaded(client, export)
    assert b"999" not in copy.read("record.html")
    assert len(json.loads(copy.read("fhir/bundle.json"))["entry"]) == 3
    assert "entered in error: 1." in text_of(client, export)


def test_only_the_chosen_sections_and_years_are_in_it(client, ada):
    stored(ada, ADA, weight("old", "70", effectiveDateTime="2009-12-31"))
    stored(ada, weight("in-year", "71", effectiveDateTime="2011"), weight("undated", "72"))
    stored(ada, weight("new", "73", effectiveDateTime="2013-02-01T02:00:00+10:00"))
    client.force_login(ada)

    def chosen(**form: Any) -> set[str]:
        bundle_ = json.loads(downloaded(client, made(client, **form)).read("fhir/bundle.json"))
        return {entry["resource"]["id"] for entry in bundle_["entry"]}

    assert chosen(sections=["about"]) == {"ada"}
    assert chosen(since="2011-06-01") == {"ada", "in-year", "undated", "new"}
    assert chosen(since="2010-01-01", until="2013-01-31") == {"ada", "in-year", "undated"}
    assert chosen(until="2009-12-31") == {"ada", "old", "undated"}


def test_an_empty_record_gives_a_copy_that_says_so(client, ada):
    client.force_login(ada)
    copy = downloaded(client, made(client))
    assert "Nothing is recorded here." in copy.read("record.html").decode()
    assert read(copy.read("fhir/bundle.json").decode()) == {"resourceType": "Bundle", "type": "collection"}


def test_a_form_that_is_wrong_says_what_and_keeps_what_was_typed(client, ada):
    client.force_login(ada)
    backwards = {"since": "2013-01-02", "until": "2013-01-01"}
    assert "not before the first one" in walk.text_of(client.post(COPIES, EVERYTHING | backwards))
    page = client.post(COPIES, {"since": "2013-02-31"})
    assert "Choose at least one section." in walk.text_of(page)
    assert 'value="31"' in page.content.decode()
    assert "Error:" in page.content.decode()
    assert not Export.objects.exists()


def test_asking_and_fetching_need_a_fresh_sign_in(client, ada):
    client.force_login(ada)
    export = made(client)
    proved(client, seconds_ago=int(policy.FRESH_FOR_EXPORTS.total_seconds()) + 1)
    for response in (client.get(f"{COPIES}{export.pk}/download/"), client.post(COPIES, EVERYTHING)):
        assert response["Location"].startswith("/sign-in/again/")
    export.refresh_from_db()
    assert export.fetched == 0
    assert Export.objects.count() == 1


def test_nobody_else_sees_stops_or_fetches_a_copy(client, ada, otis):
    client.force_login(ada)
    export = made(client)
    client.force_login(otis)
    for response in (
        client.get(f"{COPIES}{export.pk}/"),
        client.post(f"{COPIES}{export.pk}/"),
        client.get(f"{COPIES}{export.pk}/download/"),
    ):
        assert response.status_code == 404
    export.refresh_from_db()
    assert export.state == State.READY


def test_a_basic_account_can_ask_for_nothing(client, ruth_basic):
    client.force_login(ruth_basic)
    assert client.post(COPIES, EVERYTHING).status_code == 403
    assert not Export.objects.exists()


def test_after_a_day_the_copy_is_deleted_and_its_page_says_so(client, ada):
    client.force_login(ada)
    export = made(client)
    assert Piece.objects.exists()
    assert making.end_copies(export.changed_at + policy.EXPORT_KEPT - timedelta(minutes=1)) == 0
    assert making.end_copies(timezone.now() + policy.EXPORT_KEPT) == 1
    assert not Piece.objects.exists()
    assert client.get(f"{COPIES}{export.pk}/download/")["Location"] == f"{COPIES}{export.pk}/"
    assert "This copy was deleted" in text_of(client, export)


def test_a_copy_whose_time_is_over_is_not_handed_out_while_the_worker_is_late(client, ada):
    client.force_login(ada)
    export = made(client)
    Export.objects.update(expires_at=timezone.now())
    assert client.get(f"{COPIES}{export.pk}/download/").status_code == 302


def test_ada_can_delete_her_copy_and_stop_one_that_waits(client, ada):
    client.force_login(ada)
    for export in (made(client), asked(client)):
        client.post(f"{COPIES}{export.pk}/")
        export.refresh_from_db()
        assert export.state == State.STOPPED
        making.make_copy(str(export.pk))
        assert not Piece.objects.exists()


def test_a_copy_that_is_stopped_while_it_is_made_leaves_nothing(client, ada, monkeypatch):
    stored(ada, ADA, note("a", "JVBERi0xLjQ=", "application/pdf"))
    client.force_login(ada)
    export = asked(client)
    write_files = making.write_files

    def stopped(*args: Any) -> Any:
        client.post(f"{COPIES}{export.pk}/")
        args[-1].write()
        return write_files(*args)

    monkeypatch.setattr(making, "write_files", stopped)
    making.make_copy(str(export.pk))
    export.refresh_from_db()
    assert export.state == State.STOPPED
    assert not Piece.objects.exists()


def test_a_worker_that_was_killed_leaves_a_copy_that_the_next_one_makes_whole(client, ada, monkeypatch):
    stored(ada, ADA, weight())
    client.force_login(ada)
    export = asked(client)

    def killed(*args: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(making.checking, "compare", killed)
    with pytest.raises(SystemExit):
        making.make_copy(str(export.pk))
    assert Piece.objects.exists()
    assert client.get(f"{COPIES}{export.pk}/download/").status_code == 302
    monkeypatch.undo()
    making.make_copy(str(export.pk))
    export.refresh_from_db()
    assert downloaded(client, export).testzip() is None


def test_a_copy_that_differs_from_the_store_fails_and_person_and_staff_hear_of_it(client, ada, monkeypatch):
    stored(ada, ADA, weight("one"), weight("two", "71"))
    client.force_login(ada)
    whole = contents.read_entries
    monkeypatch.setattr(contents, "read_entries", lambda *args: list(whole(*args))[1:])
    export = made(client)
    assert export.state == State.FAILED
    assert not Piece.objects.exists()
    assert "We could not make your copy" in text_of(client, export)
    walk.deliver_mail()
    subjects = {message.to[0]: message.subject for message in mail.outbox}
    assert subjects[ada.email] == "We could not make the copy of your health record"
    assert "could not be made" in " ".join(map(str, subjects.values()))


def test_a_damaged_resource_fails_the_copy(client, ada):
    stored(ada, ADA, weight())
    with connection.cursor() as cursor:
        cursor.execute("""UPDATE record_resource SET raw = '{"resourceType": "Observation"}', version = 2
                          WHERE type = 'Observation'""")
    client.force_login(ada)
    assert made(client).state == State.FAILED


def test_an_import_in_the_middle_makes_it_begin_again(client, ada, monkeypatch):
    stored(ada, ADA, weight())
    client.force_login(ada)
    export, write_text = asked(client), making.writing.write_text

    def imported(*args: Any) -> Any:
        monkeypatch.setattr(making.writing, "write_text", write_text)
        stored(ada, weight(value="71.5"))
        return write_text(*args)

    monkeypatch.setattr(making.writing, "write_text", imported)
    making.make_copy(str(export.pk))
    copy = downloaded(client, Export.objects.get())
    assert all(b"71.5" in copy.read(name) for name in ("record.html", "record.txt", "fhir/bundle.json"))
    assert b"70.50" not in copy.read("record.html")


def test_a_copy_on_which_no_worker_works_fails_after_an_hour(client, ada):
    client.force_login(ada)
    export = asked(client)
    assert making.end_copies(timezone.now() + policy.EXPORT_SILENT - timedelta(minutes=1)) == 0
    assert making.end_copies(timezone.now() + policy.EXPORT_SILENT) == 1
    export.refresh_from_db()
    assert export.state == State.FAILED


def test_a_second_wish_leads_to_the_copy_that_is_being_made(client, ada):
    client.force_login(ada)
    export = asked(client)
    assert client.post(COPIES, EVERYTHING)["Location"] == f"{COPIES}{export.pk}/"
    assert Export.objects.count() == 1


def test_many_copies_a_day_are_enough(client, ada):
    client.force_login(ada)
    for _ in range(policy.EXPORTS_PER_ACCOUNT.times):
        client.post(f"{COPIES}{asked(client).pk}/")
    assert "many copies today" in walk.text_of(client.post(COPIES, EVERYTHING))


def test_the_pieces_are_sealed_and_hold_in_their_place_only(client, ada):
    stored(ada, ADA, weight())
    client.force_login(ada)
    export = made(client)
    assert b"record.html" not in bytes(Piece.objects.get().content)
    Piece.objects.update(place=1)
    with pytest.raises(Piece.DoesNotExist):
        archive.read_piece(export, 0)
    with pytest.raises(DecryptionError):
        archive.read_piece(export, 1)


def test_a_long_zip_is_read_from_anywhere(ada):
    export = Export.objects.create(
        account=ada, patient="1", sections=[], asked_at=timezone.now(), changed_at=timezone.now()
    )
    file = archive.PieceWriter(export)
    whole = hashlib.shake_256(b"seed").digest(2 * PIECE + 17)
    for start in range(0, len(whole), 700_001):
        file.write(whole[start : start + 700_001])
    file.end()
    export.size = file.size
    assert b"".join(archive.read_pieces(export)) == whole
    reader = io.BufferedReader(archive.PieceReader(export, file.size))
    reader.seek(-20, io.SEEK_END)
    assert reader.read() == whole[-20:]
    reader.seek(PIECE - 5)
    assert reader.read(10) == whole[PIECE - 5 : PIECE + 5]


def test_a_file_with_a_changed_letter_is_found(client, ada):
    stored(ada, ADA, weight())
    client.force_login(ada)
    export = asked(client)
    export.state = State.WAITING
    change_state(export, State.MAKING, by="system")
    written, chosen, own = making.write(export)
    checking.compare(export, written, chosen, own)
    written.members[0] = archive.Member("record.html", 1, "0" * 64)
    with pytest.raises(checking.DifferenceError, match=re.escape("record.html")):
        checking.compare(export, written, chosen, own)


@pytest.mark.django_db(transaction=True)
def test_thirty_wishes_at_once_make_one_copy():
    # Whom the limit stops meanwhile has asked too often; the one copy is made all the same.
    account = open_account("ada.w", registered("Ada", "Winters").dod_id, Level.PREMIUM)

    def ask(number: int) -> int:
        browser = Browser()
        browser.force_login(account)
        return browser.post(COPIES, EVERYTHING).status_code

    assert set(in_parallel(ask)) <= {200, 302}
    assert Export.objects.count() == 1


def test_every_state_can_be_reached_and_every_move_has_a_sentence():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)
    assert set(State) - {before for before, _ in TRANSITIONS} == {State.FAILED, State.STOPPED, State.GONE}
