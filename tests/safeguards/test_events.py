"""The table of events: well formed, with a sentence for every event of any trail. tests/rules holds it to the code."""

import re

import pytest

from safeguards import audit
from safeguards.events import EVENTS, FORMER_EVENTS, NO_SENTENCE, STAFF_SENTENCES, sentence_of, staff_sentence_of
from safeguards.models import AuditEvent


@pytest.mark.parametrize("name", EVENTS | FORMER_EVENTS)
def test_every_event_has_a_name_that_is_a_slug_and_a_whole_sentence(name):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", name)
    assert len(name) <= (AuditEvent._meta.get_field("event").max_length or 0)
    assert re.fullmatch(r"[A-Z].+\.", sentence_of(name))
    assert sentence_of(name) != NO_SENTENCE


@pytest.mark.parametrize("name", EVENTS | FORMER_EVENTS)
def test_staff_read_of_the_person_and_never_of_themselves(name):
    """A sentence that says "you" to the holder has another one for staff, in STAFF_SENTENCES."""
    assert re.fullmatch(r"[A-Z].+\.", staff_sentence_of(name))
    assert not re.search(r"\b(you|your|yours)\b", staff_sentence_of(name), re.IGNORECASE)


def test_a_sentence_for_staff_is_there_only_where_the_holder_s_own_will_not_do():
    assert not [name for name in STAFF_SENTENCES if not re.search(r"\byou", sentence_of(name), re.IGNORECASE)]


def test_an_event_is_recorded_now_or_was_once():
    assert not EVENTS.keys() & FORMER_EVENTS.keys()


@pytest.mark.parametrize("name", [*FORMER_EVENTS, "mail.sent", "no-such.thing"])
def test_what_is_no_event_now_is_not_recorded(name):
    with pytest.raises(ValueError, match="is not an event"):
        audit.record(name, by="system")


@pytest.mark.django_db
def test_an_old_trail_still_reads_in_plain_sentences():
    AuditEvent.objects.create(event="second-factor.passed", actor_kind="self", actor_id=7, account_id=7)
    AuditEvent.objects.create(event="of-another.version", actor_kind="system", account_id=7)
    sentences = [event.sentence for event in audit.for_account(7)]
    assert sentences == [NO_SENTENCE, "The second step of a sign-in was completed."]
