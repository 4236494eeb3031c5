"""Files that are broken, foreign or malicious: refused in one sentence, with their place, and nothing is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.record import checks, validating
from portal.record.checks import BadError
from portal.record.importing import Imported, Refused, import_file
from portal.record.models import Import, Resource
from tests.deers.registered import registered
from tests.portal.record.fhir import ADA, bundle, lines, weight, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> str:
    return registered("Ada", "Winters").dod_id


def refused(ada: str, path: Path) -> tuple[int | None, str, str]:
    """Where and why a file about Ada is refused; nothing of it is stored."""
    done = import_file(path, ada)
    assert isinstance(done, Refused), done
    assert done.reason.endswith(".")
    assert (Resource.objects.count(), Import.objects.count()) == (0, 0)
    return done.entry, done.path, done.reason


GOOD = bundle(ADA, weight())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"   \n ", "cut off"),
        (GOOD[:-1].encode(), "cut off"),
        (GOOD[:100].encode(), "cut off"),
        ((GOOD + "]").encode(), "not JSON"),
        (GOOD.replace(":", "=", 1).encode(), "not JSON"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (GOOD.replace("Ada", "Adá").encode("latin-1"), "not UTF-8"),
        (b'{"hello": "world"}', "no FHIR"),
        (b"[1, 2, 3]", "no FHIR"),
        (b'"Bundle"', "no FHIR"),
        (b"5", "no FHIR"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "not JSON"),
        (b"%PDF-1.7", "not JSON"),
        (b'{"resourceType": "Smith"}', "no resourceType that FHIR"),
        (b'{"resourceType": ["Patient"]}', "no resourceType that FHIR"),
        (b'{"resourceType": "DomainResource"}', "no resourceType that FHIR"),
        (b'{"resourceType": "Bundle", "entry": {}}', "have to be a list"),
        (b'{"resourceType": "Bundle", "entry": [5]}', "has to be an object"),
        (b'{"resourceType": "Bundle", "resourceType": "Bundle"}', "same key twice"),
        (b'{"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE"}}]}', "asks to delete"),
        (b"[" * 100_000, "nested more than"),
        (b'{"a":' * 100_000, "nested more than"),
    ],
)
def test_what_is_no_fhir_is_refused(data: bytes, reason: str, ada: str, tmp_path: Path) -> None:
    assert reason in refused(ada, write(tmp_path, data))[2]


def text_with(old: str, new: str) -> str:
    """Ada's file with her weight written in another way."""
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        (text_with("70.50", '"70.50"'), "Observation.valueQuantity.value", "a number, without quotation marks"),
        (text_with("70.50", "true"), "Observation.valueQuantity.value", "a number"),
        (text_with("70.50", "NaN"), "Observation.valueQuantity.value", "or is none"),
        (text_with("70.50", "-Infinity"), "Observation.valueQuantity.value", "or is none"),
        (text_with("70.50", "1e400000"), "Observation.valueQuantity.value", "exponent"),
        (text_with("70.50", "1" * 5000), "Observation.valueQuantity.value", "longer than 40 characters"),
        (text_with("70.50", "0." + "1" * 5000), "Observation.valueQuantity.value", "longer than 40 characters"),
        (text_with('"kg"', "5"), "Observation.valueQuantity.unit", "has to be text"),
        (text_with('"unit":"kg"', '"unit":"kg","unit":"lb"'), "Observation.valueQuantity", "same key twice"),
        (text_with('"status":"final",', ""), "Observation.status", "missing"),
        (text_with('"status":"final"', '"status":"final","Ada_Winters":1'), "Observation", "does not have"),
        (text_with('"status":"final"', '"status":"final","status__ext":{}'), "Observation", "does not have"),
        (text_with('{"text":"Body weight"}', '"{}"'), "Observation.code", "has to be an object"),
        (text_with('"final"', '"final","valueInteger":1'), "Observation", "not one that FHIR"),
        (text_with('"final"', '"final","effectiveDateTime":"2019-02-30"'), "Observation.effectiveDateTime", "not what"),
        (
            text_with('"final"', '"final","effectiveDateTime":20190230'),
            "Observation.effectiveDateTime",
            "has to be text",
        ),
        (text_with('"final"', '"final","contained":[{"resourceType":"Ada"}]'), "Observation.contained[0]", "R4 knows"),
        (text_with('"final"', '"final","contained":[{"id":"x"}]'), "Observation.contained[0]", "R4 knows"),
        (text_with("Body weight", "Body\\u0000weight"), "", "control character"),
        (text_with("Body weight", "Body\\bweight"), "", "control character"),
        (text_with("Body weight", "Body\\ud800weight"), "", "control character"),
        (text_with('"Observation"', '"Bundle"'), "Bundle", "does not have"),
    ],
)
def test_what_the_models_let_pass_or_find_is_refused_with_its_place(
    text: str, path: str, reason: str, ada: str, tmp_path: Path
) -> None:
    entry, at, why = refused(ada, write(tmp_path, text))
    assert (entry, at) == (2, path)
    assert reason in why
    assert not any(word in why for word in ("Ada", "Winters", "weight", "70", "2019"))


def test_an_escaped_letter_is_no_control_character(ada: str, tmp_path: Path) -> None:
    text = text_with("Body weight", "Gewicht f\\u00fcr \\ud83d\\ude00 \\\\u0000 \\t")
    assert isinstance(import_file(write(tmp_path, text), ada), Imported)
    assert Resource.objects.get(type="Observation").raw["code"]["text"] == "Gewicht für 😀 \\u0000 \t"


def test_a_byte_order_mark_says_nothing(ada: str, tmp_path: Path) -> None:
    assert isinstance(import_file(write(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()), ada), Imported)
    assert isinstance(import_file(write(tmp_path, b"\xef\xbb\xbf" + lines(ADA, weight("2")).encode()), ada), Imported)


def test_what_is_nested_too_deep_is_refused_with_its_place(ada: str, tmp_path: Path) -> None:
    deep: dict[str, Any] = {"url": "x", "valueString": "y"}
    for _ in range(100):
        deep = {"url": "x", "extension": [deep]}
    entry, path, reason = refused(ada, write(tmp_path, bundle(ADA, weight(extension=[deep]))))
    assert (entry, path[:30]) == (2, "Observation.extension[0].exten")
    assert reason == "It is nested more than 64 deep."


def test_a_bad_line_of_ndjson_is_named(ada: str, tmp_path: Path) -> None:
    text = lines(ADA, weight(), weight("2"))
    assert refused(ada, write(tmp_path, text[:-10]))[0] == 3
    assert refused(ada, write(tmp_path, text + "\n\nhello\n"))[0] == 6
    assert refused(ada, write(tmp_path, text.encode() + b'{"a":"\xff"}\n'))[0] == 4


def test_what_is_too_large_is_refused(ada: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.record.checks.BIGGEST_RESOURCE", 400)
    monkeypatch.setattr("portal.record.importing.BIGGEST_RESOURCE", 400)
    big = weight(note=[{"text": "x" * 400}])
    assert "A resource is larger" in refused(ada, write(tmp_path, bundle(ADA, big)))[2]
    assert refused(ada, write(tmp_path, lines(ADA, big)))[0] == 2
    monkeypatch.setattr("portal.record.checks.BIGGEST_DOCUMENT", 400)
    assert "read as NDJSON" in refused(ada, write(tmp_path, bundle(ADA, big)))[2]


def test_a_name_that_is_too_long_is_refused(ada: str, tmp_path: Path) -> None:
    entry = {"fullUrl": "urn:" + "x" * 300, "resource": ADA}
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert "more than 300 characters" in refused(ada, write(tmp_path, text))[2]


def test_markup_and_formulas_are_kept_as_text(ada: str, tmp_path: Path) -> None:
    nasty = "=cmd|' /C calc'!A0<script>alert(1)</script>'; DROP TABLE record_resource; --"
    import_file(write(tmp_path, bundle(ADA, weight(note=[{"text": nasty}]))), ada)
    assert Resource.objects.get(type="Observation").raw["note"][0]["text"] == nasty


@pytest.mark.parametrize("type_", sorted(validating.ONLY_R4))
def test_types_that_only_r4_has_are_kept_with_their_json_checked(type_: str) -> None:
    validating.validate({"resourceType": type_, "anything": {"at": ["all", 1, None]}})
    with pytest.raises(BadError, match="same key twice"):
        validating.validate(checks.parse_json(f'{{"resourceType":"{type_}","a":{{"b":[{{"c":1,"c":2}}]}}}}'))
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(BadError, match="deep"):
        validating.validate({"resourceType": type_, "a": deep})


def test_a_refused_command_ends_with_one_and_says_why(ada: str, tmp_path: Path, capsys: Any) -> None:
    path = write(tmp_path, text_with("70.50", '"70.50"'))
    with pytest.raises(CommandError, match="nothing was changed") as failed:
        call_command("import_fhir", path, person=ada)
    assert failed.value.returncode == 1
    said = capsys.readouterr().err.splitlines()[-1]
    where = f"{path}, entry 2, Observation.valueQuantity.value"
    assert said == f"{where}: There has to be a number, without quotation marks."


def test_five_million_brackets_are_refused(ada: str, tmp_path: Path) -> None:
    # Somebody who looked from each of them to the end would be at it for hours.
    refused(ada, write(tmp_path, b'{"resourceType":"Bundle","entry":[' + b"[" * 5_000_000))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_stored_and_never_breaks_the_import(ada: str, tmp_path: Path, data: Any) -> None:
    good = GOOD.encode()
    at, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 20))
    put = data.draw(st.one_of(st.binary(max_size=10), st.sampled_from([b"null", b"[]", b"{}", b'""', b"-1"])))
    done = import_file(write(tmp_path, good[:at] + put + good[at + length :]), ada)
    assert type(done).__name__ in ("Refused", "Imported", "Unchanged")
