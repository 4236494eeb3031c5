"""The guides: one source, a page and a PDF, every number from the policy."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core import policy
from support import guides

SLUGS = sorted(guides.GUIDES)


def words(pdf: bytes) -> str:
    """What a PDF says, in one line."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is missing: install poppler-utils to read what the PDFs say")
    run = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(run.stdout.decode().split())


def page_and_pdf(client: Client, slug: str) -> tuple[str, str]:
    page = client.get(reverse("guide", args=[slug]))
    pdf = client.get(reverse("guide-pdf", args=[slug]))
    assert page.status_code == pdf.status_code == 200
    return page.content.decode(), words(pdf.content)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_visitor_reads_a_guide(client: Client, slug: str) -> None:
    page = client.get(reverse("guide", args=[slug])).content.decode()
    assert guides.GUIDES[slug].title in page
    for section in guides.html(guides.GUIDES[slug])[1]:
        assert f'href="#{section.id}"' in page
        assert page.count(f'id="{section.id}"') == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_the_pdf_is_tagged_and_carries_its_title_language_and_date(client: Client, slug: str) -> None:
    answer = client.get(reverse("guide-pdf", args=[slug]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in answer.content
    assert b"/Marked true" in answer.content
    assert b"/Lang(en-US)" in answer.content
    assert b"pdfuaid:part" in answer.content
    assert b"/Outlines" in answer.content
    assert b"/DisplayDocTitle true" in answer.content
    assert guides.GUIDES[slug].title in words(answer.content)
    assert "Page 1 of " in words(answer.content)
    assert f"Reviewed {policy.REVIEWED:%B %-d, %Y}" in words(answer.content)


def test_a_guide_that_does_not_exist_is_not_found(client: Client) -> None:
    for slug in ("passkeys", "registration.md", "layout"):
        assert client.get(f"/support/guides/{slug}/").status_code == 404
        assert client.get(f"/support/guides/{slug}.pdf").status_code == 404


def test_a_browser_that_has_the_pdf_is_not_sent_it_again(client: Client) -> None:
    address = reverse("guide-pdf", args=["upgrade"])
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_the_pdf_is_made_once_and_the_same_in_every_process() -> None:
    source = guides.typst_source(guides.GUIDES["registration"])
    assert guides.typeset(source) is guides.typeset(source)
    guides.typeset.cache_clear()
    once = guides.typeset(source)
    guides.typeset.cache_clear()
    assert guides.typeset(source) == once


# What each guide says of a changed policy.
CHANGED = {
    "registration": ("37 hours", "7 attempts", "asks 9"),
    "upgrade": ("37 hours", "7 attempts", "asks 9"),
    "second-step": ("shows 13 backup codes", "After 37 hours"),
    "family": ("for 37 hours", "make 7 codes a day", "From 9 on", "the 23th birthday"),
    "record": ("for 37 hours", "for 7 copies a day"),
}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_changed_policy_changes_page_and_pdf(client: Client, monkeypatch: pytest.MonkeyPatch, slug: str) -> None:
    first_tag = client.get(reverse("guide-pdf", args=[slug]))["ETag"]
    for name in ("CODE_LIFE_EMAIL", "LOST_FACTOR_WAIT", "SHARE_LIFE", "EXPORT_KEPT"):
        monkeypatch.setattr(policy, name, timedelta(hours=37))
    for name in ("DELEGATIONS_OFFERED", "EXPORTS_PER_ACCOUNT"):
        monkeypatch.setattr(policy, name, replace(getattr(policy, name), times=7))
    for name, number in (("QUIZ_ATTEMPTS", 7), ("BACKUP_CODES", 13), ("SENSITIVE_FROM_AGE", 9), ("ADULT_AGE", 23)):
        monkeypatch.setattr(policy, name, number)
    premium = replace(policy.STRENGTH[policy.Level.PREMIUM], questions=9)
    monkeypatch.setitem(policy.STRENGTH, policy.Level.PREMIUM, premium)
    page, pdf = page_and_pdf(client, slug)
    for said in CHANGED[slug]:
        assert said in page
        assert said in pdf
    assert client.get(reverse("guide-pdf", args=[slug]))["ETag"] != first_tag


@pytest.mark.parametrize("slug", SLUGS)
def test_no_number_stands_in_a_guide_but_through_the_policy(slug: str) -> None:
    text = (guides.FOLDER / f"{slug}.md").read_text()
    bare = re.sub(r"{{.*?}}|{%.*?%}", "", text)
    bare = re.sub(r"^\d\. |^## Step \d\.|\(Level [12]\)", "", bare, flags=re.MULTILINE)
    assert not re.findall(r"\d", bare)


def test_html_in_a_guide_would_be_shown_not_obeyed() -> None:
    html = guides.MARKDOWN.render("<script>alert(1)</script> [x](javascript:alert(1))")
    assert "<script>" not in html
    assert "href" not in html
