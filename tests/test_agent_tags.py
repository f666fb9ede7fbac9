"""The agent on a pasted abstract: it is tagged, and the wish beside it is met, or named as not answered."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.planner import NOT_OF_YOURS
from assistant.tools.tag_abstract import TagAbstract
from index_store.errors import ModelProblem
from tests.agents import (
    STONEWARE,
    agent_over,
    answer,
    calls,
    outcome,
    run,
    said,
)
from tests.model_server import ModelServer, Reply

ABSTRACT = (
    "We present PotteryNet, a neural network that predicts how a glaze looks after firing. In this paper we compare it"
    " with BERT and GPT-4 on a data set of 3,000 glazes, and show that it outperforms both baselines by four points."
    " Our experiments suggest that a model of moderate size is enough where the recipe of the glaze is known."
)


@pytest.mark.parametrize("with_model", [False, True])
def test_a_pasted_abstract_is_tagged_in_every_mode(
    searcher: Any, minilm: Any, server: ModelServer, with_model: bool
) -> None:
    server.script('["PotteryNet", "BERT", "GPT-4", "Invented"]')
    steps = run(agent_over(searcher, minilm, server if with_model else None), ABSTRACT)
    assert outcome(steps).tags == ("PotteryNet", "BERT", "GPT-4")
    assert outcome(steps).text == '["PotteryNet", "BERT", "GPT-4"]'
    assert [c.tool for c in calls(steps)] == ["tag_abstract"]
    assert len(server.chats) == with_model  # the tagger's own prompt; no step of the loop is asked for
    assert outcome(steps).by_rules != with_model


def test_an_abstract_that_cannot_be_tagged_ends_the_turn_with_the_reason(
    searcher: Any, minilm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> Any:
        raise ModelProblem("The kiln is cold.")

    monkeypatch.setattr(TagAbstract, "run", fails)
    end = outcome(run(agent_over(searcher, minilm), ABSTRACT))
    assert not end.found and end.text.startswith("The abstract could not be tagged. ") and "kiln is cold" in end.text
    beside = outcome(run(agent_over(searcher, minilm), f"{ABSTRACT}\n\nTag it, and also tell me: {STONEWARE}"))
    assert "1,260" in beside.text


def test_a_wish_before_a_tagged_abstract_is_named_as_not_answered(searcher: Any, minilm: Any) -> None:
    end = outcome(run(agent_over(searcher, minilm), f"Which datasets are used? {ABSTRACT}"))
    assert end.tags and any("“Which datasets are used?” was not answered" in note for note in end.notes)


def test_a_wish_beside_an_abstract_is_answered_by_the_course_below_the_tags(searcher: Any, minilm: Any) -> None:
    steps = run(agent_over(searcher, minilm), f"{ABSTRACT}\n\nTag it, shorten it, and also tell me: {STONEWARE}")
    end = outcome(steps)
    assert [c.tool for c in calls(steps)] == ["tag_abstract", "course_search"]
    assert "PotteryNet" not in calls(steps)[1].arguments["query"]
    assert end.tags == ("PotteryNet", "BERT", "GPT-4") and "1,260" in end.text and end.citations
    assert said(steps) == end.text and end.text.startswith('["PotteryNet", "BERT", "GPT-4"]\n\n')
    assert [note for note in end.notes if "“shorten it” was not answered" in note]


@pytest.mark.parametrize("wish", ["and translate it into French", "and tell me who won the 2023 NBA finals"])
def test_a_wish_that_cannot_be_met_is_named_below_the_tags(searcher: Any, minilm: Any, wish: str) -> None:
    steps = run(agent_over(searcher, minilm), f"Tag this {wish}: {ABSTRACT}")
    end = outcome(steps)
    assert end.found and end.tags == ("PotteryNet", "BERT", "GPT-4") and not end.citations
    assert any(f"“{wish.removeprefix('and ')}” was not answered" in note for note in end.notes)


def test_a_model_reads_the_wish_beside_an_abstract_that_was_tagged(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script('["PotteryNet"]', answer("PotteryNet predicts how a glaze looks [1]."))
    steps = run(agent_over(searcher, minilm, server), f"Tag this and summarise it: {ABSTRACT}")
    assert "Tag this and summarise it" in server.chats[-1].body["messages"][-1]["content"]
    end = outcome(steps)
    assert end.text == '["PotteryNet"]\n\nPotteryNet predicts how a glaze looks [1].' == said(steps)
    assert end.tags == ("PotteryNet",) and [c.kind for c in end.citations] == ["message"] and not end.notes


def test_an_abstract_that_was_pasted_before_is_tagged_again(searcher: Any, minilm: Any) -> None:
    history = [{"role": "user", "content": f"Summarise this: {ABSTRACT}"}, {"role": "assistant", "content": "No."}]
    steps = run(agent_over(searcher, minilm), "Then tag it, please.", history)
    assert outcome(steps).tags == ("PotteryNet", "BERT", "GPT-4")


@pytest.mark.parametrize("asked", ["Who proposed it?", "Which of them is the biggest?", "Explain the abstract."])
def test_quoting_mode_searches_nothing_for_a_follow_up_on_a_pasted_text(searcher: Any, minilm: Any, asked: str) -> None:
    history = [{"role": "user", "content": ABSTRACT}, {"role": "assistant", "content": '["PotteryNet"]'}]
    steps = run(agent_over(searcher, minilm), asked, history)
    assert (calls(steps), outcome(steps).text) == ([], NOT_OF_YOURS)


def test_names_that_a_model_made_up_are_told_with_the_tags(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.default = Reply(text='["PotFormer", "ClayNet"]')
    pasted = "Abstract: We present PotFormer, a transformer for pots. It outperforms all earlier models by two points."
    end = outcome(run(agent_over(searcher, minilm, server), pasted))
    assert end.tags == ("PotFormer",) and len(end.notes) == 1 and "ClayNet" in end.notes[0]
