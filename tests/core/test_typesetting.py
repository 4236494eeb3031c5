"""Markdown becomes Typst that says the same, no matter what the text holds."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from core import typesetting
from support import guides
from tests.support.test_guides import words

MADE = datetime(2026, 11, 23, tzinfo=UTC)
ABOUT = {"title": 'A "title" with #marks \\ and $signs$', "summary": "", "phone": "", "hours": "", "reviewed": "today"}
# Everything that means something to Markdown or to Typst, beside any other character.
MARKS = st.sampled_from(list("#$*_`<>@=-+/\\~[](){}|'\"&!;:.,^\n\t 1a\u00e9\u4e2d\u202e\u0301\U0001f396"))


def compiled(markdown: str) -> bytes:
    # PDF/UA refuses characters that no font of ours has, so a text of any characters is set without it.
    source = typesetting.document(guides.MARKDOWN.parse(markdown), **ABOUT)
    return typesetting.typeset(source, made=MADE, standard=None)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(MARKS, max_size=60)))
def test_any_markdown_compiles(markdown: str) -> None:
    assert compiled(markdown).startswith(b"%PDF-")


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30))
def test_marks_of_typst_are_only_characters(text: str) -> None:
    code = typesetting.quote(text)
    assert code[0] == code[-1] == '"'
    assert code[1:-1].replace("\\\\", "").replace('\\"', "").count('"') == 0


def test_text_that_looks_like_typst_is_printed_as_it_stands() -> None:
    said = words(compiled("#panic(1) \\$x\\$ @ref \\<label> // no comment"))
    assert "#panic(1) $x$ @ref <label> // no comment" in said


@pytest.mark.parametrize(
    "markdown",
    [
        "# One\n\n## Two\n\ntext\n\n### Three",
        "1. one\n2. two\n\n   more\n\n   - inner",
        "7. seven\n8. eight",
        "| a | b |\n|---|---|\n| 1 | **2** |\n| 3 | |",
        "> a remark\n>\n> - with a list",
        "`code`\n\n    block\n\n```\nfence\n```\n\n---",
        "[link](/register/) [none]() [hash](#here) <https://dslogon.example/>",
        "![a picture](x.png) *em* **strong** hard  \nbreak",
    ],
)
def test_every_part_of_markdown_has_its_typst(markdown: str) -> None:
    source = typesetting.document(guides.MARKDOWN.parse(markdown), **ABOUT)
    assert typesetting.typeset(source, made=MADE).startswith(b"%PDF-")


def test_links_within_the_site_are_whole_on_paper() -> None:
    source = typesetting.document(guides.MARKDOWN.parse("[here](/register/)"), **ABOUT)
    assert 'link("http://localhost:8000/register/"' in source
    assert "here (localhost:8000/register/)" in words(typesetting.typeset(source, made=MADE))


def test_without_the_design_system_the_guide_is_set_in_the_font_that_typst_brings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(typesetting, "FONTS", tmp_path / "nowhere")
    made = typesetting.typeset(guides.typst_source(guides.GUIDES["registration"]), made=MADE)
    assert "How to create your DS Logon account" in words(made)


RECORD = '#import "/record.typ": certificate\n#certificate(json(bytes(sys.inputs.data)))'
FACTS = {"title": "T", "name": "N", "born": "B", "made": "M", "by": "D", "note": ""}


def paper(*texts: str) -> bytes:
    data = {"about": FACTS, "before": list(texts), "rows": [], "after": []}
    return typesetting.typeset_data(RECORD, data, made=MADE)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(MARKS, max_size=60)))
def test_any_text_of_a_record_meets_the_standard(text: str) -> None:
    assert b"pdfuaid:part" in paper(text)


def test_each_character_that_no_font_has_is_replaced_and_no_other() -> None:
    many = "".join(chr(0x4E00 + number) for number in range(300))
    said = words(paper("Adán Łuk ≥ 5 µg", many, "\x00 \x01 🎖"))
    assert "Adán Łuk ≥ 5 µg" in said
    for number in (0x4E00, 0x4F2B, 0, 1, 0x1F396):
        assert f"[U+{number:04X}]" in said


def test_what_is_wrong_with_a_layout_is_an_error_still() -> None:
    with pytest.raises(typst.TypstError, match="unknown variable"):
        typesetting.typeset_data("#nothing", {}, made=MADE)
