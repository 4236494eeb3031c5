"""SMART Health Cards of vaccines: signed FHIR in a QR code, which the apps of schools, employers and borders read.

By https://spec.smarthealth.cards (version 1.4): a verifiable credential as a JWS with ES256, compressed by DEFLATE. The
keys that check it are at /.well-known/jwks.json. A card holds only what somebody who checks it needs: name, birth date,
and of each vaccine its code, day, lot and who gave it.
"""

import hashlib
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import segno
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe
from jwt.api_jws import PyJWS

from accounts.models import Account
from deers import lookup
from deers.registry import Beneficiary
from portal.codes import CVX
from portal.record import queries
from portal.record.models import Vaccine

# The longest JWS that one QR code of version 22 holds, which phones read well (the specification).
LONGEST = 1195
# The digits of a QR code are each letter's number less this one (the specification).
LESS = 45
SCHEME = "shc:/"
# As many cards as anybody shows. Further vaccines are on the certificate.
MOST_CARDS = 10
MOST_VACCINES = 100
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Card:
    """One card: its JWS, and the vaccines on it."""

    jws: str
    vaccines: tuple[Vaccine, ...]

    @property
    def qr(self) -> str:
        """Return the QR code as an SVG in a data URI."""
        # Two segments, or it would not fit.
        code = segno.make([SCHEME, self.digits], error="l")  # type: ignore[arg-type]
        return code.svg_data_uri(scale=3, border=4, dark="#000", light="#fff")

    @property
    def digits(self) -> str:
        """Return what the QR code says after its scheme: each letter of the JWS as two digits."""
        return "".join(f"{ord(letter) - LESS:02}" for letter in self.jws)


@lru_cache(maxsize=2)
def signing_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key that a deployment's 32 bytes stand for."""
    return ec.derive_private_key(int.from_bytes(secret) % (P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key(secret: bytes) -> dict[str, str]:
    """Return the JSON Web Key that checks our cards. Its id is its thumbprint (RFC 7638)."""
    numbers = signing_key(secret).public_key().public_numbers()
    key = {"crv": "P-256", "kty": "EC", "x": coordinate(numbers.x), "y": coordinate(numbers.y)}
    thumbprint = hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).digest()
    return key | {"kid": in_base64(thumbprint), "use": "sig", "alg": "ES256"}


def coordinate(number: int) -> str:
    return in_base64(number.to_bytes(32))


def in_base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@login_not_required
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """Return the keys that check our cards, for everybody. Without a key there are none, and no cards."""
    secret = settings.HEALTH_CARD_KEY
    answer = JsonResponse({"keys": [public_key(secret)] if secret else []})
    answer["Access-Control-Allow-Origin"] = "*"  # the apps that check cards are web pages too
    return answer


def card(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the cards of a person's vaccines, and the vaccines that no card can hold."""
    person = lookup.person(account.dod_id or "") if settings.HEALTH_CARD_KEY else None
    if not settings.HEALTH_CARD_KEY:
        raise Http404
    given, left_out = vaccines_of(account.dod_id)
    cards = list(make_cards(person, given, timezone.now())) if person else []
    return {"cards": cards, "left_out": left_out, "is_silent": person is None, "item_title": "Vaccine QR codes"}


def download(account: Account, query: QueryDict) -> HttpResponse:
    """Return the cards as a file that health apps import."""
    found = card(account, query)
    if not found["cards"]:
        raise Http404
    answer = JsonResponse({"verifiableCredential": [one.jws for one in found["cards"]]})
    answer["Content-Type"] = "application/smart-health-card"
    answer["Content-Disposition"] = 'attachment; filename="vaccines.smart-health-card"'
    return answer


def vaccines_of(patient: str | None) -> tuple[list[Vaccine], list[Vaccine]]:
    """Return the vaccines that were given, newest first: those with a CVX code and a day, and the others."""
    rows = queries.newest_first(queries.of(Vaccine, patient).filter(was_given=True))[:MOST_VACCINES]
    given, left_out = list[Vaccine](), list[Vaccine]()
    for row in rows:
        fits = row.code_system == CVX and len(row.said) >= len("2019-03-04")
        (given if fits else left_out).append(row)
    return given, left_out


def make_cards(person: Beneficiary, vaccines: list[Vaccine], now: datetime) -> Iterator[Card]:
    """Yield cards with as many vaccines each as fit into one QR code."""
    rest, made = list(vaccines), 0
    while rest and made < MOST_CARDS:
        number = len(rest)
        while number > 1 and len(sign(person, rest[:number], now)) > LONGEST:
            number -= 1
        yield Card(sign(person, rest[:number], now), tuple(rest[:number]))
        rest, made = rest[number:], made + 1


def sign(person: Beneficiary, vaccines: list[Vaccine], now: datetime) -> str:
    """Return the signed card of these vaccines."""
    payload = json.dumps(credential(person, vaccines, now), separators=(",", ":")).encode()
    squeezer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    squeezed = squeezer.compress(payload) + squeezer.flush()
    secret = settings.HEALTH_CARD_KEY
    headers = {"zip": "DEF", "alg": "ES256", "kid": public_key(secret)["kid"], "typ": None}
    return PyJWS().encode(squeezed, signing_key(secret), algorithm="ES256", headers=headers)


def credential(person: Beneficiary, vaccines: list[Vaccine], now: datetime) -> dict[str, Any]:
    """Return what is signed: who says it, when, and the FHIR bundle."""
    given = [part for part in (person.first_name, person.middle_name) if part]
    patient = {
        "resourceType": "Patient",
        "name": [{"family": person.last_name, "given": given}],
        "birthDate": person.date_of_birth.isoformat(),
    }
    resources = [patient, *map(immunization, vaccines)]
    return {
        "iss": settings.SITE_ADDRESS,
        "nbf": int(now.timestamp()),
        "vc": {
            "type": ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"],
            "credentialSubject": {
                "fhirVersion": "4.0.1",
                "fhirBundle": {
                    "resourceType": "Bundle",
                    "type": "collection",
                    "entry": [
                        {"fullUrl": f"resource:{number}", "resource": resource}
                        for number, resource in enumerate(resources)
                    ],
                },
            },
        },
    }


def immunization(row: Vaccine) -> dict[str, Any]:
    """Return a vaccine with only what a card may hold."""
    found: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": row.code}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": row.said[:10],
    }
    if row.lot_number:
        found["lotNumber"] = row.lot_number
    if by := row.location or row.performer:
        found["performer"] = [{"actor": {"display": by}}]
    return found
