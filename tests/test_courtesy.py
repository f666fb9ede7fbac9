"""A greeting gets a friendly word; whatever asks something of the course does not."""

from __future__ import annotations

import pytest

from assistant.courtesy import GO_ON, HELLO, WELCOME, WHAT_IT_DOES, reply_to


@pytest.mark.parametrize(
    "said", ["hello", "Hi there!", "Good morning", "Hallo", "how are you?", "What can you do?", "help"]
)
def test_who_greets_is_told_what_can_be_asked(said: str) -> None:
    assert reply_to(said) == f"{HELLO} {WHAT_IT_DOES}"


@pytest.mark.parametrize("said", ["thanks!", "Great, thank you", "Danke", "Vielen Dank, danke!", "merci beaucoup"])
def test_thanks_are_answered(said: str) -> None:
    assert reply_to(said) == f"{WELCOME} {GO_ON}"


@pytest.mark.parametrize(
    "said",
    [
        "Hello, what is LoRA?",
        "What is a good evening class?",
        "help with exercise 3",
        "How does this lesson work?",
        "tag",
        "ok and why?",
    ],
)
def test_a_question_is_none(said: str) -> None:
    assert reply_to(said) is None


def test_how_it_works_is_asked_of_the_assistant_only_where_nothing_was_said_before() -> None:
    assert reply_to("How does it work?") == f"{HELLO} {WHAT_IT_DOES}"
    assert reply_to("How does it work?", is_first=False) is None
    for said in ("How do I use it?", "How do you use this?", "How do I start?"):
        assert reply_to(said, is_first=False) is None
    assert reply_to("How do I start?") is not None
    assert reply_to("What can you do?", is_first=False) == f"{HELLO} {WHAT_IT_DOES}"
