"""A cited cell of a notebook: read from its file, shown with its output, the quote marked, nothing of it alive."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from index_store.errors import UnreadableFile
from ingest.notebook_cells import Cell, notebook_cell
from ingest.quote_places import quote_places
from tests.conftest import REPOSITORY
from ui.cell_view import LONGEST_PART, cell_html

LAB = REPOSITORY / "ingest" / "sample" / "notebooks" / "lab-08-token-costs.ipynb"


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def code(source: str, *outputs: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, "execution_count": 1}


def test_a_cell_of_the_sample_comes_with_what_it_printed() -> None:
    cell = notebook_cell(LAB.read_bytes(), LAB.name, 15)
    assert cell.is_code and cell.source.startswith("speeds = [")
    assert cell.outputs == ("lab-large writes about 41 tokens a second",)


def test_only_pictures_that_are_what_they_say_are_given() -> None:
    good, svg = base64.b64encode(png()).decode(), base64.b64encode(b"<svg onload=alert(1)>").decode()
    outputs = [{"output_type": "display_data", "data": {"image/png": kind, "text/plain": "<Figure>"}}
               for kind in (good, [good[:20], good[20:]], svg, "no base64 !", 7)]  # fmt: skip
    outputs.append({"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=alert(1)>"}})
    cell = notebook_cell(notebook(code("plot()", *outputs, "no output")), "a.ipynb", 1)
    assert cell.pictures == (("image/png", png()),) * 2


@pytest.mark.parametrize(("data", "number"), [(b"no json", 1), (b"{}", 1), (notebook(), 1), (LAB.read_bytes(), 0),
                                              (LAB.read_bytes(), 99)])  # fmt: skip
def test_a_cell_that_is_not_there_is_told(data: bytes, number: int) -> None:
    with pytest.raises(UnreadableFile, match=r"a\.ipynb") as caught:
        notebook_cell(data, "a.ipynb", number)
    assert caught.value.hint


def test_the_quote_is_marked_where_it_stands_and_all_is_escaped() -> None:
    cell = Cell(3, True, "print('<b>hi</b>')", ("<img src=x onerror=alert(1)> 41 tokens\na second",), ())
    shown = cell_html(cell, ["41 tokens a second"], "turns/t/cells/0")
    assert "<mark>41 tokens\na second</mark>" in shown
    assert "<img" not in shown and "<b>" not in shown and "&lt;b&gt;" in shown
    assert cell_html(cell, ["what is written in another cell"], "x") == ""


def test_of_a_long_output_what_is_around_the_quote_is_shown() -> None:
    cell = Cell(1, True, "", ("line\n" * 50_000 + "the loss is 0.25\n" + "line\n" * 50_000,), ())
    shown = cell_html(cell, ["the loss is 0.25"], "x")
    assert "<mark>the loss is 0.25</mark>" in shown and len(shown) < LONGEST_PART + 500


def test_pictures_are_asked_for_by_number() -> None:
    cell = Cell(2, False, "See the curve.", (), (("image/png", b""), ("image/png", b"")))
    assert "src='turns/t/cells/4/2'" in cell_html(cell, ["See the curve"], "turns/t/cells/4")


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [("1. a-b cd", "AB Cd", [3, 5, 7, 8]), ("abcd", "wxyz", []), ("abc", "abc", []), ("ß 1234", "1234", [2, 3, 4, 5])],
)
def test_a_quote_is_found_by_letters_and_digits(text: str, quote: str, found: list[int]) -> None:
    assert quote_places(text, quote) == found
