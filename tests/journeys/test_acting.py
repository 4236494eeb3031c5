"""Acting on one's health in a real browser, on both sides. What a person does is done on the narrowest phone."""

import re
import time
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Account
from accounts.sessions.store import BEGAN, SEEN
from portal.appointments.models import Request as VisitRequest
from portal.family.models import Delegation
from portal.medications.models import Request as Refill
from portal.tools.models import Reading
from tests.accounts.holders import signed_in, staff
from tests.journeys.test_journeys import choose, fill_date, press
from tests.journeys.windows import DESK, contexts, go_to, look_at, opens, type_date, type_into
from tests.portal.appointments.test_acting import booked
from tests.portal.conftest import Browser
from tests.portal.family.conftest import family, wrote
from tests.portal.medications.test_refills import prescribed
from tests.portal.messages.conversations import plans_visits
from tests.portal.tools.test_files import MONTH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["contexts", "family", "opens"]
TODAY = timezone.localdate()
# What a monitor wrote: its name in capital letters, a kind that only some systems know, and one number that is odd.
ROWS = f"{MONTH}2026-03-01,7:30 AM,235,80,\n"
FILE = {"name": "Monitor.CSV", "mimeType": "application/vnd.ms-excel", "buffer": ROWS.encode()}


def client_of(account: Account) -> Client:
    """A browser in which this person has just signed in."""
    client, now = Browser(), int(time.time())
    client.force_login(account)
    session = client.session
    session[BEGAN] = session[SEEN] = now
    session.save()
    return client


def open_request(desk: Page, kind: str, request: object) -> None:
    desk.goto(f"/admin/{kind}/request/")
    desk.get_by_role("link", name=str(request)).click()


def decide(desk: Page, button: str, **typed: str) -> None:
    """Press a button of the desk, fill in what it asks for, and confirm."""
    desk.get_by_role("link", name=button, exact=True).click()
    for label, text in typed.items():
        desk.get_by_label(label.replace("_", " ")).fill(text)
    press(desk, button)


def code_of(page: Page) -> str:
    """The code that a page shows once."""
    return page.get_by_role("heading", name="The code:").inner_text().partition(": ")[2]


def band_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Whose record this is")


def test_maria_asks_for_a_refill_by_keyboard_and_follows_it_until_it_is_there(opens, family):
    prescribed(family.mother.dod_id)
    page = opens(client_of(family.mother))
    page.goto("/portal/medications/")
    look_at(page)
    go_to(page.get_by_role("checkbox", name="Refill Lisinopril 10 MG"), "Space")
    go_to(page.get_by_role("button", name="Ask for the refills you chose"))
    expect(page.get_by_text("Refill asked for on")).to_be_visible()
    go_to(page.get_by_role("link", name="submitted"))

    desk = opens(signed_in(staff("Pharmacy")), size=DESK)
    open_request(desk, "medications", Refill.objects.get())
    decide(desk, "Received")
    decide(desk, "Begin to fill it")
    page.reload()
    expect(page.get_by_text("It can no longer be withdrawn here.")).to_be_visible()
    desk.get_by_role("link", name="Shipped", exact=True).click()
    desk.get_by_label("Carrier").select_option("UPS")
    desk.get_by_label("Tracking number").fill("1Z 999 AA1 01")
    press(desk, "Shipped")
    decide(desk, "Done")
    page.reload()
    expect(page.get_by_text("Sent with UPS. Tracking number: 1Z 999 AA1 01")).to_be_visible()
    steps = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_text(re.compile(r", \d{4}, ")))
    expect(steps).to_contain_text(["Submitted", "Received by the pharmacy", "Being filled", "Shipped", "Done"])
    look_at(page)


def test_maria_asks_for_a_visit_by_keyboard_moves_it_and_cancels_it(opens, family):
    first, later = TODAY + timedelta(days=7), TODAY + timedelta(days=12)
    page = opens(client_of(family.mother))
    page.goto("/portal/appointments/")
    go_to(page.get_by_role("link", name="Ask for an appointment"))
    expect(page.get_by_role("heading", name="Ask for an appointment")).to_be_visible()
    look_at(page)
    go_to(page.get_by_role("radio", name="In person"), "Space")
    type_date(page.get_by_role("group", name="First day"), first)
    type_into(page.get_by_label("First day: time of day"), "Morning")
    type_into(page.get_by_label("What it is about"), "My knee hurts.")
    go_to(page.get_by_role("button", name="Send the request"))
    expect(page.get_by_text("Submitted").first).to_be_visible()

    desk = opens(signed_in(plans_visits()), size=DESK)
    open_request(desk, "appointments", VisitRequest.objects.get())
    expect(desk.get_by_text("My knee hurts.")).to_be_visible()
    decide(desk, "Book it", What_kind_of_visit="Knee", Day=first.isoformat(), Time="9:30 AM", Another_place="Room 4")
    page.reload()
    go_to(page.get_by_role("link", name="The visit"))
    expect(page.get_by_role("heading", name="Knee")).to_be_visible()
    expect(page.get_by_text("9:30").first).to_be_visible()
    go_to(page.get_by_role("link", name="Ask for another time"))
    type_date(page.get_by_role("group", name="First day"), later)
    go_to(page.get_by_role("button", name="Send the request"))
    expect(page.get_by_text("Submitted").first).to_be_visible()

    open_request(desk, "appointments", VisitRequest.objects.get(kind="move"))
    decide(desk, "Book it", Day=later.isoformat(), Time="14:15")
    page.reload()
    go_to(page.get_by_role("link", name="The visit"))
    expect(page.get_by_text("2:15").first).to_be_visible()
    look_at(page)
    go_to(page.get_by_role("link", name="Cancel the visit"))
    go_to(page.get_by_role("button", name="Cancel the visit"))
    expect(page.get_by_text("Your visit is canceled.")).to_be_visible()
    open_request(desk, "appointments", VisitRequest.objects.get(kind="cancel"))
    decide(desk, "The clinic knows")
    assert sorted(VisitRequest.objects.values_list("state", flat=True)) == ["booked", "booked", "closed"]


def test_a_month_of_blood_pressure_comes_from_a_file_to_the_chart_and_once(opens, family):
    page = opens(client_of(family.mother))
    page.goto("/portal/tools/blood-pressure/file/")
    page.get_by_label("Choose a CSV file").set_input_files(FILE)
    press(page, "Check the rows")
    expect(page.get_by_text("29 new readings.")).to_be_visible()
    press(page, "Store 29 readings")
    expect(page.get_by_text("Check the unusual numbers")).to_be_visible()
    assert not Reading.objects.exists()
    look_at(page)
    choose(page, "These numbers are right")
    press(page, "Store 29 readings")
    expect(page.get_by_text("Stored 29 readings.")).to_be_visible()
    expect(page.get_by_role("img", name="Blood pressure")).to_be_visible()
    look_at(page)
    page.get_by_role("textbox", name="Upper number").fill("1200")
    page.get_by_role("textbox", name="Lower number").fill("80")
    press(page, "Store")
    expect(page.get_by_text("Did you mean 120").first).to_be_visible()
    page.goto("/portal/tools/blood-pressure/file/")
    page.get_by_label("Choose a CSV file").set_input_files(FILE)
    press(page, "Check the rows")
    expect(page.get_by_text("All of these readings are stored already.")).to_be_visible()
    assert Reading.objects.count() == 29


def test_ben_acts_for_maria_until_she_stops_it_in_the_midst_of_his_form(opens, family):
    prescribed(family.mother.dod_id)
    hers, his = opens(client_of(family.mother)), opens(client_of(family.father))
    hers.goto("/portal/family/offer/")
    look_at(hers)
    for part in ("Appointments", "Medications", "Appointments: ask for visits", "Medications: ask for refills"):
        choose(hers, part)
    fill_date(hers, TODAY + timedelta(days=30))
    press(hers, "Make a code")
    his.goto("/portal/family/code/")
    his.get_by_label("The code that you were given").fill(code_of(hers).lower())
    press(his, "Continue")
    look_at(his)
    press(his, "Accept")
    his.get_by_role("link", name="Open the record").click()
    his.get_by_role("link", name="Medications").last.click()
    expect(band_of(his)).to_contain_text("Maria Tester, not yours")
    choose(his, "Refill Lisinopril")
    press(his, "Ask for the refills you chose")
    expect(his.get_by_text("Refill asked for on")).to_be_visible()
    his.goto(his.url.partition("medications/")[0] + "appointments/new/")
    choose(his, "By phone")
    his.get_by_label("What it is about").fill("Her knee hurts.")
    fill_date(his.get_by_role("group", name="First day"), TODAY + timedelta(days=7))

    hers.reload()
    press(hers, "Stop this access now")
    press(his, "Send the request")
    expect(his.get_by_role("heading", name="This access has ended")).to_be_visible()
    expect(his.get_by_text("What you sent was not done.")).to_be_visible()
    expect(his.get_by_text("Her knee hurts.")).to_be_visible()
    assert not VisitRequest.objects.exists()
    look_at(his)
    assert Refill.objects.get().patient == family.mother.dod_id
    hers.goto("/portal/medications/requests/")
    expect(hers.get_by_role("heading", name="Refill: Lisinopril 10 MG")).to_be_visible()
    hers.goto("/portal/access/")
    expect(hers.get_by_text("Ben Tester").first).to_be_visible()


def test_maria_acts_for_each_of_her_children_in_a_tab_of_its_own(opens, family):
    children = {"Nora": family.small.dod_id, "Sam": family.teen.dod_id}
    for child in children.values():
        prescribed(child)
    page = opens(client_of(family.mother))
    tabs = dict(zip(children, (page, page.context.new_page()), strict=True))
    for name, tab in tabs.items():
        tab.goto("/portal/family/")
        tab.get_by_role("link", name=f"The record of {name}").click()
        tab.get_by_role("link", name="Medications").last.click()
        choose(tab, "Refill Lisinopril")
    look_at(page)
    for name, tab in tabs.items():
        press(tab, "Ask for the refills you chose")
        expect(tab.get_by_text("Refill asked for on")).to_be_visible()
        expect(band_of(tab)).to_contain_text(f"{name} Lake, not yours")
        assert Refill.objects.latest("made_at").patient == children[name]
    tabs["Nora"].get_by_role("link", name="submitted").click()
    press(tabs["Nora"], "Withdraw it")
    assert Refill.objects.get(state="withdrawn").patient == children["Nora"]


def test_a_doctor_reads_what_maria_shows_until_she_stops_it(opens, family):
    prescribed(family.mother.dod_id)
    wrote(family.mother.dod_id, "Visit of Maria")
    hers, doctor, other = opens(client_of(family.mother)), opens(), opens()
    hers.goto("/portal/family/share/")
    look_at(hers)
    choose(hers, "Medications")
    press(hers, "Make a code")
    code = code_of(hers)
    for window in (doctor, other):
        open_share(window, code)
    expect(other.get_by_text("This code and date of birth open nothing.").first).to_be_visible()
    look_at(other)
    doctor.get_by_role("link", name="Medications").last.click()
    expect(band_of(doctor)).to_contain_text("Maria Tester")
    expect(doctor.get_by_role("heading", name="Lisinopril 10 MG")).to_be_visible()
    expect(doctor.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect(doctor.get_by_role("link", name="Notes and documents")).to_have_count(0)
    look_at(doctor)

    hers.reload()
    expect(hers.get_by_text("Medications: was looked at")).to_be_visible()
    press(hers, "Stop it now")
    doctor.reload()
    expect(doctor.get_by_role("heading", name="No record is open in this browser")).to_be_visible()


def open_share(page: Page, code: str) -> None:
    page.goto("/share/")
    page.get_by_label("The code that you were given").fill(code)
    fill_date(page, date(1958, 3, 14))
    press(page, "Open the record")


def test_all_of_it_can_be_done_without_a_script(opens, family):
    prescribed(family.mother.dod_id)
    visit = booked(family.mother.dod_id)
    hers, his, doctor = (opens(one, script=False) for one in (*map(client_of, (family.mother, family.father)), None))
    hers.goto("/portal/medications/")
    choose(hers, "Refill Lisinopril")
    press(hers, "Ask for the refills you chose")
    expect(hers.get_by_text("Refill asked for on")).to_be_visible()

    for address in ("new/", f"{visit}/move/"):
        hers.goto(f"/portal/appointments/{address}")
        if address == "new/":
            choose(hers, "In person")
            hers.get_by_label("What it is about").fill("My knee hurts.")
        fill_date(hers.get_by_role("group", name="First day"), TODAY + timedelta(days=7))
        press(hers, "Send the request")
        expect(hers.get_by_text("Submitted").first).to_be_visible()
    hers.goto(f"/portal/appointments/{visit}/cancel/")
    press(hers, "Cancel the visit")
    expect(hers.get_by_text("Your visit is canceled.")).to_be_visible()

    hers.goto("/portal/tools/blood-pressure/file/")
    hers.get_by_label("Choose a CSV file").set_input_files(FILE)
    press(hers, "Check the rows")
    choose(hers, "These numbers are right")
    press(hers, "Store 29 readings")
    expect(hers.get_by_role("img", name="Blood pressure")).to_be_visible()

    hers.goto("/portal/family/offer/")
    choose(hers, "Medications")
    fill_date(hers, TODAY)
    press(hers, "Make a code")
    his.goto("/portal/family/code/")
    his.get_by_label("The code that you were given").fill(code_of(hers))
    press(his, "Continue")
    press(his, "Accept")
    his.get_by_role("link", name="Open the record").click()
    expect(band_of(his)).to_contain_text("Maria Tester, not yours")
    hers.reload()
    press(hers, "Stop this access now")
    assert Delegation.objects.get().state == "revoked"

    hers.goto("/portal/family/share/")
    choose(hers, "Medications")
    press(hers, "Make a code")
    open_share(doctor, code_of(hers))
    expect(band_of(doctor)).to_contain_text("Maria Tester")
