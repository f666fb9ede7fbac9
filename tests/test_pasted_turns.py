"""A follow-up that points to a pasted abstract is about it; one that names its own topic is not."""

from __future__ import annotations

import pytest

from assistant.followup import stand_alone
from assistant.pasted_turns import is_about_paste, to_tag
from assistant.ways import is_for_agent
from tests.test_pasted import ABSTRACT

HISTORY = [{"role": "user", "content": ABSTRACT}, {"role": "assistant", "content": '["PotteryNet"]'}]
LATER = [*HISTORY, {"role": "user", "content": "Thanks!"}, {"role": "assistant", "content": "You are welcome."}]


@pytest.mark.parametrize(
    "asked", ["tag it again", "Tag again, please", "Once more?", "Which models are in the abstract?", "Re-tag the text"]
)
@pytest.mark.parametrize("history", [HISTORY, LATER])
def test_its_tags_are_asked_for_again(asked: str, history: list[dict[str, str]]) -> None:
    found = to_tag(asked, history)
    assert found is not None and (found.abstract, found.wishes) == (ABSTRACT, ())
    assert is_for_agent(asked, history, outside=False)


@pytest.mark.parametrize(
    "asked",
    [
        "Who proposed it?",
        "Which of these models is the biggest?",
        "Why?",
        "Is it new?",
        "One question: who wrote it?",
    ],
)
def test_something_else_is_asked_of_it(asked: str) -> None:
    assert is_about_paste(asked, HISTORY) and to_tag(asked, HISTORY) is None


@pytest.mark.parametrize(
    "asked",
    [
        "And what is momentum?",
        "What is this course about?",
        "What about dropout?",
        "Thanks!",
        "What models does lesson 3 cover?",
        "Tag clouds: what are they?",
        "Tag sets - how are they made?",
        "Model cards: who writes them?",
        "And tag soup: is it bad?",
    ],
)
def test_a_question_with_its_own_topic_is_not_about_it(asked: str) -> None:
    assert not is_about_paste(asked, HISTORY) and to_tag(asked, HISTORY) is None


def test_a_follow_up_after_another_question_is_not_about_it() -> None:
    history = [*HISTORY, {"role": "user", "content": "What is LoRA?"}, {"role": "assistant", "content": "A way."}]
    assert not is_about_paste("Who proposed it?", history)


def test_what_was_pasted_is_never_put_with_a_question() -> None:
    assert stand_alone("And dropout?", HISTORY) == "And dropout?"
