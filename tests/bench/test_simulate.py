"""`manage.py simulate`: applicants with errors come over HTTP, and the figures of what they met are right."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Account
from bench import applicants, knee, simulation, slips, visitor
from bench.applicants import Result, Somebody
from bench.knee import Step, Work
from bench.slips import End, Plan, Slip, draw_plan
from bench.visitor import Asked, Page, TurnedAwayError, Visitor
from core.policy import Level
from demo import generated
from demo.management.commands.simulate import Command
from dslogon.up import check
from idproofing.models import Fact
from idproofing.questions import word_question
from tests import walk
from tests.people import load

AT_THE_DETAILS = frozenset({Slip.EMPTY, Slip.BORN, Slip.NUMBER, Slip.NAME})
AT_THE_END = frozenset({Slip.TAKEN, Slip.WEAK, Slip.DIFFERENT, Slip.APP, Slip.PASSWORD, Slip.SECOND_STEP})
PLANS = {
    Plan(slips=AT_THE_DETAILS): End.OPEN,
    Plan(slips=AT_THE_END, by_dod_id=True): End.OPEN,
    Plan(level=Level.BASIC, by_email=False, slips=frozenset({Slip.FORGOTTEN, Slip.CODE})): End.OPEN,
    Plan(slips=frozenset({Slip.FAILED})): End.OTHER_WAY,
    Plan(has_account=True, slips=frozenset({Slip.NUMBER}), by_dod_id=True): End.HAD_ONE,
    Plan(leaves_at="credentials"): End.LEFT,
}


@pytest.fixture
def delivering(settings: Any, transactional_db: None) -> Iterator[None]:
    """A worker that sends mail, which the demo keeps. There are people to choose from."""
    settings.EMAIL_BACKEND = "demo.mail.KeepingBackend"
    generated.enter(60, seed=1, records=False)
    over = threading.Event()

    def deliver() -> None:
        while not over.wait(0.02):
            walk.deliver_mail()
        connection.close()

    worker = threading.Thread(target=deliver)
    worker.start()
    yield
    over.set()
    worker.join()


@pytest.fixture
def run(delivering: None, live_server: Any) -> simulation.Run:
    """A run at the site. Somebody has a username that others want."""
    return simulation.Run(live_server.url, simulation.open_account(somebody(1, seed=99)[0]), seed=1)


def somebody(number: int, seed: int = 1) -> list[Somebody]:
    return simulation.choose_people(number, Random(seed))


def well_known() -> Somebody:
    """Somebody of whom enough is known for a second attempt. Of generated people, that may be too little."""
    rosa = load("rosa")
    answers = dict(word_question(fact) for fact in Fact.objects.filter(dod_id=rosa.dod_id))
    return Somebody(rosa.dod_id, rosa.name.first, rosa.name.last, rosa.born, rosa.ssn, answers)


def come(run: simulation.Run, plans: list[Plan], at_once: int = 2) -> tuple[Step, list[str]]:
    """What was measured while people came with these plans, and what is wrong with the accounts after that."""
    people = somebody(len(plans))
    for number, plan in enumerate(plans):
        if Slip.FORGOTTEN in plan.slips:
            people[number] = well_known()
    for person, plan in zip(people, plans, strict=True):
        if plan.has_account:
            simulation.open_account(person)
    before = simulation.holders()
    with simulation.sorting(run.mailbox):
        step = run.measure(at_once, list(zip(people, plans, strict=True)))
    return step, simulation.check_accounts(step.results, before)


def test_six_applicants_make_every_error_and_get_what_they_should(run: simulation.Run) -> None:
    step, problems = come(run, list(PLANS))
    assert [result.unexpected for result in step.results if result.unexpected] == []
    assert sorted(result.end for result in step.results) == sorted(PLANS.values())
    assert {slip for result in step.results for slip in result.refused} == set(Slip)
    assert problems == []
    told = [result for result in step.results if result.told]
    assert len(told) == 3
    assert all(any(asked.page == "portal" for asked in result.asked) for result in told)


def test_the_command_runs_whole_and_says_where_the_knee_is(
    delivering: None, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, opened = StringIO(), list[str]()
    monkeypatch.setattr(simulation, "open_account", noting(simulation.open_account, opened))
    call_command("simulate", "--site", live_server.url, "--people", "6", "--at-once", "1", "--seed", "3", stdout=said)
    lines = said.getvalue().splitlines()
    assert lines[0].split()[:2] == ["at", "once"]
    assert lines[1].split()[0] == "1"
    assert "register/details, sent" in said.getvalue()
    assert lines[-2].startswith("There is no knee up to 1 at once: ")
    ended = [int(line.split()[0]) for line in lines for end in End if line[7:] == end]
    assert sum(ended) == 8  # two of them warm the site up
    told = Account.objects.exclude(username__in=opened).count()
    assert lines[-1] == f"Each of the {told} who were told that their account is open has one, and nobody else does."


def noting(open_account: Callable[[Somebody], str], opened: list[str]) -> Callable[[Somebody], str]:
    """The function, which also notes the username of each account that is opened for somebody before they come."""

    def noted(person: Somebody) -> str:
        opened.append(open_account(person))
        return opened[-1]

    return noted


def test_the_same_seed_draws_the_same_plans_and_each_error_as_often_as_it_should() -> None:
    first, second = Random(5), Random(5)
    assert [draw_plan(first) for _ in range(20)] == [draw_plan(second) for _ in range(20)]
    plans = [draw_plan(first) for _ in range(5000)]
    for slip, rate in slips.RATES.items():
        assert sum(slip in plan.slips for plan in plans) / len(plans) == pytest.approx(rate, abs=0.02)
    assert {plan.leaves_at for plan in plans} == {"", *slips.LEFT_AT}


def test_a_site_that_accepts_an_error_is_told(run: simulation.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applicants, "WEAK_PASSWORDS", ("kestrel-harbor-orchid-birch-71",))
    step, problems = come(run, [Plan(level=Level.BASIC, slips=frozenset({Slip.WEAK}))])
    (result,) = step.results
    assert (result.end, result.unexpected) == (End.UNEXPECTED, "accepted: password too weak")
    assert problems == ["1 have an account and were not told."]


def test_an_interrupted_run_tells_what_was_measured_until_then(
    run: simulation.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(applying: list[Any]) -> Iterator[Any]:
        while not any(one.done() for one in applying):
            applying[0].exception(60)
        yield applying[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "as_completed", interrupted)
    step, problems = come(run, [Plan(level=Level.BASIC, signs_in=False)] * 4, at_once=1)
    assert run.stopped.is_set()
    assert [result.end for result in step.results][:1] == [End.OPEN]
    assert {result.end for result in step.results[1:]} <= {End.STOPPED}
    assert problems == []


def test_accounts_that_are_not_as_people_were_told_are_found(transactional_db: None) -> None:
    generated.enter(60, seed=1, records=False)
    one, two, three, four = somebody(4)
    simulation.open_account(one)
    simulation.open_account(two)
    results = [Result(one.dod_id, told=True), Result(three.dod_id, told=True), Result(four.dod_id, End.LEFT)]
    assert simulation.check_accounts(results, before=set()) == [
        "1 were told that their account is open, and have none.",
        "1 have an account and were not told.",
    ]
    assert simulation.check_accounts(results[:1], before={two.dod_id, four.dod_id}) == [
        "1 had an account and have it no more."
    ]
    Account.objects.filter(dod_id=one.dod_id).update(username="somebody.else")
    assert simulation.check_accounts(results[:1], {two.dod_id}) == ["1 have an account under another username."]
    unsure = [Result(one.dod_id, End.NO_ANSWER), Result(three.dod_id, End.NO_ANSWER)]
    assert simulation.check_accounts(unsure, {two.dod_id}) == []


@pytest.mark.parametrize("real", [{"DEMO": False}, {"DEERS_REGISTRY": "deers.real.Registry"}])
def test_it_refuses_where_people_may_be_real(settings: Any, real: dict[str, Any]) -> None:
    for name, value in real.items():
        setattr(settings, name, value)
    with pytest.raises(CommandError, match="may be real, so nobody is simulated"):
        call_command("simulate")


def test_production_does_not_even_know_it() -> None:
    env = os.environ | check.production()
    ran = subprocess.run(
        [sys.executable, "manage.py", "simulate"], cwd=check.ROOT, env=env, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "Unknown command: 'simulate'" in ran.stderr


@pytest.mark.parametrize("site", ["https://dslogon.example", "http://192.0.2.7:8000", "localhost:8000"])
def test_it_drives_no_site_of_another_machine(site: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = "demo.mail.KeepingBackend"
    with pytest.raises(CommandError, match="a site of this machine"):
        call_command("simulate", "--site", site)


def test_it_does_not_run_where_mail_leaves_the_site(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with pytest.raises(CommandError, match="Mail leaves this site"):
        call_command("simulate")


def test_a_site_that_does_not_answer_is_told_in_one_sentence(settings: Any) -> None:
    settings.EMAIL_BACKEND = "demo.mail.KeepingBackend"
    with pytest.raises(CommandError, match="does not answer as DS Logon does"):
        call_command("simulate", "--site", "http://localhost:9")


def test_too_few_people_are_told_with_the_command_that_makes_more(delivering: None, live_server: Any) -> None:
    with pytest.raises(CommandError, match=r"missing: run `manage.py generate_population \d+` first"):
        call_command("simulate", "--site", live_server.url, "--people", "900", "--at-once", "1")


def step_of(at_once: int, rate: float, page: float, busy: int = 0) -> Step:
    """A step of sixty applicants, so many a minute, whose pages took so many seconds each."""
    asked = [Asked("details", page, 200)] * 3 + [Asked("details", 9.0, 503)] * busy
    results = [Result(str(number), asked=asked if number == 0 else asked[:3]) for number in range(60)]
    return Step(at_once, 60 * 60 / rate, results, Work(30.0, 6.0))


def test_the_knee_is_where_more_at_once_are_no_more_a_minute() -> None:
    steps = [step_of(1, 30, 0.05), step_of(2, 58, 0.05), step_of(4, 90, 0.08), step_of(8, 92, 0.14)]
    assert knee.find_knee(steps[:3]) is None
    assert knee.find_knee(steps) is steps[2]
    assert knee.sentence(steps) == (
        "The knee is at 4 at once: 90 applicants a minute. With 8 at once, 92 a minute came to an end, and the median "
        "page took 2.8 x as long as alone."
    )
    assert knee.sentence(steps[:2]) == "There is no knee up to 2 at once: 58 applicants a minute."
    assert knee.sentence([]) == "Nothing was measured."


def test_a_step_past_the_knee_is_measured_twice_and_the_better_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else on the machine may have been in the way of the first."""
    steps = [step_of(2, 30, 0.05), step_of(1, 30, 0.05), step_of(2, 25, 0.06), step_of(2, 58, 0.06)]
    steps += [step_of(4, 57, 0.09), step_of(4, 56, 0.09)]
    run, left = simulation.Run("http://localhost:1", "taken", 1), list(steps)
    monkeypatch.setattr(run, "measure", lambda at_once, coming: left.pop(0))
    said = StringIO()
    counted, others = Command(stdout=said).climb(run, {1: 4, 2: 8, 4: 16, 8: 32}, [])
    assert counted == [steps[1], steps[3], steps[4]]
    assert others == [steps[0], steps[2], steps[5]]
    assert [line.split()[0] for line in said.getvalue().splitlines()[1:]] == ["1", "2", "2", "4", "4"]


def test_the_knee_is_where_pages_take_more_than_three_times_as_long_as_alone() -> None:
    steps = [step_of(1, 30, 0.05), step_of(2, 58, 0.06), step_of(4, 90, 0.16)]
    assert knee.find_knee(steps) is steps[1]


def test_the_table_tells_rates_times_busy_answers_and_processor_time() -> None:
    idle, step = step_of(1, 30, 0.05), step_of(8, 120, 0.1, busy=4)
    heading, row = knee.HEADING.split(), knee.row(step, idle).split()
    assert " ".join(heading) == "at once a minute p50 ms p95 ms x idle busy site PostgreSQL CPU s each"
    assert row == ["8", "120.0", "100", "100", "2.0", "4", "1.00", "0.20", "0.60"]
    assert knee.row(Step(1, 1.0, idle.results), idle).split()[-3:] == ["-", "-", "-"]
    assert list(knee.page_rows(idle, step))[1].split() == ["details", "50", "50", "100", "100"]


def test_the_table_counts_ends_and_refusals() -> None:
    results = [Result("1", End.LEFT), Result("2"), Result("3", End.UNEXPECTED, unexpected="accepted: username taken")]
    results[1].refused.update({Slip.WEAK: 2})
    lines = list(knee.counted_rows(results))
    assert lines[:3] == [f"{1:>6} {end}" for end in (End.OPEN, End.LEFT, End.UNEXPECTED)]
    assert f"{2:>6} password too weak" in lines
    assert lines[-1] == f"{1:>6} unexpected: accepted: username taken"


def test_a_form_is_sent_as_it_stands() -> None:
    page = Page(
        '<h1>Which   bank?</h1><form action="/a/"><input type="hidden" name="quiz" value="7">'
        '<input type="radio" name="choice" id="c0" value="0"><label for="c0">First <b>Bank</b></label>'
        '<input type="radio" name="choice" id="c1" value="1" checked><label for="c1">None</label>'
        '<select name="month"><option value="">-</option><option value="4" selected>April</option></select></form>'
        '<form action="/b/"><button name="action" value="leave">Leave</button></form>'
    )
    form = page.form("choice")
    assert form is not None
    assert page.heading == "Which bank?"
    assert form.fields == {"quiz": "7", "choice": "1", "month": "4"}
    assert form.choices == {"choice": {"First Bank": "0", "None": "1"}}
    leave = page.form("action=leave")
    assert leave is not None
    assert leave.action == "/b/"
    assert page.form("ssn") is None


@pytest.fixture
def busy() -> Iterator[Callable[[int], str]]:
    """Serves a site that is busy for the first so many requests."""
    left = [0]

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            left[0] -= 1
            self.send_response(503 if left[0] >= 0 else 200)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever).start()

    def begin(times: int) -> str:
        left[0] = times
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    server.shutdown()
    server.server_close()


def test_a_visitor_comes_back_to_a_busy_site(busy: Callable[[int], str]) -> None:
    somebody = Visitor(busy(2), "127.0.0.1")
    somebody.get("/register/")
    assert [asked.status for asked in somebody.asked] == [503, 503, 200]


def test_a_visitor_is_turned_away_by_a_site_that_stays_busy(busy: Callable[[int], str]) -> None:
    somebody = Visitor(busy(99), "127.0.0.1")
    with pytest.raises(TurnedAwayError):
        somebody.get("/register/")
    assert len(somebody.asked) == visitor.BUSY_TRIES


def test_pages_are_named_without_anything_of_a_person() -> None:
    assert visitor.name_of("/register/0f8fad5b-d9cb-469f-a165-70867728950e/details/") == "register/details"
    assert visitor.name_of("/") == "home"
