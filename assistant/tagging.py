"""Tags what was pasted: the names of the models that an abstract speaks of, each with its place, kept as a trace.

With a language model by its replies (`model_tags`), else by the rules of `tagging_rules`: a heuristic that says so.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from assistant.abstracts import LONGEST_ABSTRACT, Paste, check_abstract, read_paste
from assistant.events import Usage
from assistant.gate import OPEN, Gate
from assistant.latex_marks import plain
from assistant.tag_replies import Placed, excerpt, place
from assistant.tagging_rules import NO_MODELS, Tag, tag
from assistant.tracing.capture import recorded, span
from assistant.tracing.records import Origin, Start
from assistant.turn import Traces, Turn
from assistant.usage import metered
from index_store.errors import InvalidInput, TagParseError

if TYPE_CHECKING:  # what asks a model is not needed by the rules
    from assistant.examples import Examples
    from assistant.llms import Model
    from assistant.prompts import PromptSet

__all__ = ["LONGEST_ABSTRACT", "Tagged", "TaggedAbstract", "Tagger", "check_abstract"]

DROPPED_SHOWN = 5
MARKED = "LaTeX marks were read through: they are no part of a tag, and its place has them."

PARTED = "A tag that a line end parts is given as it stands in the text."


def checked_names(names: Iterable[str]) -> tuple[str, ...]:
    """Give the names that somebody says an abstract has, each once; NO_MODELS stands alone.

    Raises:
        InvalidInput: when there is none, or "NA" stands beside a name.
    """
    given = tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
    if not given:
        raise InvalidInput("No name was given.", hint="Write the names with commas between them, or NA for none.")
    if len(given) > 1 and NO_MODELS[0] in given:
        raise InvalidInput(f"{NO_MODELS[0]} stands for no name, and there are others beside it.", hint="Leave one out.")
    return given


def check_in_abstract(names: Iterable[str], abstract: str) -> None:
    """Refuse names that an abstract does not have: a tag is a piece of it, and a test with another could not be met.

    Raises:
        InvalidInput: naming them.
    """
    strays = place([plain(name).text for name in names if name not in NO_MODELS], plain(abstract).text).dropped
    if strays:
        shown = ", ".join(excerpt(name) for name in strays)
        raise InvalidInput(
            f"The text does not have: {shown}.", hint="A tag is copied from the text as it stands there."
        )


@dataclass(frozen=True, slots=True)
class TaggedAbstract:
    """One abstract of several, with its own tags; places are those in what was pasted."""

    start: int
    end: int
    tags: list[str]
    spans: list[list[int]]


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was found; `spans` are [start, end) in characters of the paste, one for each tag, none where `tags` is
    NO_MODELS. LaTeX marks stand in the place of a tag and not in the tag.

    `abstracts` has what was found in each where several were pasted; `tags` is then all of it. `dropped` counts the
    strings that a model gave and that do not stand in the abstract; `notes` are sentences for the user. `by_rules`: no
    model was asked, and the names are a heuristic's.
    """

    trace_id: str
    tags: list[str]
    spans: list[list[int]]
    by_rules: bool = False
    dropped: int = 0
    notes: tuple[str, ...] = ()
    abstracts: tuple[TaggedAbstract, ...] = ()
    failed: int = 0  # of several abstracts, those whose reply could not be read: they have no list
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0


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

    async def tag(self, abstract: str, origin: Origin, *, admitted: bool = False) -> Tagged:
        """Find the names of models in an abstract, or in each of several; the turn is kept, also one that fails.

        `admitted` says that the gate let it in already, as one of the rows of a file: only the day's limits are asked.

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
            return await self._tag(abstract, paste, origin)
        async with self._gate.place(origin.user_id):
            return await self._tag(abstract, paste, origin)

    async def _tag(self, abstract: str, paste: Paste, origin: Origin) -> Tagged:
        turn = Turn(self._traces, self._start(abstract, origin))
        if not self.uses_rules:  # rules are over in less time than it takes to write that they began
            await turn.begin()
        try:
            with recorded(turn.recording), metered(turn.meter):
                found = await self._each(paste)
            tagged = _tagged(turn, paste, found, by_rules=self.uses_rules)
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
        found = await self._each(paste)
        each = _pasted(paste, found)
        return tuple(_names(_once(each))), (*_notes(paste, each, _dropped(found)), *_failures(found))

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


def _tagged(turn: Turn, paste: Paste, found: Sequence[Placed], *, by_rules: bool) -> Tagged:
    """Put together what was found in each abstract, in places of the paste."""
    each, dropped = _pasted(paste, found), _dropped(found)
    once = _once(each)
    several = tuple(
        TaggedAbstract(one.start, one.start + len(one.text), [] if placed.error else _names(tags), _spans(tags))
        for one, tags, placed in zip(paste.abstracts, each, found, strict=True)
    )
    return Tagged(
        trace_id=turn.start.trace_id,
        tags=_names(once),
        spans=_spans(once),
        by_rules=by_rules,
        dropped=len(dropped),
        notes=(*_notes(paste, each, dropped), *_failures(found)),
        failed=sum(bool(placed.error) for placed in found),
        abstracts=several if len(several) > 1 else (),
        usage=turn.meter.usage(),
        seconds=turn.seconds,
    )


def _pasted(paste: Paste, found: Sequence[Placed]) -> list[list[Tag]]:
    """Give the tags of each abstract, in places of the paste."""
    return [[one.pasted(t) for t in placed.tags] for one, placed in zip(paste.abstracts, found, strict=True)]


def _dropped(found: Sequence[Placed]) -> list[str]:
    return [name for placed in found for name in placed.dropped]


def _once(each: Iterable[Iterable[Tag]]) -> list[Tag]:
    """Give each name once, as it stands in the first place that has it."""
    once: dict[str, Tag] = {}
    for one in chain.from_iterable(each):
        once.setdefault(" ".join(one.name.casefold().split()), one)
    return list(once.values())


def _notes(paste: Paste, each: Sequence[Sequence[Tag]], dropped: Sequence[str]) -> tuple[str, ...]:
    """Say what a reader of the tags should know: of the paste, of what was dropped, of how a tag is given."""
    marked = any(t.name not in one.text for one, tags in zip(paste.abstracts, each, strict=True) for t in tags)
    parted = any("\n" in t.name for tags in each for t in tags)
    return (*paste.notes, *_told(dropped), *((MARKED,) if marked else ()), *((PARTED,) if parted else ()))


def _failures(found: Sequence[Placed]) -> tuple[str, ...]:
    said = "has no tags: the model gave no list of names, also when it was asked again"
    return tuple(f"Abstract {n} {said}: {one.error}." for n, one in enumerate(found, start=1) if one.error)


def _names(tags: Iterable[Tag]) -> list[str]:
    return [t.name for t in tags] or list(NO_MODELS)


def _spans(tags: Iterable[Tag]) -> list[list[int]]:
    return [[t.start, t.end] for t in tags]


def _told(dropped: Sequence[str]) -> list[str]:
    if not dropped:
        return []
    shown = ", ".join(excerpt(name) for name in dropped[:DROPPED_SHOWN])
    more = f" and {len(dropped) - DROPPED_SHOWN} more" if len(dropped) > DROPPED_SHOWN else ""
    return [f"Names that the model gave and the abstract does not have were dropped ({len(dropped)}): {shown}{more}."]
