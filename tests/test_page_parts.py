"""What stands behind the pages, without a browser: pictures of PDF pages, uploads, figures, rows of a file."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.accounts.people import Person, Role
from assistant.evaluation.agreement import agreements, kappa
from assistant.tagged import Tagged
from assistant.tagging import Tagger
from assistant.tracing.records import Origin
from assistant.tracing.statistics import Day
from assistant.unanswered import grouped
from index_store.errors import InvalidInput, NotAllowed, UnreadableFile
from ingest.page_pictures import page_picture
from tests.conftest import REPOSITORY
from ui.conversation_export import to_json, to_markdown
from ui.ingesting import free_path, keep_uploads, safe_name
from ui.plots import plots_html, rounded_up
from ui.styles import CSS
from ui.tag_rows import read_rows, tagged_rows, to_csv, to_jsonl
from ui.tags_page import TagHandlers, names_of
from ui.tags_view import compared_html, compared_json, highlighted

SLIDES = next((REPOSITORY / "ingest" / "sample" / "slides").glob("*.pdf"))
QUOTE = "2017: the Transformer replaces recurrence by attention"


def pixels(picture: bytes) -> Any:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def yellow(picture: bytes) -> int:
    shown = pixels(picture)
    return int(((shown[..., 0] > 240) & (shown[..., 1] > 190) & (shown[..., 2] < 100)).sum())


def test_a_quote_is_marked_on_its_page_and_on_no_other() -> None:
    data = SLIDES.read_bytes()
    assert yellow(page_picture(data, SLIDES.name, 3, [QUOTE])) > 1_000
    assert yellow(page_picture(data, SLIDES.name, 3)) == 0
    assert yellow(page_picture(data, SLIDES.name, 2, [QUOTE])) == 0


def test_a_quote_is_found_though_the_reader_mended_its_lines_and_signs() -> None:
    data = SLIDES.read_bytes()
    whole = yellow(page_picture(data, SLIDES.name, 3, [QUOTE]))
    assert yellow(page_picture(data, SLIDES.name, 3, [QUOTE.replace(" ", "\n ").upper()])) == whole


@pytest.mark.parametrize(("data", "page"), [(b"no pdf", 1), (SLIDES.read_bytes(), 0), (SLIDES.read_bytes(), 999)])
def test_a_page_that_is_not_there_is_told(data: bytes, page: int) -> None:
    with pytest.raises(UnreadableFile, match=r"slides\.pdf") as caught:
        page_picture(data, "slides.pdf", page)
    assert caught.value.hint


@given(st.text(st.characters(codec="utf-8")))
def test_an_uploaded_name_never_leads_out_and_hides_nothing(name: str) -> None:
    safe = safe_name(name)
    assert isinstance(safe, PurePosixPath) and not safe.is_absolute() and safe.parts
    assert all(part not in ("..", ".") and not part.startswith(".") and part.isprintable() for part in safe.parts)
    assert all(len(part.encode()) <= 255 for part in safe.parts)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "etc/passwd"), ("week 1\\notes.md", "week 1/notes.md"), ("", "upload"), ("..", "upload"),
     (".ssh/id", "ssh/id"), ("a\u202e.md", "a.md")],
)  # fmt: skip
def test_an_uploaded_name_is_made_safe(name: str, safe: str) -> None:
    assert str(safe_name(name)) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("x" * 400 + ".pdf").suffix == ".pdf"


def test_uploads_are_moved_into_a_folder_of_their_own_and_none_takes_anothers_place(tmp_path: Path) -> None:
    sources = [tmp_path / "a", tmp_path / "b"]
    for n, source in enumerate(sources):
        source.write_text(str(n))
    folder = keep_uploads(tmp_path / "home", [(source, "notes.md") for source in sources])
    assert {f.name: f.read_text() for f in folder.iterdir()} == {"notes.md": "0", "notes (2).md": "1"}
    assert not any(source.exists() for source in sources)
    assert free_path(folder, PurePosixPath("new.md")) == folder / "new.md"
    with pytest.raises(InvalidInput):
        keep_uploads(tmp_path / "home", [])


def review(trace: str, who: str, verdict: str | None) -> dict[str, Any]:
    return {"trace_id": trace, "reviewer": who, "verdict": verdict}


def test_agreement_counts_the_last_verdict_on_turns_that_both_judged() -> None:
    rows = [review("1", "a", "wrong"), review("1", "a", "right"), review("1", "b", "right"), review("2", "a", "right"),
            review("2", "b", "wrong"), review("3", "a", "wrong"), review("3", "b", "wrong"), review("4", "a", "right"),
            review("5", "b", None)]  # fmt: skip
    (found,) = agreements(rows)
    assert (found.reviewers, found.turns, found.same) == (("a", "b"), 3, 2)
    assert found.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))


def test_kappa_is_one_for_full_agreement_and_none_where_chance_alone_agrees() -> None:
    assert kappa([("x", "x"), ("y", "y")]) == 1.0
    assert kappa([("x", "y"), ("y", "x")]) == -1.0
    assert kappa([("x", "x")]) is None and kappa([]) is None


def test_questions_that_ask_for_the_same_are_one_group(minilm: Any) -> None:
    asked = [
        "How do I glaze a bowl?",
        "Who won the 1998 final?",
        "How can I glaze a bowl myself?",
        "How is a bowl glazed?",
    ]
    groups = grouped(asked, minilm)
    assert [len(g.questions) for g in groups] == [3, 1]
    assert groups[0].question in asked and groups[1].questions == ("Who won the 1998 final?",)
    assert grouped([], minilm) == []


def day(name: str, **given: Any) -> Day:
    known = {"questions": 4, "refused": 1, "up": 0, "down": 2, "median_s": 0.5, "p95_s": 0.9, "tokens": None}
    return Day("2026-11-01", name, **{**known, "price_usd": None, **given})


def test_a_chart_starts_at_zero_names_its_figures_and_says_what_is_not_known() -> None:
    shown = plots_html([day("m<b>"), day("other", questions=2)])
    assert "<b>" not in shown and "m&lt;b&gt;: 4" in shown
    assert "Tokens: not reported" in shown and "Price in US dollars: not reported" in shown
    full, half = (float(part.split("'")[0]) for part in shown.split(" height='")[1:3])
    assert full == pytest.approx(2 * half, abs=0.2)
    assert "Thumbs up: none" in shown
    assert "Nothing was asked" in plots_html([])


def test_a_chart_has_a_place_for_each_day_also_for_those_on_which_nothing_was_asked() -> None:
    days = [replace(day("m"), day=f"2026-11-{n:02}") for n in (1, 2, 9)]
    chart = plots_html(days).split("</figure>")[0]
    first, second, third = (float(part.split("'")[0]) for part in chart.split("<rect x='")[1:])
    assert third - second == pytest.approx(7 * (second - first), abs=0.5)
    assert "2026-11-01<" in chart and "2026-11-09<" in chart


@pytest.mark.parametrize(("most", "end"), [(1, 1), (3, 5), (511, 1000), (0.0021, 0.005), (12.02, 20), (100, 100)])
def test_an_axis_ends_at_a_round_figure_that_no_bar_passes(most: float, end: float) -> None:
    assert rounded_up(most) == pytest.approx(end)


async def _all(data: bytes, name: str) -> list[dict[str, Any]]:
    async def one(abstract: str) -> Tagged:
        return await Tagger(None).tag(abstract, Origin())

    return [row async for row in tagged_rows(read_rows(data, name), one)]


def test_rows_come_back_in_order_with_their_ids_and_errors_beside_them() -> None:
    data = b'{"id": "a", "abstract": "We train BERT."}\nnonsense\n{"id": 0}\n{"abstract": "We measure the sea."}\n'
    rows = asyncio.run(_all(data, "x.jsonl"))
    assert [("error" in row, row.get("tags")) for row in rows] == [
        (False, ["BERT"]), (True, None), (True, None), (False, ["NA"]),
    ]  # fmt: skip
    assert [row["id"] for row in rows] == ["a", 2, 0, 4]  # the row, not the line
    assert [json.loads(line)["id"] for line in to_jsonl(rows).splitlines()] == ["a", 2, 0, 4]


def test_a_table_is_read_as_the_command_reads_it_and_an_error_keeps_the_id_of_its_row() -> None:
    data = b'id;abstract;error\nb7;"We train BERT.\nIt learns.";x\n0;\n;"We ask\nGPT-4."\n'
    rows = asyncio.run(_all(data, "x.csv"))
    assert [(row["id"], row.get("tags")) for row in rows] == [("b7", ["BERT"]), ("0", None), (3, ["GPT-4"])]
    assert rows[1]["error"].startswith("Row 2 has no abstract")
    assert asyncio.run(_all(data.replace(b";", b"\t"), "X.TSV")) == rows


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [(b"", "x.csv", "holds no row"), (b"a,b\n1,2\n", "x.csv", "no column `abstract`"),
     (b"\n", "x.jsonl", "holds no row"),
     (b"\xff\xfe", "x.csv", "is not UTF-8"), (b"{}\n" * 5_001, "x.jsonl", "at most 5,000")],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told(data: bytes, name: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        read_rows(data, name)
    assert caught.value.hint


def _table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_cell_that_a_spreadsheet_would_calculate_is_disarmed() -> None:
    rows = asyncio.run(_all(b'id,=2+2,abstract\n=1+1,-x,"@cmd with BERT"\n', "x.csv"))
    assert _table(to_csv(rows)) == [
        ["id", "'=2+2", "abstract", "tags", "error"],
        ["'=1+1", "'-x", "'@cmd with BERT", '["BERT"]', ""],
    ]


def test_the_results_of_a_table_have_its_own_columns_first_as_they_stood() -> None:
    data = b'title;abstract;keywords;path;tags;\nOne;"We train BERT.";a;b.md;GPT-4;x\nTwo;;c;;;\nThree;We ask GPT-4.\n'
    rows = asyncio.run(_all(data, "x.csv"))
    head, *lines = _table(to_csv(rows))
    assert head == ["title", "abstract", "keywords", "path", "given_tags", "", "id", "tags", "error"]
    assert lines[0] == ["One", "We train BERT.", "a", "b.md", "GPT-4", "x", "1", '["BERT"]', ""]
    assert lines[1][:8] == ["Two", "", "c", "", "", "", "2", ""] and lines[1][8].startswith("Row 2 has no abstract")
    assert lines[2] == ["Three", "We ask GPT-4.", "", "", "", "", "3", '["GPT-4"]', ""]
    first = json.loads(to_jsonl(rows).splitlines()[0])
    assert {k: first[k] for k in ("id", "title", "abstract", "tags")} == {
        "id": 1, "title": "One", "abstract": "We train BERT.", "tags": ["BERT"],
    }  # fmt: skip
    assert first["given_tags"] == "GPT-4" and first["spans"] == [[9, 13]]


def test_the_results_of_json_lines_have_all_fields_of_their_row() -> None:
    data = b'{"year": 2023, "abstract": "We train BERT.", "by": ["A", "B"], "history": "none"}\n'
    data += b'\n{"id": "b", "year": 1}\n{\n'
    rows = asyncio.run(_all(data, "x.jsonl"))
    first, second, third = map(json.loads, to_jsonl(rows).splitlines())
    assert first == {"id": 1, "year": 2023, "abstract": "We train BERT.", "by": ["A", "B"], "history": "none",
                     "tags": ["BERT"], "spans": [[9, 13]]}  # fmt: skip
    assert second.pop("error").startswith("Row 2 has no abstract") and second == {"id": "b", "year": 1}
    assert third["id"] == 3 and "no JSON" in third["error"]
    head, *lines = _table(to_csv(rows))
    assert head == ["year", "abstract", "by", "history", "id", "tags", "error"]
    assert lines[0] == ["2023", "We train BERT.", '["A", "B"]', "none", "1", '["BERT"]', ""]
    assert lines[1][0] == "1" and lines[1][4] == "b"


def test_half_a_letter_stops_no_table() -> None:
    rows = asyncio.run(_all(b'{"abstract": "We train BERT. \\ud800"}\n', "x.jsonl"))
    assert to_csv(rows).encode("utf-8")


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_marking_names_changes_no_character_of_the_abstract(text: str, spans: list[tuple[int, int]]) -> None:
    import html
    import re

    shown = highlighted(text, [list(span) for span in spans])
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", shown)) == text
    assert "<" not in re.sub(r"</?mark[^>]*>", "", shown)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("BERT, GPT-4", ("BERT", "GPT-4")),
        ('["BERT"]', ("BERT",)),
        ("BERT\nBERT\n T5 ", ("BERT", "T5")),
        ("NA", ("NA",)),
    ],
)
def test_names_are_read_as_people_write_them(said: str, names: tuple[str, ...]) -> None:
    assert names_of(said) == names
    with pytest.raises(InvalidInput):
        names_of(" , \n")


def test_a_conversation_as_a_file_has_each_answer_with_its_quotes() -> None:
    record = {"id": "t", "question": "What?", "answer": "So. [1]", "status": "ok", "model": "m", "mode": "compatible",
              "error": None, "vote": "up", "started_at": 0.0,
              "citations": [{"marker": 1, "quote": "So it is.", "path": "a.md", "locator": "lines 1-2"}]}  # fmt: skip
    text = to_markdown("A title", [record])
    assert text.startswith("# A title\n\n## What?\n\n*1970-01-01 00:00 UTC, m*\n\nSo. [1]\n\n> [1] So it is.")
    assert json.loads(to_json("A title", [record]))["turns"][0]["vote"] == "up"


def test_no_selector_of_the_pages_has_a_comma_within_brackets_for_gradio_would_cut_it_there() -> None:
    assert re.findall(r":(?:is|not|where|has)\([^)]*,[^)]*\)", CSS) == []


@pytest.mark.parametrize(
    ("role", "model", "fine"),
    [(Role.STUDENT, "gpt-9", False), (None, "gpt-9", False), (Role.STUDENT, " m ", True), (Role.STUDENT, "", True),
     (Role.REVIEWER, "gpt-9", True)],
)  # fmt: skip
def test_a_student_tags_with_the_courses_model_alone(role: Role | None, model: str, fine: bool) -> None:
    assistant = SimpleNamespace(mode="compatible", model="m")
    person = None if role is None else Person("p", role)
    parts = SimpleNamespace(
        library=SimpleNamespace(environment=SimpleNamespace(assistant=assistant)), person=lambda request: person
    )
    does = TagHandlers(cast(Any, parts))
    does._tagger = cast(Any, lambda version, named: (version, named))
    if fine:
        assert does.chosen("v2: few-shot", model, cast(Any, None)) == (2, model.strip() or None)
    else:
        with pytest.raises(NotAllowed, match="The course's model is m"):
            does.chosen("v2: few-shot", model, cast(Any, None))


@pytest.mark.parametrize(("named", "fine"), [("gpt-usual", True), ("", True), ("gpt-9", False)])
def test_where_no_model_is_set_the_usual_one_is_the_courses(named: str, fine: bool) -> None:
    assistant = SimpleNamespace(mode="openai", model=None)
    person = Person("p", Role.STUDENT)
    parts = SimpleNamespace(
        library=SimpleNamespace(environment=SimpleNamespace(assistant=assistant)), person=lambda request: person
    )
    does = TagHandlers(cast(Any, parts))
    does._tagger = cast(Any, lambda version, name: SimpleNamespace(model_name=name or "gpt-usual"))
    if fine:
        does.chosen("v2: few-shot", named, cast(Any, None))
    else:
        with pytest.raises(NotAllowed, match="The course's model is gpt-usual"):
            does.chosen("v2: few-shot", named, cast(Any, None))


def test_a_name_with_latex_marks_in_its_place_is_the_same_name_on_both_sides() -> None:
    text = r"We use BERT$_{\text{LARGE}}$ now."
    found = Tagged("1", ["BERT-LARGE"], [[7, 28]])
    shown = compared_html(text, ("rules", found), ("model", found))
    assert "the same names" in shown and "lectern-only" not in shown


def test_two_results_stand_below_the_abstract_with_the_names_of_both_and_as_one_json_object() -> None:
    text = "We compare BERT and T5."
    left = ("v1, course-model", Tagged("1", ["BERT"], [[11, 15]]))
    right = ("v2, course-model", Tagged("2", ["BERT", "T5"], [[11, 15], [20, 22]]))
    above, _, beside = compared_html(text, left, right).partition("<div class='lectern-sides'>")
    assert "The abstract" in above and "<mark class='lectern-name '>BERT</mark>" in above
    assert "<mark class='lectern-name lectern-only'>T5</mark>." in above
    assert "We compare" not in beside and beside.count("<section>") == 2
    assert json.loads(compared_json(left, right)) == {left[0]: ["BERT"], right[0]: ["BERT", "T5"]}
    assert len(json.loads(compared_json(left, left))) == 2
