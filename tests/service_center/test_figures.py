"""The staff's figures: true, about past days, never about one person, and only for the right roles."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import policy
from idproofing.models import ActivationCode, AnswerTally
from safeguards.models import AuditEvent
from service_center import charts, figures
from tests import people, walk
from tests.accounts import holders
from tests.service_center import past

pytestmark = pytest.mark.django_db
NOW = past.NOW
MONTH = figures.period(30, NOW)
LAST_WEEK = past.LAST_WEEK
MANY, FEW = policy.FIGURES_FROM, past.FEW
PAGE = "/admin/figures/"


def counts(route: str = "Answer questions online") -> list[int | None]:
    funnel = next(funnel for funnel in figures.funnels(MONTH) if funnel.route == route)
    return [stage.count for stage in funnel.stages]


def test_a_funnel_tells_how_many_came_how_far_on_each_route() -> None:
    past.happened("registration.started", 40, route="questions")
    past.happened("upgrade.started", 10, route="questions")
    past.happened("registration.matched", 30, route="questions", again=False)
    past.happened("code.redeemed", 20, route="questions")
    past.happened("account.opened", 12, route="questions")
    past.happened("account.level-raised", 6, route="questions")
    assert counts() == [50, 30, 30, 20, 18]


def test_people_who_change_to_the_letter_leave_the_questions() -> None:
    past.happened("registration.matched", 30, route="questions")
    past.happened("proofing.route-chosen", 10, route="letter", was="questions")
    past.happened("code.redeemed", 8, route="letter")
    assert counts()[2] == 20
    assert counts("Get a letter at home")[2:4] == [10, 8]


def test_details_sent_again_and_codes_brought_along_are_not_counted_twice() -> None:
    past.happened("registration.started", 10, route="questions")
    past.happened("registration.started", 9, route="with-code")
    past.happened("registration.matched", 9, route="with-code")
    past.happened("registration.matched", 10, route="questions", again=False)
    past.happened("registration.matched", 7, route="questions", again=True)
    assert counts()[:2] == [10, 10]


def test_a_route_that_nobody_took_has_no_funnel() -> None:
    past.happened("registration.started", 10, route="letter")
    assert [funnel.route for funnel in figures.funnels(MONTH)] == ["Get a letter at home"]


def test_few_people_are_not_told_and_none_are() -> None:
    past.happened("registration.started", MANY, route="questions")
    past.happened("registration.matched", FEW, route="questions")
    assert counts() == [MANY, None, None, 0, 0]


@pytest.mark.parametrize("at", [NOW, NOW.replace(hour=5, minute=1), NOW - timedelta(days=31)])
def test_today_and_the_days_before_the_period_are_left_out(at: datetime) -> None:
    past.happened("registration.started", 10, at, route="questions")
    assert figures.funnels(MONTH) == []


@pytest.mark.parametrize("at", [NOW.replace(hour=4, minute=59), NOW - timedelta(days=30)])
def test_a_day_begins_and_ends_at_midnight_in_the_zone_of_the_site(at: datetime) -> None:
    past.happened("registration.started", 10, at, route="questions")
    assert counts()[0] == 10


def test_who_registers_leaves_the_route_at_every_step_that_is_counted(client: Client) -> None:
    """From the pages to the funnel: nobody is lost between what journeys record and what figures read."""
    walk.register_basic(client, people.load("rosa"), "rosa.signs.up")
    events = AuditEvent.objects.filter(event__in=["registration.started", "registration.matched", "code.redeemed"])
    assert {event.details["route"] for event in events} == {"questions"}
    assert AuditEvent.objects.get(event="account.opened").details["route"] == "questions"
    code = ActivationCode.objects.get()
    assert code.begun_at
    assert code.begun_at < code.issued_at


def test_the_hardest_kind_of_question_stands_first_and_kinds_with_few_answers_not_at_all() -> None:
    day = timezone.localdate(LAST_WEEK)
    for kind, answered, correct in (("home_lender", 100, 90), ("card_bank", 50, 20), ("city", FEW, 0)):
        AnswerTally.objects.create(day=day, kind=kind, answered=answered, correct=correct)
    AnswerTally.objects.create(day=timezone.localdate(NOW), kind="city", answered=100, correct=1)
    assert figures.rates(MONTH) == [
        figures.Rate("Card bank", "Credit cards", 50, 20),
        figures.Rate("Home lender", "Home loans", 100, 90),
    ]


def test_a_kind_that_is_no_longer_asked_stays_in_the_figures() -> None:
    AnswerTally.objects.create(day=MONTH.last, kind="moon_base", answered=10, correct=5)
    assert figures.rates(MONTH) == [figures.Rate("Moon base", "", 10, 5)]


def test_the_time_to_the_code_and_to_its_use_are_told_by_delivery() -> None:
    past.made_codes("email", 2, 4, 6, 8, 10, 20, used_after=timedelta(minutes=3))
    past.made_codes("letter", *[15] * FEW)
    waits = figures.waits(MONTH)
    [to_issue] = waits.to_issue
    assert (to_issue.delivery, to_issue.count, to_issue.median) == ("Email", 6, timedelta(minutes=7))
    assert timedelta(minutes=10) < to_issue.most < timedelta(minutes=20)
    assert [(wait.delivery, wait.median) for wait in waits.to_use] == [("Email", timedelta(minutes=3))]


def test_a_code_that_was_made_again_does_not_count_as_the_first() -> None:
    past.made_codes("email", *[5] * 10)
    ActivationCode.objects.update(begun_at=None)
    assert figures.waits(MONTH).to_issue == []


def test_open_cases_are_told_by_age_and_those_past_their_due_date_apart() -> None:
    past.opened_cases(MANY, timedelta(hours=3))
    past.opened_cases(FEW, timedelta(days=2))
    past.opened_cases(10, policy.CASE_DUE + timedelta(hours=1))
    past.opened_cases(6, timedelta(days=40))
    past.opened_cases(20, timedelta(days=2), state="declined")
    told = [(charts.age_words(age), age.in_time, age.overdue) for age in figures.open_cases(NOW)]
    assert told == [
        ("Less than 1 day", MANY, 0),
        ("1 or 2 days", None, 0),
        ("3 to 6 days", 0, 0),
        ("7 to 13 days", 0, 10),
        ("14 days or more", 0, 6),
    ]


def test_without_open_cases_there_is_nothing_to_draw() -> None:
    assert charts.age_rows(figures.open_cases(NOW)) == []


def test_overdue_cases_are_drawn_after_those_in_time_and_nothing_leaves_the_chart() -> None:
    [row] = charts.age_rows([figures.Age(0, 1, 30, 10)])
    assert row.bars == (("fill", "0.00%", "75.00%"), ("late", "75.00%", "25.00%"))
    [few] = charts.age_rows([figures.Age(0, 1, None, 0)])
    assert few.bars[0] == ("fill few", "0.00%", "100.00%")
    assert few.cells == (charts.FEW, "0")


@pytest.mark.parametrize(
    ("part", "of", "words"), [(0, 7, "0%"), (7, 7, "100%"), (999, 1000, "99%"), (1, 1000, "1%"), (1, 3, "33%")]
)
def test_all_and_none_are_said_only_where_it_is_all_or_none(part: int, of: int, words: str) -> None:
    assert charts.share(part, of) == words


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=20), "under 1 min"),
        (timedelta(minutes=7, seconds=20), "7 min"),
        (timedelta(hours=3, minutes=10), "3 h"),
        (timedelta(days=8, hours=3), "8 days"),
    ],
)
def test_a_wait_is_told_in_its_biggest_unit(time: timedelta, words: str) -> None:
    assert charts.rounded(time) == words


def test_the_axis_of_waits_goes_from_a_minute_to_a_month_and_nothing_leaves_it() -> None:
    places = [charts.place(time) for time in (timedelta(0), timedelta(minutes=1), timedelta(30), timedelta(90))]
    assert places == ["0.00%", "0.00%", "100.00%", "100.00%"]


@pytest.fixture
def supervisor() -> Client:
    return holders.signed_in(holders.staff("Supervisor"))


@pytest.fixture
def _a_month() -> None:
    past.a_month()


@pytest.mark.usefixtures("_a_month")
def test_the_page_says_every_figure_in_its_tables(supervisor: Client) -> None:
    page = walk.text_of(supervisor.get(PAGE))
    assert "Begun 1,234" in page
    assert f"In DEERS 1 to {FEW} –" in page
    assert "Card bank Credit cards 40% 50" in page
    assert "Email 1 min 1 min 10" in page
    assert "7 to 13 days 0 12" in page


@pytest.mark.usefixtures("_a_month")
def test_drawings_are_hidden_from_screen_readers_and_need_no_inline_style(supervisor: Client) -> None:
    page = supervisor.get(PAGE).content.decode()
    inside = page[page.index('class="figures"') : page.index('class="about"')]
    assert inside.count("<svg") == inside.count('aria-hidden="true" focusable="false"') > 5
    assert "style=" not in inside


def test_with_nothing_to_show_each_chart_says_so(supervisor: Client) -> None:
    page = walk.text_of(supervisor.get(PAGE, {"days": "90"}))
    assert "the last 90 days" in page
    assert "No one started" in page
    assert "No kind of question" in page


def test_a_period_that_is_not_offered_is_the_usual_one(supervisor: Client) -> None:
    for days in ("", "8", "-1", "abc", "999999999999999999", "\u0663\u0660"):
        assert f"the last {policy.FIGURE_PERIOD} days" in walk.text_of(supervisor.get(PAGE, {"days": days}))


@pytest.mark.usefixtures("_a_month")
def test_each_figure_is_one_query(supervisor: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        supervisor.get(PAGE)
    tables = ("safeguards_auditevent", "idproofing_")
    assert len([query for query in asked.captured_queries if any(name in query["sql"] for name in tables)]) == 4


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("Supervisor", 200),
        ("Auditor", 200),
        ("Service center agent", 403),
        ("Proofing reviewer", 403),
        ("Care team", 403),
    ],
)
def test_only_supervisors_and_auditors_see_figures_and_the_way_to_them(role: str, status: int) -> None:
    staff = holders.signed_in(holders.staff(role))
    assert staff.get(PAGE).status_code == status
    assert (PAGE in staff.get("/admin/").content.decode()) == (status == 200)


def test_an_account_of_a_beneficiary_sees_no_figures() -> None:
    client = holders.signed_in(holders.premium(people.load("nora")))
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("index", ["audit_counted", "code_time_to_issue", "code_time_to_use"])
def test_an_index_alone_can_answer(index: str) -> None:
    """At a million rows nothing else would be fast; on the few rows of a test the planner has to be talked into it."""
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        figures.funnels(MONTH), figures.waits(MONTH)
        plans = []
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for query in [one["sql"] for one in asked.captured_queries if one["sql"].startswith(("SELECT", "\n"))]:
            cursor.execute(f"EXPLAIN {query}".replace("%", "%%"))
            plans += [line for (line,) in cursor.fetchall()]
    assert any(f"Index Only Scan using {index}" in line for line in plans), plans
