"""What every page must have in its markup, and that neither this test nor the accessibility tests forget a page."""

import re
from collections import defaultdict
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings

from core import policy
from tests.pages.scenes import PARTS, SCENES, Page, played
from tests.rules import addresses

# In one process with the tests that show the same pages to a browser.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("pages")]

# Pages that a cache may keep of somebody who is not signed in, because they are the same for everybody. Those of the
# demonstration show invented people only.
FOR_EVERYBODY = {
    "",
    "recover/",
    "support/",
    "support/code/<str:code>/",
    "support/guides/<slug:slug>/",
    "demo/",
    "demo/mail/",
    "demo/mail/<int:pk>.html",
}

# The head of a file that people take along: no page of the site (tests/portal/export/).
TAKEN_ALONG = "portal/export/head.html"
# Addresses that no scene opens, and why that is right.
NO_PAGE = {
    r"demo/(people|mail)\.json": "JSON",
    r"(admin/)?session/(left|extend|keep)/": "JSON, or nothing",
    r".*/(judge|(first-)?passkey|options)/": "JSON; where one of these is a page, a scene opens it",
    r"\.well-known/change-password|admin/(login|logout|password_change)/": "leads to a page",
    r"(support/chat|admin/chat/chat)/.*/(poll|typing)/": "a part of a page, for its script, or nothing",
    r"support/chat/<uuid:chat_id>/chat\.txt": "a file",
    r"portal/.*(\.ics|\.csv|/download/|\.smart-health-card)|portal/messages/file/.*|admin/figures/.*\.csv": "a file",
    r"admin/secure_messages/.*/file/.*": "a file",
    r"\.well-known/jwks\.json": "JSON",
    r"portal/messages/message/.*": "leads to the message in its conversation",
    r"portal/tools/visit\.pdf|support/guides/<slug:slug>\.pdf|demo/letters/<uuid:pk>\.pdf": "a PDF",
    r"support/guides/<slug:slug>/<slug:name>\.png": "a picture",
    r"admin/jsi18n/|admin/autocomplete/": "for scripts",
    r"admin/r/.*|admin/.*/<path:object_id>/|admin/\(\?P<app_label>.*": "leads to a page",
    r"admin/.*/(add|<path:object_id>/delete)/": "no role may do that by hand",
    r"portal/of/.*|share/record/.*": "the same pages with the record of another person; a scene opens some of them",
    r"support/code/<str:code>/": "leads to an article; a scene opens an unknown one",
    r"admin/(accounts|idproofing|appointments)/\w+/<(int|uuid):pk>/[\w-]+/": "leads back to its page, or is a PDF; a "
    "scene opens those that ask first",
    r"admin/idproofing/batch/make/": "a button, which leads to the new batch",
    r"admin/idproofing/visit/attend/refuse/": "a button, which leads back to the search for a slip",
    r"(register|upgrade)/<uuid:draft_id>/review/": "a button, which leads to the draft's last page",
    r"admin/password_change/done/": "nobody is led there: passwords are changed among the account's own pages",
}


@pytest.fixture
def seen(db: None) -> list[Page]:
    """Every page of every scene."""
    return [page for scene in SCENES.values() for page in played(scene)]


def title_of(page: Page) -> str:
    found = re.search(r"<title>(.*?)</title>", page.html, re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def test_each_page_says_its_language_and_has_one_main_heading(seen):
    wrong = [page.name for page in seen if '<html lang="en' not in page.html or page.html.count("<h1") != 1]
    assert not wrong


def test_a_title_belongs_to_one_page(seen):
    """People with several tabs, or who hear a list of them, tell pages apart by title. States of a page share one."""
    templates, places = defaultdict(set), defaultdict(set)
    for page in seen:
        if page.template:
            title = title_of(page).removeprefix("Error: ")
            templates[title].add(page.template)
            places[title].add(page.address)
    shared = [title for title, names in templates.items() if len(names) > 1 and len(places[title]) > 1]
    assert not shared
    assert all(title_of(page) for page in seen)


def test_a_title_says_that_there_are_errors_just_where_there_are(seen):
    wrong = [page.name for page in seen if title_of(page).startswith("Error: ") != ("error-summary" in page.html)]
    assert not wrong


def test_what_is_wrong_is_listed_in_the_order_in_which_people_find_the_fields(seen):
    wrong = []
    for page in seen:
        summary, _, rest = page.html.partition("error-summary")[2].partition("</ul>")
        places = [rest.find(f'id="{name}"') for name in re.findall(r'href="#([^"]+)"', summary)]
        if places != sorted(places) or -1 in places:
            wrong.append(page.name)
    assert not wrong


def test_every_form_of_the_service_center_says_at_the_top_what_is_wrong(seen):
    """Each is sent empty or wrong in a scene: the summary leads to a field, and the field says the same."""
    wrong = {page.address.removeprefix("admin/"): page for page in seen if "error-summary" in page.html}
    forms = {
        "accounts/account/<int:pk>/lift/", "accounts/account/<int:pk>/freeze/", "accounts/account/<int:pk>/help/",
        "idproofing/visit/attend/", "idproofing/visit/attend/slip/", "idproofing/visit/attend/refuse/",
        "person/<str:key>/reveal/", "idproofing/case/<int:pk>/decide/",
        "support/contactmessage/<path:object_id>/change/", "support/contactmessage/texts/", "search/",
        "workload/<int:pk>/",
    }  # fmt: skip
    assert forms <= wrong.keys()
    unlinked = [address for address in forms if 'href="#' not in wrong[address].html.partition("error-summary")[2]]
    assert unlinked == []


def test_no_page_of_the_service_center_calls_the_way_back_by_what_ends_an_account(seen):
    desk = [page for page in seen if page.address.startswith("admin/")]
    assert any("Back to the list of accounts</a>" in page.html for page in desk)
    assert [page.name for page in desk if re.search(r">\s*Close\s*</a>", page.html)] == []


def test_each_cell_of_a_list_says_what_it_is_where_its_heading_is_not_shown(seen):
    lists = [page for page in seen if 'id="result_list"' in page.html]
    cells = {cell for page in lists for cell in re.findall(r'<t[dh] [^>]*class="field-[^>]*>', page.html)}
    assert len(lists) > 5
    assert [cell for cell in cells if 'data-label="' not in cell] == []


def test_every_phone_number_that_can_be_dialed_has_country_and_area_code(seen):
    """988 is a number of its own, which the telephone companies of the whole country put through."""
    dialed = {(number, page.name) for page in seen for number in re.findall(r'href="tel:([^"]*)"', page.html)}
    whole = re.compile(r"\+[1-9][0-9]{9,14}|988")
    assert {number for number, _ in dialed if not whole.fullmatch(number)} == set()
    assert ("988", "/ home.html 200") in dialed


def test_a_person_in_a_crisis_finds_on_every_page_whom_to_call(seen):
    framed = [page for page in seen if page.template not in ("", "mail/base.html")]  # those are mail
    line = 'Veterans and Military Crisis Line: <a href="tel:988">Dial 988</a>, then press 1'
    assert len(framed) > 100
    assert [page.name for page in framed if line not in page.html] == []


def test_no_page_says_that_it_is_official_or_made_by_a_mock(seen):
    said = re.compile(r"(?<!not an )official website of the|us_flag|defense\.gov|DEERS mock", re.IGNORECASE)
    assert [page.name for page in seen if said.search(page.html)] == []


def test_a_page_about_a_person_stays_in_no_cache(seen):
    """A page shows who is signed in, or what was typed. Refusals show neither, and mail is not a page."""
    pages = [page for page in seen if not page.template.startswith(("errors/", "mail/"))]
    kept = [page for page in pages if "no-store" not in page.answer.headers.get("Cache-Control", "")]
    assert {page.address for page in kept} <= FOR_EVERYBODY
    requests = [page.answer.wsgi_request for page in kept]
    assert {request.method for request in requests} == {"GET"}
    assert not any(request.user.is_authenticated for request in requests)


def test_every_list_goes_on_with_the_same_links():
    """The portal's templates draw them by number or below a row, and the desk has its own for all its lists."""
    folder = Path(settings.BASE_DIR, "templates")
    drawn = {file.name for file in folder.rglob("*.html") if re.search(r'usa-pagination|rel="next"', file.read_text())}
    assert drawn == {"pager.html", "older.html", "change_list.html"}


def test_no_page_is_about_to_leave_while_it_is_looked_at(seen):
    """At the end of its session a page goes to the sign-in page, in the midst of what a browser was to judge."""
    times = [(page.name, re.findall(r'data-seconds="(\d+)"', page.html)) for page in seen]
    enough = policy.SESSION_WARNING.total_seconds()
    assert any(seconds for _, seconds in times)
    assert [name for name, seconds in times if any(int(one) <= enough for one in seconds)] == []


def test_every_address_is_looked_at_or_leads_to_no_page(seen):
    known = {pattern.replace("^", "") for pattern, _ in addresses.every()}
    forgotten = known - {page.address for page in seen}
    assert sorted(one for one in forgotten if not any(re.fullmatch(reason, one) for reason in NO_PAGE)) == []
    assert [reason for reason in NO_PAGE if not any(re.fullmatch(reason, one) for one in known)] == []


def test_every_template_is_looked_at(seen):
    folder = Path(settings.BASE_DIR, "templates")
    every = {str(file.relative_to(folder)) for file in folder.rglob("*.html")}
    used = {name for page in seen for name in page.templates}
    assert sorted(every - used - {*PARTS, TAKEN_ALONG}) == []
