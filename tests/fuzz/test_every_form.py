"""No form and no parameter of any page ends in an error of ours, whatever is sent.

Each page of each scene is taken as its person sees it. Its forms are sent with odd values and rolled back, but not
those that a page before it had too. A run sends about 5,000 requests, always the same ones, so that what a change broke
is what turns red. FUZZ_REQUESTS=100000 asks for a night of others.
"""

import os
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.forms import Form, Sending, forms_of, sendings
from tests.pages.scenes import SCENES, Scene, pages

pytestmark = pytest.mark.django_db

NIGHT = int(os.environ.get("FUZZ_REQUESTS", "0"))
REQUESTS = NIGHT or 5_000
FORMS = 1_000
"""About as many different ones as all scenes show."""
TIMES = max(REQUESTS // FORMS, 1)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_nothing_that_is_sent_to_a_page_ends_in_an_error_of_ours(scene: Scene) -> None:
    # The whole story is told first: what is sent may change what a process remembers, and the story would go wrong.
    seen = [as_seen(answer) for answer in pages(scene) if hasattr(answer, "client")]
    sent: set[tuple[object, ...]] = set()
    for browser, forms in seen:
        fresh = {form.kind: form for form in forms if form.kind not in sent}
        if fresh:
            send_oddities(browser, list(fresh.values()))
        sent |= fresh.keys()


def as_seen(answer: Any) -> tuple[Client, list[Form]]:
    """Return a page's forms, and the browser that shows it as it is then."""
    return copy_of(answer.client), forms_of(answer.content.decode(), answer.wsgi_request.get_full_path())


def send_oddities(browser: Client, forms: list[Form]) -> None:
    """Send the forms of one page, TIMES for each, and leave nothing of it in the database."""

    @settings(
        max_examples=TIMES * len(forms),
        deadline=None,
        database=None,
        derandomize=not NIGHT,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sendings(forms))
    def send(sending: Sending) -> None:
        with transaction.atomic():
            status = send_as(browser, sending)
            transaction.set_rollback(True)
        assert status < 500, f"{sending.method} {sending.address}: {status}"

    send()


def send_as(browser: Client, sending: Sending) -> int:
    """Send it with the cookies of a person's browser, which keeps none of what comes of it."""
    return getattr(copy_of(browser), sending.method)(sending.address, sending.data).status_code


def copy_of(browser: Client) -> Client:
    """Return a browser with the same cookies. They are copies, because its own would be changed by what is answered."""
    client = Client()
    client.defaults = dict(browser.defaults)
    client.cookies = SimpleCookie({name: cookie.value for name, cookie in browser.cookies.items()})
    return client
