"""Quoting mode: whole sentences with markers, from data alone, never pretending to be more, never in the loop's way."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole

from assistant.llms import choose_model
from assistant.planner import NOT_CALCULATED
from assistant.prompts import PromptSet, load
from assistant.quoting import CANNOT, NAME, QuotingLLM, task_of
from assistant.refusal import REFUSAL
from assistant.settings import AssistantSettings
from assistant.units import units_of
from tests.course import FILES

QUESTION = "How hot is stoneware fired?"
PASSAGES = [
    {"marker": n, "title": name, "heading": name, "locator": f"lines {n}-9", "text": text, "cosine": 0.6}
    for n, (name, text) in enumerate(FILES.items(), start=1)
]
REWORDED = """---
name: answer
version: 1
task: answer
purpose: Answers as our course likes it.
variables: [question, passages]
---
# user
Sei kurz. {{ passages | length }} Stellen, Frage: {{ question }}
# assistant
Gut.
# user
Bitte antworte jetzt auf Deutsch, ohne Klammern.
"""


@pytest.fixture
def llm(minilm: Any) -> QuotingLLM:
    return QuotingLLM(minilm)


def prompt(question: str = QUESTION, passages: Any = PASSAGES, **more: Any) -> list[ChatMessage]:
    return load("answer", **more).render(question=question, passages=passages)


def said(llm: QuotingLLM, messages: list[ChatMessage]) -> str:
    return llm.chat(messages).message.content or ""


def test_a_template_reworded_by_a_course_team_gives_the_same_quotes(llm: QuotingLLM, tmp_path: Path) -> None:
    (tmp_path / "answer.v1.md").write_text(REWORDED, encoding="utf-8")
    theirs = PromptSet(tmp_path).get("answer").render(question=QUESTION, passages=PASSAGES)
    assert theirs[-1].content != prompt()[-1].content
    assert said(llm, theirs) == said(llm, prompt())
    assert "1,260" in said(llm, theirs)


@pytest.mark.parametrize("wish", ["plus 1", "raised to the 0.23 power"])
def test_a_calculation_behind_the_question_is_named_as_left(llm: QuotingLLM, wish: str) -> None:
    plain, more = said(llm, prompt()), said(llm, prompt(f"{QUESTION[:-1]} {wish}?"))
    assert more == f"{plain}\n\n{NOT_CALCULATED.format(calculation=wish)}"
    refused = said(llm, prompt(f"Who won the 2023 NBA finals {wish}?"))
    assert refused == REFUSAL


def test_without_structured_data_it_declines(llm: QuotingLLM) -> None:
    bare = [ChatMessage(role=MessageRole.USER, content=prompt()[-1].content)]
    assert said(llm, bare) == CANNOT
    assert said(llm, []) == CANNOT
    assert llm.complete(QUESTION).text == CANNOT
    assert [piece.delta for piece in llm.stream_complete(QUESTION)] == [CANNOT]


def test_a_task_it_does_not_know_is_declined(llm: QuotingLLM) -> None:
    data = {"lectern": {"task": "write_poem", "inputs": {"question": QUESTION}}}
    assert said(llm, [ChatMessage(role=MessageRole.USER, content="x", additional_kwargs=data)]) == CANNOT


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "What is a glaze made of?",
        "What are the steps of a firing?",
        "Which flux does celadon use?",
        "How does centring work, and what should beginners do?",
    ],
)
def test_an_answer_is_two_to_five_whole_units_each_with_its_marker(llm: QuotingLLM, question: str) -> None:
    answer = said(llm, prompt(question))
    parts = re.findall(r"(.+?) \[(\d+)\](?=\s|$)", answer)
    assert 2 <= len(parts) <= 5
    assert re.sub(r".+? \[\d+\](?=\s|$)", "", answer).strip() == ""  # nothing stands without a marker
    for _, marker in parts:
        assert 1 <= int(marker) <= len(PASSAGES)


def test_sentences_are_quoted_whole_from_the_passage_of_their_marker(llm: QuotingLLM) -> None:
    answer = said(llm, prompt())
    for text, marker in re.findall(r"(.+?) \[(\d+)\](?=\s|$)", answer):
        passage = PASSAGES[int(marker) - 1]["text"]
        whole = [" ".join(unit.text.split()) for unit in units_of(passage)]
        assert text.strip().removeprefix("- ") in whole


def test_what_no_passage_supports_is_refused_in_the_fixed_sentence(llm: QuotingLLM) -> None:
    far = [{**p, "cosine": 0.1} for p in PASSAGES]
    assert said(llm, prompt("Who won the world cup in 1998?", far)) == REFUSAL
    assert said(llm, prompt(QUESTION, [])) == REFUSAL
    assert said(llm, prompt(QUESTION, [{**PASSAGES[0], "text": "\n---\n# \n"}])) == REFUSAL


def test_a_follow_up_is_rewritten_by_plain_rules(llm: QuotingLLM) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "At 1,260 degrees."}]
    messages = load("condense_question").render(question="And porcelain?", history=history)
    assert said(llm, messages) == f"{QUESTION} And porcelain?"


def test_the_data_of_the_last_message_that_has_any_is_the_task() -> None:
    earlier, later = prompt("one")[-1], prompt("two")[-1]
    plain = ChatMessage(role=MessageRole.USER, content="three")
    assert task_of([earlier, later, plain])["inputs"]["question"] == "two"
    assert task_of([plain]) == {}


def test_it_says_what_it_is(llm: QuotingLLM) -> None:
    model = choose_model(AssistantSettings(), llm)
    assert (model.mode, model.label) == ("quoting", "quotes only, no language model")
    assert llm.metadata.model_name == NAME == "quoting"
    assert "no language model" in CANNOT


def test_the_stream_joins_to_the_whole_answer_however_it_is_asked_for(llm: QuotingLLM) -> None:
    async def streamed() -> tuple[str, str]:
        pieces = [r async for r in await llm.astream_chat(prompt())]
        assert pieces[-1].message.content == "".join(p.delta or "" for p in pieces)
        return "".join(p.delta or "" for p in pieces), (await llm.achat(prompt())).message.content or ""

    whole = said(llm, prompt())
    assert asyncio.run(streamed()) == (whole, whole)
    assert "".join(r.delta or "" for r in llm.stream_chat(prompt())) == whole


class GatedEmbedder:
    """Embeds nothing until the gate opens, as a slow machine would."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.gate, self.waiting = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def embed_query(self, text: str) -> Any:
        self.waiting.set()
        assert self.gate.wait(20), "the event loop was blocked: nobody could open the gate"
        return self._model.embed_query(text)


@pytest.mark.parametrize("way", ["stream", "chat"])
def test_the_event_loop_goes_on_while_an_answer_is_made(minilm: Any, way: str) -> None:
    embedder = GatedEmbedder(minilm)
    llm = QuotingLLM(embedder)

    async def answer() -> str:
        if way == "chat":
            return (await llm.achat(prompt())).message.content or ""
        return "".join([r.delta or "" async for r in await llm.astream_chat(prompt())])

    async def beside() -> str:
        task = asyncio.create_task(answer())
        while not embedder.waiting.is_set():  # the loop turns while the thread works: only then is the gate opened
            await asyncio.sleep(0.001)
        embedder.gate.set()
        return await task

    assert "1,260" in asyncio.run(beside())
