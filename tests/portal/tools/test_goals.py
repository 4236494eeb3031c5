"""Goals that people set for themselves."""

import pytest

from portal.tools.models import OwnGoal, Reading
from tests import walk
from tests.portal.tools.conftest import NOW, measured

pytestmark = pytest.mark.django_db

NEW = "/portal/tools/goals/new/"
LOSE = {"text": "Lose some weight", "tracker": "weight", "wants": "at-most", "number": "180"}


@pytest.fixture
def weight(ruth):
    return measured(ruth, "weight", ("2026-03-01 08:00", "200"))


def test_ruth_sees_how_far_she_is(client, ruth, weight):
    client.force_login(ruth)
    client.post(NEW, LOSE)
    OwnGoal.objects.update(created_at=NOW.replace(day=1))
    measured(ruth, "weight", ("2026-03-08 08:00", "195"), ("2026-03-14 08:00", "190"))
    shown = walk.text_of(client.get("/portal/tools/"))
    assert "Weight: at most 180 lb" in shown
    assert "Your latest reading: 190 lb . It does not meet your goal yet. 0 of your 3 newest readings" in shown
    assert "50 percent of the way" in shown


def test_a_goal_in_words_needs_no_number_and_is_stored_once(client, ruth):
    client.force_login(ruth)
    for _ in range(2):
        client.post(NEW, {"text": "Walk more"})
    goal = OwnGoal.objects.get()
    client.post(f"/portal/tools/goals/{goal.pk}/", {"action": "done"})
    goal.refresh_from_db()
    assert goal.done_at
    assert "reached" in walk.text_of(client.get("/portal/tools/"))
    client.post(f"/portal/tools/goals/{goal.pk}/", {"action": "delete"})
    assert not OwnGoal.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": ""}, "Enter your goal"),
        ({"wants": ""}, "Choose on which side of the number you want to be."),
        ({"number": ""}, "Enter the number that you want to reach."),
        ({"number": "many"}, "Enter a number in digits"),
        ({"number": "99999"}, "Nobody can measure this number."),
        ({"tracker": ""}, "Choose what the number is of."),
        ({"tracker": "sleep"}, "Choose what measures it from the list."),
        ({"due_month": "2", "due_day": "30", "due_year": "2027"}, "February 2027 has only 28 days."),
    ],
)
def test_a_goal_that_says_too_little_is_refused_beside_its_field(client, ruth, weight, typed, sentence):
    client.force_login(ruth)
    response = client.post(NEW, LOSE | typed)
    assert sentence in walk.text_of(response)
    assert not OwnGoal.objects.exists()


def test_nobody_opens_the_goal_of_another(client, ruth, otis):
    client.force_login(ruth)
    client.post(NEW, {"text": "Walk more"})
    address = f"/portal/tools/goals/{OwnGoal.objects.get().pk}/"
    assert client.get(address).status_code == 200
    client.force_login(otis)
    assert client.get(address).status_code == 404
    assert client.post(address, {"action": "delete"}).status_code == 404
    assert OwnGoal.objects.exists()


def test_a_goal_outlives_its_tracker(client, ruth, weight):
    client.force_login(ruth)
    client.post(NEW, LOSE)
    client.post("/portal/tools/weight/delete/")
    assert not Reading.objects.exists()
    assert "Lose some weight" in walk.text_of(client.get("/portal/tools/"))
