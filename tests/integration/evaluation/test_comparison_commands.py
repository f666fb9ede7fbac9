"""Prompts and models compared from the command line, over real HTTP, with a report."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run
from tests.model_server import ModelServer, Reply, failing

pytestmark = pytest.mark.integration


def test_prompts_and_models_are_compared_and_the_report_opens_offline(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    def reply(request: dict[str, Any]) -> str:
        asked = str(request["messages"][-1]["content"])
        good = {"FooNet, a": '["FooNet", "BERT"]', "evening": '["NA"]', "pots": '["Zorg"]'}
        right = next(v for k, v in good.items() if k in asked)
        return right if request["model"] == "m-good" else '["NA"]'

    server.default = reply
    page = tmp_path / "report.html"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("--prompts", "1,tag_abstract@2", "--models", "m-good,m-poor", "--report", str(page))
    out = run(home, "compare", str(dataset), *given, **how)
    assert "A  tag_abstract@1 with m-good" in out and "D  tag_abstract@2 with m-poor" in out
    assert "By quality:\n 1. F1 1.000  A and C, equal\n 3. F1 0.000  B and D, equal" in out
    assert "Not enough data to tell\n" in out and "- A and C apart: on these 3 rows they are equally good." in out
    assert "corrected for 6 pairs" in out
    assert len(server.chats) == 4 * 3 + 2  # each model is asked once before it is timed
    assert all(len(line) <= 80 for line in out.split("\n* ")[0].splitlines())
    html = page.read_text("utf-8")
    assert "<script" not in html and "http://" not in html and "https://" not in html
    assert "<b>pots</b>" not in html and "&lt;b&gt;pots" in html
    assert html.count("<svg") >= 1 and "m-poor" in html
    table = list(csv.DictReader(io.StringIO(page.with_suffix(".csv").read_text("utf-8"))))
    assert [row["model"] for row in table] == ["m-good", "m-poor", "m-good", "m-poor"]
    assert {row["F1"] for row in table if row["model"] == "m-good"} == {"1.0000"}


def test_a_model_that_never_answers_is_a_cell_without_a_figure(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    server.default = lambda request: '["NA"]' if request["model"] == "m-good" else failing(404, "No such model.")
    page = tmp_path / "report.html"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("--models", "m-good,m-gone", "--report", str(page))
    out = run(home, "compare", str(dataset), *given, expected=1, **how)
    assert "By quality:\n 1. F1 0.000  A  tag_abstract@2 with m-good\n" in out
    assert "3 rows failed" in out and "m-gone" in out.split("3 rows failed")[1]
    assert "3 rows failed" in page.read_text("utf-8")
    good, gone = csv.DictReader(io.StringIO(page.with_suffix(".csv").read_text("utf-8")))
    assert (good["NA accuracy"], good["n"], gone["F1"], gone["errors"]) == ("0.3333", "3", "", "3")


def test_the_order_of_the_cells_does_not_make_one_slow(home: Path, dataset: Path, server: ModelServer) -> None:
    first_s = 4.0

    def slow_at_first(request: dict[str, Any]) -> Reply:
        return Reply(text='["NA"]', delay_s=first_s if len(server.chats) == 1 else 0.0)

    server.default = slow_at_first
    run(home, "compare", str(dataset), "--prompts", "1,2", OPENAI_BASE_URL=server.url, LECTERN_MODEL="m")
    kept = [file.read_text("utf-8") for file in home.glob("evaluations/*/rows.jsonl")]
    rows = [json.loads(line) for text in kept for line in text.splitlines()]
    assert len(rows) == 2 * 3 and all(row["seconds"] < first_s for row in rows)


def test_the_rules_have_no_price(home: Path, dataset: Path) -> None:
    out = run(home, "compare", str(dataset))
    assert "none" in out and "unknown" not in out
    page = home / "evaluations" / "comparison.html"
    assert "no price" in page.read_text("utf-8") and "price unknown" not in page.read_text("utf-8")


def test_a_report_goes_into_a_folder_that_exists_or_is_refused_before_anything_is_asked(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    for place, said in ((tmp_path / "nope" / "x.html", "there is no folder"), (tmp_path, "is a folder")):
        assert said in run(home, "compare", str(dataset), "--report", str(place), expected=2, merged=True, **how)
    assert not (tmp_path / "nope").exists() and server.chats == []


def test_without_a_browser_the_place_of_the_page_is_told(home: Path, dataset: Path) -> None:
    out = run(
        home, "compare", str(dataset), "--open", merged=True, DISPLAY="", WAYLAND_DISPLAY="", BROWSER="", PATH="/"
    )
    assert f"Open this file in one: {home / 'evaluations' / 'comparison.html'}" in out and "xdg" not in out


def test_a_comparison_that_cannot_be_made_is_refused_before_anything_is_asked(home: Path, dataset: Path) -> None:
    told = run(home, "compare", str(dataset), "--prompts", "1,2", expected=2, merged=True)
    assert "no language model" in told
    told = run(home, "compare", str(dataset) + "x", expected=2, merged=True)
    assert "cannot be read" in told
