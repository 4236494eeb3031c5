"""Acting on one's health in a real browser, on both sides: on the narrowest phone, by keyboard, and without a script."""

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
from portal.medications.models import Request as Refill
from portal.tools.models import Reading
from tests.accounts.holders import signed_in, staff
from tests.journeys.test_journeys import choose, press
from tests.journeys.windows import DESK, Opens, look_at, opens, reach
from tests.portal.appointments.test_acting import booked
from tests.portal.conftest import Browser
from tests.portal.family.conftest import Family, family, wrote
from tests.portal.medications.test_refills import prescribed
from tests.portal.tools.test_files import MONTH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["family", "opens"]
TODAY = timezone.localdate()
YEAR = re.compile(rf"{TODAY.year}, ")
both_ways = pytest.mark.parametrize("script", [True, False], ids=["by keyboard", "without script"])


def client_of(account: Account) -> Client:
    """A browser in which this person has just signed in."""
    client, now = Browser(), int(time.time())
    client.force_login(account)
    session = client.session
    session[BEGAN] = session[SEEN] = now
    session.save()
    return client


def use(goal: Locator, keys: bool, key: str = "Enter") -> None:
    """Press a link, button or box: with the keyboard alone, or with a finger on what can be seen of it."""
    if keys:
        reach(goal)
        goal.page.keyboard.press(key)
    elif key == "Space":
        goal.locator("xpath=following-sibling::label").click()
    else:
        goal.click()


def write(goal: Locator, text: str, keys: bool) -> None:
    if keys:
        reach(goal)
        goal.page.keyboard.type(text)
    elif goal.evaluate("node => node.tagName") == "SELECT":
        goal.select_option(label=text)
    else:
        goal.fill(text)


def write_date(page: Page, label: str, day: date, keys: bool = False) -> None:
    group = page.get_by_role("group", name=label, exact=True)
    write(group.get_by_label("Month"), f"{day:%B}", keys)
    write(group.get_by_label("Day"), str(day.day), keys)
    write(group.get_by_label("Year"), str(day.year), keys)


def decide(desk: Page, button: str, **typed: str) -> None:
    """Press a button of the desk, fill in what it asks for, and confirm."""
    desk.get_by_role("link", name=button, exact=True).click()
    for label, text in typed.items():
        write(desk.get_by_label(label.replace("_", " ")), text, False)
    press(desk, button)


@both_ways
def test_maria_asks_for_a_refill_and_follows_it_until_it_is_there(opens: Opens, family, script):
    prescribed(family.mother.dod_id)
    page = opens(client_of(family.mother), script=script)
    page.goto("/portal/medications/")
    if script:
        look_at(page)
    use(page.get_by_role("checkbox", name="Refill Lisinopril 10 MG"), script, "Space")
    use(page.get_by_role("button", name="Ask for the refills you chose"), script)
    expect(page.get_by_text("Refill asked for on")).to_be_visible()
    use(page.get_by_role("link", name="submitted"), script)

    desk = opens(signed_in(staff("Pharmacy")), size=DESK)
    desk.goto("/admin/medications/request/")
    desk.get_by_role("link", name=str(Refill.objects.get())).click()
    decide(desk, "Received")
    decide(desk, "Begin to fill it")
    page.reload()
    expect(page.get_by_text("It can no longer be withdrawn here.")).to_be_visible()
    if script:
        decide(desk, "Shipped", Carrier="UPS", Tracking_number="1Z 999 AA1 01")
        page.reload()
        expect(page.get_by_text("Sent with UPS. Tracking number: 1Z 999 AA1 01")).to_be_visible()
    else:
        decide(desk, "Ready to pick up")
    decide(desk, "Done")
    page.reload()
    steps = ["Submitted", "Received by the pharmacy", "Being filled", "Shipped" if script else "Ready to pick up", "Done"]
    expect(page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_text(YEAR))).to_contain_text(steps)
    if script:
        look_at(page)
    assert Refill.objects.get().state == "done"


def wish(page: Page, day: date, keys: bool) -> None:
    write_date(page, "First day", day, keys)
    write(page.get_by_label("First day: time of day"), "Morning", keys)


@both_ways
def test_maria_asks_for_a_visit_moves_it_and_cancels_it(opens: Opens, family, script):
    first, later = TODAY + timedelta(days=7), TODAY + timedelta(days=12)
    page = opens(client_of(family.mother), script=script)
    page.goto("/portal/appointments/")
    use(page.get_by_role("link", name="Ask for an appointment"), script)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask for an appointment")
    if script:
        look_at(page)
    use(page.get_by_role("radio", name="In person"), script, "Space")
    wish(page, first, script)
    write(page.get_by_label("What it is about"), "My knee hurts.", script)
    use(page.get_by_role("button", name="Send the request"), script)
    expect(page.get_by_text("Submitted").first).to_be_visible()

    desk = opens(signed_in(staff("Scheduling")), size=DESK)
    desk.goto("/admin/appointments/request/")
    desk.get_by_role("link", name=str(VisitRequest.objects.get())).click()
    expect(desk.get_by_text("My knee hurts.")).to_be_visible()
    decide(desk, "Book it", What_kind_of_visit="Knee", Day=first.isoformat(), Time="9:30 AM", Another_place="Room 4")
    page.reload()
    use(page.get_by_role("link", name="The visit"), script)
    expect(page.get_by_role("heading", level=1)).to_have_text("Knee")
    expect(page.get_by_text("9:30").first).to_be_visible()
    use(page.get_by_role("link", name="Ask for another time"), script)
    wish(page, later, script)
    use(page.get_by_role("button", name="Send the request"), script)
    expect(page.get_by_text("Submitted").first).to_be_visible()

    desk.goto("/admin/appointments/request/")
    desk.get_by_role("link", name=str(VisitRequest.objects.get(kind="move"))).click()
    decide(desk, "Book it", Day=later.isoformat(), Time="14:15")
    page.reload()
    use(page.get_by_role("link", name="The visit"), script)
    expect(page.get_by_text("2:15").first).to_be_visible()
    if script:
        look_at(page)
    use(page.get_by_role("link", name="Cancel the visit"), script)
    use(page.get_by_role("button", name="Cancel the visit"), script)
    expect(page.get_by_text("Your visit is canceled.")).to_be_visible()
    desk.goto("/admin/appointments/request/")
    desk.get_by_role("link", name=str(VisitRequest.objects.get(kind="cancel"))).click()
    decide(desk, "The clinic knows")
    assert set(VisitRequest.objects.values_list("state", flat=True)) == {"booked", "closed"}


@both_ways
def test_a_month_of_blood_pressure_comes_from_a_file_to_the_chart_and_once(opens: Opens, family, script):
    page = opens(client_of(family.mother), script=script)
    file = {"name": "Monitor.CSV", "mimeType": "text/csv", "buffer": f"{MONTH}2026-03-01,7:30 AM,235,80,\n".encode()}
    page.goto("/portal/tools/blood-pressure/")
    page.get_by_role("link", name="Store readings from a file").click()
    page.get_by_label("Choose a CSV file").set_input_files(file)
    press(page, "Check the rows")
    expect(page.get_by_text("29 new readings.")).to_be_visible()
    press(page, "Store 29 readings")
    expect(page.get_by_text("Check the unusual numbers")).to_be_visible()
    assert not Reading.objects.exists()
    if script:
        look_at(page)
    choose(page, "These numbers are right")
    press(page, "Store 29 readings")
    expect(page.get_by_text("Stored 29 readings.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Blood pressure")).first).to_be_visible()
    if script:
        look_at(page)
    page.get_by_role("textbox", name="Upper number").fill("1200")
    page.get_by_role("textbox", name="Lower number").fill("80")
    press(page, "Store")
    expect(page.get_by_text("Did you mean 120").first).to_be_visible()
    page.goto("/portal/tools/blood-pressure/file/")
    page.get_by_label("Choose a CSV file").set_input_files(file)
    press(page, "Check the rows")
    expect(page.get_by_text("All of these readings are stored already.")).to_be_visible()
    assert Reading.objects.count() == 29


@both_ways
def test_ben_acts_for_maria_until_she_stops_it_in_the_midst_of_his_form(opens: Opens, family, script):
    prescribed(family.mother.dod_id)
    prescribed(family.mother.dod_id, "Metformin 500 MG")
    hers, his = (opens(client_of(one), script=script) for one in (family.mother, family.father))
    hers.goto("/portal/family/")
    hers.get_by_role("link", name="Give access").click()
    choose(hers, "Medications")
    choose(hers, "Medications: ask for refills")
    write_date(hers, "The last day of the access", TODAY + timedelta(days=30))
    if script:
        look_at(hers)
    press(hers, "Make a code")
    code = hers.get_by_role("heading", name="The code:").inner_text().partition(": ")[2]

    his.goto("/portal/family/")
    his.get_by_role("link", name="Use a code").click()
    his.get_by_label("The code that you were given").fill(code.lower())
    press(his, "Continue")
    if script:
        look_at(his)
    press(his, "Accept")
    his.get_by_role("link", name="Open the record").click()
    his.get_by_role("link", name="Medications").last.click()
    expect(his.get_by_role("region", name="Whose record this is")).to_contain_text("Maria Tester, not yours")
    choose(his, "Refill Lisinopril")
    press(his, "Ask for the refills you chose")
    expect(his.get_by_text("Refill asked for on")).to_be_visible()
    his.get_by_role("link", name="Back to your medications").click()
    choose(his, "Refill Metformin")
    if script:
        look_at(his)

    hers.reload()
    press(hers, "Stop this access now")
    press(his, "Ask for the refills you chose")
    expect(his.get_by_role("heading", name="This access has ended")).to_be_visible()
    expect(his.get_by_text("What you sent was not done.")).to_be_visible()
    if script:
        look_at(his)
    assert Refill.objects.get().patient == family.mother.dod_id
    hers.goto("/portal/medications/requests/")
    expect(hers.get_by_role("heading", name="Refill: Lisinopril 10 MG")).to_be_visible()
    hers.goto("/portal/access/")
    expect(hers.get_by_text("Ben Tester").first).to_be_visible()


@both_ways
def test_maria_acts_for_each_of_her_children_in_a_tab_of_its_own(opens: Opens, family, script):
    children = {"Nora": family.small, "Sam": family.teen}
    for child in children.values():
        prescribed(child.dod_id)
    page = opens(client_of(family.mother), script=script)
    tabs = dict(zip(children, (page, page.context.new_page()), strict=True))
    for name, tab in tabs.items():
        tab.goto("/portal/family/")
        tab.get_by_role("link", name=f"The record of {name}").click()
        tab.get_by_role("link", name="Medications").last.click()
        choose(tab, "Refill Lisinopril")
    if script:
        look_at(page)
    for name, tab in tabs.items():
        press(tab, "Ask for the refills you chose")
        expect(tab.get_by_text("Refill asked for on")).to_be_visible()
        expect(tab.get_by_role("region", name="Whose record this is")).to_contain_text(f"{name} Lake, not yours")
        assert set(Refill.objects.values_list("patient", flat=True)) == {
            one.dod_id for one in list(children.values())[: list(children).index(name) + 1]
        }
    tabs["Nora"].get_by_role("link", name="submitted").click()
    press(tabs["Nora"], "Withdraw it")
    assert Refill.objects.get(state="withdrawn").patient == family.small.dod_id


@both_ways
def test_a_doctor_reads_what_maria_shows_until_she_stops_it(opens: Opens, family, script):
    prescribed(family.mother.dod_id)
    wrote(family.mother.dod_id or "", "Visit of Maria")
    hers, doctor = opens(client_of(family.mother), script=script), opens(script=script)
    hers.goto("/portal/family/")
    hers.get_by_role("link", name="Show parts of it once to a doctor").click()
    choose(hers, "Medications")
    if script:
        look_at(hers)
    press(hers, "Make a code")
    code = hers.get_by_role("heading", name="The code:").inner_text().partition(": ")[2]

    for window in (doctor, opens(script=script)):
        window.goto("/share/")
        window.get_by_label("The code that you were given").fill(code)
        write_date(window, "The patient’s date of birth", date(1958, 3, 14))
        if script and window is doctor:
            look_at(window)
        press(window, "Open the record")
    expect(window.get_by_text("This code and date of birth open nothing.").first).to_be_visible()
    doctor.get_by_role("link", name="Medications").last.click()
    expect(doctor.get_by_role("region", name="Whose record this is")).to_contain_text("Maria Tester")
    expect(doctor.get_by_role("heading", name="Lisinopril 10 MG")).to_be_visible()
    expect(doctor.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect(doctor.get_by_role("link", name="Notes and documents")).to_have_count(0)
    if script:
        look_at(doctor)

    hers.reload()
    expect(hers.get_by_text("Medications: was looked at")).to_be_visible()
    press(hers, "Stop it now")
    doctor.reload()
    expect(doctor.get_by_role("heading", name="Lisinopril 10 MG")).to_have_count(0)
    expect(doctor.get_by_role("heading", name="No record is open in this browser")).to_be_visible()
