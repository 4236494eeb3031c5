"""The pictures of the guides: shown where somebody has taken them, and not missed where nobody has."""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dslogon.settings import base
from dslogon.up import pictures as taking
from support import guide_pictures, guides
from tests.support.test_guides import words

IN_MARKDOWN = re.compile(r"^!\[(?P<says>[^\]]+)\]\((?P<name>\S+) \"(?P<caption>[^\"]+)\"\)$", re.MULTILINE)
WITH_PICTURES = sorted(slug for slug in guides.GUIDES if "![" in (guides.FOLDER / f"{slug}.md").read_text())


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def points(color: bytes) -> bytes:
    """Two points of this color beside each other, as PNG."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" + color * 2))
        + chunk(b"IEND", b"")
    )


RED, BLUE = points(b"\xff\0\0"), points(b"\0\0\xff")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder of the pictures, which is empty."""
    settings.GUIDE_PICTURES = tmp_path
    return tmp_path


def taken(slug: str, name: str, content: bytes = RED) -> None:
    file = guide_pictures.picture_file(slug, name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def pictures_of(slug: str) -> list[dict[str, str]]:
    """The pictures that the Markdown of a guide names."""
    return [found.groupdict() for found in IN_MARKDOWN.finditer((guides.FOLDER / f"{slug}.md").read_text())]


def test_three_guides_have_pictures_and_each_says_what_it_shows() -> None:
    assert WITH_PICTURES == ["family", "record", "second-step"]
    for slug in WITH_PICTURES:
        source = (guides.FOLDER / f"{slug}.md").read_text()
        named = pictures_of(slug)
        assert len(named) == source.count("![")
        assert all(len(one["says"]) > 40 and one["says"].endswith(".") for one in named)


def test_the_command_takes_every_picture_that_a_guide_names_and_no_other() -> None:
    named = [f"{slug}/{one['name']}" for slug in WITH_PICTURES for one in pictures_of(slug)]
    assert sorted(shot.file for shot in taking.OF_GUIDES) == sorted(named)
    assert taking.GUIDES == base.GUIDE_PICTURES


def test_what_the_command_takes_is_never_in_the_repository() -> None:
    assert "/var/" in (base.BASE_DIR / ".gitignore").read_text().split()
    assert taking.GUIDES.is_relative_to(base.BASE_DIR / "var")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("slug", WITH_PICTURES)
def test_a_guide_whose_pictures_nobody_has_taken_reads_as_if_it_had_none(client: Client, slug: str) -> None:
    page = client.get(reverse("guide", args=[slug])).content.decode()
    pdf = client.get(reverse("guide-pdf", args=[slug])).content
    assert "<figure" not in page
    assert "<img" not in page.partition("<main")[2].partition("</main>")[0]
    assert b"/S/Figure" not in pdf
    said = words(pdf)
    for one in pictures_of(slug):
        assert one["caption"] not in page
        assert one["caption"] not in said
        assert client.get(reverse("guide-picture", args=[slug, one["name"]])).status_code == 404


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("slug", WITH_PICTURES)
def test_a_guide_shows_the_pictures_that_are_there_with_what_they_show_and_a_caption(client: Client, slug: str) -> None:
    tag = client.get(reverse("guide-pdf", args=[slug]))["ETag"]
    first, *others = pictures_of(slug)
    taken(slug, first["name"])
    page = client.get(reverse("guide", args=[slug])).content.decode()
    address = reverse("guide-picture", args=[slug, first["name"]])
    assert f'<img src="{address}" alt="{first["says"]}" loading="lazy"' in page
    assert f"<figcaption>{first['caption']}</figcaption>" in page
    answer = client.get(reverse("guide-pdf", args=[slug]))
    assert answer["ETag"] != tag
    for mark in (b"/S/Figure", b"/Alt(", b"pdfuaid:part", b"/StructTreeRoot"):
        assert mark in answer.content
    said = words(answer.content)
    assert first["caption"] in said
    for other in others:
        assert other["caption"] not in page
        assert other["caption"] not in said


@pytest.mark.usefixtures("folder")
def test_a_browser_gets_a_picture_once_and_again_when_it_was_taken_again(client: Client) -> None:
    taken("record", "access-history")
    address = reverse("guide-picture", args=["record", "access-history"])
    first = client.get(address)
    assert first["Content-Type"] == "image/png"
    assert first.content == RED
    known = {"if-none-match": first["ETag"]}
    assert client.get(address, headers=known).status_code == 304
    taken("record", "access-history", BLUE)
    assert client.get(address, headers=known).status_code == 200


@pytest.mark.parametrize("where", ["none/access-history", "record/none", "record/Access-History", "record/a_b"])
def test_no_address_of_a_picture_leads_to_anything_else(client: Client, folder: Path, where: str) -> None:
    taken("record", "access-history")
    (folder / "record/a_b.png").write_bytes(RED)
    assert client.get(f"/support/guides/{where}.png").status_code == 404


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("content", [b"", b"GIF89a", RED[:-1], RED[8:]])
def test_a_file_that_is_no_picture_is_left_out(client: Client, content: bytes) -> None:
    taken("record", "access-history", content)
    assert "<figure" not in client.get(reverse("guide", args=["record"])).content.decode()
    assert client.get(reverse("guide-pdf", args=["record"])).status_code == 200


@pytest.mark.usefixtures("folder")
def test_the_search_does_not_hang_on_which_pictures_are_there() -> None:
    before = guides.plain_tokens(guides.GUIDES["record"])
    taken("record", "access-history")
    assert guides.plain_tokens(guides.GUIDES["record"]) == before
