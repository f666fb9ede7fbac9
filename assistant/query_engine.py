"""Answers one question from the course: rewrite, retrieve, synthesize, check the citations, refuse when unsupported.

A LlamaIndex query engine, so that it can stand wherever one is expected; `stream` gives the same as typed events while
they happen. Keeps no history and opens no trace: that is `conversation`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from assistant.answer_stream import AnswerStream
from assistant.events import Citation, Retrieved, Rewritten, Token
from assistant.language_notes import language_notes
from assistant.llms import Model, complete, stream
from assistant.passages import code_of, links_of, passage_of
from assistant.pasted_turns import is_of_own_text
from assistant.planner import NOT_OF_YOURS
from assistant.policy.hint_guard import cleaned
from assistant.policy.values import RULE
from assistant.prompts import PromptSet
from assistant.quotes import quotes_of
from assistant.refusal import REFUSAL
from assistant.tools.tool import Offer
from assistant.tracing.capture import span
from assistant.unsupported import unsupported_notes
from index_store.chunks import Embedder, Hit
from index_store.errors import IndexProblem
from index_store.retriever import CourseRetriever, nodes_of

Turns = Sequence[Mapping[str, str]]
PROMPT_INPUTS = frozenset({"question", "passages", "assignment", "code_lines"})
"""What a template that a course's rule names may use."""
SEARCH_WITHIN_S = 120.0
"""Longer than an embedding server takes with its retries. Chroma itself waits for ever while its files are held."""
HELD = "Another program may hold its files: close that, and ask again; `lectern doctor` looks at the index."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a question ended: an answer with its citations, or (`found` False) nothing that supports one.

    Nothing is to be found for a courtesy, which is replied to and not refused.
    """

    found: bool
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    tags: tuple[str, ...] | None = None  # where an abstract was tagged
    by_rules: bool = False  # the tags: a heuristic, no model
    limit: str = ""  # which limit ended the turn early
    offers: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()  # sentences of ours for the reader
    is_courtesy: bool = False


@dataclass(frozen=True, slots=True)
class Citing:
    """More is about to be said: `citations` gives what the markers of an answer, as far as it goes, point to.

    It may embed, so it is asked only of an answer that broke off: of a whole one they come with the Outcome.
    """

    citations: Callable[[str], tuple[Citation, ...]]


Step = Rewritten | Retrieved | Citing | Token | Outcome


def told_below(outcome: Outcome) -> dict[str, Any]:
    """Give what is told below an answer or a refusal, as a step of the trace keeps it: a reload shows it again."""
    about: dict[str, Any] = {"limit": outcome.limit, "notes": list(outcome.notes)}
    about["offers"] = [{"text": offer.text, "command": offer.command} for offer in outcome.offers]
    return {name: value for name, value in about.items() if value}


class CourseQueryEngine(BaseQueryEngine):
    """Retrieves, lets the model answer from the passages, and lets only checked citations through."""

    def __init__(
        self, retriever: CourseRetriever, model: Model, prompts: PromptSet, embedder: Embedder, *, top_k: int = 6
    ) -> None:
        super().__init__(callback_manager=CallbackManager([]))
        self._retriever = retriever
        self._model = model
        self._prompts = prompts
        self._embedder = embedder
        self._top_k = top_k

    async def stream(self, question: str, history: Turns = ()) -> AsyncGenerator[Step, None]:
        """Answer a question step by step; the last event is the Outcome.

        Raises:
            LecternError: when the index, the embedding model or the language model fails.
        """
        if self._model.mode == "quoting" and RULE.get() is None and is_of_own_text(question, history):
            yield Outcome(found=False, text=NOT_OF_YOURS, citations=(), hits=())
            return
        alone = await self._rewrite(question, history)
        if alone != question:
            yield Rewritten(alone)
        hits = await self._retrieve(alone)
        yield Retrieved(hits)
        if not hits:
            yield Outcome(found=False, text=REFUSAL, citations=(), hits=())
            return
        answer = AnswerStream(range(1, len(hits) + 1), links_of(hits, question), code_of(hits))
        yield Citing(lambda said: quotes_of(said, [hits[n - 1] for n in answer.order], self._embedder))
        with span("synthesize", "answer from passages", {"question": alone}) as step:
            # Closed with us: a reader who goes away hangs up on the model at once.
            async with aclosing(stream(self._model, self._messages(alone, question, hits))) as pieces:
                async for piece in pieces:
                    if shown := answer.feed(piece):
                        yield Token(shown)
            if shown := answer.finish():
                yield Token(shown)
            said = answer.said.strip()
            step.outputs = {"text": said}
        yield await self._judged(question, said, answer.order, hits)

    async def _retrieve(self, question: str) -> tuple[Hit, ...]:
        with span("retrieve", "search the course", {"question": question, "top_k": self._top_k}) as step:
            rule = RULE.get()
            allows = None if rule is None else rule.allows
            try:
                async with asyncio.timeout(SEARCH_WITHIN_S):
                    hits = tuple(await asyncio.to_thread(self._retriever.search, question, self._top_k, allows))
            except TimeoutError as exc:
                raise IndexProblem(f"The index did not answer within {SEARCH_WITHIN_S:g} s.", hint=HELD) from exc
            step.outputs = [found(hit) for hit in hits]
        return hits

    async def _judged(self, question: str, said: str, order: Sequence[int], hits: tuple[Hit, ...]) -> Outcome:
        with span("judge", "check citations", {"markers": list(order)}) as step:
            outcome = await asyncio.to_thread(self._outcome, said, order, hits)
            if self._model.mode == "quoting":
                outcome = replace(outcome, notes=language_notes(question, hits, found=outcome.found))
            step.outputs = {
                "found": outcome.found,
                "citations": [c.marker for c in outcome.citations],
                **told_below(outcome),
            }
        return outcome

    async def _rewrite(self, question: str, history: Turns) -> str:
        if not history:
            return question
        with span("rewrite", "make the question stand alone", {"question": question, "history": list(history)}) as step:
            messages = self._prompts.get("condense_question").render(question=question, history=list(history))
            rewritten = " ".join(cleaned(await complete(self._model, messages)).split()) or question
            step.outputs = {"question": rewritten}
        return rewritten

    def _messages(self, alone: str, question: str, hits: Sequence[Hit]) -> Any:
        passages = [passage_of(n, hit) for n, hit in enumerate(hits, start=1)]
        rule = RULE.get()
        if rule is None or rule.prompt is None:
            return self._prompts.get("answer").render(question=alone, passages=passages)
        template = self._prompts.get(*rule.prompt)
        given = {"question": alone, "passages": passages, "assignment": rule.assignment, "code_lines": rule.code_left}
        return template.render(**{name: given[name] for name in template.variables if name in PROMPT_INPUTS})

    def _outcome(self, text: str, order: Sequence[int], hits: tuple[Hit, ...]) -> Outcome:
        """Check what was said: without a citation that holds, there is no answer."""
        if text and REFUSAL not in text:
            cited = quotes_of(text, [hits[n - 1] for n in order], self._embedder)
            if cited:
                notes = unsupported_notes(text, cited, self._embedder) if self._model.mode != "quoting" else ()
                return Outcome(found=True, text=text, citations=cited, hits=hits, notes=notes)
        return Outcome(found=False, text=REFUSAL, citations=(), hits=hits)

    def _query(self, query_bundle: QueryBundle) -> Response:
        return asyncio.run(self._aquery(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        outcome: Outcome | None = None
        async for event in self.stream(query_bundle.query_str):
            if isinstance(event, Outcome):
                outcome = event
        assert outcome is not None  # stream always ends with one
        nodes = nodes_of(outcome.hits)
        return Response(outcome.text, source_nodes=nodes, metadata={"citations": list(outcome.citations)})

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def found(hit: Hit) -> dict[str, Any]:
    """Give what a trace keeps of a hit."""
    chunk = hit.chunk
    about = {"chunk_id": chunk.id, "path": chunk.path, "locator": str(chunk.locator), "title": chunk.title}
    return {**about, "score": hit.score, "cosine": hit.cosine}
