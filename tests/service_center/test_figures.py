"""The staff's figures: true, about past days, never about one person, and only for the right roles."""

import csv
import random
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import policy
from core.dates import age_on
from demo.invent import figures as invented
from demo.people import PEOPLE
from idproofing.models import ActivationCode, AnswerTally, Case, Quiz
from safeguards.models import AuditEvent
from service_center.figures import charts, reading
from service_center.figures.counting import Day, Sum, release
from service_center.figures.files import FILES
from service_center.figures.models import CountedDay, Remainder, Tally
from service_center.figures.sources import SOURCES, UNKNOWN, band_of, count_all
from service_center.figures.tasks import count_days
from tests import people, walk
from tests.accounts import holders
from tests.service_center import past

pytestmark = pytest.mark.django_db
NOW = past.NOW
MONTH = reading.period(30, NOW)
LAST_WEEK = past.LAST_WEEK
DAY = timezone.localdate(LAST_WEEK)
YESTERDAY = timezone.localdate() - timedelta(days=1)
MANY, FEW = policy.FIGURES_FROM, past.FEW
PAGE = "/admin/figures/"


def counts(route: str = "Answer questions online") -> list[int]:
    past.count()
    funnel = next(funnel for funnel in reading.funnels(month()) if funnel.route == route)
    return [stage.count for stage in funnel.stages]


def month() -> reading.Report:
    return reading.read_report(MONTH)


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
    past.count()
    assert [funnel.route for funnel in reading.funnels(month())] == ["Get a letter at home"]


def test_few_people_are_not_told_until_the_next_days_bring_enough() -> None:
    past.happened("registration.started", FEW, route="questions")
    past.count(DAY)
    assert reading.funnels(month()) == []
    past.happened("registration.started", 1, LAST_WEEK + timedelta(days=1), route="questions")
    past.count(DAY + timedelta(days=1))
    assert [(tally.day, tally.count) for tally in Tally.objects.all()] == [(DAY + timedelta(days=1), MANY)]
    assert not Remainder.objects.exists()


def test_no_two_periods_and_no_parts_of_a_whole_can_be_subtracted_to_find_one_person() -> None:
    """Whatever happens from day to day, each number is a sum of groups that are large enough, or nothing."""
    luck = random.Random(7)
    days = [DAY + timedelta(days=number) for number in range(5)]
    for day in days:
        for route in ("questions", "letter"):
            at = timezone.make_aware(datetime.combine(day, time(12)))
            past.happened("registration.started", luck.randrange(0, 9), at, route=route)
    past.count(*days)
    told = list(Tally.objects.values_list("count", flat=True))
    assert min(told) >= MANY
    assert sum(told) + sum(Remainder.objects.values_list("count", flat=True)) == AuditEvent.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tally.objects.create(day=DAY, figure="begun", of="agent", count=FEW)


@pytest.mark.parametrize(("passed", "failed"), [(5, 0), (0, 5), (40, 0), (0, 40), (40, 4), (4, 40), (6, 1)])
def test_no_group_tells_that_all_of_it_passed_or_failed_or_all_but_a_few(
    supervisor: Client, passed: int, failed: int
) -> None:
    release(YESTERDAY, {("proof", "letter"): rated(passed, failed), ("kind", "city"): rated(passed, failed)})
    page = supervisor.get(PAGE)
    for rows in (page.context["by_route"], page.context["rates"]):
        assert [(row.bars, row.cells) for row in rows] == [((), (charts.NO_SHARE, str(passed + failed)))]
    assert not page.context["right"]
    lines = supervisor.get(f"{PAGE}proofs.csv").content.decode().splitlines()
    assert lines[1:] == [f"{YESTERDAY},proof,letter,{passed + failed},,"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Tally.objects.update(rated=passed + failed, good=passed)


def test_how_many_passed_is_told_as_soon_as_enough_did_and_did_not(supervisor: Client) -> None:
    release(YESTERDAY - timedelta(days=1), {("proof", "letter"): rated(7, 0)})
    release(YESTERDAY, {("proof", "letter"): rated(1, 6)})
    assert [row.cells for row in supervisor.get(PAGE).context["by_route"]] == [("57%", "14")]
    told = [line.split(",")[3:] for line in supervisor.get(f"{PAGE}proofs.csv").content.decode().splitlines()[1:]]
    assert told == [["7", "", ""], ["7", "14", "8"]]


def test_no_periods_can_be_subtracted_to_find_who_passed() -> None:
    """Whatever happens from day to day, what is told of any days together is told of enough on both sides."""
    luck, all_told = random.Random(11), Sum()
    for number in range(30):
        one = rated(luck.randrange(0, 6), luck.randrange(0, 4))
        all_told.join(one)
        release(YESTERDAY - timedelta(days=30 - number), {("proof", "letter"): one})
    tallies, [left] = list(Tally.objects.exclude(rated=0)), Remainder.objects.all()
    assert len(tallies) > 3
    assert all(min(tally.good, tally.rated - tally.good) >= MANY for tally in tallies)
    assert sum(tally.good for tally in tallies) + left.good == all_told.good
    assert sum(tally.rated for tally in tallies) + left.rated == all_told.rated


def rated(passed: int, failed: int) -> Sum:
    return Sum(passed + failed, passed + failed, passed)


@pytest.mark.parametrize(("count", "before", "words"), [(5, 5, "–"), (95, 99, "–"), (94, 99, "95%"), (0, 9, "–")])
def test_who_went_on_is_no_share_if_hardly_anybody_was_left_behind(count: int, before: int, words: str) -> None:
    assert charts.kept(count, before) == words


def test_a_day_is_counted_once_even_by_two_workers() -> None:
    past.happened("registration.started", MANY, route="questions")
    assert release(DAY, count_all(Day(DAY)))
    assert not release(DAY, count_all(Day(DAY)))
    assert Tally.objects.get().count == MANY


def test_the_worker_counts_each_day_that_is_over_and_catches_up() -> None:
    past.happened("registration.started", MANY, route="questions")
    done = count_days(NOW)
    assert (done[0], done[-1]) == (DAY, MONTH.last)
    assert count_days(NOW) == []
    assert count_days(NOW + timedelta(days=1)) == [MONTH.last + timedelta(days=1)]


@pytest.mark.parametrize("at", [NOW, NOW.replace(hour=5, minute=1), NOW - timedelta(days=31)])
def test_today_and_the_days_before_the_period_are_left_out(at: datetime) -> None:
    past.happened("registration.started", 10, at, route="questions")
    past.count()
    assert reading.funnels(month()) == []


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
    sums = count_all(Day(timezone.localdate()))
    band = band_of(age_on(PEOPLE["rosa"].born, timezone.localdate()))
    assert (sums["registration", band].count, sums["age", band].good, sums["proof", "questions"].good) == (1, 1, 1)


def test_ages_are_told_in_bands_and_no_birth_date_is_kept() -> None:
    assert [band_of(age) for age in (0, 17, 18, 24, 25, 74, 75, 101)] == ["0", "0", "18", "18", "25", "65", "75", "75"]
    words = [reading.band_words(band) for band in ("0", "18", "75", UNKNOWN)]
    assert words == ["Under 18", "18 to 24", "75 or older", "Age not known"]
    release(DAY, {("registration", "18"): Sum(7), ("age", "65"): Sum(14, 14, 8)})
    assert reading.openings_by_age(month(), "registration") == [reading.Stage("18 to 24", 7)]
    assert reading.proofs_by_age(month()) == [reading.Rate("65 to 74", "", 14, 14, 8)]
    assert dict(reading.by_day(month(), "registration"))[DAY] == 7


def test_a_day_waits_while_deers_does_not_tell_how_old_people_are(settings: Any) -> None:
    holder = holders.holder(people.load("rosa"))
    past.happened("account.opened", 1, account_id=holder.pk)
    settings.DEERS_FAULT = "unavailable"
    assert count_days(NOW) == []
    assert not CountedDay.objects.exists()


def test_proofs_are_told_by_route_with_reviews() -> None:
    ended = {"dod_id": "1000000021", "level": 1, "ended_at": LAST_WEEK}
    Quiz.objects.bulk_create(Quiz(state=state, **ended) for state in ["passed"] * 6 + ["failed", "abandoned"] * 3)
    past.happened("case.approved", 5, case=1)
    past.happened("case.declined", 7, case=1)
    past.count(DAY)
    assert reading.proofs_by_route(month()) == [
        reading.Rate("Answer questions online", "", 12, 12, 6),
        reading.Rate("Review by our staff", "", 12, 12, 5),
    ]
    assert reading.proofs_by_age(month()) == [reading.Rate("Age not known", "", 12, 12, 6)]


def test_the_hardest_kind_of_question_stands_first_and_kinds_with_few_answers_not_at_all() -> None:
    for kind, answered, correct in (("home_lender", 100, 90), ("card_bank", 50, 20), ("city", FEW, 0)):
        AnswerTally.objects.create(day=DAY, kind=kind, answered=answered, correct=correct)
    AnswerTally.objects.create(day=timezone.localdate(NOW), kind="city", answered=100, correct=1)
    past.count()
    assert reading.rates(month()) == [
        reading.Rate("Card bank", "Credit cards", 50, 50, 20),
        reading.Rate("Home lender", "Home loans", 100, 100, 90),
    ]


def test_a_kind_that_is_no_longer_asked_stays_in_the_figures() -> None:
    AnswerTally.objects.create(day=MONTH.last, kind="moon_base", answered=10, correct=5)
    past.count(MONTH.last)
    assert reading.rates(month()) == [reading.Rate("Moon base", "", 10, 10, 5)]


def test_the_time_to_the_code_and_to_its_use_are_told_by_delivery() -> None:
    past.made_codes("email", 2, 4, 6, 8, 10, 30, used_after=timedelta(minutes=3))
    past.made_codes("letter", *[15] * FEW)
    past.count(DAY)
    minutes = timedelta(minutes=1)
    assert reading.waits(month(), "issue") == [reading.Wait("Email", 6, 10 * minutes, 40 * minutes)]
    assert reading.waits(month(), "use") == [reading.Wait("Email", 6, 5 * minutes, 5 * minutes)]


def test_a_code_that_was_made_again_does_not_count_as_the_first() -> None:
    past.made_codes("email", *[5] * 10)
    ActivationCode.objects.update(begun_at=None)
    past.count(DAY)
    assert reading.waits(month(), "issue") == []


def test_the_time_to_an_answer_is_told_by_what_was_asked() -> None:
    for _ in range(MANY):
        past.wrote(timedelta(hours=3), LAST_WEEK, answered_at=LAST_WEEK)
    past.opened_cases(MANY, timedelta(days=50), LAST_WEEK, state="declined")
    for case in Case.objects.all():
        past.happened("case.declined", 1, case=case.pk)
    past.count(DAY)
    hours = timedelta(hours=4)
    assert reading.answers(month()) == [
        reading.Wait("Messages to the service center", MANY, hours, hours),
        reading.Wait("Reviews", MANY, None, None),
    ]
    assert charts.wait_rows(reading.answers(month()))[1].cells == ("over 30 days", "over 30 days", str(MANY))


def test_what_waits_for_a_first_answer_is_told_by_age() -> None:
    contact = next(source for source in SOURCES if source.key == "contact")
    assert reading.waiting(contact, NOW) == []
    for age in [timedelta(hours=2)] * MANY + [timedelta(days=20)]:
        past.wrote(age)
    assert [age.in_time for age in reading.waiting(contact, NOW)] == [MANY, 0, 0, 0, None]


def test_open_cases_are_told_by_age_and_those_past_their_due_date_apart() -> None:
    past.opened_cases(MANY, timedelta(hours=3))
    past.opened_cases(FEW, timedelta(days=2))
    past.opened_cases(10, policy.CASE_DUE + timedelta(hours=1))
    past.opened_cases(6, timedelta(days=40))
    past.opened_cases(20, timedelta(days=2), state="declined")
    told = [(charts.age_words(age), age.in_time, age.overdue) for age in reading.open_cases(NOW)]
    assert told == [
        ("Less than 1 day", MANY, 0),
        ("1 or 2 days", None, 0),
        ("3 to 6 days", 0, 0),
        ("7 to 13 days", 0, 10),
        ("14 days or more", 0, 6),
    ]


def test_without_open_cases_there_is_nothing_to_draw() -> None:
    assert charts.age_rows(reading.open_cases(NOW)) == []


def test_overdue_cases_are_drawn_after_those_in_time_and_nothing_leaves_the_chart() -> None:
    [row] = charts.age_rows([reading.Age(0, 1, 30, 10)])
    assert row.bars == (("fill", "0.00%", "75.00%"), ("late", "75.00%", "25.00%"))
    [few] = charts.age_rows([reading.Age(0, 1, None, 0)])
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
    assert f"In DEERS 0 to {FEW} –" in page
    assert "Card bank Credit cards 40% 50" in page
    assert "Email 1 min 1 min 10" in page
    assert "7 to 13 days 0 12" in page


@pytest.mark.usefixtures("_a_month")
def test_drawings_are_hidden_from_screen_readers_and_need_no_inline_style(supervisor: Client) -> None:
    page = supervisor.get(PAGE).content.decode()
    inside = page[page.index('class="figures"') : page.rindex('class="about"')]
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
def test_all_figures_of_past_days_are_one_query_and_each_of_now_is_one(supervisor: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        supervisor.get(PAGE)
    queries = [query["sql"] for query in asked.captured_queries]
    assert sum("figures_tally" in query for query in queries) == 1
    assert not any('FROM "safeguards_auditevent"' in query or "idproofing_quiz" in query for query in queries)
    assert len(queries) <= 24


@pytest.mark.usefixtures("_a_month")
@pytest.mark.parametrize("name", FILES)
def test_each_table_is_a_file_without_formulas(supervisor: Client, name: str) -> None:
    answer = supervisor.get(f"{PAGE}{name}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(answer.content.decode().splitlines()))
    assert len({len(line) for line in lines}) == 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)


@pytest.mark.usefixtures("_a_month")
def test_a_file_tells_each_day_and_only_those_who_see_figures_get_it(supervisor: Client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    assert f"{yesterday},begun,questions,1234,," in supervisor.get(f"{PAGE}routes.csv?days=7").content.decode()
    assert supervisor.get(f"{PAGE}people.csv").status_code == 404
    assert holders.signed_in(holders.staff("Service center agent", "agent")).get(f"{PAGE}routes.csv").status_code == 403


def test_the_demo_has_a_quarter_of_figures_the_same_for_the_same_seed_and_no_event(supervisor: Client) -> None:
    events = AuditEvent.objects.count()
    assert invented.store_month(seed=3) > 5_000
    assert invented.store_month(seed=3) == 0
    assert AuditEvent.objects.count() == events
    day = timezone.localdate() - timedelta(days=3)
    again = [(one.figure, one.of, one.count, one.rated, one.good, one.spread) for one in invented.tallies_of(day, 3)]
    assert again == list(
        Tally.objects.filter(day=day).order_by("pk").values_list("figure", "of", "count", "rated", "good", "spread")
    )
    page = walk.text_of(supervisor.get(PAGE))
    for says in ("Review by our staff", "25 to 34", "Messages to care teams", "Get a letter at home"):
        assert says in page


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
