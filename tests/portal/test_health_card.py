"""Vaccines as SMART Health Cards: others check them with another library than the one that signs."""

import json
import zlib
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from jwcrypto.jwk import JWKSet
from jwcrypto.jws import JWS, InvalidJWSSignature

from accounts.models import Account
from core.policy import Level
from portal import health_card
from portal.record.importing import store_resources
from portal.record.projecting import project_patient
from tests import people
from tests.portal.conftest import open_account

pytestmark = pytest.mark.django_db

PAGE = "/portal/immunizations/card/"
CVX = "http://hl7.org/fhir/sid/cvx"


@pytest.fixture
def rosa(client: Client) -> Account:
    return open_account("rosa.b", people.load("rosa").dod_id, Level.BASIC)


def vaccinated(account: Account, *given: dict[str, Any]) -> None:
    shot = {"resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2024-10-02T09:00:00-04:00"}
    flu = {"vaccineCode": {"coding": [{"system": CVX, "code": "140", "display": "Influenza"}]}, "lotNumber": "F-77"}
    resources = [shot | flu | {"id": f"shot-{number}"} | one for number, one in enumerate(given)]
    store_resources(account.dod_id or "", "clinic", [("", resource) for resource in resources])
    project_patient(account.dod_id or "")


def keys(client: Client) -> JWKSet:
    response = client.get("/.well-known/jwks.json")
    assert response["Access-Control-Allow-Origin"] == "*"
    return JWKSet.from_json(response.content.decode())


def checked(jws: str, known: JWKSet) -> dict[str, Any]:
    """What a card says, if its signature is right."""
    token = JWS()
    token.deserialize(jws)
    assert set(token.jose_header) == {"alg", "kid", "zip"}
    token.verify(known.get_key(token.jose_header["kid"]))
    return json.loads(zlib.decompress(token.payload, wbits=-zlib.MAX_WBITS))


def cards(client: Client) -> list[health_card.Card]:
    return client.get(PAGE).context["cards"]


def test_a_strangers_app_checks_rosas_card(client, rosa, settings):
    vaccinated(rosa, {})
    client.force_login(rosa)
    (card,) = cards(client)
    client.logout()
    said = checked(card.jws, keys(client))
    assert said["iss"] == settings.SITE_ADDRESS
    patient, shot = (entry["resource"] for entry in said["vc"]["credentialSubject"]["fhirBundle"]["entry"])
    assert patient["name"] == [{"family": rosa_name().last, "given": [rosa_name().first, *rosa_name().middle.split()]}]
    assert shot["vaccineCode"]["coding"] == [{"system": CVX, "code": "140"}]
    assert (shot["occurrenceDateTime"], shot["lotNumber"]) == ("2024-10-02", "F-77")


def rosa_name() -> Any:
    return people.load("rosa").name


def test_a_changed_card_is_found_out(client, rosa):
    vaccinated(rosa, {})
    client.force_login(rosa)
    head, payload, signature = cards(client)[0].jws.split(".")
    with pytest.raises(InvalidJWSSignature):
        checked(f"{head}.{payload[:-2]}{'A' if payload[-2] != 'A' else 'B'}{payload[-1]}.{signature}", keys(client))


def test_the_digits_of_the_code_are_the_letters_of_the_card():
    card = health_card.Card("eyJ.-_z9", ())
    digits = card.digits
    assert "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2)) == card.jws
    assert card.qr.startswith("data:image/svg+xml")


def test_many_vaccines_go_on_several_cards_and_none_is_lost(client, rosa):
    vaccinated(rosa, *({"lotNumber": sha256(b"%d" % number).hexdigest()[:20]} for number in range(60)))
    client.force_login(rosa)
    found = cards(client)
    assert len(found) > 1
    assert all(len(card.jws) <= health_card.LONGEST for card in found)
    assert sum(len(card.vaccines) for card in found) == 60


def test_what_has_no_code_or_no_day_is_named_and_not_on_a_card(client, rosa):
    vaccinated(rosa, {}, {"vaccineCode": {"text": "Plague"}}, {"occurrenceDateTime": "2024"}, {"status": "not-done"})
    client.force_login(rosa)
    assert [len(card.vaccines) for card in cards(client)] == [1]
    page = client.get(PAGE)
    assert len(page.context["left_out"]) == 2
    assert "Plague" in page.content.decode()


def test_the_file_for_health_apps_has_the_same_cards(client, rosa):
    vaccinated(rosa, {})
    client.force_login(rosa)
    response = client.get("/portal/immunizations/card.smart-health-card")
    assert response["Content-Type"] == "application/smart-health-card"
    (jws,) = json.loads(response.content)["verifiableCredential"]
    checked(jws, keys(client))


def test_without_vaccines_there_is_no_card_and_no_file(client, rosa):
    client.force_login(rosa)
    assert "None of the vaccines" in client.get(PAGE).content.decode()
    assert client.get("/portal/immunizations/card.smart-health-card").status_code == 404


def test_without_a_key_no_cards_are_offered(client, rosa, settings):
    settings.HEALTH_CARD_KEY = b""
    vaccinated(rosa, {})
    client.force_login(rosa)
    assert client.get(PAGE).status_code == 404
    assert "QR codes" not in client.get("/portal/immunizations/").content.decode()
    assert client.get("/.well-known/jwks.json").json() == {"keys": []}
