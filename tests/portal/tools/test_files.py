"""Many readings at once: a file is looked through, then stored whole or not at all, and once."""

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest

from core import policy
from portal.tools.models import Reading
from portal.tools.reading_files import bare
from safeguards.models import AuditEvent
from tests import walk
from tests.parallel import in_parallel
from tests.portal.conftest import Browser
from tests.portal.tools.conftest import measured

FILE, WEIGHT = "/portal/tools/blood-pressure/file/", "/portal/tools/weight/file/"
FIRST = datetime(2026, 2, 1, 7, 30, tzinfo=UTC)
MONTH = "Date,Time,Systolic,Diastolic,Note\n" + "".join(
    f"{FIRST + timedelta(days=day):%Y-%m-%d},7:30 AM,{128 + day % 7},{78 + day % 5},\n" for day in range(28)
)

pytestmark = pytest.mark.django_db


def upload(client, address: str, data: bytes, **more: str):
    file = BytesIO(data)
    file.name = "readings.csv"
    return client.post(address, {"file": file, **more})


def check(client, address: str, text: str) -> str:
    return walk.text_of(client.post(address, {"text": text}))


def test_a_month_of_blood_pressure_comes_from_a_file_to_the_chart(client, ruth):
    client.force_login(ruth)
    shown = walk.text_of(upload(client, FILE, b"\xef\xbb\xbf" + MONTH.encode()))
    assert "28 new readings." in shown
    assert "Upgrade to Premium" not in shown
    assert not Reading.objects.exists()
    shown = walk.text_of(client.post(FILE, {"text": MONTH, "action": "store"}, follow=True))
    assert "Stored 28 readings." in shown
    assert "28 readings from February 1, 2026 to February 28, 2026" in shown
    assert set(Reading.objects.values_list("source", flat=True)) == {"csv"}
    assert AuditEvent.objects.get(event="tools.readings-imported").details["count"] == 28


def test_the_same_file_twice_brings_nothing_twice(client, ruth):
    client.force_login(ruth)
    client.post(FILE, {"text": MONTH, "action": "store"})
    assert "All of these readings are stored already." in check(client, FILE, MONTH)
    client.post(FILE, {"text": MONTH, "action": "store"})
    more = MONTH + "2026-03-01,7:30 AM,131,80,\n2026-03-01,7:30 AM,131,80,\n"
    assert "1 new reading. 29 are already there" in check(client, FILE, more)
    client.post(FILE, {"text": more, "action": "store"})
    assert Reading.objects.count() == 29


@pytest.mark.parametrize(
    "text",
    [
        "date;weight\n2026-02-01;181,5\n",
        "Date\tWeight (lb)\tColor\n2/1/2026\t181.5\tred\n",
        'timestamp,value,unit\n"2026-02-01",181.5,lbs\n',
        "Measurement Date,WEIGHT\r\n\r\n2026-02-01,181.5\r\n",
    ],
)
def test_files_of_several_programs_are_read(client, ruth, text):
    client.force_login(ruth)
    client.post(WEIGHT, {"text": text, "action": "store"})
    row = Reading.objects.get()
    assert (f"{row.number:f}", row.unit, row.said) == ("181.5", "[lb_av]", "2026-02-01")


def test_a_unit_behind_the_name_of_the_column_counts(client, ruth):
    client.force_login(ruth)
    client.post(WEIGHT, {"text": "date,weight (kg)\n2026-02-01,82.3\n", "action": "store"})
    assert Reading.objects.get().unit == "kg"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Choose a file, or paste the rows."),
        ("a,b\n1,2\n", "Missing: “Date” and “Weight”."),
        ("date,weight\n", "no rows below them"),
        ('date,weight\n"2026-02-01,180\n', "cannot be read as a table"),
        ("date,weight\n" + "2026-02-01,180\n" * (policy.READINGS_FILE_ROWS + 1), "At most 1,000 can be imported"),
        ("date,weight,note\n" + "x" * (policy.READINGS_FILE_BYTES + 1), "longer than 64 kB"),
    ],
)
def test_a_text_that_is_no_table_is_refused_in_words(client, ruth, text, sentence):
    client.force_login(ruth)
    assert sentence in check(client, WEIGHT, text)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"date,weight\n2026-02-01,\xff\n", "no text in UTF-8"),
        ("date,weight\n".encode("utf-16"), "no text in UTF-8"),
        (b"MZ\x00\x00", "no text file"),
        (b"", "There is nothing in it"),
        (b"x" * 100_000, "at most 64 kB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(client, ruth, data, sentence):
    client.force_login(ruth)
    response = upload(client, WEIGHT, data)
    assert response.status_code == 200
    assert sentence in walk.text_of(response) or (not data and "Choose a file" in walk.text_of(response))


def test_one_wrong_row_keeps_all_rows_out_and_says_what_is_wrong(client, ruth):
    client.force_login(ruth)
    text = "date,weight,unit\n2026-02-01,180,lb\n2026-02-30,180,lb\n2126-02-01,180,\n2026-02-02,,\n2026-02-03,1,stone\n"
    shown = check(client, WEIGHT, text)
    assert "4 rows cannot be stored" in shown
    for sentence in ("There is no such day.", "in the future", "A number is missing.", "The unit has to be lb or kg."):
        assert sentence in shown
    client.post(WEIGHT, {"text": text, "action": "store"})
    assert not Reading.objects.exists()


def test_odd_numbers_of_a_file_are_asked_about(client, ruth):
    client.force_login(ruth)
    text = "date,weight\n2026-02-01,18.0\n"
    assert "This is unusual. Did you mean 180 lb?" in check(client, WEIGHT, text)
    shown = walk.text_of(client.post(WEIGHT, {"text": text, "action": "store"}))
    assert "Check the unusual numbers, and say that they are right." in shown
    assert not Reading.objects.exists()
    client.post(WEIGHT, {"text": text, "action": "store", "sure": "yes"})
    assert f"{Reading.objects.get().number:f}" == "18.0"


def test_a_file_goes_out_without_formulas_and_comes_in_again(client, ruth, otis):
    tracker = measured(ruth, "weight", ("2026-02-01 07:30", "181.50"), ("2026-02-02", "180"))
    Reading.objects.filter(said="2026-02-02").update(note='=HYPERLINK("x")')
    client.force_login(ruth)
    response = client.get("/portal/tools/weight/readings.csv")
    rows = list(csv.reader(StringIO(response.content.decode())))
    assert rows[1] == ["2026-02-02", "180", "lb", '\'=HYPERLINK("x")', "The patient"]
    assert rows[2][:3] == ["2026-02-01T07:30:00-05:00", "181.50", "lb"]
    assert "All of these readings are stored already." in check(client, WEIGHT, response.content.decode())
    client.force_login(otis)
    assert client.get("/portal/tools/weight/readings.csv").status_code == 404
    client.post(WEIGHT, {"text": response.content.decode(), "action": "store"})
    assert sorted(Reading.objects.exclude(tracker=tracker).values_list("note", flat=True)) == ["", '=HYPERLINK("x")']


def test_the_page_of_a_file_asks_few_queries(client, ruth, django_assert_max_num_queries):
    measured(ruth, "blood-pressure", ("2026-02-01 07:30", "128", "78"))
    client.force_login(ruth)
    check(client, FILE, MONTH)
    with django_assert_max_num_queries(2 + 8):
        check(client, FILE, MONTH)


@pytest.mark.django_db(transaction=True)
def test_thirty_confirmations_at_once_store_the_file_once(ruth):
    browsers = [Browser() for _ in range(30)]
    for browser in browsers:
        browser.force_login(ruth)
    answers = in_parallel(lambda number: browsers[number].post(FILE, {"text": MONTH, "action": "store"}).status_code)
    assert answers == [302] * 30
    assert Reading.objects.count() == 28
    assert [event.details["count"] for event in AuditEvent.objects.filter(event="tools.readings-imported")] == [28]


def test_a_header_of_thousands_of_open_brackets_is_read(client, ruth):
    client.force_login(ruth)
    shown = walk.text_of(upload(client, WEIGHT, b"Date,Weight (kg)," + b"([" * 25_000 + b"\n2026-03-01,80,\n"))
    assert "1 new reading." in shown


def test_brackets_are_read_once_however_many_are_open():
    # Somebody who looked from each of them to the end would be at it for days.
    assert bare("([" * 2_000_000) == "([" * 2_000_000
