"""Quoting mode: what answers when there is no language model. Selects whole sentences; writes none of its own.

It stands where a LlamaIndex model stands, so the same prompts and query engine run with it. It reads its task from the
data that the prompt loader puts beside the messages, never from their wording, so a reworded template changes nothing;
without that data it says that it cannot help.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms import CustomLLM
from pydantic import PrivateAttr

from assistant.composition import Shape, choose, render
from assistant.demands import demanded, demands
from assistant.echoes import answers_there, is_echo, that_tell
from assistant.followup import stand_alone
from assistant.pasted_turns import is_of_own_text
from assistant.planner import NOT_OF_YOURS, Conclusion, next_step, with_what_is_left
from assistant.question_parts import without_calculation
from assistant.refusal import REFUSAL
from assistant.selection import Passage, candidates_of
from assistant.support import Support, judge
from assistant.tagging_rules import names_of
from assistant.tracing.model_calls import model_call, replied
from index_store.chunks import Embedder

NAME = "quoting"
PROVIDER = "lectern"
CANNOT = "Quoting mode has no language model: it can only quote from passages that the prompt gives as data."


class QuotingLLM(CustomLLM):
    """Quotes the sentences that answer best, or gives the refusal sentence where nothing supports an answer."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex asks of a model."""
        return LLMMetadata(model_name=NAME, is_chat_model=True, context_window=32_768, num_output=256)

    def reply(self, messages: Sequence[ChatMessage]) -> str:
        """Do the task that the messages carry as data."""
        task = task_of(messages)
        inputs: Mapping[str, Any] = task.get("inputs", {})
        match task.get("task"):
            case "answer":
                return self._answer(inputs)
            case "hint":
                return hint_from(inputs["question"], _passages(inputs), self._embedder) or REFUSAL
            case "agent_step" if _is_left_to_a_model(inputs):
                return str(Conclusion(NOT_OF_YOURS, REFUSAL))
            case "agent_step":
                return self._next_step(inputs, answer_from)
            case "agent_hint":
                return self._next_step(inputs, hint_from)
            case "tag_abstract":
                return json.dumps(names_of(inputs["abstract"]), ensure_ascii=False)
            case "condense_question":
                return stand_alone(inputs["question"], inputs["history"])
            case _:
                return CANNOT

    def _answer(self, inputs: Mapping[str, Any]) -> str:
        question, calculation = without_calculation(inputs["question"])
        said = answer_from(question, _passages(inputs), self._embedder)
        return REFUSAL if said is None else with_what_is_left(said, calculation)

    def _next_step(
        self, inputs: Mapping[str, Any], say: Callable[[str, Sequence[Passage], Embedder], str | None]
    ) -> str:
        def nearest(question: str, texts: Sequence[str]) -> int:
            return int((self._embedder.embed_texts(texts) @ self._embedder.embed_query(question)).argmax())

        def answer(question: str, passages: Sequence[Passage]) -> str | None:
            return say(question, passages, self._embedder)

        return str(next_step(inputs, answer, nearest))

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer at once."""
        return _response(self.reply(messages))

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer at once, in a thread: embedding must not hold up the event loop."""
        return _response(await self._in_thread(messages))

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer word by word."""

        def pieces() -> Generator[ChatResponse, None, None]:
            said = ""
            for piece in _words(self.reply(messages)):
                said += piece
                yield _response(said, piece)

        return pieces()

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer word by word; the work is done in a thread."""

        async def pieces() -> AsyncGenerator[ChatResponse, None]:
            said = ""
            for piece in _words(await self._in_thread(messages)):
                said += piece
                yield _response(said, piece)

        return pieces()

    async def _in_thread(self, messages: Sequence[ChatMessage]) -> str:
        with model_call(messages, NAME, PROVIDER) as span:
            said = await asyncio.to_thread(self.reply, messages)
            replied(span, said)
        return said

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Decline: a bare prompt carries no data to quote from."""
        return CompletionResponse(text=CANNOT)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Decline: a bare prompt carries no data to quote from."""

        def pieces() -> Generator[CompletionResponse, None, None]:
            yield CompletionResponse(text=CANNOT, delta=CANNOT)

        return pieces()


def answer_from(question: str, passages: Sequence[Passage], embedder: Embedder) -> str | None:
    """Answer with whole sentences of passages, each with its marker; None where they support no answer."""
    candidates = candidates_of(question, passages, embedder)
    answers = answers_there(question, passages, candidates)
    if not answers:  # the question alone, as in a quiz, supports nothing
        candidates = [c for c in candidates if not is_echo(question, c.unit.text)]
    support: Support = judge(question, passages, candidates, embedder)
    if not support.enough:
        return None
    candidates = that_tell(candidates, answers)
    if not candidates:
        return None
    item = candidates[0].unit
    alone = item.kind == "item" and demands(item.text, demanded(question))  # the rest of its list demands other things
    return render(choose(candidates[:1] if alone else candidates), passages)


POINTERS = 3
POINTED_TO = 0.3
"""Cosine of a passage with the question from which it is worth reading."""
HINT_SHAPE = Shape(characters=320, units=2, list_characters=320)


def hint_from(question: str, passages: Sequence[Passage], embedder: Embedder) -> str | None:
    """Say where to read, behind a sentence or two of prose; code is not quoted. None where nothing is worth reading."""
    candidates = [c for c in candidates_of(question, passages, embedder) if c.unit.kind != "line"]
    enough = judge(question, passages, candidates, embedder).enough
    told = that_tell(candidates, answers_there(question, passages, candidates)) if enough else []
    chosen = choose(told, HINT_SHAPE)
    near = [p for p in passages if p.cosine >= POINTED_TO][:POINTERS]
    markers = dict.fromkeys([*(passages[c.passage].marker for c in chosen), *(p.marker for p in near)])
    if not markers:
        return None
    by_marker = {p.marker: p.heading for p in passages}
    pointers = [f"- {' '.join(by_marker[m].split()) or 'this passage'} [{m}]" for m in list(markers)[:POINTERS]]
    said = render([c for c in chosen if passages[c.passage].marker in list(markers)[:POINTERS]], passages)
    return "\n".join([*([said, ""] if said else []), "Where to read:", *pointers])


def _is_left_to_a_model(inputs: Mapping[str, Any]) -> bool:
    """Tell whether something is to be written about a text of the user; beside one that was tagged is more to plan."""
    if any(step["tool"] == "tag_abstract" for step in inputs["steps"]):
        return False
    return is_of_own_text(inputs["question"], inputs.get("history", ()))


def _passages(inputs: Mapping[str, Any]) -> list[Passage]:
    return [Passage(p["marker"], p["text"], p.get("heading", ""), p.get("cosine", 0.0)) for p in inputs["passages"]]


def task_of(messages: Sequence[ChatMessage]) -> Mapping[str, Any]:
    """Give the data that the prompt loader put beside the last message that has any."""
    for message in reversed(messages):
        data = message.additional_kwargs.get("lectern")
        if isinstance(data, Mapping):
            return data
    return {}


def _response(text: str, delta: str | None = None) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=delta)


def _words(text: str) -> Iterator[str]:
    """Cut a text into its words with the space after them."""
    at = 0
    for n, char in enumerate(text):
        if char == " ":
            yield text[at : n + 1]
            at = n + 1
    if text[at:]:
        yield text[at:]
