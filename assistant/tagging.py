"""Tags an abstract: the names of the models it speaks of, each with its place, kept as a trace like any turn.

By the rules of `tagging_rules` for now, so it is a heuristic and says so; a language model is not asked yet.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.tagging_rules import NO_MODELS, Tag, tag
from assistant.tracing.capture import recorded, span
from assistant.tracing.records import Origin, Start
from assistant.turn import Traces, Turn
from index_store.errors import InvalidInput

LONGEST_ABSTRACT = 20_000
"""Characters: what is longer is a paper, not an abstract."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was found in one abstract; `spans` are [start, end) in characters, none where `tags` is NO_MODELS."""

    trace_id: str
    tags: list[str]
    spans: list[list[int]]


class Tagger:
    """Tags abstracts by rules; `names` adds to the list of known ones."""

    def __init__(self, traces: Traces | None, names: Sequence[str] = ()) -> None:
        self._traces = traces
        self._names = tuple(names)

    async def tag(self, abstract: str, origin: Origin) -> Tagged:
        """Find the names of models in an abstract.

        Raises:
            InvalidInput: when there is no text, or far too much for an abstract.
        """
        check_abstract(abstract)
        start = Start(
            trace_id=uuid.uuid4().hex,
            kind="tag",
            question=abstract,
            origin=origin,
            started_at=time.time(),
            mode="quoting",
            provider="lectern",
            model="tagging rules",
        )
        turn = Turn(self._traces, start)
        await turn.begin()
        try:
            with recorded(turn.recording), span("tag", "find names by rules", {"abstract": abstract}) as step:
                found = tag(abstract, self._names)
                step.outputs = [{"name": t.name, "span": [t.start, t.end]} for t in found]
            tags = [t.name for t in found] or list(NO_MODELS)
            turn.said = ", ".join(tags)
            await turn.end("ok", tags=tags)
        finally:
            await turn.end("error")  # nothing, unless the rules failed
        return Tagged(start.trace_id, tags, spans_of(found))


def spans_of(found: Sequence[Tag]) -> list[list[int]]:
    """Give the places of tags."""
    return [[t.start, t.end] for t in found]


def check_abstract(text: str) -> None:
    """Refuse what is no abstract.

    Raises:
        InvalidInput: when it has no letter, or is longer than LONGEST_ABSTRACT.
    """
    if not any(c.isalpha() for c in text):
        raise InvalidInput("There is no abstract: the text has no letter.", hint="Paste the abstract of one paper.")
    if len(text) > LONGEST_ABSTRACT:
        raise InvalidInput(
            f"The text has {len(text):,} characters; an abstract of at most {LONGEST_ABSTRACT:,} is read.",
            hint="Give one abstract at a time, or many as the rows of --batch.",
        )
