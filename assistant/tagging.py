"""Tags what was pasted: the names of the models that an abstract speaks of, each with its place, kept as a trace.

With a language model by its replies (`model_tags`), else by the rules of `tagging_rules`: a heuristic that says so.
`tagged` has what comes out, `tag_corrections` checks what somebody else says.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.abstracts import Paste, read_paste
from assistant.gate import OPEN, Gate
from assistant.tag_replies import Placed
from assistant.tagged import Tagged, names_and_notes, tagged_of
from assistant.tagging_rules import NO_MODELS, tag
from assistant.tracing.capture import recorded, span
from assistant.tracing.records import Origin, Start
from assistant.turn import Traces, Turn
from assistant.usage import metered
from index_store.errors import TagParseError

if TYPE_CHECKING:  # what asks a model is not needed by the rules
    from assistant.examples import Examples
    from assistant.llms import Model
    from assistant.prompts import PromptSet


class Finder(Protocol):
    """Finds the names in one abstract."""

    async def find(self, abstract: str) -> Placed:
        """Give the names with their places, and what was dropped."""


class RuleTags:
    """Finds names by rules; `names` adds to the list of known ones."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    async def find(self, abstract: str) -> Placed:
        """Find the names; a step of the trace."""
        with span("tag", "find names by rules", {"abstract": abstract}) as step:
            found = tag(abstract, self._names)
            step.outputs = [{"name": t.name, "span": [t.start, t.end]} for t in found]
        return Placed(tuple(found), ())


def names_by_rules(abstract: str) -> list[str]:
    """Give the names that the rules find in what `Tagger.tag` would read, and keep no trace; NO_MODELS for none."""
    found = (one.pasted(t).name for one in read_paste(abstract).abstracts for t in tag(one.plain.text))
    return list(dict.fromkeys(found)) or list(NO_MODELS)


class Tagger:
    """Tags abstracts with a model, or by rules where there is none; `names` adds to the rules' list of known ones.

    `prompts` chooses the version of `tag_abstract`, `examples` are those that a few-shot version shows.
    """

    def __init__(
        self,
        traces: Traces | None,
        names: Sequence[str] = (),
        model: Model | None = None,
        prompts: PromptSet | None = None,
        examples: Examples | None = None,
        gate: Gate = OPEN,
    ) -> None:
        self._traces = traces
        self._gate = gate
        self._finder: Finder = RuleTags(names)
        self._identity = ("quoting", "lectern", "tagging rules")
        if model is not None and model.mode != "quoting":
            from assistant.model_tags import ModelTags
            from assistant.prompts import PromptSet

            self._finder = ModelTags(model, PromptSet() if prompts is None else prompts, examples)
            self._identity = (model.mode, model.provider, model.name)

    @property
    def model_name(self) -> str:
        """The model that is asked."""
        return self._identity[2]

    async def tag(self, abstract: str, origin: Origin, *, admitted: bool = False, alone: bool = False) -> Tagged:
        """Find the names of models in an abstract, or in each of several; the turn is kept, also one that fails.

        `admitted` says that the gate let it in already, as one of the rows of a file: only the day's limits are asked.
        `alone` says that nobody else waits for this event loop, as in a command.

        Raises:
            InvalidInput: when there is no text, or far too much for an abstract.
            LimitReached: when its user, or all together, have had what they may have.
            PromptProblem: when a template cannot be used.
            ModelProblem: when the model could not be asked, or gave no list of names (TagParseError).
        """
        paste = read_paste(abstract)
        if admitted:
            if not self.uses_rules:  # which cost nothing
                await self._gate.check_day(origin.user_id)
            return await self._tag(abstract, paste, origin, alone)
        async with self._gate.place(origin.user_id):
            return await self._tag(abstract, paste, origin, alone)

    async def _tag(self, abstract: str, paste: Paste, origin: Origin, alone: bool) -> Tagged:
        turn = Turn(self._traces, self._start(abstract, origin), alone=alone)
        if not self.uses_rules:  # rules are over in less time than it takes to write that they began
            await turn.begin()
        try:
            with recorded(turn.recording), metered(turn.meter):
                found = await self._each(paste)
            tagged = tagged_of(turn, paste, found, by_rules=self.uses_rules)
            turn.said = ", ".join(tagged.tags)
            await turn.end("ok", tags=tagged.tags)
        except Exception as exc:  # kept with the turn, then told as what it is
            await turn.end("error", failure=exc)
            if isinstance(exc, TagParseError):
                exc.spent = turn.meter.usage()
            raise
        finally:
            await turn.end("stopped")  # nothing, unless it was cancelled
        return tagged

    async def names_in(self, abstract: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Find the names within a turn that somebody else keeps, such as the agent's; give them and notes on them.

        The names are NO_MODELS where there are none.

        Raises:
            InvalidInput, PromptProblem, ModelProblem: as `tag`.
        """
        paste = read_paste(abstract)
        return names_and_notes(paste, await self._each(paste))

    async def _each(self, paste: Paste) -> list[Placed]:
        """Find the names in each abstract; where one reply cannot be read the others stand, unless none can."""
        found: list[Placed] = []
        for one in paste.abstracts:
            try:
                found.append(await self._finder.find(one.plain.text))
            except TagParseError as exc:
                found.append(Placed((), (), exc.reason or "it is no list"))
                if all(placed.error for placed in found) and len(found) == len(paste.abstracts):
                    raise
        return found

    @property
    def uses_rules(self) -> bool:
        """Whether the names are found by rules, and no model is asked."""
        return isinstance(self._finder, RuleTags)

    def _start(self, abstract: str, origin: Origin) -> Start:
        mode, provider, model = self._identity
        return Start(
            trace_id=uuid.uuid4().hex,
            kind="tag",
            question=abstract,
            origin=origin,
            started_at=time.time(),
            mode=mode,
            provider=provider,
            model=model,
        )
