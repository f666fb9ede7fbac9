"""How conversations are listed and kept: told apart, found, and named as files."""

from __future__ import annotations

import pytest

from assistant.tracing.conversations import Listed
from ui.conversation_export import file_name
from ui.render import answer_markdown, conversations_html, links_html


def test_a_search_without_a_hit_does_not_say_that_there_are_none() -> None:
    assert "None yet." in conversations_html([], "")
    assert "None yet." not in conversations_html([], "", searched=True)


def test_conversations_that_begin_the_same_are_told_apart_by_their_time() -> None:
    same = "What is a kiln and what is it for?"
    listed = [Listed("a", same, 0.0, 1), Listed("b", f"{same} Really?", 60.0, 1), Listed("c", "Glazes", 0.0, 1)]
    shown = conversations_html(listed, "a")
    assert "1970-01-01 00:00 UTC" in shown and "1970-01-01 00:01 UTC" in shown
    assert shown.count("<time") == 2


def test_the_link_says_for_whom_it_is() -> None:
    assert "in this browser alone" in links_html("c1")
    assert "signed in" in links_html("c1", accounts=True)
    assert links_html("") == ""


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Über Öfen: 1/2?", "Über Öfen 1 2 1970-01-01.md"),
        ("../../etc/passwd", "etc passwd 1970-01-01.md"),
        ("???", "Conversation 1970-01-01.md"),
    ],
)
def test_a_file_is_named_after_its_conversation(title: str, name: str) -> None:
    assert file_name(title, [{"started_at": 0.0}], "md") == name


def test_no_blank_stands_between_a_marker_and_a_stop() -> None:
    assert answer_markdown("Clay shrinks [1] . It dries [2] , and cracks [1] ! As `[1] .` says.") == (
        "Clay shrinks **[1]**. It dries **[2]**, and cracks **[1]**! As `[1] .` says."
    )
