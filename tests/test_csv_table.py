"""Tables: one block for each row, with the names of its columns, and no cell lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.document import Document
from ingest.readers.csv_table import read

PAPERS = "Title,Link,Abstract\nAlpha,https://a.b/1,First of all.\nBeta,https://a.b/2,Then.\n"


def texts(document: Document) -> list[tuple[str, str]]:
    return [(str(block.locator), block.text) for block in document.blocks]


def test_a_row_is_a_block_with_its_number_its_title_and_its_column_names() -> None:
    document = read(PAPERS.encode(), "data/papers.csv")
    assert texts(document) == [
        ("row 1; § Alpha", "Title: Alpha\nAbstract: First of all.\nLink: https://a.b/1"),
        ("row 2; § Beta", "Title: Beta\nAbstract: Then.\nLink: https://a.b/2"),
    ]
    assert {(block.kind, block.whole) for block in document.blocks} == {("row", True)}
    assert document.title == "papers"
    assert document.notes == ()


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_found(delimiter: str) -> None:
    source = (
        f"Name{delimiter}Note\nOne{delimiter}a, b; c\nTwo{delimiter}d\n" if delimiter != "," else "Name,Note\nOne,a\n"
    )
    assert texts(read(source.encode(), "a.csv"))[0][1].startswith("Name: One\nNote: a")


def test_empty_cells_and_columns_are_left_out() -> None:
    document = read(b"Name,Empty,Size\nOne,,3\nTwo,,\n", "a.csv")
    assert [text for _, text in texts(document)] == ["Name: One\nSize: 3", "Name: Two"]


def test_a_table_without_a_header_gets_numbered_columns_and_a_note() -> None:
    document = read(b"1,https://a.b\n2,https://c.d\n", "a.csv")
    assert texts(document)[0] == ("row 1", "column 1: 1\ncolumn 2: https://a.b")
    assert "no header" in document.notes[0]


def test_ragged_rows_are_told_and_lose_nothing() -> None:
    document = read(b"A,B\n1,2\n3,4,5\n6\n", "a.csv")
    assert [text for _, text in texts(document)] == ["A: 1\nB: 2", "A: 3\nB: 4\ncolumn 3: 5", "A: 6"]
    assert document.notes == ("2 of 3 rows have more or fewer fields than the header (2): rows 2, 3",)


def test_a_quotation_mark_that_never_closes_does_not_swallow_the_rest() -> None:
    document = read(b'A,B\n"one,2\nthree,4\nfive,6\n', "a.csv")
    assert [text for _, text in texts(document)] == ['A: "one\nB: 2', "A: three\nB: 4", "A: five\nB: 6"]
    assert "never closed" in document.notes[0]


def test_a_cell_may_be_huge_and_span_lines() -> None:
    long = "word " * 60_000
    document = read(f'Title,Text\nA,"{long}\nsecond"\nB,c\n'.encode(), "a.csv")
    assert document.blocks[0].text == f"Title: A\nText: {long}\nsecond"
    assert len(document.blocks) == 2


def test_a_title_column_is_known_by_its_last_word() -> None:
    assert texts(read(b"Id,Paper title\n1,Alpha\n", "a.csv"))[0][0] == "row 1; § Alpha"


def test_encodings_are_those_of_all_texts() -> None:
    document = read("Name;Größe\nÄpfel;3\n".encode("latin-1"), "a.csv")
    assert texts(document)[0][1] == "Name: Äpfel\nGröße: 3"
    assert document.notes == ("read as Latin-1",)


def test_another_delimiter_in_a_few_cells_is_not_taken_for_the_table_s() -> None:
    document = read(b'"Name","Text"\n"","a;"\n"","b;"\n"c"\n', "a.csv")
    assert [text for _, text in texts(document)] == ["Text: a;", "Text: b;", "Name: c"]


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=12)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=8))
def test_each_cell_is_in_the_block_of_its_row(rows: list[list[str]]) -> None:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assume(filled)
    table = io.StringIO()
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([["Name", "Text", "Size", "Note"], *rows])
    blocks = {block.locator.row: block.text for block in read(table.getvalue().encode(), "a.csv").blocks}
    assert len(blocks) == len(filled)
    for number, row in enumerate(filled, 1):
        assert all(cell.strip() in blocks[number] for cell in row)
