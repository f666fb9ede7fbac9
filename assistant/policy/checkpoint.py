"""The checkpoint of a turn: nothing that a rule forbids passes it, whoever made it. Every event of a turn goes through.

Retrieval, prompts and tools follow the rule too; the checkpoint holds where a model, a tool or a bug of ours does not.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from assistant.answer_stream import runs_of
from assistant.events import Citation, Retrieved, Rewritten, Thought, Token, ToolStep, Withdrawn
from assistant.policy.hint_guard import HintGuard, guarded
from assistant.policy.values import Rule
from assistant.query_engine import Citing, Outcome
from assistant.refusal import REFUSAL
from index_store.chunks import Hit

_MARKER = re.compile(r"\[(\d{1,3})\]")


async def through(rule: Rule, notice: str, steps: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """Give the steps of a turn on, without what the rule forbids.

    `notice` is what a reader is told in place of an answer of which nothing is left.
    """
    checkpoint = Checkpoint(rule, notice)
    async with aclosing(steps):
        async for step in steps:
            for passed in checkpoint.passing(step):
                yield passed


class Checkpoint:
    """What one turn has said so far, judged by its rule."""

    def __init__(self, rule: Rule, notice: str) -> None:
        self._rule = rule
        self._notice = notice
        self._known = rule.solved
        self._begin()

    def _begin(self) -> None:
        """Begin an answer: the first, or another one after the last was withdrawn."""
        self._guard = HintGuard(self._code_left, self._known, self._rule.never)

    @property
    def _code_left(self) -> int | None:
        return self._rule.code_left if self._rule.is_hinting else None

    def passing(self, step: Any) -> list[Any]:
        """Give what is passed on of a step."""
        match step:
            case Token():
                return _tokens(self._guard.feed(step.text))
            case Withdrawn():
                self._begin()
                return [step]
            case Rewritten() | Thought():
                return [self._told(step)]
            case Retrieved():
                hits = self._allowed(step.hits)
                self._learn(hit.chunk.context for hit in hits)
                return [Retrieved(hits)]
            case ToolStep():
                return [self._tool_step(step)]
            case Citing():
                return [Citing(lambda said: self._cited(said, step.citations(said)))]
            case Outcome():
                return [*_tokens(self._guard.finish()), self._outcome(step)]
            case _:
                return [step]

    def _learn(self, texts: Any) -> None:
        """Take note of what may be read: it is no secret, though it may stand in a solution too."""
        if self._known:
            runs = frozenset().union(*map(runs_of, texts))
            self._known -= runs
            self._guard.know(runs)

    def _allowed(self, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        return tuple(hit for hit in hits if _is_outside(hit) or self._rule.allows(hit.chunk.path))

    def _plain(self, text: str) -> str:
        """Guard a text that a reader sees beside the answer."""
        return guarded(text, self._code_left, self._known, self._rule.never)[0].strip()

    def _told(self, step: Rewritten | Thought) -> Rewritten | Thought:
        if isinstance(step, Thought):
            return Thought(self._plain(step.text))
        return Rewritten(self._plain(step.question))

    def _tool_step(self, step: ToolStep) -> ToolStep:
        arguments = {
            name: self._plain(value) if isinstance(value, str) else value for name, value in step.arguments.items()
        }
        outside = step.tool not in ("course_search", "read_source")
        sources = tuple((title, path) for title, path in step.sources if outside or self._rule.allows(path))
        step = replace(step, error=None if step.error is None else self._plain(step.error))
        if not outside:  # passages that may be read: their code is the course's own
            self._learn([step.observation])
            return replace(step, arguments=arguments, sources=sources)
        return replace(step, arguments=arguments, sources=sources, observation=self._plain(step.observation))

    def _outcome(self, outcome: Outcome) -> Outcome:
        outcome = replace(outcome, notes=tuple(note for note in outcome.notes if self._plain(note) == note.strip()))
        hits = self._allowed(outcome.hits)
        if not outcome.found:
            text = outcome.text if outcome.text == REFUSAL else self._plain(outcome.text)
            return replace(outcome, text=text, hits=hits)
        text, removed = guarded(outcome.text, self._code_left, self._known, self._rule.never)
        text = text.strip()
        cited = self._cited(text, outcome.citations)
        if not cited and (removed or outcome.citations):
            return replace(outcome, found=False, text=self._notice or REFUSAL, citations=(), hits=hits, tags=None)
        return replace(outcome, text=text, citations=cited, hits=hits)

    def _cited(self, text: str, citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
        """Leave those citations that a text has a marker of and the rule allows."""
        said = {int(number) for number in _MARKER.findall(text)}
        return tuple(c for c in citations if c.marker in said and self._may_cite(c))

    def _may_cite(self, citation: Citation) -> bool:
        return citation.kind != "course" or self._rule.allows(citation.path)


def _is_outside(hit: Hit) -> bool:
    return hit.chunk.source.startswith("tool:")


def _tokens(text: str) -> list[Token]:
    return [Token(text)] if text else []
