"""The health tools: what people measure themselves, with each form as it comes and with what is wrong."""

from collections.abc import Iterator
from random import Random
from typing import Any

from django.urls import reverse
from django.utils import timezone

from demo.invent import readings
from portal.notices import telling
from portal.tools.models import OwnGoal, Reading
from tests import people
from tests.accounts.holders import premium, signed_in

Answers = Iterator[Any]


def measures_at_home() -> Answers:
    account = premium(people.load("grace", record=True))
    client = signed_in(account)
    readings.store_month(account, "America/Denver", Random(1), timezone.now())
    here = "/portal/tools/blood-pressure/"
    yield client.get("/portal/tools/")
    yield client.get(here)
    yield client.post(here, {"number": "x", "at": "x"})
    yield client.post(here, {"number": "235", "second": "110"})
    yield client.get(f"{here}{Reading.objects.latest('at').resource_id}/")
    for name in ("target", "reminder", "file"):
        yield client.get(f"{here}{name}/")
        yield client.post(f"{here}{name}/", {"low": "x", "days": "9"})
    for query in ({}, {"own": "no"}):
        vitals = client.get("/portal/vitals/", query)
        yield vitals
        row = next(one.reading.first for one in vitals.context["latest"] if one.reading.name == "Blood pressure")
        yield client.get(reverse("vitals-test", args=[row.resource_id, row.place]), query)
    telling.choose(account, {"measuring": "not"})
    yield client.get(f"{here}reminder/")
    yield client.get(f"{here}delete/")
    rows = "date,weight,color\n2026-01-05,18,red\n"
    yield client.post("/portal/tools/weight/file/", {"text": rows})
    yield client.post("/portal/tools/weight/file/", {"text": rows, "action": "store"})
    yield client.post("/portal/tools/weight/file/", {"text": f"{rows}2026-13-05,180,\n"})
    for name in ("tools-new", "tools-new-goal", "tools-visit"):
        yield client.get(reverse(name))
        yield client.post(reverse(name), {"text": "x" * 3_000})
    yield client.get(reverse("tools-goal", args=[OwnGoal.objects.get().pk]))


SCENES = (measures_at_home,)
