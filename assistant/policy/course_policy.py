"""Gives the rule of a turn: the policy, the clock, the questions so far and the solutions in the library together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from assistant.answer_stream import runs_of
from assistant.policy.hint_guard import code_lines_in, words_in
from assistant.policy.scope import Scope, Search
from assistant.policy.values import Assignment, Policy, Rule, Runs, is_hidden, matches
from index_store.chunks import Chunk, Embedder
from index_store.errors import TraceProblem

log = logging.getLogger(__name__)


class Document(Protocol):
    """A document of the library."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def path(self) -> str:
        """Its path in its source."""

    @property
    def hash(self) -> str:
        """Changes with its content."""


class Material(Protocol):
    """What is ingested; see the ledger of `ingest`."""

    def documents(self) -> Sequence[Document]:
        """Give all documents."""

    def chunks(self, document: str) -> Sequence[Chunk]:
        """Give the chunks of a document, by its id."""


class CoursePolicy:
    """A policy at work; one instance serves many conversations at once."""

    def __init__(
        self,
        policy: Policy,
        embedder: Embedder,
        material: Material,
        clock: Callable[[], float] = time.time,
        search: Search | None = None,
        given: Callable[[str], Iterable[str]] = lambda conversation: (),
    ) -> None:
        """Put a policy to work; `given` are all answers of a conversation, those that were taken back too."""
        self.policy = policy
        self._scope = Scope(policy.assignments, embedder, search)
        self._material = material
        self._given = given
        self.clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, tuple[str, Runs]] = {}  # solutions by id: hash, and the runs of words in them

    def rule_for(
        self, question: str, history: Sequence[Mapping[str, str]] = (), conversation: str | None = None
    ) -> Rule | None:
        """Give what holds for a question now, as one of a kept conversation; None while no window is open."""
        active = self.policy.active(self.clock())
        if not active:
            return None
        concerned, earlier = self._scope.concerned(question, history, active)
        limits = [a.code_lines for a in concerned if a.mode != "normal"]
        left = max(0, min(limits) - self._shown(history, conversation)) if limits else 0
        never = frozenset(words for a in active for phrase in a.never_say if (words := tuple(words_in(phrase))))
        return Rule(active, concerned, self.policy.hash, earlier, self._solved(active), never, left)

    def _shown(self, history: Sequence[Mapping[str, str]], conversation: str | None) -> int:
        """Count the lines of code that a conversation has given, whether or not it still shows them."""
        told = sum(code_lines_in(t.get("content", "")) for t in history if t.get("role") == "assistant")
        if conversation is None:
            return told
        try:
            return max(told, sum(map(code_lines_in, self._given(conversation))))
        except TraceProblem:  # a store that is out of order takes no answer from anybody
            log.exception("What a conversation was given cannot be read: what it shows counts alone")
            return told

    def hides(self, path: str) -> bool:
        """Tell whether a document is a solution that nobody is shown now."""
        return is_hidden(path, self.policy.active(self.clock()))

    def _solved(self, active: Sequence[Assignment]) -> Runs:
        """Give the runs of words of the solutions that are in the library now; each file is read once."""
        if not any(a.solutions for a in active):
            return frozenset()
        hidden = [d for d in self._material.documents() if is_hidden(d.path, active)]
        with self._lock:
            for document in hidden:
                if self._read.get(document.id, ("",))[0] != document.hash:
                    chunks = self._material.chunks(document.id)
                    self._read[document.id] = document.hash, _runs(chunk.context for chunk in chunks)
            return frozenset().union(*(self._read[document.id][1] for document in hidden))


def _runs(texts: Iterable[str]) -> Runs:
    return frozenset().union(*map(runs_of, texts))


def unmatched(policy: Policy, paths: Sequence[str]) -> list[tuple[Assignment, str]]:
    """Give the globs that match none of these documents, with their assignments."""
    globs = [(a, glob) for a in policy.assignments for glob in (*a.sources, *a.solutions)]
    return [(a, glob) for a, glob in globs if not any(matches(path, [glob]) for path in paths)]
