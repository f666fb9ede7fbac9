"""What a tool is: a name, typed arguments, and `run`, which gives a short text and sources that an answer can cite.

The docstring of a tool's class is what a model reads of it, and its arguments' descriptions and bounds are what a model
may fill in. A tool knows nothing of the loop, of markers or of what else was called.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from index_store.chunks import Chunk, Hit
from index_store.locators import Locator

SourceKind = Literal["course", "wikipedia", "web", "arxiv", "calculation", "message"]
"""Where a source comes from; `message` is what the user wrote or pasted."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer may cite, and where it is from; `fetched_at` is ISO 8601 in UTC, "" for the course."""

    hit: Hit
    kind: SourceKind = "course"
    fetched_at: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that the user may do next, and that no tool does by itself: `command` does it."""

    text: str
    command: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What a tool found. `text` is what there is to say beside the sources: titles to choose from, a result."""

    text: str = ""
    sources: tuple[Source, ...] = ()
    choices: tuple[str, ...] = ()  # what `text` lists to choose from: titles of articles, addresses of pages
    addresses: tuple[str, ...] = ()  # that a search gave: these may be opened later in the turn
    offers: tuple[Offer, ...] = ()
    tags: tuple[str, ...] | None = None  # of an abstract; ("NA",) where it names no model
    by_rules: bool = False  # the tags: a heuristic, no model
    notes: tuple[str, ...] = ()  # for the user, about the tags


class Arguments(BaseModel):
    """Base of a tool's arguments: nothing undeclared is let in, and text loses the space around it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Tool(ABC):
    """Base of all tools; an instance is shared by all conversations, so it keeps nothing of any."""

    name: ClassVar[str]
    arguments: ClassVar[type[Arguments]]
    timeout_s: ClassVar[float] = 20.0
    answers: ClassVar[bool] = False  # what it gives is the answer itself: no model is asked afterwards

    @property
    def description(self) -> str:
        """What a model reads of the tool."""
        return inspect.cleandoc(type(self).__doc__ or "")

    @property
    def reaches(self) -> tuple[str, int] | None:
        """Host and port without which the tool cannot work, None for one that needs no network."""
        return None

    def off_because(self) -> str | None:
        """Say in words why the tool cannot work here, None if it can; asks no server."""
        return None

    @abstractmethod
    async def run(self, given: Any) -> Observation:
        """Do it with checked arguments, an instance of `arguments`; anything that blocks is done in a thread.

        Raises:
            LecternError: when it could not be done; the model reads the message, and goes on.
        """


def outside_source(
    kind: SourceKind,
    path: str,
    title: str,
    text: str,
    *,
    locator: Locator | None = None,
    fetched_at: str = "",
    cosine: float = 0.0,
) -> Source:
    """Make a source of text from outside the course; `path` is the address that a citation links to."""
    chunk = Chunk(
        text=text,
        context=text,
        window_start=0,
        locator=Locator() if locator is None else locator,
        source=f"tool:{kind}",
        path=path,
        title=title,
        kind="prose",
        section="",
        ordinal=0,
    )
    return Source(Hit(chunk, score=cosine, cosine=cosine), kind, fetched_at)
