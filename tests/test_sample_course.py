"""The sample course is complete, and the labelled questions over it point to text that stands in it."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE = REPOSITORY / "ingest" / "sample"
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (REPOSITORY / "tests" / "data" / "sample_questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [row for row in ROWS if row["type"] != "unanswerable"]
TYPES = {"fact", "how", "definition", "comparison", "list", "paper", "followup", "paraphrase", "unanswerable"}
CUE_TIMES = re.compile(r"^(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})$", re.MULTILINE)


def _words(text: str) -> str:
    return " ".join(text.split())


def _notebook_units(path: Path) -> list[str]:
    units: list[str] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        units.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            units.append("".join(output.get("text", output.get("data", {}).get("text/plain", []))))
    return units


def _pdf_units(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def _units(path: Path) -> list[str]:
    """The text of one file, apart for each cell, page and CSV field, with white space made even."""
    if path.suffix == ".ipynb":
        raw = _notebook_units(path)
    elif path.suffix == ".pdf":
        raw = _pdf_units(path)
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            raw = [field for row in csv.reader(file) for field in row]
    elif path.suffix == ".vtt":
        text = CUE_TIMES.sub(" ", path.read_text(encoding="utf-8"))
        raw = [re.sub(r"<[^>]*>", " ", text)]
    else:
        raw = [path.read_text(encoding="utf-8")]
    return [_words(unit) for unit in raw]


TEXTS = {
    path.relative_to(SAMPLE).as_posix(): _units(path)
    for path in sorted(SAMPLE.rglob("*"))
    if path.suffix in {".md", ".ipynb", ".vtt", ".pdf", ".csv"}
}


def test_the_lessons_hold_ten_thousand_words_of_markdown() -> None:
    lessons = [units[0] for path, units in TEXTS.items() if path.endswith(".md")]
    assert len(lessons) >= 11
    assert sum(len(lesson.split()) for lesson in lessons) >= 10_000


def test_every_promised_format_is_there() -> None:
    assert Counter(Path(path).suffix for path in TEXTS) == {".md": 12, ".ipynb": 2, ".vtt": 1, ".pdf": 1, ".csv": 1}


def test_the_folder_holds_nothing_but_course_material() -> None:
    files = {path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*") if path.is_file()}
    assert files == set(TEXTS)


@pytest.mark.parametrize("name", [path for path in TEXTS if path.endswith(".ipynb")])
def test_a_notebook_is_valid_and_shows_outputs(name: str) -> None:
    notebook = json.loads((SAMPLE / name).read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell["outputs"]) for cell in code) >= 6
    assert all({"cell_type", "id", "metadata", "source"} <= set(cell) for cell in notebook["cells"])


def _run(cells: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> list[str]:
    space: dict[str, Any] = {}
    printed = []
    for cell in cells:
        exec("".join(cell["source"]), space)
        printed.append(capsys.readouterr().out)
    return printed


@pytest.mark.parametrize("name", [path for path in TEXTS if path.endswith(".ipynb")])
def test_the_outputs_of_a_notebook_are_what_its_code_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads((SAMPLE / name).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    kept = ["".join("".join(output.get("text", [])) for output in cell["outputs"]) for cell in code]
    assert _run(code, capsys) == kept


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_the_times_of_the_transcript_increase_over_some_eight_minutes() -> None:
    text = (SAMPLE / "office-hours.vtt").read_text(encoding="utf-8")
    cues = [(_seconds(*cue[:3]), _seconds(*cue[3:])) for cue in CUE_TIMES.findall(text)]
    assert text.startswith("WEBVTT\n")
    assert all(start < end for start, end in cues)
    assert all(before[1] <= after[0] for before, after in pairwise(cues))
    assert 420 <= cues[-1][1] <= 600
    assert set(re.findall(r"<v (\w+)>", text)) == {"Ines", "Tomas"}


def test_the_slides_have_ten_pages_with_text() -> None:
    pages = TEXTS["slides/agents-and-rag-overview.pdf"]
    assert len(pages) == 10
    assert all(len(page.split()) >= 20 for page in pages)


def test_each_paper_has_a_title_a_year_an_address_and_a_summary_of_its_own() -> None:
    with (SAMPLE / "papers.csv").open(encoding="utf-8", newline="") as file:
        papers = list(csv.DictReader(file))
    assert len(papers) >= 25
    assert all(set(paper) == {"title", "year", "url", "abstract"} for paper in papers)
    assert len({paper["title"] for paper in papers}) == len({paper["url"] for paper in papers}) == len(papers)
    assert all(60 <= len(paper["abstract"].split()) <= 100 for paper in papers)
    # An arXiv id begins with the year and month in which the paper was first submitted.
    assert all(paper["url"].split("/")[-1][:2] == paper["year"][2:] for paper in papers)


def test_ids_are_unique_and_no_question_stands_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"].lower() for row in ROWS}) == len(ROWS)


def test_about_half_of_at_least_a_hundred_questions_have_no_answer() -> None:
    assert len(ROWS) >= 100
    assert 0.45 <= 1 - len(ANSWERABLE) / len(ROWS) <= 0.55


def test_the_questions_vary_in_type_style_and_history() -> None:
    assert {row["type"] for row in ROWS} == TYPES
    assert {row["style"] for row in ANSWERABLE} == {"plain", "para", "keyword", "typo"}
    assert {row["style"] for row in ROWS if row not in ANSWERABLE} == {"plain", "para", "keyword", "typo"}
    assert sum("history" in row for row in ANSWERABLE) >= 8
    assert sum("history" in row for row in ROWS if row not in ANSWERABLE) >= 8
    assert {gold["path"] for row in ANSWERABLE for gold in row["gold"]} == set(TEXTS)


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_an_answerable_question_has_its_answer_in_the_course(row: dict[str, Any]) -> None:
    assert ("history" in row) == (row["type"] == "followup")
    assert 1 <= len(row["answer"].split()) <= 25
    for gold in row["gold"]:
        snippet = _words(gold["snippet"])
        assert 10 <= len(snippet.split()) <= 40
        assert any(snippet in unit for unit in TEXTS[gold["path"]]), snippet
        assert any(keyword in snippet for keyword in row["keywords"]), snippet
    assert not any(keyword.lower() in row["question"].lower() for keyword in row["keywords"])


def test_an_unanswerable_question_names_no_source() -> None:
    for row in ROWS:
        if row["type"] == "unanswerable":
            assert row["gold"] == [] and row["keywords"] == [], row["id"]
