"""The PDF parts of a copy: nothing is left out, each part is bounded, and entries are counted from the file itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.export import pdf
from portal.export.contents import Entry, Section
from portal.export.writing import Person
from portal.papers import Line
from tests.support.test_guides import words

ADA = Person("Ada Winters", date(1958, 3, 14), datetime(2026, 11, 28, 22, 0, tzinfo=UTC))
NUMBER = UUID(int=1)


def entry(number: int, *lines: Line, when: str = "March 4, 2019") -> Entry:
    return Entry(NUMBER, f"Result: Test {number:04}", when, list(lines) or [Line("Status", "final", 0)])


def section(*entries: Entry, title: str = "Lab results") -> Section:
    return Section("labs", title, len(entries), lambda: iter(entries))


def parts_of(*entries: Entry) -> list[pdf.Part]:
    return list(pdf.write_parts(ADA, section(*entries)))


def test_a_part_is_pdf_ua_with_whose_it_is_and_a_number_on_each_page():
    (part,) = parts_of(*(entry(number, *[Line("Note", "x", 0)] * 20) for number in range(10)))
    assert part.name == "labs-01.pdf"
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en-US)", b"pdfuaid:part", b"/S/TOC"):
        assert mark in part.content
    said = words(part.content)
    pages = said.count("Ada Winters, born March 14, 1958")
    assert pages > 2
    assert said.count("Made by DS Logon, localhost:8000 on November 28, 2026, 5:00 PM (Eastern time)") == pages
    assert [number for number in range(1, pages + 1) if f"Page {number} of {pages}" not in said] == []
    assert said.count("Lab results") > pages
    assert "This is part" not in said


def test_the_contents_list_names_each_entry_with_its_date():
    (part,) = parts_of(entry(1), entry(2, when=""))
    contents = words(part.content).partition("Contents")[2]
    assert contents.count("Result: Test 0001, March 4, 2019") == 2
    assert contents.count("Result: Test 0002") == 2


def test_a_long_section_has_several_parts_that_name_each_other(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_ENTRIES", 3)
    parts = parts_of(*map(entry, range(7)))
    assert [(part.name, part.entries) for part in parts] == [("labs-01.pdf", 3), ("labs-02.pdf", 3), ("labs-03.pdf", 1)]
    assert "This is part 1 of this section. It goes on in labs-02.pdf." in words(parts[0].content)
    assert "This is part 3 of this section. It is the last one." in words(parts[2].content)
    said = " ".join(words(part.content) for part in parts)
    assert [number for number in range(7) if f"Test {number:04}" not in said] == []


def test_parts_are_read_from_the_store_only_as_they_are_needed(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_ENTRIES", 2)
    read = []

    def entries() -> Iterator[Entry]:
        for number in range(100):
            read.append(number)
            yield entry(number)

    next(pdf.write_parts(ADA, Section("labs", "Lab results", 100, entries)))
    assert len(read) < 10


def test_two_people_can_take_their_records_at_the_same_time(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_ENTRIES", 1)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: [part.entries for part in parts_of(*map(entry, range(4)))], range(4)))
    assert made == [[1, 1, 1, 1]] * 4


def test_an_entry_longer_than_a_part_goes_on_and_is_counted_once(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_LINES", 50)
    long = entry(2, *(Line("Item", f"number {number:03}", 0) for number in range(120)))
    parts = parts_of(entry(1), long, entry(3))
    assert [part.entries for part in parts] == [1, 1, 0, 1]
    assert [pdf.count_entries(part.content) for part in parts] == [1, 1, 0, 1]
    said = " ".join(words(part.content) for part in parts)
    assert "Result: Test 0002, March 4, 2019 (continued)" in said
    assert [number for number in range(120) if f"number {number:03}" not in said] == []


def test_a_very_long_text_is_there_to_its_end():
    text = " ".join(f"w{number}" for number in range(3_000))
    (part,) = parts_of(entry(1, Line("Note", text, 0)))
    said = words(part.content).replace("Lab results Page", "")
    assert [number for number in range(3_000) if f"w{number}" not in said] == []


def test_a_word_that_is_wider_than_the_paper_is_broken():
    (part,) = parts_of(entry(1, Line("Key", "A" * 500, 12)))
    assert words(part.content).replace(" ", "").replace(pdf.MAY_BREAK, "").count("A" * 24) > 15
    assert words(part.content).count("A" * 24) > 15


def test_the_files_of_an_entry_are_named():
    one = Entry(NUMBER, "Letter", "", [], ("attachments/00001.pdf",))
    assert "File: attachments/00001.pdf" in words(parts_of(one)[0].content)


def test_a_person_whose_birth_date_is_not_known_has_only_a_name_on_the_page():
    (part,) = pdf.write_parts(Person("Ada Winters", None, ADA.made_at), section(entry(1)))
    assert "born" not in words(part.content)


def test_a_section_without_entries_says_so():
    (part,) = parts_of()
    assert part.entries == pdf.count_entries(part.content) == 0
    assert "There is nothing in this section." in words(part.content)


@pytest.mark.parametrize(
    "title",
    ["12 0 obj\n<</Type/StructElem/S/H2/P 1 0 R", "a (b) \\ )/S/H2", "#panic(1) = H\n== H2", "", "中", "= x\n\n= y"],
)
def test_no_title_is_read_as_a_mark_of_typst_or_of_pdf(title):
    (part,) = parts_of(Entry(NUMBER, title, "", [Line(title, title, 0)]), entry(2))
    assert pdf.count_entries(part.content) == part.entries == 2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_any_text_is_set_and_counted(texts):
    title, label, value = texts
    (part,) = parts_of(Entry(NUMBER, title, "", [Line(label, value, 0)]))
    assert pdf.count_entries(part.content) == 1


def test_what_is_not_in_the_file_is_not_counted():
    (part,) = parts_of(entry(1), entry(2))
    heading = pdf.OBJECT.search(part.content, part.content.index(b"/S/H2") - 40)
    assert heading
    without = part.content.replace(b"/S/H2", b"/S/XX", 1)
    assert pdf.count_entries(without) == 1
    loose = part.content.replace(b"<</Type/StructElem/S/Document/P ", b"<</Type/StructElem/S/Document/P 999")
    assert pdf.count_entries(loose) == 0
    with pytest.raises(ValueError, match="no tree of tags"):
        pdf.count_entries(b"%PDF-1.7\n")
