"""What is told of a row that was made of a reviewed turn, and the command that measures it, which is copied."""

from __future__ import annotations

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.tracing.records import Review
from assistant.tracing.store import TraceStore
from tests import turns
from ui.environment import Environment
from ui.reviewed_rows import add_reviewed, added_html, asked_in


@pytest.fixture
def library(tmp_path: Path) -> Any:
    home = tmp_path / "a home"
    values = {"LECTERN_HOME": str(home)}
    chunks = [SimpleNamespace(text="Yao and others wrote of it in 2022. It thinks.")]
    documents = [SimpleNamespace(path="05-react.md", id="d")]
    ledger = SimpleNamespace(documents=lambda: documents, chunks=lambda _: chunks)
    store = TraceStore(home)
    yield SimpleNamespace(traces=store, ledger=ledger, environment=Environment(home, values))
    store.close()


def test_what_a_row_asks_for_is_told_with_a_command_that_can_be_copied(library: Any) -> None:
    begun = turns.start("Who wrote of ReAct?")
    library.traces.begin(begun)
    library.traces.finish(begun, turns.end("It thinks. [1]"), [])
    review = Review(begun.trace_id, "Ada", turns.BEGAN, "wrong", "Yao and others wrote of it.", ("05-react.md",))
    library.traces.add_review(review)
    added = add_reviewed(library, begun.trace_id)
    assert added.row["gold"] == [{"path": "05-react.md", "snippet": "Yao and others wrote of it in 2022."}]
    shown = added_html(added, True)
    assert all(text in shown for text in ("Added", "“Yao”", "cite 05-react.md", "lectern eval answers"))
    *_, kind, file = shlex.split(added.guard)
    assert (kind, Path(file)) == ("answers", added.file) and Path(file).is_absolute()
    assert f"LECTERN_HOME={added.file.parent.parent}" in shlex.split(added.guard)
    assert "Guard it" not in added_html(added, False)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"tags": ["NA"]}, "The tags must be: NA."),
        ({"refuse": True, "gold": []}, "It must be refused."),
        ({"must_contain": [["two hundred"], ["April", "Amber"]], "must_not_contain": ["100 flowers"]},
         "It must say “two hundred” and “April” or “Amber”; not say “100 flowers”."),
        ({"keywords": ["42"], "gold": [{"path": "a.md", "snippet": "It is 42."}]},
         "It must say “42”; cite a.md (“It is 42.”)."),
    ],
)  # fmt: skip
def test_what_a_row_asks_is_said_in_words(row: dict[str, Any], told: str) -> None:
    assert asked_in(row) == told
