"""The terminal: words are broken between lines, a pipe gets plain text, and no text commands the terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant.events import Answer, Citation, Failure, Refusal
from assistant.refusal import REFUSAL
from ui import terminal
from ui.cli import cli
from ui.rows import TurnFailed
from ui.terminal import WordFlow, print_end, print_hits, printable, readable

SPLITS = st.lists(st.text("ab [1]\n", max_size=9), max_size=30)


def flow(pieces: list[str], *, width: int = 20, is_terminal: bool) -> str:
    out = io.StringIO()
    flow = WordFlow(Console(file=out, width=width, force_terminal=is_terminal))
    for piece in pieces:
        flow.write(piece)
    flow.end()
    return out.getvalue()


@given(SPLITS)
def test_any_split_of_a_stream_is_written_as_the_whole(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert flow(pieces, is_terminal=True) == flow([whole], is_terminal=True)
    assert flow(pieces, is_terminal=False).removesuffix("\n") == whole.removesuffix("\n")


@given(SPLITS)
def test_a_terminal_breaks_lines_between_words_alone(pieces: list[str]) -> None:
    shown = flow(pieces, is_terminal=True)
    assert shown.split() == "".join(pieces).split()
    assert all(len(line.rstrip()) <= 20 or " " not in line.strip() for line in shown.splitlines())


@given(st.text())
def test_nothing_that_is_shown_commands_the_terminal(text: str) -> None:
    for shown in (printable(text), readable(text), flow([text], is_terminal=True)):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "\n" not in printable(text)
    shown.encode("utf-8")


def test_names_keep_their_letters_and_lose_their_tricks() -> None:
    assert printable("Übung 3 – 漢字.md") == "Übung 3 – 漢字.md"
    assert printable("a\n\x1b[2J\u202eb") == "a\\n\\x1b[2J\\u202eb"


def citation(marker: int, locator: str, quote: str) -> Citation:
    return Citation(marker, "a.md", locator, {}, quote, 0.5, "A", quote, "id")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(terminal, "console", Console(file=out, width=40, highlight=False))
    return out


def test_sources_are_listed_by_marker_with_each_place_once(shown: io.StringIO) -> None:
    cited = (citation(2, "row 7", "b"), citation(1, "page 3", "a [bold]x[/bold]"), citation(2, "row 7", "c\n d"))
    print_end(Answer("t", "x", cited), said_something=True)
    assert shown.getvalue().splitlines() == [
        "",
        "Sources",
        "[1] a.md",
        "    page 3",
        "    “a [bold]x[/bold]”",
        "[2] a.md",
        "    row 7",
        "    “b”",
        "    “c d”",
    ]


def test_a_refusal_after_text_takes_the_text_back(shown: io.StringIO) -> None:
    print_end(Refusal("t", REFUSAL, ()), said_something=True)
    assert "it is no answer" in shown.getvalue()
    assert shown.getvalue().splitlines()[-1] == REFUSAL


def test_a_failed_turn_raises_with_its_next_step() -> None:
    with pytest.raises(TurnFailed) as raised:
        print_end(Failure("t", "The server is gone.", "Start it."), said_something=False)
    assert (raised.value.message, raised.value.hint) == ("The server is gone.", "Start it.")


def test_hits_are_cut_between_words_and_no_hit_says_what_to_do(shown: io.StringIO) -> None:
    print_hits([{"rank": 1, "path": "a.md", "locator": "row 1", "cosine": 0.5, "text": "kiln " * 100}])
    lines = shown.getvalue().splitlines()
    assert lines[:2] == [" 1. a.md", "    row 1 · similarity 0.50"]
    assert lines[2].endswith("kiln …")
    assert len(lines[2]) <= 310
    print_hits([])
    assert "lectern library list" in shown.getvalue().replace("\n", " ")


@pytest.mark.parametrize("group", [[], ["library"], ["traces"], ["eval"], ["dataset"], ["prompts"]])
def test_help_says_what_each_command_does_in_a_whole_line(group: list[str]) -> None:
    said = CliRunner().invoke(cli, [*group, "--help"], terminal_width=78).output
    assert "..." not in said.split("Commands:")[1]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_breaks_the_line_of_a_source_between_words_and_cuts_no_address(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    out = io.StringIO()
    console = Console(file=out, width=50, highlight=False, force_terminal=is_terminal, color_system=None)
    monkeypatch.setattr(terminal, "console", console)
    title, address = "The firing of stoneware in kilns of brick", "https://kiln.example/" + "a" * 60
    cited = replace(
        citation(1, "§ A", "It is hot."), kind="web", title=title, path=address, fetched_at="2026-11-28T12:00"
    )
    terminal.print_citations([cited])
    shown = out.getvalue().strip().splitlines()[1:]
    assert address in out.getvalue()
    assert len(shown) == (5 if is_terminal else 3)
    assert all(len(line.strip()) <= 50 or line.strip() == address for line in shown) is is_terminal
    assert all(line.startswith("    ") for line in shown[1:])
